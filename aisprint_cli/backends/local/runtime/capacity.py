"""Which node a job runs on: whole nodes with cores and memory, as the resources promise them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from aisprint_cli.backends.interface import ResourceCapacity

MAX_JOBS_VARIABLE = "AISPRINT_LOCAL_MAX_JOBS"
_SLACK = 1e-9


def host_job_limit() -> int:
    """Jobs at once on this machine: `AISPRINT_LOCAL_MAX_JOBS`, else its usable cores, at least two."""
    named = os.environ.get(MAX_JOBS_VARIABLE, "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    return max(2, len(os.sched_getaffinity(0)))


@dataclass(slots=True)
class Node:
    """One node of a resource; what is taken is kept beside what it has.

    A node without cores stands for a cloud of functions, where each run gets an instance of its own:
    it takes as many runs as the machine does.
    """

    name: str
    resource: str
    cores: float
    memory_mib: float
    cores_taken: float = 0.0
    memory_taken_mib: float = 0.0
    jobs: int = 0

    @property
    def is_elastic(self) -> bool:
        """Whether it has no bounds of its own."""
        return self.cores == 0

    def fits(self, cores: float, memory_mib: float) -> bool:
        """Whether a job finds room; one that needs more than the whole node runs there alone."""
        if self.jobs == 0 or self.is_elastic:
            return True
        return (
            self.cores_taken + cores <= self.cores + _SLACK
            and self.memory_taken_mib + memory_mib <= self.memory_mib + _SLACK
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """Room taken on a node."""

    node: Node
    cores: float
    memory_mib: float


@dataclass
class Capacity:
    """The nodes of every cluster, and how many jobs the machine itself takes at once."""

    limit: int
    _nodes: dict[str, list[Node]] = field(default_factory=dict)
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_cluster(self, cluster: str, resources: Iterable[ResourceCapacity]) -> None:
        """Give a cluster its nodes; those that stay keep what runs on them."""
        with self._lock:
            before = {node.name: node for node in self._nodes.get(cluster, [])}
            nodes = []
            for resource in resources:
                for number in range(1, resource.nodes + 1):
                    name = f"{resource.name}-{number}"
                    node = before.get(name) or Node(name, resource.name, 0.0, 0.0)
                    node.cores, node.memory_mib = resource.cores, resource.memory_mib
                    nodes.append(node)
            self._nodes[cluster] = nodes

    def drop_cluster(self, cluster: str) -> None:
        """Forget a cluster."""
        with self._lock:
            self._nodes.pop(cluster, None)

    def nodes(self, cluster: str) -> list[Node]:
        """The nodes of a cluster."""
        return self._nodes.get(cluster, [])

    @property
    def is_full(self) -> bool:
        """Whether the machine takes no further job."""
        return self._running >= self.limit

    def take(self, cluster: str, resource: str | None, cores: float, memory_mib: float) -> Slot | None:
        """Room for a job on a node of its resource; without one, on the cluster's largest resource."""
        with self._lock:
            if self._running >= self.limit:
                return None
            nodes = self._nodes.get(cluster, [])
            names = {node.resource for node in nodes}
            if resource not in names and nodes:
                resource = max(nodes, key=lambda node: (node.cores, node.memory_mib)).resource
            free = [node for node in nodes if node.resource == resource and node.fits(cores, memory_mib)]
            if not free:
                return None
            node = min(free, key=lambda one: (one.cores_taken, one.name))
            node.cores_taken += cores
            node.memory_taken_mib += memory_mib
            node.jobs += 1
            self._running += 1
            return Slot(node, cores, memory_mib)

    def give_back(self, slot: Slot) -> None:
        """Free what a job took."""
        with self._lock:
            slot.node.cores_taken -= slot.cores
            slot.node.memory_taken_mib -= slot.memory_mib
            slot.node.jobs -= 1
            self._running -= 1
