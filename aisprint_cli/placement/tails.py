"""The last components of a search, placed in every way at once.

Most nodes of a hard search are near its end: a few components are left, and each of their many ways is
tried one after the other below each of many nodes. Here all combinations of their ways that could matter
stand in arrays, and what is placed already is held against all of them together. Combinations are left out
only for reasons that hold whatever comes before them: regrets above the budget, rows that overflow, the
rule of no return to the edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.placement.problem import RELATIVE_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from aisprint_cli.placement.candidates import Candidate
    from aisprint_cli.placement.compiled import Compiled

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_MOST = 4000
"""Combinations at most."""

_BITS = 62
"""Components that fit the bit masks."""


class _Ways:
    """One component's ways, or the combinations of several components' ways, as arrays.

    `starts` has a bit for each component that starts on the edge, `leaves` for each that ends off it, `off`
    for each that must therefore start off the edge.
    """

    def __init__(
        self, regrets: Floats, weights: Floats, starts: Integers, leaves: Integers, off: Integers
    ) -> None:
        self.regrets = regrets
        self.weights = weights
        self.starts = starts
        self.leaves = leaves
        self.off = off

    @staticmethod
    def of(
        component: int,
        descendants: int,
        candidates: Sequence[Candidate],
        weights: Sequence[tuple[float, ...]],
    ) -> _Ways:
        bit = 1 << component
        on = np.array([item.first.edge for item in candidates])
        out = np.array([not item.last.edge for item in candidates])
        return _Ways(
            np.array([item.regret for item in candidates]),
            np.array(weights, dtype=float).reshape(len(candidates), -1),
            np.where(on, bit, 0),
            np.where(out, bit, 0),
            np.where(out, descendants, 0),
        )

    def times(self, other: _Ways) -> _Ways:
        """Every combination of one of these with one of the others."""
        size, width = len(self.regrets) * len(other.regrets), self.weights.shape[1]
        return _Ways(
            np.add.outer(self.regrets, other.regrets).ravel(),
            (self.weights[:, None, :] + other.weights[None, :, :]).reshape(size, width),
            np.bitwise_or.outer(self.starts, other.starts).ravel(),
            np.bitwise_or.outer(self.leaves, other.leaves).ravel(),
            np.bitwise_or.outer(self.off, other.off).ravel(),
        )

    def kept(self, which: NDArray[np.bool_] | Integers) -> _Ways:
        return _Ways(
            self.regrets[which], self.weights[which], self.starts[which], self.leaves[which], self.off[which]
        )


class Tail:
    """All combinations of ways of the last components."""

    def __init__(
        self,
        compiled: Compiled,
        ways: Sequence[tuple[int, Sequence[Candidate], Sequence[tuple[float, ...]]]],
        capacity: Sequence[float],
        priced: Sequence[tuple[int, float]],
        budget: float,
    ) -> None:
        """Combine as many of the last components as give `_MOST` combinations at most.

        Args:
            compiled: the problem.
            ways: component, candidates and their weights on the watched rows, in the order of placing.
            capacity: of each row.
            priced: rows with a price, and the price.
            budget: what regrets must stay below.
        """
        self._capacity = np.array(capacity)
        self._prices = np.zeros(len(capacity))
        for row, price in priced:
            self._prices[row] = price
        combined: _Ways | None = None
        indices: list[Integers] = []
        self.components: list[int] = []
        for component, candidates, weights in reversed(ways):
            size = len(candidates) * (1 if combined is None else len(combined.regrets))
            if size > _MOST or component >= _BITS or len(compiled.descendants) > _BITS:
                break
            own = _Ways.of(component, compiled.descendants[component], candidates, weights)
            combined = own if combined is None else own.times(combined)
            fits = (combined.regrets < budget) & (combined.weights <= self._capacity).all(axis=1)
            which = np.flatnonzero(fits & (combined.off & combined.starts == 0))
            combined = combined.kept(which)
            rest = len(indices[0]) if indices else 1
            indices = [which // rest, *(item[which % rest] for item in indices)]
            self.components.insert(0, component)
        self._of = {component: candidates for component, candidates, _ in ways}
        if combined is not None:
            self._sort(combined, indices)

    def _sort(self, combined: _Ways, indices: list[Integers]) -> None:
        """Order the combinations by what they cost: regrets, less the price of the capacity they fill."""
        keys = combined.regrets - combined.weights @ self._prices
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._all = combined.kept(order)
        self._indices = [item[order] for item in indices]

    def __len__(self) -> int:
        """How many components it places."""
        return len(self.components)

    def watch(self, limits: Sequence[tuple[tuple[int, ...], float]], slots: int) -> None:
        """Prepare for time limits: components and seconds."""
        self._limits = [
            (components, limit_s * (1 + RELATIVE_TOLERANCE))
            for components, limit_s in limits
            if set(components) & set(self.components)
        ]
        count = len(self._keys)
        self._constant_s = np.zeros((len(self._limits), count))
        self._stretched_s = np.zeros((len(self._limits), slots, count))
        for component, index in zip(self.components, self._indices, strict=True):
            touched = [row for row, (members, _) in enumerate(self._limits) if component in members]
            if not touched:
                continue
            constant = np.array([item.constant_s for item in self._of[component]])
            stretched = np.zeros((slots, len(constant)))
            for place, item in enumerate(self._of[component]):
                for slot, part_s in item.times_s:
                    if slot < slots:  # what waits in queues take is left out: a relaxation
                        stretched[slot, place] = part_s
            for row in touched:
                self._constant_s[row] += constant[index]
                self._stretched_s[row] += stretched[:, index]

    def fitting(
        self, regret: float, budget: float, weights: tuple[float, ...], off: int, on: int
    ) -> Integers:
        """The combinations that complete what is placed within budget and capacity, cheapest first."""
        left = self._capacity - np.array(weights)
        finite = self._prices > 0
        paid = regret + float(self._prices[finite] @ left[finite])
        count = int(np.searchsorted(self._keys, budget - paid, side="left"))
        fits = (self._all.weights[:count] <= left).all(axis=1)
        if off:
            fits &= self._all.starts[:count] & off == 0
        if on:
            fits &= self._all.leaves[:count] & on == 0
        return np.flatnonzero(fits)

    def in_time(
        self,
        found: Integers,
        chosen: Sequence[Candidate | None],
        weights: tuple[float, ...],
        instances: Sequence[int],
    ) -> Integers:
        """Those of the combinations with which the time limits can hold."""
        slots = len(instances)
        counts = np.array(instances, dtype=float)
        loads = np.array(weights[:slots]) + self._all.weights[found, :slots]
        inverse = (counts / (counts - loads)).T
        fine = np.ones(len(found), dtype=np.bool_)
        for row, (components, limit_s) in enumerate(self._limits):
            constant_s, placed_s = 0.0, np.zeros(slots)
            for component in components:
                candidate = chosen[component]
                if candidate is not None:
                    constant_s += candidate.constant_s
                    for slot, part_s in candidate.times_s:
                        if slot < slots:
                            placed_s[slot] += part_s
            times_s = self._stretched_s[row][:, found] + placed_s[:, None]
            total_s = constant_s + self._constant_s[row][found] + (times_s * inverse).sum(axis=0)
            fine &= total_s <= limit_s
        return found[fine]

    def cost_of(self, number: int, regret: float, weights: tuple[float, ...]) -> float:
        """The regret of a completed placement and the price of the capacity it leaves idle."""
        left = self._capacity - np.array(weights)
        finite = self._prices > 0
        return regret + float(self._prices[finite] @ left[finite]) + float(self._keys[number])

    def weights(self, number: int) -> tuple[float, ...]:
        """What a combination puts on the watched rows."""
        return tuple(self._all.weights[number].tolist())

    def candidates(self, number: int) -> list[tuple[int, Candidate]]:
        """A combination's components with their candidates."""
        return [
            (component, self._of[component][int(index[number])])
            for component, index in zip(self.components, self._indices, strict=True)
        ]
