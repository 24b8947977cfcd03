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
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_Tail = Callable[[Floats], tuple[Floats, Floats]]
_SMALLEST_SCV = 1 / 400
_LOG_FACTORIALS = np.array([math.lgamma(stage + 1) for stage in range(math.ceil(1 / _SMALLEST_SCV) + 1)])
_STEPS = 60
_EXACT = 1e-13


def percentile_of(mean_s: ArrayLike, variance_s2: ArrayLike, probability: float) -> Floats:
    """The times (s) not exceeded with the given probability, for each pair of mean and variance.

    Raises:
        ValueError: when `probability` is not between 0 and 1.

    """
    if not 0 < probability < 1:
        raise ValueError(f"a probability between 0 and 1 is needed, not {probability}")
    means, variances = np.broadcast_arrays(
        np.asarray(mean_s, dtype=np.float64), np.asarray(variance_s2, dtype=np.float64)
    )
    shape = means.shape
    means, variances = means.ravel(), variances.ravel()
    wanted = -math.log1p(-probability)
    result = np.where(np.isfinite(means) & np.isfinite(variances), np.maximum(means, 0.0), np.inf)
    known = np.flatnonzero(np.isfinite(result) & (means > 0))
    scv = variances[known] / means[known] ** 2
    factor = np.ones_like(scv)
    exponential = np.isclose(scv, 1.0, rtol=1e-9, atol=0.0)
    factor[exponential] = wanted
    varied = (scv > 1) & ~exponential
    factor[varied] = _hyperexponential(scv[varied], wanted)
    steady = (scv >= _SMALLEST_SCV) & (scv < 1) & ~exponential
    factor[steady] = _mixed_erlang(scv[steady], wanted)
    result[known] *= factor
    return result.reshape(shape)


def _hyperexponential(scv: Floats, wanted: float) -> Floats:
    """The time at which the chance of two phases of mean 1 in all to take longer is `exp(-wanted)`."""
    first = (1 + np.sqrt((scv - 1) / (scv + 1))) / 2

    def tail(time: Floats) -> tuple[Floats, Floats]:
        one = first * np.exp(-2 * first * time)
        other = (1 - first) * np.exp(-2 * (1 - first) * time)
        return one + other, 2 * (first * one + (1 - first) * other)

    # The hazard falls with time: from zero on, Newton's steps never pass the solution.
    return _solve(tail, np.zeros_like(scv), wanted)


def _mixed_erlang(scv: Floats, wanted: float) -> Floats:
    """The same for a mixture of k - 1 and k phases of one rate."""
    phases = np.maximum(2, np.ceil(1 / scv - 1e-12))
    inner = np.maximum(phases * (1 + scv) - phases**2 * scv, 0.0)
    fewer = (phases * scv - np.sqrt(inner)) / (1 + scv)
    rate = phases - fewer
    stages = np.arange(int(phases.max(initial=2)))
    short, whole = stages < phases[:, None] - 1, stages < phases[:, None]
    rows, last = np.arange(len(scv)), phases.astype(np.int64) - 1

    def tail(time: Floats) -> tuple[Floats, Floats]:
        passed = (rate * time)[:, None]
        terms = np.exp(stages * np.log(passed) - passed - _LOG_FACTORIALS[: len(stages)])
        above = fewer * (terms * short).sum(axis=1) + (1 - fewer) * (terms * whole).sum(axis=1)
        return above, rate * (fewer * terms[rows, last - 1] + (1 - fewer) * terms[rows, last])

    # The hazard rises with time: Newton's steps from the mean pass the solution once at most, then come
    # down to it.
    return _solve(tail, np.ones_like(scv), wanted)


def _solve(tail: _Tail, start: Floats, wanted: float) -> Floats:
    """Where the logarithm of a tail is `-wanted`; `tail` gives it and the density."""
    time = start
    for _ in range(_STEPS):
        above, density = tail(time)
        step = (np.log(above) + wanted) * above / density
        time = time + step
        if np.all(np.abs(step) <= _EXACT * time):
            break
    return time
