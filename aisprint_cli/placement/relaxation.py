"""Lower bounds from prices on capacity: the Lagrangian relaxation of the placement problem.

Take a *configuration*: for some layers the resource used (or none) and its number of instances ``n_r``
are decided, the other layers are still open. In a placement of that configuration with loads ``L_r``

    cost = functions + sum over decided r of c_r n_r + sum over open r of c_r n_r.

**Capacity rows.** Utilisation below one means ``L_r <= n_r``. Response-time limits say more. Let k be a
limited set of components (one for a local limit, several for a path) with limit ``T_k``, and ``A_kr`` the
demand (s) that its pieces bring to r. The time that k spends on r is ``A_kr / (1 - L_r / n_r)``, and it
spends at least ``t_kr`` elsewhere, on pieces that cannot run on r. (A piece in a multi-server queue
brings no demand in this sense; what it takes there is left out.) So ``A_kr <= (1 - L_r / n_r) S_kr``
with ``S_kr = T_k - t_kr``, which is linear:

    L_r + n_r A_kr / S_kr <= n_r.

Each limit thus gives every resource it touches a capacity row in which its own pieces weigh more than
their load. A row is the plain one when no limit touches the resource; otherwise the plain one is implied.

**Prices.** Any prices ``mu >= 0`` on the rows of the decided resources give, with row weights ``w`` of the
chosen pieces,

    cost >= functions + sum_rows mu w + sum_open c_r L_r + sum_decided c_r n_r - sum_rows mu n_r,

and the first three terms fall apart into a sum over components of sums over pieces: their minimum is
found by taking, for each component, the alternative whose pieces are cheapest when each piece goes where
it is cheapest. All other constraints (memory, networks, the edge rule) are left out, which can only lower
the minimum: the bound is valid for every price vector, and the best prices give the bound of the linear
programming relaxation (Geoffrion 1974).

Loads are in mean busy instances. All arrays run over pieces, in the order of components, alternatives and
chains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.placement.piece_options import FUNCTION
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from aisprint_cli.placement.compiled import Compiled

    Array = NDArray[np.float64]

FORBIDDEN = 1e15
"""Stands for an infinite cost; finite, so that differences stay numbers."""

_MULTIPLES = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.5, 4.0, 8.0, 30.0, 1000.0])
"""Prices tried for a newly decided resource, as multiples of its cost per instance."""

_CLOSE = 1e-3
"""How near, relatively, the best prices need to come to the best bound there is."""

_ROUNDS = 60
"""Steps of column generation at most; what is reached by then is a valid bound too."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The capacity rows of one resource with so many instances.

    `weights` (rows x pieces) is not a number where a piece cannot run there; `share` (rows x components)
    is the weight of a second of demand, besides the load itself: ``n_r / S_kr`` or zero.
    """

    weights: Array
    share: Array


class Relaxation:
    """The arrays behind the bound, and the bound itself."""

    def __init__(self, compiled: Compiled, order: Sequence[int]) -> None:
        """Lay out the arrays; `order` is the order in which the layers' groups will be decided."""
        pieces: list[int] = []
        alternative_starts: list[int] = []
        component_starts: list[int] = []
        entries: list[tuple[int, int, float, float, float]] = []
        self._curves: dict[int, list[tuple[int, tuple[float, ...]]]] = {}
        functions: list[float] = []
        fastest_s: list[float] = []
        for component, items in enumerate(compiled.alternatives):
            component_starts.append(len(alternative_starts))
            for item in items:
                alternative_starts.append(len(pieces))
                for options in item.options:
                    cheapest = fastest = FORBIDDEN
                    for option in options:
                        if option.column == FUNCTION:
                            cheapest = min(cheapest, option.cost)
                            fastest = min(fastest, option.time_s)
                        else:
                            entry = option.load, option.time_s, option.least_s
                            entries.append((option.column, len(pieces), *entry))
                            if option.times_s:
                                curves = self._curves.setdefault(option.column, [])
                                curves.append((len(pieces), option.times_s))
                    pieces.append(component)
                    functions.append(cheapest)
                    fastest_s.append(fastest)
        columns = [entry[0] for entry in entries]
        rows = [entry[1] for entry in entries]
        shape = (len(compiled.prices), len(pieces))
        self.prices = np.array(compiled.prices, dtype=float)
        self.loads = np.full(shape, np.nan)
        self.loads[columns, rows] = [entry[2] for entry in entries]
        self._times_s = np.full(shape, np.nan)
        self._times_s[columns, rows] = [entry[3] for entry in entries]
        self._least_s = np.full(shape, np.nan)
        self._least_s[columns, rows] = [entry[4] for entry in entries]
        self._costs = compiled.costs
        self._component_of_piece = np.array(pieces)
        self._alternatives = np.array(alternative_starts)
        self._components = np.array(component_starts)
        counts = np.diff([*alternative_starts, len(pieces)])
        self._alternative_of_piece = np.repeat(np.arange(len(counts)), counts)
        counts = np.diff([*component_starts, len(alternative_starts)])
        self._component_of_alternative = np.repeat(np.arange(len(counts)), counts)
        self._open = self._open_costs(compiled, order, np.array(functions, dtype=float))
        self._cap = 1e3 * float(self.prices.max(initial=0.0)) + 1.0
        self._rows: dict[tuple[int, int], Rows] = {}
        self._plain: dict[int, tuple[Array, Array, Array]] = {}
        self._prepare_limits(compiled, np.array(fastest_s))

    def _open_costs(self, compiled: Compiled, order: Sequence[int], functions: Array) -> list[Array]:
        """For each depth, each piece's cheapest place among functions and layers not yet decided."""
        priced = np.where(np.isnan(self.loads), FORBIDDEN, self.loads * self.prices[:, None])
        costs = [functions]
        for group in reversed(order):
            columns = list(compiled.groups[group])
            costs.append(np.minimum(costs[-1], priced[columns].min(axis=0)))
        return costs[::-1]

    def _prepare_limits(self, compiled: Compiled, fastest_s: Array) -> None:
        """What each limit leaves to each resource: ``S_kr``, and who takes part in it."""
        count = len(compiled.alternatives)
        limits: list[tuple[tuple[int, ...], float]] = [
            ((component,), limit_s)
            for component, limit_s in enumerate(compiled.limits_s)
            if limit_s < float("inf")
        ]
        limits += compiled.paths
        self._members = np.zeros((len(limits), count))
        for row, (components, _) in enumerate(limits):
            self._members[row, list(components)] = 1.0
        self._touched = self._members[:, self._component_of_piece] > 0
        allowed_s = np.array([limit_s for _, limit_s in limits]) * (1 + 2 * RELATIVE_TOLERANCE)
        fastest_s = np.fmin(fastest_s, np.fmin.reduce(self._least_s, axis=0))
        elsewhere_s = np.where(np.isnan(self.loads), fastest_s, 0.0)
        alternatives_s = np.add.reduceat(elsewhere_s, self._alternatives, axis=1)
        components_s = np.minimum.reduceat(alternatives_s, self._components, axis=1)
        self._left_s = allowed_s[:, None] - self._members @ components_s.T
        piece_room_s = np.array(compiled.limits_s) * (1 + 2 * RELATIVE_TOLERANCE)
        self._room_s = piece_room_s[self._component_of_piece]

    def rows(self, column: int, instances: int) -> Rows:
        """The capacity rows of a resource with so many instances."""
        found = self._rows.get((column, instances))
        if found is None:
            found = self._rows[column, instances] = self._make_rows(column, instances)
        return found

    def _make_rows(self, column: int, instances: int) -> Rows:
        loads, times_s = self.loads[column], self._times_at(column, instances)
        left_s = self._left_s[:, column]
        legal = self._legal(loads, times_s, float(instances))
        loads = np.where(legal, loads, np.nan)
        relevant = (self._touched & legal).any(axis=1)
        if not relevant.any():
            return Rows(loads[None, :], np.zeros((1, self._members.shape[1])))
        left_s = np.maximum(left_s[relevant], 1e-12)[:, None]
        share = instances * self._members[relevant] / left_s
        extra = share[:, self._component_of_piece] * np.where(legal, times_s, 0.0)
        kept = _undominated(extra)
        weights = loads + extra[kept]
        weights[:, (weights > instances * (1 + RELATIVE_TOLERANCE)).any(axis=0)] = np.nan
        return Rows(weights, share[kept])

    def _times_at(self, column: int, instances: int) -> Array:
        """What the pieces' times on a resource are before its load stretches them."""
        times_s: Array = self._times_s[column]
        curves = self._curves.get(column)
        if curves is None:
            return times_s
        times_s = times_s.copy()
        for piece, values in curves:
            value = values[instances - 1]
            times_s[piece] = value if value < np.inf else np.nan
        return times_s

    def totals(self, pieces: Array) -> Array:
        """The least sum over components, from the pieces' costs (rows x pieces)."""
        alternatives = np.add.reduceat(pieces, self._alternatives, axis=-1)
        sums: Array = np.minimum.reduceat(alternatives, self._components, axis=-1).sum(axis=-1)
        return sums

    def minima(self, pieces: Array) -> tuple[Array, Array]:
        """The least cost of each alternative and of each component, from the pieces' costs."""
        alternatives = np.add.reduceat(pieces, self._alternatives)
        return alternatives, np.minimum.reduceat(alternatives, self._components)

    def piece_costs(
        self, depth: int, columns: Sequence[int], instances: Sequence[int], mu: Sequence[Array]
    ) -> Array:
        """Each piece's cheapest place when the first `depth` layers are decided; `mu` by column, row."""
        costs = self._open[depth]
        for column, count, price in zip(columns, instances, mu, strict=True):
            costs = np.fmin(costs, price @ self.rows(column, count).weights)
        return costs

    def decide(
        self,
        depth: int,
        columns: Sequence[int],
        instances: Sequence[int],
        mu: Sequence[Array],
        candidates: Sequence[tuple[int, int]],
    ) -> tuple[float, Array, Array]:
        """Bounds after deciding the next layer, before the instances' fixed cost of earlier layers.

        Args:
            depth: how many layers are decided before.
            columns: the resources they use.
            instances: how many of each.
            mu: the prices on their rows.
            candidates: pairs of a column and a number of instances for the next layer.

        Returns:
            The bound when no resource of the layer is used; and for each candidate its best bound with a
            price on its load alone, and that price (candidates x 1).
        """
        others = self.piece_costs(depth + 1, columns, instances, mu)
        weights, prices, tried = self._plain_rows(depth, candidates)
        costs = np.fmin(others, weights * tried[:, :, None])
        counts = np.array([count for _, count in candidates])[:, None]
        bounds = self.totals(costs) + (prices - tried) * counts
        top = bounds.argmax(axis=1)
        index = np.arange(len(candidates))
        return float(self.totals(others)), bounds[index, top], tried[index, top, None]

    def _plain_rows(self, depth: int, candidates: Sequence[tuple[int, int]]) -> tuple[Array, Array, Array]:
        """For the candidates of a layer: loads where they are legal, costs per instance, prices to try."""
        found = self._plain.get(depth)
        if found is None:
            columns = [column for column, _ in candidates]
            counts = np.array([float(count) for _, count in candidates])[:, None]
            loads = self.loads[columns]
            times_s = np.array([self._times_at(column, count) for column, count in candidates])
            weights = np.where(self._legal(loads, times_s, counts), loads, np.nan)
            prices = np.array([self._costs[column][count] / count for column, count in candidates])[:, None]
            found = self._plain[depth] = weights[:, None, :], prices, prices * _MULTIPLES
        return found

    def _legal(self, loads: Array, times_s: Array, instances: Array | float) -> NDArray[np.bool_]:
        """Where a piece neither fills the instances by itself nor breaks its local limit there."""
        idle = 1 - loads / instances
        legal: NDArray[np.bool_] = (idle > RELATIVE_TOLERANCE) & (times_s <= self._room_s * idle)
        return legal

    def spread(self, column: int, instances: int, prices: Array) -> Array:
        """Prices for each row of a resource; a single price is spread evenly over its rows."""
        count = len(self.rows(column, instances).weights)
        return prices if len(prices) == count else np.full(count, prices.sum() / count)

    def improve(
        self,
        depth: int,
        columns: Sequence[int],
        instances: Sequence[int],
        mu: Sequence[Array],
        enough: float,
    ) -> tuple[float, list[Array]]:
        """The best bound of a configuration over all prices, by column generation (Dantzig-Wolfe 1960).

        Returns:
            The bound and its prices; stops early once the bound reaches `enough`.
        """
        rows = [self.rows(column, count).weights for column, count in zip(columns, instances, strict=True)]
        sizes = [len(item) for item in rows]
        fixed = sum([self._costs[column][count] for column, count in zip(columns, instances, strict=True)])
        pricing = _Pricing(self, self._open[depth], rows, np.repeat(instances, sizes).astype(float), fixed)
        bound, best = pricing.solve(np.concatenate(mu), self._cap, enough)
        return bound, np.split(best, np.cumsum(sizes)[:-1])

    def cheapest(self, open_costs: Array, priced: Array) -> tuple[float, Array, NDArray[np.bool_]]:
        """The relaxation's least cost, and its solution: each piece's share and where it runs.

        `priced` (columns x pieces) are the costs on the decided resources. Ties are shared evenly.
        """
        pieces = np.fmin(open_costs, np.fmin.reduce(priced, axis=0))
        alternatives, components = self.minima(pieces)
        chosen = alternatives <= components[self._component_of_alternative]
        ties = np.add.reduceat(chosen, self._components, dtype=float)
        shares = chosen / ties[self._component_of_alternative]
        return float(components.sum()), shares[self._alternative_of_piece], priced <= pieces


