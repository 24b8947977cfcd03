"""Cold and warm starts of functions that scale by themselves.

The model is that of N. Mahmoudi and H. Khazaei, "Performance Modeling of Serverless Computing
Platforms", IEEE Transactions on Cloud Computing 10(4), 2022. Requests arrive as a Poisson stream. With
m warm instances, Erlang's B formula gives the share of requests that find all of them busy: each of
those starts one more instance and waits for it (a cold start). An instance that is idle for a given
time is let go. The number of warm instances is then a birth and death process, and the mean response
is that of its states, weighted by their stationary probabilities.

Everything that underflows is kept in logarithms, so that hours of idle time and high rates are no
harder than others, and states are added only as long as their probability matters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_NEGLIGIBLE = 60.0
"""States whose probability is below e^-60 of the likeliest one are left out."""
_MOST_STATES = 200_000
_MEMORY = 65_536


@dataclass(frozen=True, slots=True)
class FunctionState:
    """The stationary state of a function: share of cold starts and mean number of warm instances."""

    cold_share: float
    warm_instances: float


@lru_cache(maxsize=_MEMORY)
def stationary_state(rate_per_s: float, warm_s: float, cold_s: float, idle_s: float) -> FunctionState:
    """The stationary state of a function.

    Args:
        rate_per_s: arrival rate (1/s).
        warm_s: mean service time (s) of a warm instance.
        cold_s: mean service time (s) of a request that has to start an instance.
        idle_s: how long (s) an instance may be idle before it is let go.

    """
    if rate_per_s <= 0:
        return FunctionState(1.0, 0.0)
    shares = [1.0]
    weights = [0.0]
    log_deaths, inverse, heaviest = -math.inf, 1.0, 0.0
    for count in range(1, _MOST_STATES):
        born = rate_per_s * shares[-1]
        # A request that finds all busy takes cold_s to become a warm instance; then the next may come.
        log_birth = math.log(born) - math.log1p(born * cold_s)
        before, inverse = inverse, _next_inverse(inverse, count, rate_per_s * warm_s)
        share = 1 / inverse
        # What the newest instance serves: (share before - share now), without cancellation.
        served = rate_per_s * (1 - before * share) / before
        log_deaths = float(np.logaddexp(log_deaths, _log_death(served, warm_s, idle_s)))
        weights.append(weights[-1] + log_birth - log_deaths)
        shares.append(share)
        heaviest = max(heaviest, weights[-1])
        if share <= 0 or weights[-1] < heaviest - _NEGLIGIBLE:
            break
    mass = [math.exp(weight - heaviest) for weight in weights]
    total = sum(mass)
    cold_share = sum(share * part for share, part in zip(shares, mass, strict=True)) / total
    warm = sum(count * part for count, part in enumerate(mass)) / total
    return FunctionState(cold_share, warm)


def _next_inverse(inverse: float, servers: int, load: float) -> float:
    """One step of the recursion for the inverse of Erlang's B formula."""
    return 1 + inverse * (servers / load) if load > 0 else math.inf


def _log_death(served_per_s: float, warm_s: float, idle_s: float) -> float:
    """Logarithm of the rate (1/s) at which an instance that serves that many requests is let go.

    It is let go when no request reaches it for `idle_s`; the gaps between the requests before that
    were shorter than one of idling and serving together.
    """
    span_s = idle_s + warm_s
    if served_per_s <= 0:
        return -math.log(idle_s) if idle_s > 0 else math.inf
    ends = math.exp(-served_per_s * span_s)
    gap_s = (1 - ends) / served_per_s - span_s * ends
    exponent = served_per_s * idle_s
    if exponent < math.log(1e300):
        life_s = idle_s + math.expm1(exponent) * gap_s
        return -math.log(life_s) if life_s > 0 else math.inf
    return -(exponent + math.log(gap_s))


def mean_response_s(rate_per_s: float, warm_s: float, cold_s: float, idle_s: float) -> float:
    """Mean response (s) of a function: of the arguments of `stationary_state`."""
    cold = stationary_state(rate_per_s, warm_s, cold_s, idle_s).cold_share
    return cold * cold_s + (1 - cold) * warm_s


def response_variance_s2(mean_s: float, warm_s: float, cold_s: float, demand_scv: float = 1.0) -> float:
    """Variance of a function's response (s²), whose mean says how many requests start an instance.

    A response is a cold one or a warm one; both have the squared coefficient of variation `demand_scv`.
    """
    span_s = cold_s - warm_s
    cold = min(max((mean_s - warm_s) / span_s, 0.0), 1.0) if span_s else 0.0
    square = (1 + demand_scv) * (cold * cold_s**2 + (1 - cold) * warm_s**2)
    return square - (cold * cold_s + (1 - cold) * warm_s) ** 2


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """A function as a response model; `instances` are ignored, as functions scale by themselves.

    `demand_scv` is the squared coefficient of variation of the warm and of the cold service time, for
    the variance only; 1 is the exponential distribution of the model's source.
    """

    warm_s: float
    cold_s: float
    idle_s: float
    demand_scv: float = 1.0

    def _moments(self, rate_per_s: float) -> tuple[float, float]:
        mean = mean_response_s(rate_per_s, self.warm_s, self.cold_s, self.idle_s)
        return mean, response_variance_s2(mean, self.warm_s, self.cold_s, self.demand_scv)

    def _each(self, rate_per_s: ArrayLike, instances: ArrayLike, moment: int) -> Floats:
        rates, _ = np.broadcast_arrays(np.asarray(rate_per_s, dtype=np.float64), np.asarray(instances))
        found = [self._moments(float(rate))[moment] for rate in rates.ravel()]
        return np.array(found, dtype=np.float64).reshape(rates.shape)

    def mean_s(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Mean response time (s)."""
        return self._each(rate_per_s, instances, 0)

    def variance_s2(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Variance of the response time (s²)."""
        return self._each(rate_per_s, instances, 1)

    def capacity_per_s(self, instances: ArrayLike = 1) -> Floats:
        """Infinite: instances are added as requests come."""
        return np.full(np.shape(np.asarray(instances)), np.inf)
