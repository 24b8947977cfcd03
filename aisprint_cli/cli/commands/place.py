"""`aisprint place`: the cheapest placement that meets every constraint, with its proof."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.cli.analysis_options import (
    AnalysisTime,
    Load,
    Pareto,
    Rates,
    Report,
    Schedule,
    WhatIf,
    WhichPath,
)
from aisprint_cli.cli.placement_source import Program, interruptible, read_problem
from aisprint_cli.cli.session import NoColor, Output, OutputFormat, Quiet, Session, Verbose, open_session
from aisprint_cli.errors import ExitCode, InfeasibleError, StateError, UsageError

if TYPE_CHECKING:
    from aisprint_cli.cli.placement_analysis import Request
    from aisprint_cli.placement.constraints import Assessment
    from aisprint_cli.placement.exact import Result
    from aisprint_cli.placement.explanation import NextBest
    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.placement.system_file import SystemFile

SCHEMA = "aisprint.place/1"
_LOCK_TIMEOUT_S = 60.0


def place(
    system: Annotated[
        Path,
        typer.Argument(
            metavar="SYSTEM",
            help="A system file (JSON), or the directory of a designed application.",
            show_default=False,
        ),
    ],
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="R",
            help="Requests per second that enter.",
            show_default="the file's Lambda, or the application's expected_throughput",
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            metavar="SECONDS",
            min=0,
            help="Stop then with the best placement found and its proven gap; Ctrl-C does the same.",
            show_default="until it is proven",
        ),
    ] = None,
    semantics: Annotated[
        Program, typer.Option("--semantics", help="Which reference program to follow where they differ.")
    ] = Program.PYTHON,
    evaluate: Annotated[
        Path | None,
        typer.Option("--evaluate", metavar="OUTPUT", help="Evaluate this output file instead of searching."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also say what the next best choice of each component costs.")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Write the placement as an output file (JSON)."),
    ] = None,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Make the placement the optimal deployment of the application."),
    ] = False,
    what_if: WhatIf = None,
    load: Load = False,
    load_range: Rates = None,
    pareto: Pareto = None,
    path: WhichPath = None,
    schedule: Schedule = None,
    report: Report = None,
    analysis_time: AnalysisTime = 30.0,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Choose the cheapest deployment, resources and instances that keep every limit, and prove it.

    Ends with 4 when no placement keeps every limit, and says which limits are in conflict and what
    would help. With --evaluate it computes the figures of a given placement instead, and ends with 4
    when that one breaks a limit.

    Example:
        aisprint place SystemFile.json --rate 1.8 --write Output.json
        aisprint place SystemFile.json --evaluate Output.json
        aisprint place my_app --rate 2 --apply
        aisprint place SystemFile.json --what-if 'resource.VM1.cost*=0.5' --report placement.html
        aisprint place my_app --schedule load_schedule.yaml
    """
    from aisprint_cli.cli.placement_analysis import parse_request

    session = open_session(output, quiet, verbose, no_color)
    if apply and not system.is_dir():
        raise UsageError("--apply needs an application directory.", mend="Give one, or use --write.")
    request = parse_request(
        what_if=what_if,
        load=load,
        rates=load_range,
        pareto=pareto,
        path=path,
        report=report,
        time_s=analysis_time,
    )
    if request.asks and evaluate is not None:
        raise UsageError("--evaluate searches nothing.", mend="Leave it out, or the options of the search.")
    if request.what_if and apply:
        raise UsageError("--apply is for the application as it is.", mend="Leave out --what-if.")
    if schedule is not None:
        _refuse_with_schedule(request, evaluate=evaluate, write=write, apply=apply, explain=explain)
    if evaluate is not None:
        _evaluate(session, system, evaluate, rate, semantics)
        return
    file = _read(session, system, rate, semantics)
    if schedule is not None:
        limit_s = analysis_time if time_limit is None else time_limit
        _schedule(session, system, schedule, file.problem, request, limit_s)
        return
    run = _Run(session, file, time_limit, request, name=system.resolve().stem, explain=explain)
    assessment = run.run()
    if write is not None:
        _write_output(session, run.file, assessment, write)
    if apply:
        _apply(session, system.resolve(), assessment)


def _read(session: Session, system: Path, rate: float | None, semantics: Program) -> SystemFile:
    """The problem; where there is nothing to place, or nowhere, the result says so."""
    try:
        return read_problem(session, system, rate, semantics)
    except InfeasibleError as error:
        errors = [item for item in error.diagnostics if item.is_error]
        told = [item.message for item in errors] or [error.message]
        helps = [item.mend for item in errors] or [error.mend]
        data: dict[str, object] = {
            "status": "infeasible",
            "lower_bound": None,
            "gap": None,
            "semantics": semantics.value,
            "rate_per_s": rate,
            "feasible": False,
            "placement": None,
            "conflict": {
                "conditions": [],
                "proven": True,
                "relaxations": [],
                "relaxations_together": [],
                "largest_rate_per_s": None,
                "sentence": " ".join(told),
                "relaxation_sentence": " ".join(helps),
            },
        }
        session.emit(SCHEMA, data, lambda _: None)
        raise


