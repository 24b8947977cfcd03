"""What the runtime remembers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aisprint_cli.backends.interface import Job, JobState, ResourceCapacity


class Stage(StrEnum):
    """The life of a job as stored; PUBLISHING is the short time in which its outputs are moved."""

    QUEUED = "queued"
    RUNNING = "running"
    PUBLISHING = "publishing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a cluster is: `mark` tells applications apart, `directory` is for people to read."""

    mark: str = ""
    directory: str = ""


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """A cluster: `digest` is that of the specification it was made from, `password` a salted hash."""

    name: str
    resources: tuple[ResourceCapacity, ...]
    password: str
    digest: str = ""
    owner: Owner = Owner()


@dataclass(frozen=True, slots=True)
class WantedCluster:
    """A cluster as it is asked for; without a password it keeps the one it has."""

    resources: tuple[ResourceCapacity, ...]
    password: str | None = field(repr=False)
    digest: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class Hosting:
    """What the admin API adds to a service document.

    `item` is the deployment's name for it, `bundle` the digest of its unpacked files. With `runner`
    "container" runs start from its image instead, by the Docker Engine at `engine` (empty: the usual one).
    """

    item: str = ""
    part: str = ""
    resource: str | None = None
    bundle: str = ""
    digest: str = ""
    runner: str = ""
    engine: str = ""


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A service of a cluster; `token` is the bearer token of its `/job` and `/run`."""

    cluster: str
    name: str
    document: Mapping[str, Any] = field(hash=False)
    token: str
    hosting: Hosting = Hosting()


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One run. `payload` tells that its input is a posted body; `urgent` that a caller waits for it."""

    seq: int
    id: str
    cluster: str
    service: str
    trace: str
    stage: Stage
    input_path: str
    created_s: float
    payload: bool = False
    urgent: bool = False
    started_s: float | None = None
    finished_s: float | None = None
    exit_code: int | None = None
    reason: str = ""
    outputs: tuple[str, ...] = ()
    pid: int | None = None
    process_started_s: float | None = None
    revision: int = 0

    def public(self) -> Job:
        """The job as the data plane shows it."""
        stage = Stage.RUNNING if self.stage is Stage.PUBLISHING else self.stage
        return Job(
            id=self.id,
            cluster=self.cluster,
            function=self.service,
            trace=self.trace,
            state=JobState(stage.value),
            input_path=self.input_path,
            created_s=self.created_s,
            started_s=self.started_s,
            finished_s=self.finished_s,
            exit_code=self.exit_code,
            reason=self.reason,
            outputs=self.outputs,
        )


@dataclass(frozen=True, slots=True)
class NewJob:
    """A run to be queued."""

    id: str
    cluster: str
    service: str
    trace: str
    input_path: str
    payload: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one content of a file from the next without reading it; a rename keeps all three."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object on its way into a bucket: `staged` is the file that will be moved to `path`.

    Written down before the move, so that a crash in between is finished and not repeated.
    """

    id: str
    cluster: str
    path: str
    staged: str
    identity: Identity
    trace: str
    job: str = ""
    key: str = ""
