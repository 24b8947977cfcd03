"""Lower bounds for large problems: every layer decides for itself what it would run.

Each piece p gets a price ``v_p`` that its layers earn for running it, and each response-time limit k a
price ``lambda_k`` per second. Giving up the rules that a piece of the chosen alternative runs exactly once
and that limits hold, at these prices, leaves a problem that falls apart (Geoffrion 1974):

    cost >= sum over components of the least sum of v over an alternative's pieces
            - sum over k of lambda_k T_k
            + sum over edge and cloud layers of min(0, least over resources r and counts n of
                  c_r n - most that pieces with load at most n earn),

where a piece earns ``v_p - tau_p t`` on a resource that takes it ``t`` seconds, ``tau`` being the sum of
the prices of the limits its component is under. ``v_p`` is never above the piece's cheapest function.
That at most one resource of a layer is used, and a whole number of its instances, stays in force inside each
layer, which is why this bound is far better than one from prices on capacity alone when layers offer many
resources.

How a layer finds the most it can earn is told in `layer_bids`.

Limits are those on means that every placement keeps; limits on percentiles imply some (`percentile_bounds`).
Left out, which can only lower the bound: memory, transfers, the rule of no return to the edge. The prices
climb by the subgradient method with Polyak's step (1969). Any prices give a valid bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.layer_bids import LayerBids, LayerPieces, Scope
from aisprint_cli.placement.piece_options import FUNCTION
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_NEVER = 1e12
_MEMORY = 0.7
"""How much of the last direction goes into the next one, against zigzags (Camerini et al. 1975)."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What each piece is worth, and a second of each limit."""

    pieces: Floats
    limits: Floats


@dataclass(frozen=True, slots=True)
class Bound:
    """A valid lower bound, the prices that give it, and what the layers would do at them."""

    value: float
    prices: Prices
    bids: LayerBids


