"""What a placement may be good at besides its cost: a figure, and the problem with a limit on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from aisprint_cli.errors import UsageError
from aisprint_cli.load.suggestions import closest
from aisprint_cli.placement.constraints import percentile_words
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import PathLimit

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Placement, Problem

SHARE: Final = "share of the limit"
"""The unit of figures that are 1 where a limit is used up."""
MOST_PATHS: Final = 500
"""More paths from sources to sinks than these are not looked at without limits that name some."""


class Objective(Protocol):
    """A figure of placements of one problem, the less the better."""

    @property
    def name(self) -> str:
        """What it is, in words."""

    @property
    def unit(self) -> str:
        """Its unit."""

    def value(self, placement: Placement) -> float:
        """The figure of a placement."""

    def limited(self, most: float) -> Problem:
        """The problem with the further limit that the figure is `most` at most."""

    def limit(self, problem: Problem, most: float) -> Problem:
        """The same for a problem that differs from the objective's own in further limits only."""


@dataclass(frozen=True)
class Latency:
    """The largest of some paths' times, each divided by its scale (1 s, or the path's limit).

    The mean of each, or the percentile that its limit is about.
    """

    problem: Problem
    paths: tuple[PathLimit, ...]
    name: str
    unit: str

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(replace(self.problem, path_limits=self.paths))

    def value(self, placement: Placement) -> float:
        """The largest time in its unit; `paths` hold the scales as their limits."""
        times = self._evaluator.evaluate_all([placement]).path_value_s[0]
        return max(float(time) / path.limit_s for time, path in zip(times, self.paths, strict=True))

    def limited(self, most: float) -> Problem:
        """The problem with each of the paths limited to `most` times its scale, and to its own limit."""
        return self.limit(self.problem, most)

    def limit(self, problem: Problem, most: float) -> Problem:
        """The same for a problem with other limits."""
        if most == float("inf"):
            return problem
        further = tuple(replace(path, limit_s=path.limit_s * most) for path in self.paths)
        return replace(problem, path_limits=(*problem.path_limits, *further))


@dataclass(frozen=True)
class Energy:
    """The energy drawn in the period; with `grid_only` without what renewable sources give."""

    problem: Problem
    grid_only: bool = False
    unit: str = "Wh"

    @property
    def name(self) -> str:
        """What it is, in words."""
        return "energy that is not green" if self.grid_only else "energy"

    def _drawing(self, problem: Problem) -> Problem:
        """A problem with the power that counts as the power."""
        if not self.grid_only:
            return problem
        resources = tuple(
            replace(
                item,
                idle_w=item.idle_w * (1 - item.green_share),
                busy_w=item.busy_w * (1 - item.green_share),
                green_share=0.0,
            )
            for item in problem.resources
        )
        return replace(problem, resources=resources)

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(self._drawing(self.problem))

    def value(self, placement: Placement) -> float:
        """The energy in Wh."""
        return float(self._evaluator.evaluate_all([placement]).energy_wh[0])

    def limited(self, most: float) -> Problem:
        """The problem with a limit in Wh, besides its own where that is of the same energy."""
        return self.limit(self.problem, most)

    def limit(self, problem: Problem, most: float) -> Problem:
        """The same for a problem with other limits."""
        own = float("inf") if self.grid_only else problem.energy_limit_wh
        return replace(self._drawing(problem), energy_limit_wh=min(most, own))


def energy(problem: Problem, *, grid_only: bool = False) -> Energy:
    """The energy of a problem's placements.

    Args:
        problem: what is placed.
        grid_only: whether to leave out what comes from renewable sources.

    Raises:
        UsageError: when no resource says what power it draws, or a limit on all energy stands beside.

    """
    if not any(item.busy_w for item in problem.resources):
        raise UsageError(
            "No resource says what power it draws, so there is no energy to compare.",
            mend="Give idle_power and busy_power (W) to resources: in the system file, or for an application "
            "in common_config/placement_rules.yaml.",
        )
    if grid_only and problem.energy_limit_wh < float("inf"):
        raise UsageError(
            "A limit on all energy and a front of energy that is not green do not go together.",
            mend="Leave out one of them.",
        )
    return Energy(problem, grid_only)


def latency(problem: Problem, path: str | None = None) -> Latency:
    """The latency of a problem's placements.

    Args:
        problem: what is placed.
        path: the name of a path limit, or components joined by ``->``: then the time along it in
            seconds. Without it the largest share that any limited path uses of its limit; without such
            limits the time in seconds of the longest way from a source to a sink.

    Raises:
        UsageError: when there is no such path, or there are too many to look at.

    """
    if path is not None:
        named = _named(problem, path)
        words = " -> ".join(problem.components[number].name for number in named.components)
        share = "" if named.percentile is None else f"{percentile_words(named.percentile)} of the "
        return Latency(problem, (named,), f"{share}time along {words}", "s")
    if problem.path_limits:
        return Latency(problem, problem.path_limits, "largest used share of a path's limit", SHARE)
    ways = []
    for components in _ways(problem):
        ways.append(PathLimit("way", components, 1.0))
        if len(ways) > MOST_PATHS:
            raise UsageError(
                f"There are more than {MOST_PATHS} ways through the graph.",
                mend="Say which path counts: --path NAME, or --path 'c1->c2->c3'.",
            )
    return Latency(problem, tuple(ways), "time of the longest way through the graph", "s")


def _named(problem: Problem, path: str) -> PathLimit:
    """The path of that name with its percentile, or the one along those components; the limit is 1 s."""
    for limit in problem.path_limits:
        if limit.name == path:
            return replace(limit, limit_s=1.0)
    numbers = {component.name: number for number, component in enumerate(problem.components)}
    words = [word.strip() for word in path.split("->")]
    for word in words:
        if word not in numbers:
            known = (*numbers, *(limit.name for limit in problem.path_limits))
            near = closest(word, known)
            raise UsageError(
                f"There is no path and no component `{word}`.",
                mend=f"Did you mean `{near}`?" if near else f"There is: {', '.join(known[:12])}.",
            )
    components = tuple(numbers[word] for word in words)
    for source, target in pairwise(components):
        if target not in problem.components[source].successors:
            names = " to ".join(problem.components[number].name for number in (source, target))
            raise UsageError(f"No edge leads from {names}.", mend="Name components that follow one another.")
    return PathLimit(path, components, 1.0)


def _ways(problem: Problem) -> Iterator[tuple[int, ...]]:
    """Every way from a source to a sink, depth first."""
    targets = {target for component in problem.components for target in component.successors}
    stack: list[tuple[int, ...]] = [
        (number,) for number in range(len(problem.components)) if number not in targets
    ]
    while stack:
        way = stack.pop()
        successors = problem.components[way[-1]].successors
        if not successors:
            yield way
        stack.extend((*way, target) for target in successors)
