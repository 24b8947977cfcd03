"""The second half of a back end whose data plane is an object of its own."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from aisprint_cli.backends.interface import DataPlane, Job, Trace


class ThroughPlane:
    """Hands what goes through functions to `_plane`; a back end inherits this beside its own half."""

    _plane: DataPlane

    def put(self, cluster: str, path: str, source: Path) -> None:
        """Store a local file as an object of a cluster's storage, in one step."""
        self._plane.put(cluster, path, source)

    def fetch(self, cluster: str, path: str, target: Path) -> None:
        """Bring an object back as a local file, which appears whole."""
        self._plane.fetch(cluster, path, target)

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        """Everything one input set off."""
        return self._plane.trace(trace, wait_s=wait_s, clusters=clusters)

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        """The runs of the functions hosted, oldest first."""
        return self._plane.jobs(cluster, function)

    def log(self, job: Job) -> str:
        """What a run wrote to standard output and standard error."""
        return self._plane.log(job)
