"""Large-neighbourhood search: free a few components, keep the others, and let the exact solver decide.

Each round narrows the problem: components that are kept have only the choice they made, those that are
free have all of theirs. Layers on which something is kept stay on their resource, their instances may
change. What the exact solver finds is a placement of the whole problem (Shaw 1998). Rounds alternate
between stretches of the graph and random components; the random numbers come from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

import numpy as np

from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import Alternative, Choice, Component, Placement, Problem

SubSolver = Callable[[Problem], Placement | None]
"""Solves a narrowed problem; None when it finds nothing in time."""


def narrowed(problem: Problem, placement: Placement, free: Collection[int]) -> Problem:
    """The problem in which all components but the free ones keep their choice of the placement."""
    components = tuple(
        component if number in free else _kept(component, placement.choices[number])
        for number, component in enumerate(problem.components)
    )
    return replace(problem, components=components)


def restored(narrow: Placement, placement: Placement, free: Collection[int]) -> Placement:
    """A placement of the narrowed problem in the numbers of the whole one."""
    choices = tuple(
        choice if number in free else placement.choices[number]
        for number, choice in enumerate(narrow.choices)
    )
    return Placement(choices, narrow.instances)


def _kept(component: Component, choice: Choice) -> Component:
    alternative = component.alternatives[choice.alternative]
    pieces = tuple(
        replace(piece, options=tuple(item for item in piece.options if item.resource == resource))
        for piece, resource in zip(alternative.pieces, choice.resources, strict=True)
    )
    return replace(component, alternatives=(Alternative(alternative.name, pieces, alternative.sent),))


def neighbourhoods(components: int, size: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Sets of components to free, without end: stretches that overlap by half, and random ones."""
    draw = np.random.default_rng(seed)
    size = min(size, components)
    starts = list(range(0, max(components - size, 0) + 1, max(size // 2, 1)))
    while True:
        for start in draw.permutation(starts).tolist():
            yield tuple(range(start, start + size))
            yield tuple(sorted(draw.choice(components, size, replace=False).tolist()))


def improve(
    problem: Problem,
    placement: Placement,
    solver: SubSolver,
    *,
    size: int,
    rounds: int,
    stop: Callable[[], bool],
    seed: int = 0,
) -> Placement:
    """The cheapest placement found in so many rounds from a feasible one.

    Args:
        problem: the whole problem.
        placement: a feasible placement.
        solver: solves narrowed problems.
        size: how many components are free at a time.
        rounds: how many neighbourhoods are searched at most.
        stop: asked before each round.
        seed: of the random neighbourhoods.
    """
    evaluator = Evaluator(problem)
    cost = float(evaluator.evaluate_all([placement]).cost[0])
    sets = neighbourhoods(len(problem.components), size, seed)
    for _, free in zip(range(rounds), sets, strict=False):
        if stop():
            break
        found = solver(narrowed(problem, placement, frozenset(free)))
        if found is None:
            continue
        whole = restored(found, placement, frozenset(free))
        scores = evaluator.evaluate_all([whole])
        if scores.feasible[0] and scores.cost[0] < cost * (1 - 1e-12):
            placement, cost = whole, float(scores.cost[0])
    return placement
