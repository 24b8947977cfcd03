"""Single servers: processor sharing, and first come first served.

A server works for jobs that bring their demand (seconds of work on one core) and hands each one back
when it is done. `capacity` is the number of cores: a job uses at most one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Protocol

from aisprint_cli.simulation.agenda import Agenda

Deliver = Callable[[Any], None]


class Server(Protocol):
    """What every kind of server offers.

    Attributes:
        capacity: cores.
        busy_s: core-seconds worked until the last `settle`.
        job_s: the integral over time of the number of jobs present, until the last `settle`.
        deliver: what is called with each job that is done.
    """

    deliver: Deliver
    capacity: int
    busy_s: float
    job_s: float

    @property
    def present(self) -> int:
        """How many jobs are here, waiting or in service."""

    def arrive(self, job: Any, demand_s: float) -> None:
        """Take a job that needs so many seconds of a core."""

    def settle(self) -> None:
        """Bring `busy_s` and `job_s` up to now."""

    def resize(self, capacity: int) -> None:
        """Go on with another number of cores."""


class SharingServer:
    """Processor sharing: every job gets an equal share of the cores, at most one whole core.

    Kept in virtual time, the work a job would have received had it been present from the start: a job
    ends when virtual time reaches its arrival's virtual time plus its demand, so the order of ends is
    fixed on arrival and an event costs O(log jobs).
    """

    __slots__ = (
        "_agenda",
        "_awaited",
        "_jobs",
        "_settled_s",
        "_virtual_s",
        "busy_s",
        "capacity",
        "deliver",
        "job_s",
    )

    def __init__(self, agenda: Agenda, deliver: Deliver, capacity: int = 1) -> None:
        self.capacity = capacity
        self.busy_s = 0.0
        self.job_s = 0.0
        self._agenda = agenda
        self.deliver = deliver
        self._jobs: list[tuple[float, int, Any]] = []
        self._virtual_s = 0.0
        self._settled_s = agenda.now_s
        self._awaited = 0

    @property
    def present(self) -> int:
        """How many jobs are in service."""
        return len(self._jobs)

    def arrive(self, job: Any, demand_s: float) -> None:
        """Take a job that needs so many seconds of a core."""
        self.settle()
        heappush(self._jobs, (self._virtual_s + demand_s, self._agenda.entered, job))
        self._await_next()

    def settle(self) -> None:
        """Bring virtual time, `busy_s` and `job_s` up to now."""
        elapsed_s = self._agenda.now_s - self._settled_s
        self._settled_s = self._agenda.now_s
        present = len(self._jobs)
        if present:
            working = present if present < self.capacity else self.capacity
            self._virtual_s += elapsed_s * working / present
            self.busy_s += elapsed_s * working
            self.job_s += elapsed_s * present

    def resize(self, capacity: int) -> None:
        """Go on with another number of cores."""
        self.settle()
        self.capacity = capacity
        if self._jobs:
            self._await_next()

    def _await_next(self) -> None:
        rest_s = self._jobs[0][0] - self._virtual_s
        present = len(self._jobs)
        if present > self.capacity:
            rest_s *= present / self.capacity
        self._awaited = self._agenda.numbered(self._agenda.now_s + rest_s, self._finish)

    def _finish(self, number: int) -> None:
        if number != self._awaited:
            return  # a later arrival changed when the next job ends
        self.settle()
        ended_s, _, job = heappop(self._jobs)
        if self._jobs:
            self._virtual_s = ended_s  # exact, whatever rounding settle() left
            self._await_next()
        else:
            self._virtual_s = 0.0  # so that precision does not fade over long runs
        self.deliver(job)


class QueueServer:
    """First come, first served, by `capacity` cores."""

    __slots__ = (
        "_agenda",
        "_in_service",
        "_settled_s",
        "_waiting",
        "busy_s",
        "capacity",
        "deliver",
        "job_s",
    )

    def __init__(self, agenda: Agenda, deliver: Deliver, capacity: int = 1) -> None:
        self.capacity = capacity
        self.busy_s = 0.0
        self.job_s = 0.0
        self._agenda = agenda
        self.deliver = deliver
        self._in_service = 0
        self._waiting: deque[tuple[Any, float]] = deque()
        self._settled_s = agenda.now_s

    @property
    def present(self) -> int:
        """How many jobs are waiting or in service."""
        return self._in_service + len(self._waiting)

    def arrive(self, job: Any, demand_s: float) -> None:
        """Take a job that needs so many seconds of a core."""
        self.settle()
        if self._in_service < self.capacity:
            self._begin(job, demand_s)
        else:
            self._waiting.append((job, demand_s))

    def settle(self) -> None:
        """Bring `busy_s` and `job_s` up to now."""
        elapsed_s = self._agenda.now_s - self._settled_s
        self._settled_s = self._agenda.now_s
        self.busy_s += elapsed_s * self._in_service
        self.job_s += elapsed_s * (self._in_service + len(self._waiting))

    def resize(self, capacity: int) -> None:
        """Go on with another number of cores; what is in service ends there."""
        self.settle()
        self.capacity = capacity
        self._begin_waiting()

    def _begin(self, job: Any, demand_s: float) -> None:
        self._in_service += 1
        self._agenda.at(self._agenda.now_s + demand_s, self._finish, job)

    def _begin_waiting(self) -> None:
        while self._waiting and self._in_service < self.capacity:
            self._begin(*self._waiting.popleft())

    def _finish(self, job: Any) -> None:
        self.settle()
        self._in_service -= 1
        self._begin_waiting()
        self.deliver(job)
