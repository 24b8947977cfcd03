"""How many pieces break each rule, for chunks of placements."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.arrays import Booleans, Integers, ProblemArrays
from aisprint_cli.placement.batches import View
from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.rules import Affinity, Bond, Confinement, Scope

_NOWHERE = -1


class RuleChecks:
    """The rules of one problem, confinements first, then affinities, then quotas."""

    def __init__(self, problem: Problem, arrays: ProblemArrays) -> None:
        self._rules = problem.rules
        self._groups = {scope: _groups(problem, scope) for scope in Scope}
        ends = [*arrays.first_slot[1:], arrays.slots]
        self._slots = [
            range(int(first), int(end)) for first, end in zip(arrays.first_slot, ends, strict=True)
        ]
        self._allowed = [_mask(rule.allowed, len(problem.resources)) for rule in self._rules.confinements]
        self._counted = np.array(
            [_mask(rule.resources, len(problem.resources))[:-1] for rule in self._rules.quotas],
            dtype=np.int64,
        ).reshape(-1, len(problem.resources))
        self._limits = np.array([rule.limit for rule in self._rules.quotas], dtype=np.int64)

    def violations(self, view: View) -> Integers:
        """Pieces (pairs of components, where they are to be apart) that break a rule, by rule."""
        found = [
            self._outside(rule, allowed, view)
            for rule, allowed in zip(self._rules.confinements, self._allowed, strict=True)
        ]
        found += [
            self._scattered(rule, view) if rule.bond is Bond.TOGETHER else self._meeting(rule, view)
            for rule in self._rules.affinities
        ]
        if not found:
            return np.zeros((len(view.batch), 0), dtype=np.int64)
        return np.stack(found, axis=1)

    def within_quotas(self, instances: NDArray[np.int64]) -> Booleans:
        """Whether every quota is kept, by placement."""
        return np.asarray((instances @ self._counted.T <= self._limits).all(axis=1))

    def _outside(self, rule: Confinement, allowed: Booleans, view: View) -> Integers:
        slots = self._slots[rule.component]
        slots = slots[:1] if rule.first_piece_only else slots
        return np.asarray((~allowed[view.resource[:, slots]]).sum(axis=1))

    def _scattered(self, rule: Affinity, view: View) -> Integers:
        slots = [slot for component in rule.components for slot in self._slots[component]]
        groups = self._groups[rule.scope][view.resource[:, slots]]
        return np.asarray(((groups != groups[:, :1]) & (groups != _NOWHERE)).sum(axis=1))

    def _meeting(self, rule: Affinity, view: View) -> Integers:
        groups = self._groups[rule.scope][view.resource]
        found = np.zeros(len(groups), dtype=np.int64)
        for one, other in combinations(rule.components, 2):
            here, there = groups[:, self._slots[one], None], groups[:, None, self._slots[other]]
            found += ((here == there) & (here != _NOWHERE)).any(axis=(1, 2))
        return found


def _mask(resources: frozenset[int], count: int) -> Booleans:
    """Which resources are among these; no piece (the last one) always is."""
    return np.array([number in resources or number == count for number in range(count + 1)])


def _groups(problem: Problem, scope: Scope) -> Integers:
    """The number of what resources share within a scope, by resource."""
    names = [problem.place(number, scope) for number in range(len(problem.resources))]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([*(numbers[name] for name in names), _NOWHERE], dtype=np.int64)
