"""What the baseline searches share: random placements, neighbours, crossover, and fewer instances."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.batches import Batch
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import Choice, Placement, Problem

_WAYS = 60
"""Resources of an alternative's pieces that are tried at most, drawn at random."""


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A feasible placement; the cheaper one is the lesser."""

    cost: float
    choices: tuple[Choice, ...] = field(compare=False)
    instances: tuple[int, ...] = field(compare=False)


Choices = tuple[Choice, ...]


class Moves:
    """Random moves in one problem, from a seed."""

    def __init__(self, problem: Problem, seed: int) -> None:
        """Prepare the choices of each component."""
        self.draw = random.Random(seed)
        self._problem = problem
        self._evaluator = Evaluator(problem)
        self._limits = np.array([item.limit for item in problem.resources])
        self._bought = np.array([not problem.is_function(i) for i in range(len(problem.resources))])
        self._prices = [item.cost_per_hour for item in problem.resources]
        self._options = [self._choices(number) for number in range(len(problem.components))]

    def _choices(self, component: int) -> list[Choice]:
        found = []
        for number, item in enumerate(self._problem.components[component].alternatives):
            ways = list(product(*([option.resource for option in piece.options] for piece in item.pieces)))
            kept = ways if len(ways) <= _WAYS else self.draw.sample(ways, _WAYS)
            found += [Choice(number, resources) for resources in kept]
        return found

    def _random(self) -> Choices:
        """One resource of each layer drawn first, then a choice of each component that fits if any does."""
        by_layer: dict[int, list[int]] = {}
        for number, resource in enumerate(self._problem.resources):
            by_layer.setdefault(resource.layer, []).append(number)
        allowed: set[int] = set()
        for members in by_layer.values():
            allowed.update([self.draw.choice(members)] if self._bought[members[0]] else members)
        return tuple(
            self.draw.choice([item for item in options if allowed.issuperset(item.resources)] or options)
            for options in self._options
        )

    def elite(self, starts: int, size: int) -> list[Candidate]:
        """The cheapest of so many random starts that are feasible with all instances."""
        found = self.settle([self._random() for _ in range(starts)])
        return sorted({item.choices: item for item in found}.values())[:size]

    def settle(self, rows: Sequence[Choices]) -> list[Candidate]:
        """Those that are feasible with all instances, with as few as their limits allow."""
        if not rows:
            return []
        batch = self._evaluator.encode([self._everything(row) for row in rows])
        feasible = np.flatnonzero(self._evaluator.evaluate(batch).feasible)
        if not len(feasible):
            return []
        columns, instances = batch.columns[feasible], batch.instances[feasible]
        for resource in sorted(range(len(self._prices)), key=lambda item: -self._prices[item]):
            self._shrink(columns, instances, resource)
        costs = self._evaluator.evaluate(Batch(columns, instances)).cost
        return [
            Candidate(float(cost), rows[int(row)], tuple(counts))
            for cost, row, counts in zip(costs, feasible, instances.tolist(), strict=True)
        ]

    def _shrink(self, columns: NDArray[np.int64], instances: NDArray[np.int64], resource: int) -> None:
        """Give back instances of a resource while every limit holds, for all rows at once."""
        shrinking = np.flatnonzero(instances[:, resource] > 1)
        while len(shrinking):
            fewer = instances[shrinking]
            fewer[:, resource] -= 1
            held = self._evaluator.evaluate(Batch(columns[shrinking], fewer)).feasible
            instances[shrinking[held]] = fewer[held]
            shrinking = shrinking[held & (fewer[:, resource] > 1)]

    def _everything(self, choices: Choices) -> Placement:
        used = {resource for choice in choices for resource in choice.resources}
        counts = tuple(
            int(limit) if bought and number in used else 0
            for number, (limit, bought) in enumerate(zip(self._limits, self._bought, strict=True))
        )
        return Placement(choices, counts)

    def neighbours(self, current: Candidate) -> list[Candidate]:
        """One component changed in some ways, or all of one layer moved to another of its resources."""
        component = self.draw.randrange(len(self._options))
        rows = [
            (*current.choices[:component], item, *current.choices[component + 1 :])
            for item in self._options[component]
            if item != current.choices[component]
        ]
        return self.settle([*rows, *self._swaps(current)])

    def _swaps(self, current: Candidate) -> list[Choices]:
        used = sorted({resource for choice in current.choices for resource in choice.resources})
        source = self.draw.choice(used)
        layer = self._problem.resources[source].layer
        rows = []
        for target, resource in enumerate(self._problem.resources):
            if resource.layer == layer and target != source and self._bought[source]:
                moved = tuple(
                    Choice(item.alternative, tuple(target if r == source else r for r in item.resources))
                    for item in current.choices
                )
                if all(self._may(number, item) for number, item in enumerate(moved)):
                    rows.append(moved)
        return rows

    def _may(self, component: int, choice: Choice) -> bool:
        numbers = self._evaluator.arrays.numbers
        return all(
            (component, choice.alternative, place, resource) in numbers
            for place, resource in enumerate(choice.resources)
        )

    def child(self, one: Candidate, other: Candidate) -> Choices:
        """One parent up to a component, the other from there, and sometimes one component drawn anew."""
        cut = self.draw.randrange(len(self._options) + 1)
        choices = [*one.choices[:cut], *other.choices[cut:]]
        if self.draw.random() < 0.7:
            component = self.draw.randrange(len(choices))
            choices[component] = self.draw.choice(self._options[component])
        return tuple(choices)

    def accepts(self, dearer: float, temperature: float) -> bool:
        """Metropolis' rule."""
        return dearer <= 0 or self.draw.random() < math.exp(-dearer / max(temperature, 1e-12))
