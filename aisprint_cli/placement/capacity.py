"""Whether the load is surely too large for where it may go: a proof that costs next to nothing.

Take a set of bought resources. The pieces that may run nowhere else bring it at least so much load,
relative to all instances that there are of each resource. Every resource in use stays below one, and of a
layer one resource at most is in use: where the sum reaches the number of layers, there is no placement.
"""

from __future__ import annotations

from collections.abc import Iterator

from aisprint_cli.placement.problem import Alternative, Problem, below

_MOST_SETS = 300


def is_overloaded(problem: Problem) -> bool:
    """Whether no placement can keep every resource below full use; False where that is not proven."""
    return not below(least_utilisation(problem), 1)


def least_utilisation(problem: Problem) -> float:
    """What the mean utilisation of some set of resources is at least; it rises in proportion to the load."""
    loads = [
        [list(_pieces(problem, number, alternative)) for alternative in component.alternatives]
        for number, component in enumerate(problem.components)
    ]
    sets = dict.fromkeys(
        frozenset(piece) for alternatives in loads for pieces in alternatives for piece in pieces
    )
    bought = [item for item in sets if not any(problem.is_function(resource) for resource in item)]
    everything = frozenset().union(*bought)
    candidates = dict.fromkeys([everything, *bought[:_MOST_SETS]])
    return max((_utilisation(problem, loads, item) for item in candidates if item), default=0.0)


def _pieces(problem: Problem, number: int, alternative: Alternative) -> Iterator[dict[int, float]]:
    """For each piece, the share of all instances of a resource that it keeps busy, by resource."""
    component = problem.components[number]
    for place, piece in enumerate(alternative.pieces):
        shares = {}
        for option in piece.options:
            resource = problem.resources[option.resource]
            if not problem.rules.allows(number, place, option.resource):
                continue
            if problem.is_function(option.resource):
                shares[option.resource] = 0.0
            elif resource.limit:
                load = problem.load(component, piece, option)
                shares[option.resource] = load / resource.servers / resource.limit
        yield shares


def _utilisation(
    problem: Problem, loads: list[list[list[dict[int, float]]]], resources: frozenset[int]
) -> float:
    total = sum(
        min(
            sum(min(piece.values()) for piece in pieces if piece and resources.issuperset(piece))
            for pieces in alternatives
        )
        for alternatives in loads
        if alternatives
    )
    return total / len({problem.resources[resource].layer for resource in resources})
