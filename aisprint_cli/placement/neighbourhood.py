"""Large-neighbourhood search: free a few components, keep the others, and let the exact solver decide.

Each round narrows the problem: components that are kept have only the choice they made, those that are
free have all of theirs. Layers on which something is kept stay on their resource, their instances may
change. What the exact solver finds is a placement of the whole problem (Shaw 1998). Most rounds free what
runs on one layer, so that it may use another resource; the others a stretch of the graph or any components.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import Alternative, Choice, Component, Placement, Problem

SubSolver = Callable[[Problem, float], Placement | None]
"""Finds a placement of a narrowed problem below a cost; None when it finds none in time."""

_TURNS = 4
"""Neighbourhoods of each size, before it is the next one's turn: one of each kind, and two of the first."""


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


class Neighbourhoods:
    """Sets of components to free, without end: of one layer, of a stretch of the graph, and at random.

    All that runs on a layer has to be free for the layer to use another resource, so this kind comes
    twice as often as the others; what is left of the size is filled with components of other layers.
    """

    def __init__(self, problem: Problem, size: int, seed: int) -> None:
        """Begin; `size` components are freed at a time, the random numbers come from the seed."""
        self._problem = problem
        self._size = min(size, len(problem.components))
        self._draw = np.random.default_rng(seed)
        self._turn = 0

    def next(self, placement: Placement) -> frozenset[int]:
        """The next set for this placement."""
        self._turn += 1
        if self._turn % 4 == 0:
            return self._sample(range(len(self._problem.components)), self._size)
        if self._turn % 4 == 3:
            start = int(self._draw.integers(len(self._problem.components) - self._size + 1))
            return frozenset(range(start, start + self._size))
        return self._of_layer(placement)

    def _of_layer(self, placement: Placement) -> frozenset[int]:
        there: dict[int, set[int]] = {}
        for component, choice in enumerate(placement.choices):
            for resource in choice.resources:
                there.setdefault(self._problem.resources[resource].layer, set()).add(component)
        layer = sorted(there)[int(self._draw.integers(len(there)))]
        inside = self._sample(sorted(there[layer]), self._size)
        others = [item for item in range(len(self._problem.components)) if item not in there[layer]]
        return inside | self._sample(others, self._size - len(inside))

    def _sample(self, components: Sequence[int], size: int) -> frozenset[int]:
        count = min(size, len(components))
        return frozenset(self._draw.choice(components, count, replace=False).tolist() if count else ())


def improve(
    problem: Problem,
    placement: Placement,
    solver: SubSolver,
    *,
    sizes: Sequence[int],
    rounds: int,
    patience: int,
    stop: Callable[[], bool],
    seed: int = 0,
) -> Placement:
    """The cheapest placement found in so many rounds from a feasible one.

    Args:
        problem: the whole problem.
        placement: a feasible placement.
        solver: solves narrowed problems.
        sizes: how many components are free at a time, one after the other for some rounds each.
        rounds: how many neighbourhoods are searched at most.
        patience: after how many in vain, one after the other, the search ends.
        stop: asked before each round.
        seed: of the random neighbourhoods.
    """
    evaluator = Evaluator(problem)
    cost = float(evaluator.evaluate_all([placement]).cost[0])
    sets = [Neighbourhoods(problem, size, seed) for size in sizes]
    since = 0
    for turn in range(rounds):
        if stop() or since >= patience:
            break
        since += 1
        free = sets[turn // _TURNS % len(sets)].next(placement)
        found = solver(narrowed(problem, placement, free), cost)
        if found is None:
            continue
        whole = restored(found, placement, free)
        scores = evaluator.evaluate_all([whole])
        if scores.feasible[0] and scores.cost[0] < cost * (1 - 1e-12):
            placement, cost, since = whole, float(scores.cost[0]), 0
    return placement
