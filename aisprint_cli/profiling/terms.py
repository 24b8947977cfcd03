"""The terms that performance models are sums of: how the time of a run grows with cores and with load.

A run is a number of jobs on a number of cores (slots that each do one job at a time). Sources: the
serial and the parallel share (G. M. Amdahl, AFIPS 1967), collective communication (S. Venkataraman et
al., "Ernest", NSDI 2016), crosstalk (N. J. Gunther, Universal Scalability Law, 1993), list scheduling
in waves (R. L. Graham, Bell System Technical Journal 45, 1966).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a term is; n is the load, c the cores, N the jobs, k the pods that share a node."""

    CONSTANT = "constant"
    """1: what no core shortens."""
    LOAD = "load"
    """n: work that is done one after the other, such as sending the inputs."""
    SHARE = "share"
    """n / min(c, N): work that is divided."""
    LOGARITHM = "logarithm"
    """ln c: collecting in a tree."""
    CORES = "cores"
    """c: what every core costs the others."""
    POWER = "power"
    """n / c^g with g below 1: work that is divided badly."""
    WAVES = "waves"
    """⌈N / c⌉: rounds of jobs of equal length."""
    PACKED_WAVES = "packed_waves"
    """⌈N / c⌉ min(c, N, k): rounds that take longer the more pods share a node."""
    PACKED_SHARE = "packed_share"
    """n min(c, k) / c: divided work, slowed down by the pods of the same node."""
    ACTIVE = "active"
    """min(c, N): what every busy slot costs the others."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term.

    `jobs` is the number of jobs N where it is fixed, `fan_out` the jobs per unit of load where N grows
    with it (at most one of them); `per_node` the pods that fit on one node, k; `power` the exponent g.
    """

    kind: Kind
    jobs: float | None = None
    fan_out: float | None = None
    per_node: int | None = None
    power: float | None = None

    def value(self, cores: float, load: float) -> float:
        """The term at a number of cores and a load, both above 0; always 0 or more for cores from 1 on."""
        kind = self.kind
        if kind is Kind.CONSTANT:
            return 1.0
        if kind is Kind.LOAD:
            return load
        if kind is Kind.LOGARITHM:
            return math.log(max(cores, 1.0))
        if kind is Kind.CORES:
            return cores
        if kind is Kind.POWER:
            return load / math.pow(cores, self.power or 0.0)
        return self._of_jobs(cores, load)

    def _of_jobs(self, cores: float, load: float) -> float:
        jobs = self._number(load)
        active = min(cores, jobs)
        if self.kind is Kind.SHARE:
            return load / active
        if self.kind is Kind.PACKED_SHARE:
            return load * min(active, self.per_node or 1) / active
        if self.kind is Kind.ACTIVE:
            return active
        waves = float(math.ceil(jobs / cores - 1e-9))
        return waves * min(active, self.per_node or 1) if self.kind is Kind.PACKED_WAVES else waves

    def _number(self, load: float) -> float:
        if self.jobs is not None:
            return self.jobs
        return math.inf if self.fan_out is None else max(load * self.fan_out, 1.0)
