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
What a layer earns most is the linear knapsack: pieces by earning per load. That at most one resource of a
layer is used, and a whole number of its instances, stays in force inside each layer, which is why this
bound is far better than one from prices on capacity alone when layers offer many resources.

Time on a bought resource grows with its utilisation: ``t = t0 / (1 - U)``. The utilisation is split into
bands; in the band from u to w, t is at least ``t0 / (1 - u)``, the load at most ``n w``, and pieces whose
local limit is below that time cannot be there. The least over the bands is a bound for all.

Left out, which can only lower the bound: memory, transfers, the rule of no return to the edge. The prices
climb by the subgradient method with Polyak's step (1969). Any prices give a valid bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.piece_options import FUNCTION
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_BANDS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
_NEVER = 1e12
_MEMORY = 0.7
"""How much of the last direction goes into the next one, against zigzags (Camerini et al. 1975)."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What each piece is worth, and a second of each limit."""

    pieces: Floats
    limits: Floats


@dataclass(frozen=True, slots=True)
class LayerBids:
    """What each layer would do at some prices.

    `values` is by column: the least of cost minus earnings when its layer uses it (zero: better unused);
    `counts` how many instances of it that takes.
    """

    values: Floats
    counts: Integers


@dataclass(frozen=True, slots=True)
class Bound:
    """A valid lower bound, the prices that give it, and what the layers would do at them."""

    value: float
    prices: Prices
    bids: LayerBids


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the placements: those that use only these columns with counts in these ranges.

    `least` and `most` are by column (no instance at most: the column is out); `forced` says by layer
    whether some column of it must be used.
    """

    least: Integers
    most: Integers
    forced: tuple[bool, ...]

    def using(self, group: Sequence[int], layer: int, column: int | None) -> Scope:
        """The part in which that layer uses this column, or nothing."""
        most = self.most.copy()
        most[[other for other in group if other != column]] = 0
        forced = list(self.forced)
        forced[layer] = column is not None
        return Scope(self.least, most, tuple(forced))

    def counting(self, column: int, least: int, most: int) -> Scope:
        """The part with a number of instances in this range."""
        lower, upper = self.least.copy(), self.most.copy()
        lower[column], upper[column] = least, most
        return Scope(lower, upper, self.forced)


class LayerDecomposition:
    """The bound of a problem for any prices, and the search for good ones."""

    def __init__(self, compiled: Compiled) -> None:
        """Lay the compiled problem out as arrays: resources by the pieces they may run."""
        self._compiled = compiled
        self._unit_prices = np.array(compiled.prices, dtype=float)
        self._lay_out_pieces()
        self._lay_out_limits()
        self._lay_out_bands()

    def _lay_out_pieces(self) -> None:
        entries: list[list[tuple[int, float, float]]] = [[] for _ in self._compiled.prices]
        functions: list[tuple[int, float, float]] = []
        component_of: list[int] = []
        alternatives: list[int] = []
        components: list[int] = []
        for component, items in enumerate(self._compiled.alternatives):
            components.append(len(alternatives))
            for item in items:
                alternatives.append(len(component_of))
                for options in item.options:
                    piece = len(component_of)
                    component_of.append(component)
                    for option in options:
                        if option.column == FUNCTION:
                            functions.append((piece, option.cost, option.time_s))
                        else:
                            entries[option.column].append((piece, option.load, option.time_s))
        self._component_of_piece = np.array(component_of)
        self._alternatives, self._components = np.array(alternatives), np.array(components)
        self._alternative_sizes = np.diff([*alternatives, len(component_of)])
        self._component_sizes = np.diff([*components, len(alternatives)])
        self._functions = (
            np.array([item[0] for item in functions], dtype=np.int64),
            np.array([item[1] for item in functions]),
            np.array([item[2] for item in functions]),
        )
        widest = max((len(items) for items in entries), default=0) or 1
        shape = (len(entries), widest)
        self._piece, self._there = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
        self._load, self._time_s = np.ones(shape), np.zeros(shape)
        for row, entry in enumerate(entries):
            for place, (piece, load, time_s) in enumerate(entry):
                self._piece[row, place], self._there[row, place] = piece, True
                self._load[row, place], self._time_s[row, place] = max(load, 1e-12), time_s

    def _lay_out_limits(self) -> None:
        compiled = self._compiled
        limits: list[tuple[tuple[int, ...], float]] = [
            ((component,), limit_s)
            for component, limit_s in enumerate(compiled.limits_s)
            if limit_s < float("inf")
        ]
        limits += [
            (item.components, item.limit_s)
            for item in compiled.problem.path_limits
            if item.limit_s < float("inf")
        ]
        self._members = np.zeros((len(limits), len(compiled.alternatives)))
        for row, (members, _) in enumerate(limits):
            np.add.at(self._members[row], list(members), 1.0)
        self._limits_s = np.array([limit_s for _, limit_s in limits]) * (1 + 2 * RELATIVE_TOLERANCE)

    def _lay_out_bands(self) -> None:
        bands = _BANDS if len(self._limits_s) else (_BANDS[0], _BANDS[-1])
        self._full = np.array(bands[1:])
        self._stretched_s = self._time_s / (1 - np.array(bands[:-1]))[:, None, None]
        local_s = np.array(self._compiled.limits_s) * (1 + 2 * RELATIVE_TOLERANCE)
        allowed_s = local_s[self._component_of_piece[self._piece]]
        self._possible = self._there & (self._stretched_s <= allowed_s)

    @property
    def everything(self) -> Scope:
        """All placements."""
        most = np.array(self._compiled.limits, dtype=np.int64)
        return Scope(np.ones_like(most), most, (False,) * len(self._compiled.groups))

    def start(self) -> Prices:
        """Prices at which no layer earns anything: each piece's cheapest place, capacity at cost."""
        at_cost = np.where(self._there, self._load * self._unit_prices[:, None], _NEVER)
        cheapest = np.full(len(self._component_of_piece), _NEVER)
        np.minimum.at(cheapest, self._piece.ravel(), at_cost.ravel())
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

    def bound(self, prices: Prices, scope: Scope) -> tuple[Bound, Prices]:
        """The bound of a part of the placements at some prices, and its subgradient.

        The piece prices are first cut to what the cheapest function takes, which never lowers the bound.
        """
        limits = prices.limits
        functions, function_s = self._cheapest_function(limits)
        offered = np.zeros(len(functions), dtype=bool)
        offered[self._piece[self._there & (scope.most >= scope.least)[:, None]]] = True
        worth = np.where(offered, np.clip(prices.pieces, 0.0, functions), functions)
        tau = (limits @ self._members)[self._component_of_piece]
        values, counts, bands, ordered = self._bid(worth, tau, scope)
        used = np.zeros(len(worth))
        seconds = np.zeros(len(worth))
        total = -float(limits @ self._limits_s)
        for layer, group in enumerate(self._compiled.groups):
            best = min(group, key=lambda column: (values[column], column))
            if values[best] >= 0 and not scope.forced[layer]:
                continue
            if not np.isfinite(values[best]):
                total = np.inf
                break
            total += float(values[best])
            band = int(bands[best])
            share = self._taken(ordered, band, best, counts[best] * self._full[band])
            np.add.at(used, self._piece[best], share)
            np.add.at(seconds, self._piece[best], share * self._stretched_s[band, best])
        alternatives = np.add.reduceat(worth, self._alternatives)
        components = np.minimum.reduceat(alternatives, self._components)
        total += float(components.sum())
        wanted = self._wanted(alternatives, components)
        at_function = worth >= functions * (1 - 1e-12)
        left = np.maximum(wanted - used, 0.0) * at_function
        seconds += left * function_s
        by_component = np.bincount(self._component_of_piece, seconds, len(self._compiled.alternatives))
        climb = Prices(wanted - used - left, self._members @ by_component - self._limits_s)
        return Bound(total, Prices(worth, limits), LayerBids(values, counts)), climb

    def _wanted(self, alternatives: Floats, components: Floats) -> Floats:
        """By piece whether its alternative is the cheapest of its component; ties are shared."""
        limit = np.repeat(components * (1 + 1e-9) + 1e-12, self._component_sizes)
        chosen = alternatives <= limit
        ties = np.add.reduceat(chosen, self._components, dtype=float)
        shares = chosen / np.repeat(ties, self._component_sizes)
        return np.repeat(shares, self._alternative_sizes)

    def _bid(
        self, worth: Floats, tau: Floats, scope: Scope
    ) -> tuple[Floats, Integers, Integers, tuple[Integers, Floats, Floats]]:
        """By column its best value, count and band; and the pieces in order of earnings per load."""
        earns = np.where(self._possible, worth[self._piece] - tau[self._piece] * self._stretched_s, 0.0)
        earns = np.maximum(earns, 0.0)
        ratio = earns / self._load
        order = np.argsort(-ratio, axis=2, kind="stable")
        earns = np.take_along_axis(earns, order, axis=2)
        load = np.take_along_axis(np.broadcast_to(self._load, earns.shape), order, axis=2)
        load = np.where(earns > 0, load, 0.0)
        before = np.cumsum(load, axis=2) - load
        price = self._unit_prices[None, :] / self._full[:, None]
        worthwhile = (np.take_along_axis(ratio, order, axis=2) > price[:, :, None]) * load
        wish = worthwhile.sum(axis=2) / self._full[:, None]
        least = scope.least.astype(float)
        most = np.maximum(scope.most, least)
        best = np.full(wish.shape, np.inf)
        counts = np.ones(wish.shape)
        for count in (np.clip(np.floor(wish), least, most), np.clip(np.ceil(wish), least, most)):
            room = (count * self._full[:, None])[:, :, None] - before
            share = np.clip(room / np.where(load > 0, load, 1.0), 0.0, 1.0)
            value = self._unit_prices * count - (share * earns).sum(axis=2)
            better = value < best
            best, counts = np.where(better, value, best), np.where(better, count, counts)
        band = best.argmin(axis=0)
        index = np.arange(best.shape[1])
        values = np.where(scope.most >= scope.least, best[band, index], np.inf)
        return values, counts[band, index].astype(np.int64), band, (order, load, before)

    def _taken(
        self, ordered: tuple[Integers, Floats, Floats], band: int, column: int, capacity: float
    ) -> Floats:
        """The share of each entry of a column that fits the capacity."""
        order, load, before = ordered
        size = load[band, column]
        share = np.clip((capacity - before[band, column]) / np.where(size > 0, size, 1.0), 0.0, 1.0)
        result = np.zeros(len(size))
        result[order[band, column]] = np.where(size > 0, share, 0.0)
        return result

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


def columns_by_layer(compiled: Compiled, scope: Scope, bids: LayerBids) -> tuple[int | None, ...]:
    """The column each layer would use at the prices, None where it is better left unused."""
    result: list[int | None] = []
    for layer, group in enumerate(compiled.groups):
        best: int = min(group, key=lambda column: (float(bids.values[column]), column))
        value = float(bids.values[best])
        result.append(best if value < 0 or (scope.forced[layer] and value < float("inf")) else None)
    return tuple(result)
