"""What `aisprint place` does besides placing: what if, more load, fronts, and the report of it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rich.console import Console

    from aisprint_cli.cli.session import Session
    from aisprint_cli.placement.analyses import Analyst
    from aisprint_cli.placement.comparison import Comparison
    from aisprint_cli.placement.constraints import Assessment
    from aisprint_cli.placement.exact import Result
    from aisprint_cli.placement.explanation import NextBest
    from aisprint_cli.placement.load_range import LoadRange
    from aisprint_cli.placement.load_sensitivity import LoadSensitivity
    from aisprint_cli.placement.pareto import Front
    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.placement.surface import Surface

Interruptible = Callable[[], "AbstractContextManager[Callable[[], bool]]"]


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    what_if: tuple[str, ...] = ()
    load: bool = False
    rates: tuple[float, float] | None = None
    pareto: tuple[str, ...] = ()
    path: str | None = None
    report: Path | None = None
    time_s: float = 30.0

    @property
    def asks(self) -> bool:
        """Whether anything was asked for besides the placement."""
        return bool(self.what_if or self.load or self.pareto or self.report)

    @property
    def skipped(self) -> tuple[str, ...]:
        """What cannot be done without a placement, by its option."""
        if self.report is not None:
            return ()
        asked = {"--load": self.load, "--pareto": bool(self.pareto)}
        return tuple(option for option, given in asked.items() if given)

    @property
    def explains(self) -> bool:
        """Whether the next best choices are needed."""
        return self.report is not None

    def check(self, problem: Problem) -> None:
        """Refuse what has no meaning for a problem, before anything is searched.

        Raises:
            UsageError: when an objective or a path has none.

        """
        from aisprint_cli.placement.analyses import objective

        for name in self.pareto:
            objective(problem, name, self.path)


def parse_request(
    *,
    what_if: list[str] | None,
    load: bool,
    rates: str | None,
    pareto: str | None,
    path: str | None,
    report: Path | None,
    time_s: float,
) -> Request:
    """The request of a command line.

    Raises:
        UsageError: when an option cannot be read.

    """
    if report is not None and not report.parent.is_dir():
        raise UsageError(f"There is no directory {report.parent}.", mend="Make it, or give another file.")
    return Request(
        what_if=tuple(what_if or ()),
        load=load or rates is not None or report is not None,
        rates=None if rates is None else _rates(rates),
        pareto=_objectives(pareto or ("cost,latency" if report is not None or path is not None else "")),
        path=path,
        report=report,
        time_s=time_s,
    )


def _rates(text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        span = (float(low), float(high))
    except ValueError:
        span = (0.0, 0.0)
    if not 0 < span[0] < span[1] < float("inf"):
        raise UsageError(f"{text} is no range of rates.", mend="Give LOW:HIGH in requests/s, as in 0.5:4.")
    return span


def _objectives(text: str) -> tuple[str, ...]:
    from aisprint_cli.load.suggestions import closest
    from aisprint_cli.placement.analyses import OBJECTIVES

    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in OBJECTIVES:
            near = closest(word, OBJECTIVES)
            known = f"Did you mean `{near}`?" if near else f"There is: {', '.join(OBJECTIVES)}."
            raise UsageError(f"There is no objective `{word}`.", mend=known)
    if words and ("cost" not in words or len(set(words)) < 2):
        raise UsageError("A front is of cost against something.", mend="Give --pareto cost,latency.")
    return tuple(dict.fromkeys(word for word in words if word != "cost"))


@dataclass(frozen=True)
class Analysis:
    """What was found besides the placement."""

    changes: tuple[str, ...] = ()
    comparison: Comparison | None = None
    load_range: LoadRange | None = None
    sensitivity: LoadSensitivity | None = None
    fronts: tuple[Front, ...] = ()
    surfaces: tuple[Surface, ...] = ()

    def to_json(self, problem: Problem) -> dict[str, Any]:
        """What was found as plain values; nothing for what was not asked."""
        from aisprint_cli.placement.analysis_values import (
            front_values,
            range_values,
            sensitivity_values,
            surface_values,
        )

        values: dict[str, Any] = {}
        if self.changes:
            comparison = None if self.comparison is None else self.comparison.to_json()
            values["what_if"] = {"changes": list(self.changes), "comparison": comparison}
        if self.load_range is not None:
            values["load"] = {"carries": range_values(self.load_range)}
            if self.sensitivity is not None:
                values["load"] |= sensitivity_values(problem, self.sensitivity)
        if self.fronts:
            values["fronts"] = [front_values(problem, front) for front in self.fronts]
        if self.surfaces:
            values["three_way_fronts"] = [surface_values(problem, item) for item in self.surfaces]
        return values

    def print(self, console: Console, assessment: Assessment) -> None:
        """Print what was found."""
        from aisprint_cli.cli.analysis_view import print_comparison, print_front, print_load, print_surface

        if self.changes:
            print_comparison(console, self.changes, self.comparison)
        if self.load_range is not None:
            print_load(console, assessment, self.load_range, self.sensitivity)
        for front in self.fronts:
            print_front(console, assessment, front)
        for item in self.surfaces:
            print_surface(console, assessment, item)


@dataclass(frozen=True)
class AnalysisRun:
    """Does what was asked for besides a placement.

    Attributes:
        session: where progress is told.
        request: what was asked for.
        interruptible: a context in which Ctrl-C ends a part with what it has.

    """

    session: Session
    request: Request
    interruptible: Interruptible

    def run(self, assessment: Assessment, result: Result, before: Assessment | None = None) -> Analysis:
        """All that was asked for, with a request that was checked.

        Args:
            assessment: the placement found (of the changed problem, with changes).
            result: how it was found.
            before: the placement without the changes, if there is one.

        """
        from aisprint_cli.placement.comparison import compare

        request = self.request
        comparison = compare(before, assessment) if request.what_if and before is not None else None
        span, sensitivity = self._load(assessment) if request.load else (None, None)
        return Analysis(
            changes=request.what_if,
            comparison=comparison,
            load_range=span,
            sensitivity=sensitivity,
            fronts=self._fronts(assessment.problem, result),
            surfaces=self._surfaces(assessment.problem, result),
        )

    def _load(self, assessment: Assessment) -> tuple[LoadRange | None, LoadSensitivity | None]:
        self.session.note("Looking for the rates at which another placement is cheaper.")
        with self.interruptible() as cancelled:
            return self._analyst(cancelled).load(assessment, self.request.rates)

    def _fronts(self, problem: Problem, result: Result) -> tuple[Front, ...]:
        from aisprint_cli.placement.analyses import objective

        found = []
        for name in self.request.pareto:
            self.session.note(f"Looking for the front of cost against {name}.")
            figure = objective(problem, name, self.request.path)
            with self.interruptible() as cancelled:
                found.append(self._analyst(cancelled).front(figure, result))
        return tuple(found)

    def _surfaces(self, problem: Problem, result: Result) -> tuple[Surface, ...]:
        from aisprint_cli.placement.analyses import objective, three_way

        found = []
        for one, other in three_way(self.request.pareto):
            self.session.note(f"Looking for the front of cost, {one} and {other}.")
            figures = (
                objective(problem, one, self.request.path),
                objective(problem, other, self.request.path),
            )
            with self.interruptible() as cancelled:
                found.append(self._analyst(cancelled).surface(figures, result))
        return tuple(found)

    def _analyst(self, cancelled: Callable[[], bool]) -> Analyst:
        import time

        from aisprint_cli.placement.analyses import Analyst
        from aisprint_cli.placement.anytime import Searcher

        return Analyst(Searcher(None, cancelled, time.monotonic), self.request.time_s)


def report_page(
    title: str,
    assessment: Assessment,
    result: Result,
    cpu_s: float,
    analysis: Analysis,
    next_best: tuple[NextBest, ...],
) -> str:
    """The page of a placement and what was found besides."""
    from aisprint_cli.cli.report_file import program
    from aisprint_cli.report.html import report_html
    from aisprint_cli.report.placement_report import PlacementReport

    report = PlacementReport(
        title=title,
        program=program(),
        assessment=assessment,
        result=result,
        cpu_s=cpu_s,
        load_range=analysis.load_range,
        sensitivity=analysis.sensitivity,
        fronts=analysis.fronts,
        surfaces=analysis.surfaces,
        next_best=next_best,
        what_if=analysis.comparison,
        changes=analysis.changes,
    )
    return report_html(report)