class _Pricing:
    """Column generation for one configuration.

    The master problem mixes solutions of the relaxation so that the mix keeps the capacity rows; its
    dual values are the next prices, smoothed towards the best prices so far (Wentges 1997). It is tiny,
    one row for each capacity row and one more, so the inverse of its basis is kept. An artificial
    variable of each row allows excess at the price `cap`, so that a first basis always exists.
    """

    def __init__(
        self, relaxation: Relaxation, open_costs: Array, rows: Sequence[Array], capacity: Array, fixed: float
    ) -> None:
        self._relaxation = relaxation
        self._open_costs = open_costs
        self._weights = np.concatenate(rows)
        sizes = [len(item) for item in rows]
        self._starts = np.cumsum([0, *sizes[:-1]])
        self._slot_of_row = np.repeat(np.arange(len(sizes)), sizes)
        self._capacity = capacity
        self._fixed = fixed
        self._bound = float("-inf")
        self._best_mu = np.zeros(len(capacity))

    def _price(self, mu: Array) -> tuple[float, Array]:
        """The least cost at prices `mu` and the weight its solution puts on each row."""
        weighted = mu[:, None] * self._weights
        priced = weighted if len(self._starts) == len(mu) else np.add.reduceat(weighted, self._starts)
        value, shares, here = self._relaxation.cheapest(self._open_costs, priced)
        used = np.where(here[self._slot_of_row], self._weights, 0.0) @ shares
        return value, used

    def solve(self, mu: Array, cap: float, enough: float) -> tuple[float, Array]:
        """The best bound and its prices; infinite when the capacity rows cannot be kept."""
        capacity, count = self._capacity, len(mu)
        value, used = self._price(mu)
        self._bound, self._best_mu = value + self._fixed - float(mu @ capacity), mu
        signs = np.where(used <= capacity, 1.0, -1.0)
        inverse = np.zeros((count + 1, count + 1))
        np.fill_diagonal(inverse, [*signs, 1.0])
        inverse[:count, count] = -signs * used
        cost = np.append(np.where(signs > 0, 0.0, cap), value - float(mu @ used))
        x = np.append(np.abs(used - capacity), 1.0)
        for _ in range(_ROUNDS):
            if self._bound >= enough or float(cost @ x) + self._fixed - self._bound <= _CLOSE * abs(
                self._bound
            ):
                break
            entering = self._entering(cost @ inverse, cap)
            if entering is None or not _pivot(inverse, x, cost, *entering):
                break
        if self._best_mu.max() >= cap / 2 and self._overflows(self._best_mu):
            return np.inf, self._best_mu
        return self._bound, self._best_mu

    def _entering(self, dual: Array, cap: float) -> tuple[Array, float] | None:
        """The column that improves the master at its dual values, and its cost; None at the optimum."""
        count = len(self._capacity)
        price = -dual[:count]
        low, high = int(price.argmin()), int(price.argmax())
        entering = np.zeros(count + 1)
        if price[low] < -1e-9:
            entering[low] = 1.0
            return entering, 0.0
        if price[high] > cap * (1 + 1e-9):
            entering[high] = -1.0
            return entering, cap
        for weight in (0.6, 0.0):
            at = weight * self._best_mu + (1 - weight) * np.maximum(price, 0.0)
            value, used = self._price(at)
            bound = value + self._fixed - float(at @ self._capacity)
            if bound > self._bound:
                self._bound, self._best_mu = bound, at
            cost = value - float(at @ used)
            if cost + float(price @ used) - dual[count] < -1e-9 * max(1.0, abs(self._bound)):
                entering[:count], entering[count] = used, 1.0
                return entering, cost
        return None

    def _overflows(self, mu: Array) -> bool:
        """Whether the capacity rows cannot be kept, whatever it costs (Farkas): `mu` weighs them."""
        weighted = np.add.reduceat(mu[:, None] * self._weights, self._starts)
        free = np.where(self._open_costs >= FORBIDDEN / 2, np.inf, 0.0)
        value, _, _ = self._relaxation.cheapest(free, weighted)
        return value > float(mu @ self._capacity) * (1 + 1e-7)


def _pivot(inverse: Array, x: Array, cost: Array, entering: Array, entering_cost: float) -> bool:
    """One step of the revised simplex method, in place; False when nothing limits the step."""
    column = inverse @ entering
    positive = column > 1e-10
    if not positive.any():
        return False
    ratios = np.where(positive, x, np.inf) / np.where(positive, column, 1.0)
    row = int(ratios.argmin())
    step = ratios[row]
    x -= step * column
    x[row] = step
    inverse[row] /= column[row]
    column[row] = 0.0
    inverse -= np.outer(column, inverse[row])
    cost[row] = entering_cost
    return True


def _undominated(extra: Array) -> list[int]:
    """Rows that no other row implies: those not at most another one everywhere."""
    kept: list[int] = []
    for row in range(len(extra)):
        rivals = [other for other in range(len(extra)) if other != row and (extra[other] >= extra[row]).all()]
        if not any(other < row or (extra[other] > extra[row]).any() for other in rivals):
            kept.append(row)
    return kept
