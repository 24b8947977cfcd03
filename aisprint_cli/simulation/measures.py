"""What is written down while a simulation runs: response times by window, and totals at its edges."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.placement.problem import RELATIVE_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LEAST_S = 1e-6
_STEP = math.log(1.01)
_BINS = 2800
"""Bins one percent wide from a microsecond on reach beyond ten days."""


def _bins(values: NDArray[np.float64]) -> NDArray[np.int64]:
    places = (np.log(np.maximum(values, _LEAST_S) / _LEAST_S) / _STEP).astype(np.int64)
    return np.bincount(np.minimum(places, _BINS - 1), minlength=_BINS)


@dataclass(frozen=True)
class Observations:
    """Response times of one component, piece or path, one entry for each window.

    Attributes:
        counts: how many ended in the window.
        totals_s: the sum of their response times.
        late: how many of them were above the limit.
        histogram: all windows' values in logarithmic bins.
    """

    counts: NDArray[np.int64]
    totals_s: NDArray[np.float64]
    late: NDArray[np.int64]
    histogram: NDArray[np.int64] = field(repr=False)

    def quantile_s(self, share: float) -> float:
        """The time that this share of the values did not pass, to one percent; nan without values."""
        accumulated = np.cumsum(self.histogram)
        if accumulated[-1] == 0:
            return math.nan
        wanted = share * accumulated[-1]
        place = int(np.searchsorted(accumulated, wanted))
        before = accumulated[place - 1] if place else 0
        inside = (wanted - before) / max(1, self.histogram[place])
        return _LEAST_S * math.exp((place + inside) * _STEP)


class Series:
    """Response times as they come: append to `values`, close a window now and then.

    Args:
        limit_s: above which a value counts as late.
        watched: whether someone asks for the values since the last time he asked, across windows.
    """

    __slots__ = (
        "_carried",
        "_counts",
        "_histogram",
        "_late",
        "_limit_s",
        "_seen",
        "_totals",
        "_watched",
        "values",
    )

    def __init__(self, limit_s: float = math.inf, *, watched: bool = False) -> None:
        self.values = array("d")
        self._limit_s = limit_s * (1 + RELATIVE_TOLERANCE)
        self._watched = watched
        self._seen = 0
        self._carried: list[NDArray[np.float64]] = []
        self._counts: list[int] = []
        self._totals: list[float] = []
        self._late: list[int] = []
        self._histogram = np.zeros(_BINS, dtype=np.int64)

    def close_window(self, *, keep: bool = True) -> None:
        """End a window; without `keep` (warm-up) its values do not count."""
        values = np.array(self.values)
        if self._watched:
            self._carried.append(values[self._seen :])
        self._seen = 0
        self.values = array("d")
        if keep:
            self._counts.append(len(values))
            self._totals.append(float(values.sum()))
            self._late.append(int((values > self._limit_s).sum()))
            if len(values):
                self._histogram += _bins(values)

    def since_last(self) -> NDArray[np.float64]:
        """The values since the last call; unwatched: since the window began."""
        new = np.array(self.values[self._seen :])
        if self._watched:
            self._seen = len(self.values)
            new = np.concatenate([*self._carried, new])
            self._carried = []
        return new

    def late_share(self, values: NDArray[np.float64]) -> float:
        """The share of these values above the limit."""
        return float((values > self._limit_s).mean()) if len(values) else 0.0

    def observations(self, windows: int) -> Observations:
        """Everything kept; a series that began late has empty windows before."""
        missing = windows - len(self._counts)
        return Observations(
            counts=np.array([0] * missing + self._counts, dtype=np.int64),
            totals_s=np.array([0.0] * missing + self._totals),
            late=np.array([0] * missing + self._late, dtype=np.int64),
            histogram=self._histogram,
        )


def increments(snapshots: Sequence[tuple[float, ...]], windows: int) -> NDArray[np.float64]:
    """From totals at the windows' edges to what each window added: shape (totals, windows).

    What came into being late has fewer snapshots; the windows before added nothing.
    """
    table = np.array(snapshots, dtype=np.float64)
    first = np.zeros((windows + 1 - len(table), table.shape[1]))
    return np.diff(np.concatenate([first, table]), axis=0).T
