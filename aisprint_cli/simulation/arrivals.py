"""When requests come: a rate over time, and how they scatter around it.

Arrivals are made in operational time, where they come at rate one, and carried to real time through
the inverse of the accumulated rate. So the same seed gives the same pattern under any rate.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Protocol

from aisprint_cli.simulation.laws import Exponential, Law
from aisprint_cli.simulation.streams import Stream, Streams

SECONDS_PER_HOUR = 3600.0


class Rate(Protocol):
    """A rate of requests over time."""

    @property
    def constant(self) -> bool:
        """Whether the rate never changes, so that a steady state exists."""

    @property
    def span_s(self) -> float:
        """How long it takes to see all of it once; zero when it never changes."""

    def instant_s(self, operational: float) -> float:
        """When the accumulated rate reaches `operational` requests; infinite when it never does."""


@dataclass(frozen=True, slots=True)
class ConstantRate:
    """The same rate for ever."""

    rate_per_s: float

    @property
    def constant(self) -> bool:
        """True."""
        return True

    @property
    def span_s(self) -> float:
        """Zero: it never changes."""
        return 0.0

    def instant_s(self, operational: float) -> float:
        """When so many requests are expected to have come."""
        return operational / self.rate_per_s if self.rate_per_s > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Ramp:
    """A rate that goes evenly from one value to another, and stays there."""

    start_per_s: float
    end_per_s: float
    duration_s: float

    @property
    def constant(self) -> bool:
        """False."""
        return False

    @property
    def span_s(self) -> float:
        """The duration."""
        return self.duration_s

    @property
    def _slope(self) -> float:
        return (self.end_per_s - self.start_per_s) / self.duration_s

    def instant_s(self, operational: float) -> float:
        """When so many requests are expected to have come."""
        during = (self.start_per_s + self.end_per_s) / 2 * self.duration_s
        if operational > during:
            rest = operational - during
            return self.duration_s + (rest / self.end_per_s if self.end_per_s > 0 else math.inf)
        root = math.sqrt(max(0.0, self.start_per_s**2 + 2 * self._slope * operational))
        return 2 * operational / (self.start_per_s + root) if operational else 0.0


@dataclass(frozen=True)
class Schedule:
    """Rates that hold for one step each, over and over: by default 24 of them, an hour each."""

    rates_per_s: tuple[float, ...]
    step_s: float = SECONDS_PER_HOUR

    @property
    def constant(self) -> bool:
        """Whether all steps have the same rate."""
        return len(set(self.rates_per_s)) == 1

    @property
    def span_s(self) -> float:
        """One round."""
        return self.step_s * len(self.rates_per_s)

    @cached_property
    def _ends(self) -> tuple[float, ...]:
        return tuple(accumulate(rate * self.step_s for rate in self.rates_per_s))

    def instant_s(self, operational: float) -> float:
        """When so many requests are expected to have come."""
        in_round = self._ends[-1]
        if in_round <= 0:
            return math.inf
        rounds, rest = divmod(operational, in_round)
        step = min(bisect_left(self._ends, rest), len(self._ends) - 1)
        before = self._ends[step - 1] if step else 0.0
        inside = (rest - before) / self.rates_per_s[step] if rest > before else 0.0
        return (rounds * len(self._ends) + step) * self.step_s + inside


class Source(Protocol):
    """The arrivals at one entry of the application, asked for one after another."""

    def next_s(self) -> float:
        """The time of the next arrival; infinite when there is none."""


class ArrivalProcess(Protocol):
    """What makes the sources of a simulation."""

    @property
    def constant(self) -> bool:
        """Whether the rate never changes, so that a steady state exists."""

    @property
    def span_s(self) -> float:
        """How long it takes to see all of it once; zero when it never changes."""

    @property
    def poisson(self) -> bool:
        """Whether arrivals are independent of each other, as queueing formulas assume."""

    def time_of(self, requests: int) -> float:
        """When so many requests are expected to have come to one entry; infinite if they never do."""

    def source(self, streams: Streams, entry: str) -> Source:
        """A new source for the component named `entry`."""


class _RenewalSource:
    __slots__ = ("_gaps", "_number", "_operational", "_rate")

    def __init__(self, rate: Rate, gaps: Stream) -> None:
        self._rate = rate
        self._gaps = gaps
        self._number = 0
        self._operational = 0.0

    def next_s(self) -> float:
        self._operational += self._gaps[self._number]
        self._number += 1
        return self._rate.instant_s(self._operational)


@dataclass(frozen=True)
class Renewal:
    """Arrivals at a rate over time with independent gaps.

    Exponential gaps make a Poisson process, deterministic ones regular arrivals, lognormal ones of a cv
    above 1 bursts.
    """

    rate: Rate
    gaps: Law = field(default_factory=Exponential)

    @property
    def constant(self) -> bool:
        """Whether the rate never changes."""
        return self.rate.constant

    @property
    def span_s(self) -> float:
        """How long it takes to see the whole rate once."""
        return self.rate.span_s

    @property
    def poisson(self) -> bool:
        """Whether the gaps are exponential."""
        return isinstance(self.gaps, Exponential)

    def time_of(self, requests: int) -> float:
        """When so many requests are expected to have come to one entry."""
        return self.rate.instant_s(float(requests))

    def source(self, streams: Streams, entry: str) -> Source:
        """A new source for the component named `entry`."""
        return _RenewalSource(self.rate, streams.named(f"arrivals/{entry}", self.gaps.draw))


class _TraceSource:
    __slots__ = ("_instants_s", "_number")

    def __init__(self, instants_s: tuple[float, ...]) -> None:
        self._instants_s = instants_s
        self._number = 0

    def next_s(self) -> float:
        if self._number >= len(self._instants_s):
            return math.inf
        self._number += 1
        return self._instants_s[self._number - 1]


@dataclass(frozen=True, slots=True)
class Trace:
    """Recorded arrivals, in seconds from the start, in their order."""

    instants_s: tuple[float, ...]

    @property
    def constant(self) -> bool:
        """False: nothing is known about the rate."""
        return False

    @property
    def span_s(self) -> float:
        """The time of the last arrival."""
        return self.instants_s[-1] if self.instants_s else 0.0

    @property
    def poisson(self) -> bool:
        """False: nothing is known about the gaps."""
        return False

    def time_of(self, requests: int) -> float:
        """When so many requests have come; infinite when the trace holds fewer."""
        return self.instants_s[requests - 1] if 0 < requests <= len(self.instants_s) else math.inf

    def source(self, streams: Streams, entry: str) -> Source:  # noqa: ARG002  nothing here is random
        """A new source; every entry gets the same arrivals."""
        return _TraceSource(self.instants_s)
