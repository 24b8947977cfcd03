"""Lower bounds from prices on capacity: the Lagrangian relaxation of the placement problem.

Take a *configuration*: for some layers the resource used (or none) and its number of instances ``n_r``
are decided, the other layers are still open. In a placement of that configuration with loads ``L_r``

    cost = functions + sum over decided r of c_r n_r + sum over open r of c_r n_r.

Utilisation below one means ``L_r <= n_r``. So for any prices ``mu_r >= 0`` on the decided resources,

    cost >= functions + sum_decided mu_r L_r + sum_open c_r L_r + sum_decided (c_r - mu_r) n_r,

and the first three terms fall apart into a sum over components of sums over pieces: their minimum is
found by taking, for each component, the alternative whose pieces are cheapest when each piece goes where
``function cost`` or ``price times load`` is least. All constraints on response times, memory, networks
and the edge are left out, which can only lower the minimum: the bound is valid for every price vector, and
the best prices give the bound of the linear programming relaxation (Geoffrion 1974).

Everything is computed for many price vectors at once (rows). Loads are in mean busy instances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.placement.compiled import FUNCTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from aisprint_cli.placement.compiled import Compiled

    Array = NDArray[np.float64]

FORBIDDEN = 1e15
"""Stands for an infinite cost; finite, so that differences stay numbers."""

_MULTIPLES = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.5, 4.0, 8.0, 30.0, 1000.0])
"""Prices tried for a newly decided resource, as multiples of its cost per instance."""

_STEPS = 2.0 ** -np.arange(7)
_SCALES = np.array([0.5, 0.8, 1.25, 2.0])


class Relaxation:
    """The arrays behind the bound: loads (pieces x columns), function costs, and where groups start."""

    def __init__(self, compiled: Compiled, order: Sequence[int]) -> None:
        """Lay out the arrays; `order` is the order in which the layers' groups will be decided."""
        pieces: list[Sequence[object]] = []
        alternative_starts: list[int] = []
        component_starts: list[int] = []
        rows: list[int] = []
        columns: list[int] = []
        loads: list[float] = []
        functions: list[float] = []
        for items in compiled.alternatives:
            component_starts.append(len(alternative_starts))
            for item in items:
                alternative_starts.append(len(pieces))
                for options in item.options:
                    number = len(pieces)
                    pieces.append(options)
                    cheapest = FORBIDDEN
                    for option in options:
                        if option.column == FUNCTION:
                            cheapest = min(cheapest, option.cost)
                        else:
                            rows.append(number)
                            columns.append(option.column)
                            loads.append(option.load)
                    functions.append(cheapest)
        self.prices = np.array(compiled.prices, dtype=float)
        self.limits = np.array(compiled.limits, dtype=float)
        self.loads = np.full((len(compiled.prices), len(pieces)), np.nan)
        self.loads[columns, rows] = loads
        self._alternatives = np.array(alternative_starts)
        self._components = np.array(component_starts)
        counts = np.diff([*alternative_starts, len(pieces)])
        self._alternative_of_piece = np.repeat(np.arange(len(counts)), counts)
        counts = np.diff([*component_starts, len(alternative_starts)])
        self._component_of_alternative = np.repeat(np.arange(len(counts)), counts)
        self._open = self._open_costs(compiled, order, np.array(functions, dtype=float))

    def _open_costs(self, compiled: Compiled, order: Sequence[int], functions: Array) -> list[Array]:
        """For each depth, each piece's cheapest place among functions and layers not yet decided."""
        priced = np.where(np.isnan(self.loads), FORBIDDEN, self.loads * self.prices[:, None])
        costs = [functions]
        for group in reversed(order):
            columns = list(compiled.groups[group])
            costs.append(np.minimum(costs[-1], priced[columns].min(axis=0)))
        return costs[::-1]

    def totals(self, pieces: Array) -> Array:
        """The least sum over components, from the pieces' costs (rows x pieces)."""
        alternatives = np.add.reduceat(pieces, self._alternatives, axis=-1)
        return np.minimum.reduceat(alternatives, self._components, axis=-1).sum(axis=-1)

    def minima(self, pieces: Array) -> tuple[Array, Array]:
        """The least cost of each alternative and of each component, from the pieces' costs."""
        alternatives = np.add.reduceat(pieces, self._alternatives)
        return alternatives, np.minimum.reduceat(alternatives, self._components)

    def piece_costs(self, depth: int, columns: Sequence[int], mu: Sequence[float]) -> Array:
        """Each piece's cheapest place when the first `depth` layers use `columns` at prices `mu`."""
        costs = self._open[depth]
        for column, price in zip(columns, mu, strict=True):
            costs = np.fmin(costs, self.loads[column] * price)
        return costs

    def decide(
        self, depth: int, columns: Sequence[int], mu: Sequence[float], candidates: Sequence[int]
    ) -> tuple[float, Array, Array]:
        """Bounds after deciding the next layer, before the instances' fixed cost of earlier layers.

        Returns:
            The base when no resource of the layer is used; the prices tried, (candidates x prices);
            and the base for each of them: the bound with ``n`` instances is the largest over a
            candidate's prices of ``base + (cost - price) * n``.
        """
        others = self.piece_costs(depth + 1, columns, mu)
        columns_ = list(candidates)
        tried = self.prices[columns_][:, None] * _MULTIPLES
        costs = np.fmin(others, self.loads[columns_][:, None, :] * tried[:, :, None])
        return float(self.totals(others)), tried, self.totals(costs)

    def improve(
        self, depth: int, columns: Sequence[int], mu: Array, instances: Array, enough: float, rounds: int
    ) -> tuple[float, Array]:
        """Raise the bound of a configuration by better prices.

        Each round tries, at once, several steps along the subgradient (loads minus instances at the
        relaxation's own solution) and each price scaled alone, and keeps the best.

        Returns:
            The bound and its prices; stops early once the bound reaches `enough`.
        """
        columns_ = list(columns)
        loads = self.loads[columns_]
        open_costs = self._open[depth]
        costs = self.prices[columns_]
        best, idle = -np.inf, 0
        rows = mu[None, :]
        scale = 1.0
        for _ in range(rounds + 1):
            pieces = np.fmin(open_costs, np.fmin.reduce(rows[:, :, None] * loads, axis=1))
            bounds = self.totals(pieces) + (costs - rows) @ instances
            top = int(bounds.argmax())
            if bounds[top] > best + 1e-9 * abs(best):
                gain = float(bounds[top]) - best
                best, mu = float(bounds[top]), rows[top]
                idle = 0 if gain > 1e-4 * abs(best) else idle + 1
            else:
                idle += 1
                scale *= 0.25
            if best >= enough or idle >= 2:
                break
            rows = self._neighbours(mu, loads, open_costs, instances, max(enough - best, 1e-3 * abs(best)) * scale)
        return best, mu

    def _neighbours(
        self, mu: Array, loads: Array, open_costs: Array, instances: Array, distance: float
    ) -> Array:
        gradient = self._used(mu, loads, open_costs) - instances
        norm = float(gradient @ gradient)
        count = len(mu)
        scaled = np.repeat(mu[None, :], count * len(_SCALES), axis=0)
        index = np.arange(count * len(_SCALES))
        scaled[index, index // len(_SCALES)] *= np.tile(_SCALES, count)
        if norm <= 1e-18:
            return scaled
        along = np.maximum(mu + _STEPS[:, None] * (2 * distance / norm) * gradient, 0.0)
        return np.concatenate((along, scaled))

    def _used(self, mu: Array, loads: Array, open_costs: Array) -> Array:
        """Loads on the decided resources in the relaxation's own solution (ties shared evenly)."""
        priced = mu[:, None] * loads
        pieces = np.fmin(open_costs, np.fmin.reduce(priced, axis=0))
        alternatives, components = self.minima(pieces)
        chosen = alternatives <= components[self._component_of_alternative]
        shares = chosen / np.add.reduceat(chosen, self._components)[self._component_of_alternative]
        here = priced <= pieces
        return np.where(here, loads, 0.0) @ shares[self._alternative_of_piece]
