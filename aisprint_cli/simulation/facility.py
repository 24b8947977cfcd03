"""The instances of one bought resource, and how requests are spread over them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from aisprint_cli.simulation.agenda import Agenda
from aisprint_cli.simulation.servers import Deliver, QueueServer, Server, SharingServer
from aisprint_cli.simulation.streams import Stream


class Discipline(StrEnum):
    """In which order an instance works."""

    SHARING = "sharing"
    FCFS = "fcfs"


class Dispatch(StrEnum):
    """How requests are spread over the instances of a resource.

    `random` splits evenly and blindly, as the placement model assumes; `central` lets all instances
    work from one queue.
    """

    RANDOM = "random"
    ROUND_ROBIN = "round-robin"
    SHORTEST = "shortest"
    CENTRAL = "central"


class InstanceGroup:
    """All instances of one edge or cloud resource.

    Args:
        agenda: the simulation's clock.
        deliver: what to call with each job that is done.
        discipline: how one instance works.
        dispatch: how jobs are spread.
        cores: how many jobs an instance works on at full speed.
        startup_s: how long a new instance takes until it serves; it is paid from the start.
    """

    def __init__(
        self,
        agenda: Agenda,
        deliver: Deliver,
        *,
        discipline: Discipline,
        dispatch: Dispatch,
        cores: int = 1,
        startup_s: float = 0.0,
    ) -> None:
        self._agenda = agenda
        self._deliver = deliver
        self._kind: type[SharingServer | QueueServer] = (
            SharingServer if discipline is Discipline.SHARING else QueueServer
        )
        self._dispatch = dispatch
        self.cores = cores
        self._startup_s = startup_s
        self._servers: list[Server] = []
        self._draining: list[Server] = []
        self._cancelled = 0
        self._turn = 0
        self._gone_busy_s = 0.0
        self._gone_job_s = 0.0
        self._bought_s = 0.0
        self._settled_s = agenda.now_s
        self.instances = 0
        self.starting = 0

    @property
    def draining(self) -> int:
        """How many instances only finish what they have."""
        return len(self._draining)

    @property
    def present(self) -> int:
        """How many jobs are on the instances."""
        return sum(server.present for server in (*self._servers, *self._draining))

    def arrive(self, job: Any, demand_s: float, chances: Stream, number: int) -> None:
        """Give a job to an instance; where the spreading is random, `chances[number]` decides."""
        servers = self._servers
        count = len(servers)
        if count == 1:
            servers[0].arrive(job, demand_s)
        elif count == 0:
            self._stranded().arrive(job, demand_s)
        elif self._dispatch is Dispatch.RANDOM:
            servers[int(chances[number] * count)].arrive(job, demand_s)
        elif self._dispatch is Dispatch.ROUND_ROBIN:
            self._turn += 1
            servers[self._turn % count].arrive(job, demand_s)
        else:
            min(servers, key=lambda server: server.present).arrive(job, demand_s)

    def set_instances(self, count: int, *, at_once: bool = False) -> None:
        """Have `count` instances, those that are starting included."""
        self._settle_bought()
        have = self.instances + self.starting
        if count > have:
            self._start(count - have, at_once=at_once)
        cancelled = min(self.starting, max(0, have - count))
        self.starting -= cancelled
        self._cancelled += cancelled
        self._stop(max(0, have - count - cancelled))

    def totals(self) -> tuple[float, float, float]:
        """Until now: core-seconds worked, instance-seconds paid, and the integral of jobs present."""
        self._settle_bought()
        servers = (*self._servers, *self._draining)
        for server in servers:
            server.settle()
        busy_s = self._gone_busy_s + sum(server.busy_s for server in servers)
        job_s = self._gone_job_s + sum(server.job_s for server in servers)
        return busy_s, self._bought_s, job_s

    def _settle_bought(self) -> None:
        elapsed_s = self._agenda.now_s - self._settled_s
        self._settled_s = self._agenda.now_s
        self._bought_s += elapsed_s * (self.instances + self.starting + len(self._draining))

    def _start(self, count: int, *, at_once: bool) -> None:
        if at_once or not self._startup_s:
            self._add(count)
            return
        self.starting += count
        for _ in range(count):
            self._agenda.at(self._agenda.now_s + self._startup_s, self._started, None)

    def _started(self, _: None) -> None:
        if self._cancelled:
            self._cancelled -= 1
            return
        self._settle_bought()
        self.starting -= 1
        self._add(1)

    def _add(self, count: int) -> None:
        self.instances += count
        if self._dispatch is Dispatch.CENTRAL:
            self._resize_central()
        else:
            self._servers += [self._kind(self._agenda, self._deliver, self.cores) for _ in range(count)]

    def _stop(self, count: int) -> None:
        self.instances -= count
        if self._dispatch is Dispatch.CENTRAL:
            self._resize_central()
            return
        for _ in range(count):
            server = self._servers.pop()
            server.deliver = self._deliver_draining
            self._draining.append(server)
        self._drop_empty()

    def _resize_central(self) -> None:
        if self._servers:
            self._servers[0].resize(max(1, self.instances * self.cores))
        elif self.instances:
            self._servers.append(self._kind(self._agenda, self._deliver, self.instances * self.cores))

    def _stranded(self) -> Server:
        """An instance for a job that was on its way when the last one stopped taking any."""
        if not self._draining:
            self._settle_bought()
            self._draining.append(self._kind(self._agenda, self._deliver_draining, self.cores))
        return self._draining[0]

    def _deliver_draining(self, job: Any) -> None:
        self._deliver(job)
        self._settle_bought()
        self._drop_empty()

    def _drop_empty(self) -> None:
        for server in [server for server in self._draining if not server.present]:
            server.settle()
            self._gone_busy_s += server.busy_s
            self._gone_job_s += server.job_s
            self._draining.remove(server)
