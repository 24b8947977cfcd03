"""What every model of a response time offers, and percentiles that follow from it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aisprint_cli.performance.percentiles import percentile_of

Floats = NDArray[np.float64]


class ResponseModel(Protocol):
    """The response time of one kind of request on one kind of resource.

    Rates are requests per second over all instances together, instances whole numbers from 1 on.
    Both may be arrays; they broadcast against each other, and so do the results.
    """

    def mean_s(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Mean response time (s); infinite where the queue grows without end."""

    def variance_s2(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Variance of the response time (s²); infinite where the mean is."""

    def capacity_per_s(self, instances: ArrayLike = 1) -> Floats:
        """The rate (1/s) that must not be reached; infinite where there is no such rate."""


def percentile_s(
    model: ResponseModel, probability: float, rate_per_s: ArrayLike, instances: ArrayLike = 1
) -> Floats:
    """The time (s) within which a share `probability` of the requests is answered.

    Rests on the model's mean and variance and on the shape that `percentiles.percentile_of` assumes.

    Raises:
        ValueError: when `probability` is not between 0 and 1.

    """
    mean_s = model.mean_s(rate_per_s, instances)
    return percentile_of(mean_s, model.variance_s2(rate_per_s, instances), probability)