def _refuse_with_schedule(
    request: Request, *, evaluate: Path | None, write: Path | None, apply: bool, explain: bool
) -> None:
    """Refuse what is about one placement.

    Raises:
        UsageError: when something is.

    """
    asked = {
        "--evaluate": evaluate is not None,
        "--write": write is not None,
        "--apply": apply,
        "--explain": explain,
        "--load": request.load and request.report is None,
        "--pareto": bool(request.pareto) and request.report is None,
    }
    wrong = [option for option, given in asked.items() if given]
    if wrong:
        raise UsageError(
            f"Not with a schedule: {', '.join(wrong)}, which is about one placement.",
            mend="Leave it out, or --schedule.",
        )


def _schedule(
    session: Session, system: Path, given: Path, problem: Problem, request: Request, time_s: float
) -> None:
    from aisprint_cli.cli.placement_schedule import ScheduleRun, find_schedule_file
    from aisprint_cli.placement.what_if import what_if

    path = find_schedule_file(system, given)
    run = ScheduleRun(session, SCHEMA, system.resolve().stem, time_s, request.report, request.what_if)
    run.run(what_if(problem, request.what_if), path)


def _write_output(session: Session, file: SystemFile, assessment: Assessment, path: Path) -> None:
    from aisprint_cli.placement.output_file import output_document, output_text

    document = output_document(assessment.problem, assessment, file.descriptions)
    _write(session, path, output_text(document))


def _apply(session: Session, directory: Path, assessment: Assessment) -> None:
    """Write the production file of the application's optimal deployment."""
    from aisprint_cli.design.current import open_design
    from aisprint_cli.design.layout import OPTIMAL_PATH, TREE
    from aisprint_cli.design.optimal import production_text
    from aisprint_cli.system.application_lock import application_lock
    from aisprint_cli.system.state_directory import state_directory

    with application_lock(
        state_directory(directory), "place", timeout_s=_LOCK_TIMEOUT_S, waiting=session.note
    ):
        design = open_design(directory).design
        text = production_text(design, assessment.problem, assessment.placement)
        _write(session, directory / TREE / OPTIMAL_PATH, text)


def _write(session: Session, path: Path, text: str) -> None:
    from aisprint_cli.system.files import write_atomic

    try:
        write_atomic(path, text)
    except OSError as error:
        raise StateError(
            f"{path} cannot be written: {error.strerror or error}.",
            mend="Check that its directory may be written to.",
        ) from error
    session.note(f"Wrote {path}.")


