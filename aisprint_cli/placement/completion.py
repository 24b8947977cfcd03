"""Checks of a complete choice of candidates: what only shows when everything is placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisprint_cli.placement.candidates import SOMEWHERE
from aisprint_cli.placement.problem import Choice, Placement, holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.placement.candidates import Candidate, Configuration
    from aisprint_cli.placement.compiled import Compiled


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


def is_feasible(compiled: Compiled, configuration: Configuration, chosen: Sequence[Candidate]) -> bool:
    """Whether the evaluator finds it so, where the search alone cannot tell.

    With resources still open there is nothing to evaluate: what holds so far may hold.
    """
    if compiled.judge is None or configuration.open:
        return True
    placement = placement_of(compiled, configuration.columns, configuration.instances, chosen)
    return bool(compiled.judge.evaluate_all([placement]).feasible[0])


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
