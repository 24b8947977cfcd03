"""Every placement of a small problem, scored: what the exact methods are held against."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from aisprint_cli.placement.problem import Choice, Placement, Problem


def all_placements(problem: Problem) -> Iterator[Placement]:
    """All placements with at most one resource in each edge or cloud layer, and no idle purchases."""
    per_component = [
        [
            Choice(number, resources)
            for number, alternative in enumerate(component.alternatives)
            for resources in product(*([o.resource for o in piece.options] for piece in alternative.pieces))
        ]
        for component in problem.components
    ]
    for choices in product(*per_component):
        used = {resource for choice in choices for resource in choice.resources}
        bought = sorted(resource for resource in used if not problem.is_function(resource))
        layers = [problem.resources[resource].layer for resource in bought]
        if len(set(layers)) < len(layers):
            continue
        for counts in product(*(range(1, problem.resources[resource].limit + 1) for resource in bought)):
            instances = [0] * len(problem.resources)
            for resource, count in zip(bought, counts, strict=True):
                instances[resource] = count
            yield Placement(choices, tuple(instances))
