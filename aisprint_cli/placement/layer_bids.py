"""What each layer would run by itself when pieces have prices: one resource, so many instances, these pieces.

A piece earns its price where it runs, less what the seconds cost that it takes there. A resource with n
instances at a utilisation of at most w has room for a load of n w; what earns most in it is the linear
knapsack: pieces by earning per load. Whole instances, their price (which may come in tiers) and the one
resource of a layer stay in force exactly.

Time on a bought resource grows with its utilisation: ``fixed + t0 / (1 - U)``. The utilisation is split
into bands; in the band from u to w a piece takes at least ``fixed + t0 / (1 - u)``, and what it takes alone
on all instances, and the load is at most ``n w``. The least over the bands is a bound for all.

Sorting the pieces of every resource would take most of the time. With ``c`` the least price of an instance
and ``e`` what a piece of load l earns, no number of instances gains more than the sum of
``max(0, e - l c / w)``: the layer sorts only those resources that could be the best by this measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.piece_options import FUNCTION

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_BANDS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
_FINE_BANDS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 1.0)
_MOST_FINE = 50_000
"""Up to so many pairs of a resource and a piece the finer bands are used."""

_NO_LOAD = 1e-12


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the placements: these columns only, with counts and bands of utilisation in these ranges.

    All are by column (no instance at most: the column is out), but `forced`, which says by layer whether
    some column of it must be used.
    """

    least: Integers
    most: Integers
    lowest: Integers
    highest: Integers
    forced: tuple[bool, ...]

    def using(self, group: Sequence[int], layer: int, column: int | None) -> Scope:
        """The part in which that layer uses this column, or nothing."""
        most = self.most.copy()
        most[[other for other in group if other != column]] = 0
        forced = list(self.forced)
        forced[layer] = column is not None
        return Scope(self.least, most, self.lowest, self.highest, tuple(forced))

    def counting(self, column: int, least: int, most: int) -> Scope:
        """The part with a number of instances in this range."""
        lower, upper = self.least.copy(), self.most.copy()
        lower[column], upper[column] = least, most
        return Scope(lower, upper, self.lowest, self.highest, self.forced)

    def busy(self, column: int, lowest: int, highest: int) -> Scope:
        """The part with a utilisation in this range of bands."""
        lower, upper = self.lowest.copy(), self.highest.copy()
        lower[column], upper[column] = lowest, highest
        return Scope(self.least, self.most, lower, upper, self.forced)


@dataclass(frozen=True, slots=True)
class LayerBids:
    """What each layer would do at some prices.

    By column: `values`, the least of cost minus earnings when its layer uses it (zero: better unused), or
    something less where only the best column was wanted; `counts` how many instances of it that takes,
    `bands` at which utilisation. `taken` has for each layer that uses something the column, the band, and
    by place in the column the share of each piece. `possible` is false where a layer is forced to use
    something and cannot.
    """

    values: Floats
    counts: Integers
    bands: Integers
    taken: list[tuple[int, int, Floats]]
    possible: bool = True


@dataclass(frozen=True, slots=True)
class _Offer:
    """The best use of a column in one band."""

    value: float
    count: int
    column: int
    band: int
    share: Floats