class _Run:
    """One search, and what is told of it."""

    def __init__(
        self,
        session: Session,
        file: SystemFile,
        time_limit_s: float | None,
        request: Request,
        *,
        name: str,
        explain: bool,
    ) -> None:
        self._session = session
        self._name = name
        self.file = file
        self._time_limit_s = time_limit_s
        self._request = request
        self._explain = explain

    def run(self) -> Assessment:
        """Search, and print what was found.

        Raises:
            InfeasibleError: when no placement was found; the reasons are printed.
            UsageError: when something was asked for that has no meaning for the problem.

        """
        from aisprint_cli.placement.constraints import assess
        from aisprint_cli.placement.what_if import what_if

        before = None
        changed = what_if(self.file.problem, self._request.what_if)
        self._request.check(changed)
        if self._request.what_if:
            self._session.note("Placing it as it is, then with the changes.")
            present, _ = self._search(self.file.problem)
            if present.placement is not None:
                before = assess(self.file.problem, present.placement)
            self.file = replace(self.file, problem=changed)
        result, cpu_s = self._search(self.file.problem)
        if result.placement is None:
            raise self._report_none(self.file.problem, result, cpu_s, before)
        assessment = assess(self.file.problem, result.placement)
        self._report(assessment, result, cpu_s, before)
        return assessment

    def _search(self, problem: Problem) -> tuple[Result, float]:
        """The result, and the CPU seconds it took."""
        from aisprint_cli.placement.anytime import Searcher

        began = time.process_time()
        with interruptible(self._session) as cancelled:
            result = Searcher(self._time_limit_s, cancelled, time.monotonic).best(problem)
        return result, time.process_time() - began

    def _report(
        self, assessment: Assessment, result: Result, cpu_s: float, before: Assessment | None
    ) -> None:
        from aisprint_cli.cli.placement_analysis import AnalysisRun, report_page
        from aisprint_cli.cli.placement_view import print_alternatives, print_placement, print_proof
        from aisprint_cli.cli.report_file import write_page
        from aisprint_cli.placement.report import assessment_values

        request = self._request
        alternatives = self._alternatives(assessment)
        run = AnalysisRun(self._session, request, lambda: interruptible(self._session))
        found = run.run(assessment, result, before)
        data = {
            **_search_values(result, cpu_s),
            **assessment_values(assessment),
            **({"next_best": [item.to_json() for item in alternatives]} if self._explain else {}),
            **found.to_json(assessment.problem),
        }

        def human(console: Any) -> None:
            print_placement(console, assessment)
            print_proof(console, result, cpu_s)
            if self._explain:
                print_alternatives(console, [item.to_json() for item in alternatives])
            found.print(console, assessment)

        if request.report is not None:
            page = report_page(self._name, assessment, result, cpu_s, found, alternatives)
            write_page(self._session, request.report, page)
        self._session.emit(SCHEMA, data, human)

    def _alternatives(self, assessment: Assessment) -> tuple[NextBest, ...]:
        if not (self._explain or self._request.explains):
            return ()
        from aisprint_cli.placement.anytime import Searcher

        with interruptible(self._session) as cancelled:
            return Searcher(self._time_limit_s, cancelled, time.monotonic).next_best(assessment)

    def _report_none(
        self, problem: Problem, result: Result, cpu_s: float, before: Assessment | None
    ) -> InfeasibleError:
        """Without a placement: why there is none, or that the time was too short to find one."""
        from aisprint_cli.cli.analysis_view import print_changes_without_placement
        from aisprint_cli.cli.placement_view import print_conflict
        from aisprint_cli.cli.report_file import conflict_page, write_page
        from aisprint_cli.placement.anytime import Searcher
        from aisprint_cli.placement.exact import Status
        from aisprint_cli.placement.report import semantics_name

        self._session.note("No placement found; looking for the reason.")
        with interruptible(self._session) as cancelled:
            conflict = Searcher(self._time_limit_s, cancelled, time.monotonic).conflict(problem)
        proven = result.status is Status.INFEASIBLE or conflict.proven
        data = {
            **_search_values(result, cpu_s),
            "status": "infeasible" if proven else "stopped",
            "semantics": semantics_name(problem.semantics),
            "rate_per_s": problem.entry_rate_per_s,
            "feasible": False if proven else None,
            "placement": None,
            "conflict": conflict.to_json(),
            **_changes_values(self._request.what_if, before),
        }

        def human(console: Any) -> None:
            print_conflict(console, conflict, proven=proven)
            print_changes_without_placement(console, self._request.what_if, before)

        if self._request.report is not None:
            page = conflict_page(self._name, (("", conflict),), cpu_s, self._request.what_if, proven=proven)
            write_page(self._session, self._request.report, page)
        self._session.emit(SCHEMA, data, human)
        return _no_placement(proven=proven, skipped=self._request.skipped)


def _no_placement(*, proven: bool, skipped: tuple[str, ...]) -> InfeasibleError:
    """The error of an ended search; the reasons are in the result. `skipped` are options it left undone."""
    why = f"Without one there is nothing that {' and '.join(skipped)} could be about." if skipped else ""
    if proven:
        return InfeasibleError("No placement keeps every limit.", why=why)
    return InfeasibleError(
        "No placement was found in time; whether there is one is not known.",
        why=why,
        mend="Give a longer --time-limit, or ease a limit.",
    )


def _changes_values(changes: tuple[str, ...], before: Assessment | None) -> dict[str, Any]:
    """The changes after which there is no placement, and what it cost without them."""
    if not changes:
        return {}
    cost = None if before is None else before.cost
    return {"what_if": {"changes": list(changes), "comparison": None, "cost_before": cost}}


def _search_values(result: Result, cpu_s: float) -> dict[str, Any]:
    from aisprint_cli.placement.report import finite

    return {
        "status": result.status.value,
        "lower_bound": finite(result.lower_bound),
        "gap": finite(result.gap),
        "cpu_s": cpu_s,
        "search": {"configurations": result.configurations, "nodes": result.nodes},
    }


def _evaluate(session: Session, system: Path, given: Path, rate: float | None, semantics: Program) -> None:
    """Compute the figures of a placement in an output file, and compare them with those it states."""
    from aisprint_cli.cli.placement_view import print_placement, print_stated
    from aisprint_cli.load.json_document import read_json
    from aisprint_cli.placement.constraints import assess
    from aisprint_cli.placement.output_file import differences, output_from, stated_rate_per_s
    from aisprint_cli.placement.report import assessment_values

    if not given.is_file():
        raise UsageError(f"There is no file {given}.", mend="Give an output file (JSON).")
    document = read_json(given)
    at_rate = rate if rate is not None else stated_rate_per_s(document)
    file = read_problem(session, system, at_rate, semantics)
    stated = output_from(document, given.parent, file.problem)
    assessment = assess(file.problem, stated.placement)
    compared = differences(stated, assessment)
    data = {
        "status": "evaluated",
        **assessment_values(assessment),
        "stated": [item.to_json() for item in compared],
    }

    def human(console: Any) -> None:
        print_placement(console, assessment)
        print_stated(console, compared)

    session.emit(SCHEMA, data, human)
    if not assessment.feasible:
        raise typer.Exit(int(ExitCode.INFEASIBLE))
