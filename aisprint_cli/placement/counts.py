"""The fewest instances with which a given assignment keeps every limit."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import Placement, below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.placement.problem import Choice, Problem

MOST_TRIES = 500
"""More numbers of instances than these are not tried."""


def cheapest_counts(problem: Problem, choices: Sequence[Choice]) -> tuple[Placement, float] | None:
    """Buy the cheapest numbers of instances that make the choices feasible; None when none do.

    Numbers are tried by ascending cost, from the least that the loads need.

    Raises:
        KeyError: when a piece is placed where it may not run.
    """
    evaluator = Evaluator(problem)
    least = _least_counts(problem, choices)
    if least is None:
        return None
    bought = [number for number, count in enumerate(least) if count]
    prices = [problem.resources[number].cost_per_hour for number in bought]
    start = tuple(least[number] for number in bought)
    queue = [(sum(map(float.__mul__, prices, map(float, start))), start)]
    seen = {start}
    for _ in range(MOST_TRIES):
        if not queue:
            break
        _, counts = heapq.heappop(queue)
        instances = list(least)
        for number, count in zip(bought, counts, strict=True):
            instances[number] = count
        assessment = assess(problem, Placement(tuple(choices), tuple(instances)), evaluator)
        if assessment.feasible:
            return assessment.placement, assessment.cost
        for place, number in enumerate(bought):
            if counts[place] < problem.resources[number].limit:
                more = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
                if more not in seen:
                    seen.add(more)
                    cost = sum(price * count for price, count in zip(prices, more, strict=True))
                    heapq.heappush(queue, (cost, more))
    return None


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
            load = component.rate_per_s * piece.reach * option.demand_s
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
