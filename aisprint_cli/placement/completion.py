"""Checks of a complete choice of candidates: what only shows when everything is placed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.placement.candidates import SOMEWHERE
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import Choice, Placement, holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.placement.candidates import Candidate, Configuration
    from aisprint_cli.placement.compiled import Compiled
    from aisprint_cli.placement.problem import Problem

_MOST_AT_ONCE = 256
"""Choices that are judged together at most."""


def paths_hold(compiled: Compiled, chosen: Sequence[Candidate], stretch: Sequence[float]) -> bool:
    """Whether all local and path limits hold, transfers included; `stretch` as in `Candidate.times_s`."""
    times_s = [response_s(candidate, stretch) for candidate in chosen]
    if not all(holds(time_s, limit_s) for time_s, limit_s in zip(times_s, compiled.limits_s, strict=True)):
        return False
    for limit in compiled.paths:
        total_s = sum([times_s[component] for component in limit.components])
        for source, target in zip(limit.components, limit.components[1:], strict=False):
            total_s += _transfer_s(compiled, source, target, chosen)
        if not holds(total_s, limit.limit_s):
            return False
    return True


def response_s(candidate: Candidate, stretch: Sequence[float]) -> float:
    """The response time of a component that does this, from what load does to its times."""
    return candidate.constant_s + sum([part_s * stretch[place] for place, part_s in candidate.times_s])


def placement_of(
    compiled: Compiled, columns: Sequence[int], instances: Sequence[int], chosen: Sequence[Candidate]
) -> Placement:
    """A complete choice of candidates as a placement."""
    bought = [0] * len(compiled.problem.resources)
    for column, count in zip(columns, instances, strict=True):
        bought[compiled.columns[column]] = count
    choices = tuple(
        [
            Choice(candidate.source.number, tuple([option.resource for option in candidate.options]))
            for candidate in chosen
        ]
    )
    return Placement(choices, tuple(bought))


@dataclass(frozen=True, slots=True)
class Complete:
    """A choice for every component, and what it costs."""

    cost: float
    chosen: tuple[Candidate, ...]


class Judge:
    """The one evaluator, for what the search alone cannot tell; remembers what it has judged.

    It judges many placements at once much faster than one after the other. So after each batch without a
    feasible one the next is twice as large; after one with any, placements are judged as they come again.
    """

    def __init__(self, problem: Problem) -> None:
        self._evaluator = Evaluator(problem)
        self._known: dict[Placement, bool] = {}
        self.batch = 1

    def feasible(self, placements: Sequence[Placement]) -> list[bool]:
        """Which of these placements are feasible."""
        unknown = [item for item in dict.fromkeys(placements) if item not in self._known]
        if unknown:
            found = self._evaluator.evaluate_all(unknown).feasible.tolist()
            self._known.update(zip(unknown, found, strict=True))
            self.batch = 1 if any(found) else min(2 * self.batch, _MOST_AT_ONCE)
        return [self._known[item] for item in placements]


class Verdicts:
    """Complete choices of one configuration that wait for the judge."""

    def __init__(self, compiled: Compiled, configuration: Configuration) -> None:
        self._compiled = compiled
        self._configuration = configuration
        self._waiting: list[Complete] = []

    def offer(self, complete: Complete) -> Complete | None:
        """Take a choice; the cheapest feasible one once there are enough to be judged.

        With resources still open there is nothing to evaluate: what holds so far may hold.
        """
        judge = self._compiled.judge
        if judge is None or self._configuration.open:
            return complete
        self._waiting.append(complete)
        return self.cheapest() if len(self._waiting) >= judge.batch else None

    def cheapest(self) -> Complete | None:
        """The cheapest feasible one of the choices that were not judged yet."""
        waiting, self._waiting = self._waiting, []
        if not waiting or self._compiled.judge is None:
            return None
        columns, instances = self._configuration.columns, self._configuration.instances
        placements = [placement_of(self._compiled, columns, instances, item.chosen) for item in waiting]
        feasible = self._compiled.judge.feasible(placements)
        found = [item for item, fine in zip(waiting, feasible, strict=True) if fine]
        return min(found, key=lambda item: item.cost, default=None)


def _transfer_s(compiled: Compiled, source: int, target: int, chosen: Sequence[Candidate]) -> float:
    """Seconds from the last piece of one component to the first piece of its successor."""
    if SOMEWHERE in {chosen[source].last.resource, chosen[target].first.resource}:
        return 0.0
    place = compiled.problem.components[source].successors.index(target)
    size = chosen[source].source.source.sent[place]
    return compiled.problem.delay_s(chosen[source].last.resource, chosen[target].first.resource, size)


def memory_holds(compiled: Compiled, chosen: Sequence[Candidate], configuration: Configuration) -> bool:
    """Whether all pieces fit the memory of their resources."""
    used: dict[int, float] = {}
    for candidate in chosen:
        for option in candidate.options:
            if option.resource != SOMEWHERE:
                used[option.resource] = used.get(option.resource, 0.0) + option.memory_mib
    counts = {
        compiled.columns[column]: count
        for column, count in zip(configuration.columns, configuration.instances, strict=True)
    }
    problem = compiled.problem
    per_instance = problem.semantics.memory_per_instance
    return all(
        holds(mib, problem.resources[number].memory_mib * (counts.get(number, 1) if per_instance else 1))
        for number, mib in used.items()
    )


def shared_cost(compiled: Compiled, chosen: Sequence[Candidate]) -> float:
    """The cost of functions billed once: each for the first piece that uses it."""
    if not compiled.shared_functions:
        return 0.0
    problem = compiled.problem
    billed: dict[int, float] = {}
    for component, candidate in zip(problem.components, chosen, strict=True):
        for piece, option in zip(candidate.source.source.pieces, candidate.options, strict=True):
            if option.resource in compiled.shared_functions and option.resource not in billed:
                original = next(item for item in piece.options if item.resource == option.resource)
                billed[option.resource] = problem.function_cost(component, piece, original)
    return sum(billed.values())
