"""A function: instances that start cold, serve one request each, and expire when idle.

The behaviour is that of SimFaaS (Mahmoudi and Khazaei, "SimFaaS: a performance simulator for
serverless computing platforms", 2021): a request goes to the newest idle instance; with none idle it
starts one and takes the cold time; an instance idle for the given time is removed.
"""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush
from typing import Any

from aisprint_cli.simulation.agenda import Agenda
from aisprint_cli.simulation.servers import Deliver


class _Instance:
    __slots__ = ("age", "idle", "idle_since_s", "timed")

    def __init__(self, age: int) -> None:
        self.age = age
        self.idle = False
        self.idle_since_s = 0.0
        self.timed = False

    def __lt__(self, other: _Instance) -> bool:
        return self.age > other.age  # the newest first


class FunctionPool:
    """The instances that serve one piece.

    Attributes:
        requests: how many requests have begun their service.
        cold_starts: how many of them started an instance.
        busy_s: the integral over time of the number of busy instances, until the last `settle`.
        alive_s: the same of all instances.
        job_s: the same of all requests present, waiting ones included.
    """

    __slots__ = (
        "_agenda",
        "_alive",
        "_busy",
        "_deliver",
        "_idle",
        "_idle_s",
        "_limit",
        "_made",
        "_settled_s",
        "_waiting",
        "alive_s",
        "busy_s",
        "cold_starts",
        "job_s",
        "requests",
    )

    def __init__(self, agenda: Agenda, deliver: Deliver, idle_before_kill_s: float, limit: int) -> None:
        self.requests = 0
        self.cold_starts = 0
        self.busy_s = 0.0
        self.alive_s = 0.0
        self.job_s = 0.0
        self._agenda = agenda
        self._deliver = deliver
        self._idle_s = idle_before_kill_s
        self._limit = limit
        self._made = 0
        self._alive = 0
        self._busy = 0
        self._idle: list[_Instance] = []
        self._waiting: deque[tuple[Any, float, float]] = deque()
        self._settled_s = agenda.now_s

    @property
    def alive(self) -> int:
        """How many instances exist, idle ones included."""
        return self._alive

    @property
    def present(self) -> int:
        """How many requests are here, waiting or in service."""
        return self._busy + len(self._waiting)

    def arrive(self, job: Any, warm_s: float, cold_s: float) -> None:
        """Take a job that needs `warm_s` on an instance that exists, `cold_s` on one to be started."""
        self.settle()
        if self._idle:
            self._begin(job, heappop(self._idle), warm_s)
        elif self._alive < self._limit:
            self._made += 1
            self._alive += 1
            self.cold_starts += 1
            self._begin(job, _Instance(self._made), cold_s)
        else:
            self._waiting.append((job, warm_s, cold_s))

    def settle(self) -> None:
        """Bring `busy_s`, `alive_s` and `job_s` up to now."""
        elapsed_s = self._agenda.now_s - self._settled_s
        self._settled_s = self._agenda.now_s
        self.busy_s += elapsed_s * self._busy
        self.alive_s += elapsed_s * self._alive
        self.job_s += elapsed_s * (self._busy + len(self._waiting))

    def _begin(self, job: Any, instance: _Instance, service_s: float) -> None:
        instance.idle = False
        self.requests += 1
        self._busy += 1
        self._agenda.at(self._agenda.now_s + service_s, self._finish, (job, instance))

    def _finish(self, pair: tuple[Any, _Instance]) -> None:
        job, instance = pair
        self.settle()
        self._busy -= 1
        if self._waiting:
            waiting, warm_s, _ = self._waiting.popleft()
            self._begin(waiting, instance, warm_s)
        else:
            self._rest(instance)
        self._deliver(job)

    def _rest(self, instance: _Instance) -> None:
        instance.idle = True
        instance.idle_since_s = self._agenda.now_s
        heappush(self._idle, instance)
        if not instance.timed:
            instance.timed = True
            self._agenda.at(instance.idle_since_s + self._idle_s, self._expire, instance)

    def _expire(self, instance: _Instance) -> None:
        """One timer for each instance: if it was used meanwhile, the timer is set again."""
        instance.timed = False
        if not instance.idle:
            return
        due_s = instance.idle_since_s + self._idle_s
        if due_s > self._agenda.now_s:
            instance.timed = True
            self._agenda.at(due_s, self._expire, instance)
            return
        self.settle()
        self._alive -= 1
        self._idle.remove(instance)
        heapify(self._idle)
