"""The last word on what a heuristic proposes: fewer instances while the evaluator finds every limit kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.batches import Batch
from aisprint_cli.placement.evaluation import Evaluator, Scores
from aisprint_cli.placement.problem import Choice, Placement

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_AT_ONCE = 8
"""How many smaller numbers of instances are looked at in one go."""


@dataclass(frozen=True, slots=True)
class Found:
    """A feasible placement and its cost."""

    placement: Placement
    cost: float


class Trial:
    """One assignment of all components, tried with different numbers of instances."""

    def __init__(self, evaluator: Evaluator, choices: Sequence[Choice], instances: Sequence[int]) -> None:
        """Evaluate the choices with these instances; resources that nothing runs on need none."""
        self._evaluator = evaluator
        self._choices = tuple(choices)
        batch = evaluator.encode([Placement(self._choices, tuple(instances))])
        self._columns = batch.columns
        self._scores = evaluator.evaluate(batch)
        self.instances = np.where(self._scores.used[0], np.maximum(batch.instances[0], 1), 0)
        if (self.instances != batch.instances[0]).any():
            self._scores = self._try(self.instances[None, :])

    @property
    def feasible(self) -> bool:
        """Whether every constraint holds."""
        return bool(self._scores.feasible[0])

    @property
    def utilisation(self) -> Floats:
        """By resource."""
        return np.asarray(self._scores.utilisation[0])

    def shares(self) -> Floats:
        """How much of each local and path limit is used: value over limit, in the order of the problem."""
        problem = self._evaluator.problem
        local = np.array([item.limit_s for item in problem.local_limits])
        path = np.array([item.limit_s for item in problem.path_limits])
        return np.concatenate((self._scores.local_value_s[0] / local, self._scores.path_value_s[0] / path))

    def _try(self, instances: Integers) -> Scores:
        columns = np.broadcast_to(self._columns, (len(instances), self._columns.shape[1]))
        return self._evaluator.evaluate(Batch(columns, instances))

    def shrink(self, order: Sequence[int]) -> Found:
        """Give back instances that no limit needs, in this order of resources; needs a feasible one."""
        for resource in order:
            while self.instances[resource] > 1:
                fewer = np.arange(1, _AT_ONCE + 1)
                rows = np.tile(self.instances, (len(fewer), 1))
                rows[:, resource] -= fewer
                rows = rows[rows[:, resource] >= 1]
                feasible = self._try(rows).feasible
                held = len(feasible) if feasible.all() else int(feasible.argmin())
                if not held:
                    break
                self.instances = rows[held - 1]
                if held < _AT_ONCE:
                    break
        self._scores = self._try(self.instances[None, :])
        placement = Placement(self._choices, tuple(self.instances.tolist()))
        return Found(placement, float(self._scores.cost[0]))
