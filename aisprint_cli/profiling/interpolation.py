"""Interpolation of what a model leaves over, in the logarithms of cores and load."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


def between(knots: Sequence[float], place: float) -> tuple[tuple[int, float], ...]:
    """Weights of the knots (ascending) whose straight line gives the value at a place; the end beyond."""
    if place <= knots[0]:
        return ((0, 1.0),)
    if place >= knots[-1]:
        return ((len(knots) - 1, 1.0),)
    after = bisect_right(knots, place)
    share = (place - knots[after - 1]) / (knots[after] - knots[after - 1])
    return ((after - 1, 1.0 - share), (after, share))


@dataclass(frozen=True, slots=True)
class Grid:
    """Configurations in rows of equal load: logarithms of loads and of cores, and indices."""

    loads: tuple[float, ...]
    cores: tuple[tuple[float, ...], ...]
    indices: tuple[tuple[int, ...], ...]

    def weights(self, cores: float, load: float) -> tuple[tuple[int, float], ...]:
        """Which configurations give the value at a place, and with what weight: along cores, then load."""
        found: list[tuple[int, float]] = []
        log_cores = math.log(cores)
        for row, share in between(self.loads, math.log(load)):
            numbers = self.indices[row]
            found.extend((numbers[knot], share * part) for knot, part in between(self.cores[row], log_cores))
        return tuple(found)


def grid_of(places: Sequence[tuple[float, float]], chosen: Sequence[int]) -> Grid:
    """The grid of the chosen ones of some configurations, each `(cores, load)`."""
    rows: dict[float, list[tuple[float, int]]] = {}
    for index in chosen:
        cores, load = places[index]
        rows.setdefault(load, []).append((cores, index))
    ordered = {load: sorted(rows[load]) for load in sorted(rows)}
    return Grid(
        tuple(math.log(load) for load in ordered),
        tuple(tuple(math.log(cores) for cores, _ in row) for row in ordered.values()),
        tuple(tuple(index for _, index in row) for row in ordered.values()),
    )
