"""The cheapest numbers of instances with which given choices keep every limit."""

from __future__ import annotations

import heapq
from itertools import islice
from typing import TYPE_CHECKING

from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import Placement, below

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aisprint_cli.placement.problem import Choice, Problem

MOST_TRIES = 500
"""More numbers of instances than these are not tried."""

_AT_ONCE = (1, 7, 56)
"""How many are evaluated together at first; then more, as the first ones were too few."""


def cheapest_counts(problem: Problem, choices: Sequence[Choice]) -> tuple[Placement, float] | None:
    """Buy the cheapest numbers of instances that make the choices feasible; None when none do.

    Numbers are tried by ascending cost, from the least that the loads need. That needs costs which rise
    with the number of instances, as prices do, in tiers or not; what is feasible need not rise with it.

    Raises:
        KeyError: when a piece is placed where it may not run.
    """
    evaluator = Evaluator(problem)
    least = _least_counts(problem, choices)
    if least is None:
        return None
    counts = islice(_by_cost(problem, least), MOST_TRIES)
    sizes = iter(_AT_ONCE)
    while batch := list(islice(counts, next(sizes, _AT_ONCE[-1]))):
        placements = [Placement(tuple(choices), instances) for instances in batch]
        scores = evaluator.evaluate_all(placements)
        for placement, feasible, cost in zip(placements, scores.feasible, scores.cost, strict=True):
            if feasible:
                return placement, float(cost)
    return None


def _by_cost(problem: Problem, least: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Instances of every resource by ascending cost, from the least on, up to what there is of each."""
    bought = [number for number, count in enumerate(least) if count]
    hourly = {
        number: [
            problem.resources[number].hourly_cost(count)
            for count in range(problem.resources[number].limit + 1)
        ]
        for number in bought
    }

    def cost(counts: tuple[int, ...]) -> float:
        return sum(hourly[number][count] for number, count in zip(bought, counts, strict=True))

    start = tuple(least[number] for number in bought)
    queue, seen = [(cost(start), start)], {start}
    while queue:
        _, counts = heapq.heappop(queue)
        instances = list(least)
        for number, count in zip(bought, counts, strict=True):
            instances[number] = count
        yield tuple(instances)
        for place, number in enumerate(bought):
            if counts[place] < problem.resources[number].limit:
                more = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
                if more not in seen:
                    seen.add(more)
                    heapq.heappush(queue, (cost(more), more))


def _least_counts(problem: Problem, choices: Sequence[Choice]) -> list[int] | None:
    """The instances that keep every utilisation below one; None when there are not so many."""
    loads: dict[int, float] = {}
    for component, choice in zip(problem.components, choices, strict=True):
        pieces = component.alternatives[choice.alternative].pieces
        for piece, resource in zip(pieces, choice.resources, strict=True):
            if problem.is_function(resource):
                continue
            option = next((item for item in piece.options if item.resource == resource), None)
            if option is None:
                return None
            load = problem.load(component, piece, option) / problem.resources[resource].servers
            loads[resource] = loads.get(resource, 0.0) + load
    result = [0] * len(problem.resources)
    for resource, load in loads.items():
        count = int(load) + 1
        if not below(load, count):
            count += 1
        if count > problem.resources[resource].limit:
            return None
        result[resource] = count
    return result
