"""Response times as they were measured, between the measurements by straight lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured point: at that rate (1/s) requests took `mean_s` (s) with variance `variance_s2` (s²)."""

    rate_per_s: float
    mean_s: float
    variance_s2: float


@dataclass(frozen=True, slots=True)
class MeasuredTable:
    """Measurements by number of instances; rates of each rise.

    Below the lowest measured rate the response is that of the lowest, above the highest it counts as
    infinite, as it does for a number of instances that was not measured: nothing is extrapolated.
    """

    points: Mapping[int, tuple[Measurement, ...]]

    def __post_init__(self) -> None:
        if not self.points or not all(self.points.values()):
            raise ValueError("a table needs at least one measurement for each number of instances")
        for rows in self.points.values():
            if any(after.rate_per_s <= before.rate_per_s for before, after in pairwise(rows)):
                raise ValueError("the rates of a table have to rise")
        object.__setattr__(self, "points", MappingProxyType(dict(self.points)))

    def _read(self, rate_per_s: ArrayLike, instances: ArrayLike, field: str) -> Floats:
        rates, counts = np.broadcast_arrays(np.asarray(rate_per_s, dtype=np.float64), np.asarray(instances))
        result = np.full(rates.shape, np.inf)
        for count, rows in self.points.items():
            known = [row.rate_per_s for row in rows]
            values = [getattr(row, field) for row in rows]
            here = np.interp(rates, known, values, right=np.inf)
            result = np.where(counts == count, here, result)
        return np.asarray(result)

    def mean_s(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Mean response time (s)."""
        return self._read(rate_per_s, instances, "mean_s")

    def variance_s2(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Variance of the response time (s²)."""
        return self._read(rate_per_s, instances, "variance_s2")

    def capacity_per_s(self, instances: ArrayLike = 1) -> Floats:
        """The highest measured rate (1/s); 0 for a number of instances that was not measured."""
        counts = np.asarray(instances)
        result = np.zeros(counts.shape)
        for count, rows in self.points.items():
            result = np.where(counts == count, rows[-1].rate_per_s, result)
        return result