class LayerDecomposition:
    """The bound of a problem for any prices, and the search for good ones."""

    def __init__(self, compiled: Compiled) -> None:
        """Lay the compiled problem out as arrays."""
        self._compiled = compiled
        self._unit_prices = np.array(compiled.prices, dtype=float)
        self._lay_out_components()
        self._lay_out_limits()
        limits_s = np.array(compiled.limits_s) * (1 + 2 * RELATIVE_TOLERANCE)
        self._layers = LayerPieces(compiled, limits_s, self._component_of_piece)
        self._ceiling = dearest(compiled)

    def _lay_out_components(self) -> None:
        functions: list[tuple[int, float, float]] = []
        component_of: list[int] = []
        alternatives: list[int] = []
        components: list[int] = []
        for component, items in enumerate(self._compiled.alternatives):
            components.append(len(alternatives))
            for item in items:
                alternatives.append(len(component_of))
                for options in item.options:
                    functions += [
                        (len(component_of), option.cost, option.time_s)
                        for option in options
                        if option.column == FUNCTION
                    ]
                    component_of.append(component)
        self._component_of_piece = np.array(component_of)
        self._alternatives, self._components = np.array(alternatives), np.array(components)
        self._alternative_sizes = np.diff([*alternatives, len(component_of)])
        self._component_sizes = np.diff([*components, len(alternatives)])
        table = np.array(functions, dtype=float).reshape(-1, 3)
        self._functions = table[:, 0].astype(np.int64), table[:, 1], table[:, 2]

    def _lay_out_limits(self) -> None:
        compiled = self._compiled
        limits: list[tuple[tuple[int, ...], float]] = [
            ((component,), limit_s)
            for component, limit_s in enumerate(compiled.limits_s)
            if limit_s < float("inf")
        ]
        limits += [(item.components, item.limit_s) for item in compiled.paths if item.limit_s < float("inf")]
        self._limited = [members for members, _ in limits]
        self._members = np.zeros((len(limits), len(compiled.alternatives)))
        for row, members in enumerate(self._limited):
            np.add.at(self._members[row], list(members), 1.0)
        self._limits_s = np.array([limit_s for _, limit_s in limits]) * (1 + 2 * RELATIVE_TOLERANCE)

    def by_limit(self, prices: Prices) -> Floats:
        """The prices of a second, by local and path limit in the order of the problem.

        Of several limits on the same components the first has the price of all.
        """
        problem = self._compiled.problem
        found: dict[tuple[int, ...], float] = {}
        for members, price in zip(self._limited, prices.limits.tolist(), strict=True):
            found[members] = found.get(members, 0.0) + price
        rows: list[tuple[int, ...]] = [(item.component,) for item in problem.local_limits]
        rows += [item.components for item in problem.path_limits]
        return np.array([found.pop(row, 0.0) for row in rows])

    @property
    def everything(self) -> Scope:
        """All placements."""
        return self._layers.everything

    @property
    def bands(self) -> Floats:
        """The upper ends of the bands of utilisation."""
        return self._layers.full

    def start(self) -> Prices:
        """Prices at which no layer earns anything: each piece's cheapest place, capacity at cost."""
        layers = self._layers
        at_cost = np.where(layers.there, layers.load * self._unit_prices[:, None], _NEVER)
        cheapest = np.full(len(self._component_of_piece), _NEVER)
        np.minimum.at(cheapest, layers.piece.ravel(), at_cost.ravel())
        limits = np.zeros(len(self._limits_s))
        return Prices(np.minimum(cheapest, self._cheapest_function(limits)[0]), limits)

    def _cheapest_function(self, limits: Floats) -> tuple[Floats, Floats]:
        """By piece the least cost on a function, seconds priced, and the time of that function."""
        piece, cost, time_s = self._functions
        tau = (limits @ self._members)[self._component_of_piece]
        priced = cost + tau[piece] * time_s
        least = np.full(len(self._component_of_piece), _NEVER)
        np.minimum.at(least, piece, priced)
        seconds = np.zeros(len(least))
        best = priced <= least[piece]
        seconds[piece[best]] = time_s[best]
        return least, seconds

    def bound(self, prices: Prices, scope: Scope, *, every: bool = False) -> tuple[Bound, Prices]:
        """The bound of a part of the placements at some prices, and its subgradient.

        The piece prices are first cut to what the cheapest function takes, which never lowers the bound.
        It is infinite where it passes what any placement could cost: then there is none.

        Args:
            prices: any.
            scope: which placements.
            every: whether the bids are to have the true value of every column.
        """
        limits = prices.limits
        functions, function_s = self._cheapest_function(limits)
        offered = self._layers.offered(scope, len(functions))
        worth = np.where(offered, np.clip(prices.pieces, 0.0, functions), functions)
        tau = (limits @ self._members)[self._component_of_piece]
        bids = self._layers.bid(worth, tau, scope, every=every)
        alternatives = np.add.reduceat(worth, self._alternatives)
        components = np.minimum.reduceat(alternatives, self._components)
        total = float(components.sum()) - float(limits @ self._limits_s)
        used, seconds = np.zeros(len(worth)), np.zeros(len(worth))
        for column, band, share in bids.taken:
            total += float(bids.values[column])
            np.add.at(used, self._layers.piece[column], share)
            np.add.at(seconds, self._layers.piece[column], share * self._layers.seconds[band, column])
        if total > self._ceiling or not bids.possible:
            total = float("inf")
        wanted = self._wanted(alternatives, components)
        at_function = worth >= functions * (1 - 1e-12)
        left = np.maximum(wanted - used, 0.0) * at_function
        seconds += left * function_s
        by_component = np.bincount(self._component_of_piece, seconds, len(self._compiled.alternatives))
        climb = Prices(wanted - used - left, self._members @ by_component - self._limits_s)
        return Bound(total, Prices(worth, limits), bids), climb

    def _wanted(self, alternatives: Floats, components: Floats) -> Floats:
        """By piece whether its alternative is the cheapest of its component; ties are shared."""
        limit = np.repeat(components * (1 + 1e-9) + 1e-12, self._component_sizes)
        chosen = alternatives <= limit
        ties = np.add.reduceat(chosen, self._components, dtype=float)
        shares = chosen / np.repeat(ties, self._component_sizes)
        return np.repeat(shares, self._alternative_sizes)

    def climb(
        self,
        start: Prices,
        scope: Scope,
        *,
        target: float,
        rounds: int,
        pause: Callable[[], bool],
    ) -> Bound:
        """Raise the bound for so many rounds, or until it reaches `target` or `pause` says stop.

        Args:
            start: prices to begin with.
            scope: which placements.
            target: the cost of a known placement, towards which the steps are sized.
            rounds: subgradient steps at most.
            pause: asked before each step.
        """
        prices = start
        best, last = self.bound(prices, scope)
        direction = last
        scale, since = 1.0, 0
        for _ in range(rounds):
            if best.value >= target or pause():
                break
            square = float(direction.pieces @ direction.pieces + direction.limits @ direction.limits)
            if square <= 1e-18:
                break
            goal = target if np.isfinite(target) else best.value * 1.1 + 1.0
            step = scale * (goal - best.value) / square
            prices = Prices(
                prices.pieces + step * direction.pieces,
                np.maximum(prices.limits + step * direction.limits, 0.0),
            )
            here, last = self.bound(prices, scope)
            prices = here.prices
            direction = Prices(
                last.pieces + _MEMORY * direction.pieces, last.limits + _MEMORY * direction.limits
            )
            if here.value > best.value + 1e-7 * abs(best.value):
                best, since = here, 0
            else:
                since += 1
            if since >= 12:
                scale, since, prices = scale * 0.6, 0, best.prices
                if scale < 1e-3:
                    break
        return best


def dearest(compiled: Compiled) -> float:
    """What no placement costs more than: the dearest resource of each layer, and the dearest functions."""
    problem = compiled.problem
    total = sum(max(max(compiled.costs[column]) for column in group) for group in compiled.groups)
    for component in problem.components:
        total += max(
            sum(
                max(
                    (
                        problem.function_cost(component, piece, option)
                        for option in piece.options
                        if problem.is_function(option.resource)
                    ),
                    default=0.0,
                )
                for piece in alternative.pieces
            )
            for alternative in component.alternatives
        )
    return total * (1 + 1e-6)


def columns_by_layer(compiled: Compiled, scope: Scope, bids: LayerBids) -> tuple[int | None, ...]:
    """The column each layer would use at the prices, None where it is better left unused."""
    result: list[int | None] = []
    for layer, group in enumerate(compiled.groups):
        best: int = min(group, key=lambda column: (float(bids.values[column]), column))
        value = float(bids.values[best])
        result.append(best if value < 0 or (scope.forced[layer] and value < float("inf")) else None)
    return tuple(result)