class LayerPieces:
    """The pieces each column may run, as padded arrays (columns x places)."""

    def __init__(self, compiled: Compiled, limits_s: Floats, component_of_piece: Integers) -> None:
        """Lay out the compiled problem; `limits_s` are local limits on mean times by component."""
        self._compiled = compiled
        self.piece, self.there, fixed_s, time_s, least_s = self._fill()
        bands = np.array(self._choose_bands())
        self.full = bands[1:]
        stretched = fixed_s + time_s / (1 - bands[:-1])[:, None, None]
        self.seconds = np.maximum(stretched, least_s)
        allowed_s = limits_s[component_of_piece[self.piece]]
        self._possible = self.there & (self.seconds <= allowed_s)
        self._unit = np.array(compiled.prices, dtype=float) / self.full[:, None]
        self._costs = [np.array(values) for values in compiled.costs]

    def _fill(self) -> tuple[Integers, Booleans, Floats, Floats, Floats]:
        entries: list[list[tuple[int, float, float, float, float]]] = [[] for _ in self._compiled.prices]
        number = 0
        for items in self._compiled.alternatives:
            for item in items:
                for options in item.options:
                    for option in options:
                        if option.column != FUNCTION:
                            facts = (number, option.load, option.fixed_s, option.time_s, option.least_s)
                            entries[option.column].append(facts)
                    number += 1
        widest = max((len(items) for items in entries), default=0) or 1
        shape = (len(entries), widest)
        piece, there = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
        self.load = np.ones(shape)
        times = np.zeros((3, *shape))
        for row, entry in enumerate(entries):
            if entry:
                table = np.array(entry)
                piece[row, : len(entry)], there[row, : len(entry)] = table[:, 0].astype(np.int64), True
                self.load[row, : len(entry)] = np.maximum(table[:, 1], _NO_LOAD)
                times[:, row, : len(entry)] = table[:, 2:].T
        return piece, there, times[0], times[1], times[2]

    def _choose_bands(self) -> tuple[float, ...]:
        timed = bool(self._compiled.paths) or any(value < np.inf for value in self._compiled.limits_s)
        if not timed:
            return (0.0, 1.0)
        return _FINE_BANDS if self.load.size <= _MOST_FINE else _BANDS

    @property
    def everything(self) -> Scope:
        """All placements."""
        most = np.array(self._compiled.limits, dtype=np.int64)
        zero = np.zeros_like(most)
        last = np.full_like(most, len(self.full) - 1)
        return Scope(np.ones_like(most), most, zero, last, (False,) * len(self._compiled.groups))

    def offered(self, scope: Scope, pieces: int) -> Booleans:
        """By piece whether some column of the scope could run it."""
        found = np.zeros(pieces, dtype=bool)
        found[self.piece[self.there & (scope.most >= scope.least)[:, None]]] = True
        return found

    def bid(self, worth: Floats, tau: Floats, scope: Scope, *, every: bool = False) -> LayerBids:
        """What each layer would do.

        Args:
            worth: by piece, its price.
            tau: by piece, the price of a second.
            scope: which placements.
            every: whether to find the true value of every column, not only of the best one of each layer.
        """
        earns = np.where(self._possible, worth[self.piece] - tau[self.piece] * self.seconds, 0.0)
        np.maximum(earns, 0.0, out=earns)
        over = earns - self._unit[:, :, None] * self.load
        gains = over > 0
        bands = np.arange(len(self.full))[:, None]
        inside = (scope.most >= scope.least) & (bands >= scope.lowest) & (bands <= scope.highest)
        floors = np.where(inside, -np.where(gains, over, 0.0).sum(axis=2), np.inf)
        band, columns = floors.argmin(axis=0), np.arange(floors.shape[1])
        wish = np.where(gains, self.load, 0.0).sum(axis=2)[band, columns] / self.full[band]
        counts = np.clip(np.ceil(wish), scope.least, np.maximum(scope.most, scope.least)).astype(np.int64)
        bids = LayerBids(floors[band, columns], counts, band.astype(np.int64), [])
        for layer, group in enumerate(self._compiled.groups):
            best = self._best(group, floors, earns, scope, bids, (scope.forced[layer], every))
            if best is None and scope.forced[layer]:
                return replace(bids, possible=False)
            if best is not None and (best.value < 0 or scope.forced[layer]):
                bids.taken.append((best.column, best.band, best.share))
        return bids

    def _best(
        self,
        group: Sequence[int],
        floors: Floats,
        earns: Floats,
        scope: Scope,
        bids: LayerBids,
        wanted: tuple[bool, bool],
    ) -> _Offer | None:
        """The best use of a layer; what is learnt about its columns goes into `bids`."""
        forced, every = wanted
        queue = sorted(
            (float(floors[band, column]), column, band)
            for column in group
            for band in range(len(self.full))
            if floors[band, column] < np.inf
        )
        best: _Offer | None = None
        known: dict[int, _Offer] = {}
        later: dict[int, float] = {}
        for floor, column, band in queue:
            own = known.get(column)
            enough = (best is not None and floor >= best.value) or (floor >= 0 and not forced)
            if own is not None and floor >= own.value:
                continue
            if enough and not every:
                later.setdefault(column, floor)
                continue
            offer = self._offer(column, band, earns[band, column], scope)
            if own is None or offer.value < own.value:
                known[column] = offer
            if best is None or offer.value < best.value:
                best = offer
        for column in group:
            own = known.get(column)
            if own is not None:
                bids.values[column] = min(own.value, later.get(column, np.inf))
                bids.counts[column], bids.bands[column] = own.count, own.band
            elif column in later:
                bids.values[column] = later[column]
        return best

    def _offer(self, column: int, band: int, earns: Floats, scope: Scope) -> _Offer:
        """The best number of instances of a column in a band, and what it then runs."""
        places = np.flatnonzero(earns)
        ratio = earns[places] / self.load[column, places]
        places = places[np.argsort(-ratio, kind="stable")]
        load = np.concatenate(([0.0], np.cumsum(self.load[column, places])))
        gain = np.concatenate(([0.0], np.cumsum(earns[places])))
        counts = np.arange(scope.least[column], scope.most[column] + 1)
        values = self._costs[column][counts] - np.interp(counts * self.full[band], load, gain)
        best = int(values.argmin())
        room = counts[best] * self.full[band] - load[:-1]
        share = np.zeros(len(earns))
        share[places] = np.clip(room / self.load[column, places], 0.0, 1.0)
        return _Offer(float(values[best]), int(counts[best]), column, band, share)
