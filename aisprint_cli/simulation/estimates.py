"""Means with confidence intervals, from repetitions that are independent of each other, or nearly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95
"""The share of intervals that hold the true value."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and how far the true value may be on either side (infinite: one unit tells nothing)."""

    mean: float
    half_width: float
    units: int

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.mean + self.half_width

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval."""
        return self.low <= value <= self.high


def student_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's distribution, for a probability of at least one half.

    The expansion of G. W. Hill, "Algorithm 396: Student's t-quantiles", Communications of the ACM
    13(10), 1970: six digits or better from three degrees of freedom on; one and two are exact.
    """
    tails = 2 * (1 - probability)
    if freedom == 1:
        return math.tan(math.pi / 2 * (1 - tails))
    if freedom == 2:
        return math.sqrt(2 / (tails * (2 - tails)) - 2)
    a = 1 / (freedom - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * freedom
    y = (d * tails) ** (2 / freedom)
    if y > 0.05 + a:
        x = -NormalDist().inv_cdf(probability)
        y = x * x
        if freedom < 5:
            c += 0.3 * (freedom - 4.5) * (x + 0.6)
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        y = (
            (
                1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3)
                + 0.5 / (freedom + 4)
            )
            * y
            - 1
        ) * (freedom + 1) / (freedom + 2) + 1 / y
    return math.sqrt(freedom * y)


def mean_estimate(values: NDArray[np.float64], confidence: float = CONFIDENCE) -> Estimate:
    """The mean of independent values, one for each unit; those that are not numbers are left out."""
    known = values[~np.isnan(values)]
    return ratio_estimate(known, np.ones(len(known)), confidence)


def ratio_estimate(
    totals: NDArray[np.float64], counts: NDArray[np.float64], confidence: float = CONFIDENCE
) -> Estimate:
    """The ratio of two sums over units, such as all response times over all requests.

    The interval is that of the ratio estimator (W. G. Cochran, Sampling Techniques, 1977, chapter 6):
    units with more requests weigh more, and those without any do no harm.
    """
    units = len(totals)
    count = float(np.sum(counts))
    if count <= 0:
        return Estimate(math.nan, math.inf, units)
    ratio = float(np.sum(totals)) / count
    if units < 2:
        return Estimate(ratio, math.inf, units)
    residuals = totals - ratio * counts
    deviation = math.sqrt(float(residuals @ residuals) / (units * (units - 1))) / (count / units)
    return Estimate(ratio, student_quantile((1 + confidence) / 2, units - 1) * deviation, units)
