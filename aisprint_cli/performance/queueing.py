"""Response times of instances that are bought: processor sharing, and one queue for several servers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def _floats(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))


def sharing_mean_s(demand_s: ArrayLike, utilisation: ArrayLike) -> Floats:
    """Mean response (s) under processor sharing: `D / (1 - U)`, infinite from U = 1 on.

    M/G/1 with processor sharing is insensitive to the distribution of the demand: only its mean
    counts (L. Kleinrock, Queueing Systems, volume 2, Wiley 1976, section 4.4). SPACE4AI-D uses this
    formula for edge devices and virtual machines, with the load split evenly over the instances.
    """
    demand, load = _floats(demand_s, utilisation)
    free = np.where(load < 1, 1 - load, np.nan)
    return np.where(load < 1, demand / free, np.inf)


def sharing_variance_s2(mean_s: ArrayLike, utilisation: ArrayLike) -> Floats:
    """Variance of a response (s²) under processor sharing, for exponentially distributed demands.

    With U the utilisation, the squared coefficient of variation is `(2 + U) / (2 - U)` (E. G. Coffman,
    R. R. Muntz, H. Trotter, "Waiting time distributions for processor-sharing systems", Journal of the
    ACM 17(1), 1970).
    """
    mean, load = _floats(mean_s, utilisation)
    return np.asarray(mean**2 * np.where(load < 1, (2 + load) / (2 - np.minimum(load, 1)), 1))


@dataclass(frozen=True, slots=True)
class ProcessorSharing:
    """M/G/1 with processor sharing on each instance, requests split evenly over the instances.

    `demand_s` is the mean service time without contention; `other_load` the mean number of instances
    that other requests keep busy on the same resource.

    The mean holds for any distribution of the demand (`sharing_mean_s`), the variance for exponential
    ones (`sharing_variance_s2`).
    """

    demand_s: float
    other_load: float = 0.0

    def utilisation(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """The share of time an instance is busy."""
        rate, count = _floats(rate_per_s, instances)
        return np.asarray((rate * self.demand_s + self.other_load) / count)

    def mean_s(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Mean response time (s)."""
        return sharing_mean_s(self.demand_s, self.utilisation(rate_per_s, instances))

    def variance_s2(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Variance of the response time (s²) for exponentially distributed demands."""
        load = self.utilisation(rate_per_s, instances)
        return sharing_variance_s2(sharing_mean_s(self.demand_s, load), load)

    def capacity_per_s(self, instances: ArrayLike = 1) -> Floats:
        """The rate (1/s) at which the instances are always busy."""
        (count,) = _floats(instances)
        free = np.maximum(count - self.other_load, 0)
        return np.where(self.demand_s > 0, free / (self.demand_s or 1), np.inf)


def erlang_b(load: ArrayLike, servers: ArrayLike) -> Floats:
    """The share of requests that find all servers busy when none may wait (Erlang's B formula).

    Args:
        load: arrival rate times mean service time.
        servers: how many there are, at least 1.

    """
    offered, count = _floats(load, servers)
    inverse = np.ones_like(offered)
    result = np.zeros_like(offered)
    with np.errstate(divide="ignore", over="ignore"):
        for server in range(1, int(count.max(initial=0)) + 1):
            inverse = 1 + inverse * (server / offered)
            result = np.where(count == server, 1 / inverse, result)
    return result


def erlang_c(load: ArrayLike, servers: ArrayLike) -> Floats:
    """The probability that a request has to wait for one of `servers` (Erlang's C formula); 1 if unstable."""
    offered, count = _floats(load, servers)
    blocked = erlang_b(offered, count)
    busy = np.minimum(offered / count, 1)
    return np.where(offered < count, blocked / (1 - busy * (1 - blocked)), 1.0)


def queue_wait_s(offered: ArrayLike, second_moment: ArrayLike, servers: ArrayLike) -> Floats:
    """Mean wait (s) in one queue, first come first served, for several servers (M/G/c); infinite if unstable.

    The wait of M/M/c (Erlang C), scaled by how the service varies: A. M. Lee and P. A. Longton,
    "Queueing processes associated with airline passenger check-in", Operational Research Quarterly
    10(1), 1959. Exact for exponential service and, by Pollaczek and Khinchine, for one server; else the
    wait is a little too short when service varies less than exponentially. For several kinds of
    requests only the two sums below count, so the wait rises with the load of each kind.

    Args:
        offered: sum over the kinds of requests of rate times mean service time (Erlang).
        second_moment: sum over the kinds of rate times mean square of the service time (s).
        servers: how many serve the queue.

    """
    load, square, count = _floats(offered, second_moment, servers)
    stable, busy = load < count, load > 0
    spare = np.where(stable, count - load, np.nan)
    wait = erlang_c(load, count) / spare * square / (2 * np.where(busy, load, 1))
    return np.where(stable, np.where(busy, wait, 0.0), np.inf)


def queue_wait_variance_s2(wait_s: ArrayLike, offered: ArrayLike, servers: ArrayLike) -> Floats:
    """Variance of the wait (s²) of mean `wait_s` in such a queue; infinite where the wait is.

    Takes the wait of those who wait as exponential, which is exact for M/M/c.
    """
    wait, load, count = _floats(wait_s, offered, servers)
    waiting = np.maximum(erlang_c(load, count), np.finfo(np.float64).tiny)
    finite = np.where(np.isfinite(wait), wait, 0.0)
    return np.where(np.isfinite(wait), finite**2 * (2 / waiting - 1), np.inf)


@dataclass(frozen=True, slots=True)
class MultiServer:
    """M/G/c: one queue, first come first served, in front of all servers of all instances.

    `demand_s` and `demand_scv` are the mean and the squared coefficient of variation of the service
    time, `servers_per_instance` how many requests one instance serves at a time (its cores). The
    formulas are `queue_wait_s` and `queue_wait_variance_s2`.
    """

    demand_s: float
    demand_scv: float = 1.0
    servers_per_instance: int = 1

    def _servers(self, instances: ArrayLike) -> Floats:
        (count,) = _floats(instances)
        return count * self.servers_per_instance

    def wait_mean_s(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Mean time in the queue (s); infinite when it grows without end."""
        rate, servers = _floats(rate_per_s, self._servers(instances))
        square = rate * (1 + self.demand_scv) * self.demand_s**2
        return queue_wait_s(rate * self.demand_s, square, servers)

    def mean_s(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Mean response time (s): wait and service."""
        return np.asarray(self.wait_mean_s(rate_per_s, instances) + self.demand_s)

    def variance_s2(self, rate_per_s: ArrayLike, instances: ArrayLike = 1) -> Floats:
        """Variance of the response time (s²)."""
        rate, servers = _floats(rate_per_s, self._servers(instances))
        wait = self.wait_mean_s(rate, servers / self.servers_per_instance)
        spread = queue_wait_variance_s2(wait, rate * self.demand_s, servers)
        return np.asarray(spread + self.demand_scv * self.demand_s**2)

    def capacity_per_s(self, instances: ArrayLike = 1) -> Floats:
        """The rate (1/s) at which all servers are always busy."""
        servers = self._servers(instances)
        return np.where(self.demand_s > 0, servers / (self.demand_s or 1), np.inf)
