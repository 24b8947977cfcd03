"""Percentiles of a response time of which only mean and variance are known.

Nothing between the two moments and a percentile is a fact: it is an assumption about the shape. The
one made here is the usual two-moment fit by phases (H. C. Tijms, Stochastic Models: An Algorithmic
Approach, Wiley 1994, section on fitting distributions):

- squared coefficient of variation above 1: two exponential phases to choose from, with balanced means;
- exactly 1: the exponential distribution;
- below 1: a mixture of an Erlang distribution of k - 1 and one of k phases of the same rate;
- below 1/400: a constant, as more phases than that change no percentile by more than a few percent.

It is exact for M/M/1 and for sums of exponential stages, and has the tail of a queue (exponential).
For sums of independent times, such as those of a path, means and variances add up first.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SMALLEST_SCV = 1 / 400
_HALVINGS = 60


def percentile_of(mean_s: ArrayLike, variance_s2: ArrayLike, probability: float) -> NDArray[np.float64]:
    """The times (s) not exceeded with the given probability, for each pair of mean and variance.

    Raises:
        ValueError: when `probability` is not between 0 and 1.

    """
    if not 0 < probability < 1:
        raise ValueError(f"a probability between 0 and 1 is needed, not {probability}")
    means, variances = np.broadcast_arrays(
        np.asarray(mean_s, dtype=np.float64), np.asarray(variance_s2, dtype=np.float64)
    )
    found = [
        _percentile(float(mean), float(variance), probability)
        for mean, variance in zip(means.ravel(), variances.ravel(), strict=True)
    ]
    return np.array(found, dtype=np.float64).reshape(means.shape)


def _percentile(mean_s: float, variance_s2: float, probability: float) -> float:
    if not (math.isfinite(mean_s) and math.isfinite(variance_s2)):
        return math.inf
    if mean_s <= 0:
        return 0.0
    scv = variance_s2 / mean_s**2
    if scv < _SMALLEST_SCV:
        return mean_s
    if math.isclose(scv, 1.0):
        return -mean_s * math.log1p(-probability)
    low, high = 0.0, 1.0
    while _share_above(high, scv) > 1 - probability:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _share_above(middle, scv) > 1 - probability:
            low = middle
        else:
            high = middle
    return mean_s * (low + high) / 2


def _share_above(time: float, scv: float) -> float:
    """The probability that a fitted time of mean 1 exceeds `time`."""
    if scv > 1:
        first = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
        return first * math.exp(-2 * first * time) + (1 - first) * math.exp(-2 * (1 - first) * time)
    phases = max(2, math.ceil(1 / scv - 1e-12))
    fewer = (phases * scv - math.sqrt(phases * (1 + scv) - phases**2 * scv)) / (1 + scv)
    rate = phases - fewer
    return fewer * _erlang_above(time, phases - 1, rate) + (1 - fewer) * _erlang_above(time, phases, rate)


def _erlang_above(time: float, phases: int, rate: float) -> float:
    """The probability that `phases` exponential stages of that rate take longer than `time`."""
    term = total = math.exp(-rate * time)
    for stage in range(1, phases):
        term *= rate * time / stage
        total += term
    return total
