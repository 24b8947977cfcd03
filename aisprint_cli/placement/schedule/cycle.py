"""The cheapest walk through the states of successive periods, closed to a cycle where it repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Walk:
    """A state for each period by its place there; without `places` there is no walk."""

    cost: float
    places: tuple[int, ...]


def cheapest_walk(
    costs: Sequence[Floats], moves: Sequence[Floats], closing: Floats | None, limit: float = float("inf")
) -> Walk:
    """The cheapest walk that costs less than a limit.

    Args:
        costs: by period, what each state costs.
        moves: from each period to the next, what going from a state (row) to a state (column) costs.
        closing: the same from the last period to the first; None when the end is free.
        limit: walks that cost as much are of no interest.

    """
    if any(not len(items) for items in costs):
        return Walk(float("inf"), ())
    end = np.zeros(len(costs[-1])) if closing is None else closing.min(axis=1)
    kept = [np.flatnonzero(cost < limit) for cost in _through(costs, moves, end)]
    if any(not len(items) for items in kept):
        return Walk(float("inf"), ())
    costs = [cost[places] for cost, places in zip(costs, kept, strict=True)]
    moves = [move[np.ix_(*pair)] for move, pair in zip(moves, pairwise(kept), strict=True)]
    if closing is None:
        walk = _from(costs[0], costs, moves, np.zeros(len(costs[-1])))
    else:
        walk = _closed(costs, moves, closing[np.ix_(kept[-1], kept[0])])
    if walk.cost >= limit:
        return Walk(float("inf"), ())
    places = tuple(int(items[place]) for items, place in zip(kept, walk.places, strict=True))
    return Walk(walk.cost, places)


def _through(costs: Sequence[Floats], moves: Sequence[Floats], end: Floats) -> list[Floats]:
    """By period and state, what the cheapest walk through it costs that need not close."""
    forward = [costs[0]]
    for cost, move in zip(costs[1:], moves, strict=True):
        forward.append((forward[-1][:, None] + move).min(axis=0) + cost)
    backward = [end]
    for cost, move in zip(reversed(costs[1:]), reversed(moves), strict=True):
        backward.append((move + (cost + backward[-1])[None, :]).min(axis=1))
    return [before + after for before, after in zip(forward, reversed(backward), strict=True)]


def _closed(costs: Sequence[Floats], moves: Sequence[Floats], closing: Floats) -> Walk:
    """The cheapest walk that ends where it began, by trying the promising begins first."""
    least = _through(costs, moves, closing.min(axis=1))[0]
    best = Walk(float("inf"), ())
    for first in np.argsort(least, kind="stable"):
        if least[first] >= best.cost:
            break
        start = np.full(len(costs[0]), np.inf)
        start[first] = costs[0][first]
        walk = _from(start, costs, moves, closing[:, first])
        if walk.cost < best.cost:
            best = walk
    return best


def _from(start: Floats, costs: Sequence[Floats], moves: Sequence[Floats], end: Floats) -> Walk:
    """The cheapest walk from given costs in the first period, by dynamic programming."""
    reached = start
    came: list[NDArray[np.intp]] = []
    for cost, move in zip(costs[1:], moves, strict=True):
        total = reached[:, None] + move
        came.append(np.argmin(total, axis=0))
        reached = total.min(axis=0) + cost
    ends = reached + end
    place = int(np.argmin(ends))
    if not np.isfinite(ends[place]):
        return Walk(float("inf"), ())
    places = [place]
    for before in reversed(came):
        places.append(int(before[places[-1]]))
    return Walk(float(ends[place]), tuple(reversed(places)))
