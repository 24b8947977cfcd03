"""The contract between a deployment and the places it can go to.

A back end turns a desired state into *items* (a cluster, a function), and can observe, apply and
remove each of them by name. Names are decided before anything is made, so that a crash never loses
the identity of what exists. Applying is create-or-update and removing accepts what is already gone:
both may be repeated after a crash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

Progress = Callable[[str], None]
"""Takes one line of what is being done now; the library never prints."""

SecretResolver = Callable[[str], str]
"""Turns a `secret://...` reference into its value; called only at the moment of sending."""


KEPT_DATA: Final = "kept_data"
"""The output of an absent cluster that says where objects are that its removal kept."""


class ItemKind(StrEnum):
    """What can be made."""

    CLUSTER = "cluster"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class ResourceCapacity:
    """What a resource of a cluster offers: `nodes` nodes of `cores` cores and `memory_mib` MiB each.

    `cores` is 0 for a cloud of functions: each run gets an instance of its own there.
    """

    name: str
    nodes: int
    cores: float
    memory_mib: float


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A computational layer as one cluster. `password` is a secret reference, never a value."""

    application: str
    layer: int
    resources: tuple[ResourceCapacity, ...]
    password: str


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function on a cluster.

    `service` is the OSCAR service document (name, image, script, memory, cpu, input, output,
    environment, storage_providers), secrets in it as references. `source` is the part's design
    directory, `/`-separated and relative to the application directory; `resource` names the
    cluster's resource it was placed on; `source_digest` changes with any file below `source`.
    """

    cluster: str
    part: str
    resource: str
    source: str
    source_digest: str
    service: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Item:
    """Something to be made: its kind, its name (unique within its kind), and what it needs first."""

    kind: ItemKind
    name: str
    spec: ClusterSpec | FunctionSpec
    requires: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Kind and name, unique within a deployment."""
        return f"{self.kind}/{self.name}"

    @property
    def digest(self) -> str:
        """A hash of the specification: equal digests need no update."""
        text = json.dumps(asdict(self.spec), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class ItemState(StrEnum):
    """What a back end says of an item."""

    ABSENT = "absent"
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Observed:
    """An item as it is now. `digest` is that of the specification it was made from, where known.

    An absent cluster may have the output `KEPT_DATA`; applying it brings that data back.
    """

    id: str
    state: ItemState
    digest: str | None = None
    detail: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict, hash=False)


class JobState(StrEnum):
    """The life of one run of a function."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a function; times in seconds since the epoch, None while not reached.

    `input_path` is `bucket/folder/file`; `outputs` are the objects it wrote, as
    `<cluster>:<bucket/folder/file>`. `trace` joins the runs that one input set off.
    """

    id: str
    cluster: str
    function: str
    trace: str
    state: JobState
    input_path: str
    created_s: float
    started_s: float | None = None
    finished_s: float | None = None
    exit_code: int | None = None
    reason: str = ""
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """All that one input set off. `complete` when nothing of it waits or runs any more."""

    id: str
    jobs: tuple[Job, ...]
    complete: bool


class Backend(Protocol):
    """A place deployments go to."""

    name: str

    def observe(self, ids: Iterable[str]) -> Mapping[str, Observed]:
        """Ask for the present state of items; each id asked for is answered, ABSENT where unknown.

        Raises:
            ExternalError: when the back end cannot be reached.
        """

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Make an item, or bring it up to date. Repeating it changes nothing.

        Raises:
            ExternalError: when the back end refuses or fails; the message says why.
        """

    def remove(self, item_id: str, *, keep_data: bool, progress: Progress) -> None:
        """Remove an item, and with `keep_data=False` its stored objects and those kept earlier.

        Absent is success.

        Raises:
            ExternalError: when the back end refuses or fails.
        """

    def close(self) -> None:
        """Let go of connections."""


class DataPlane(Protocol):
    """The other half of a back end: what goes through the functions it hosts."""

    def put(self, cluster: str, path: str, source: Path) -> None:
        """Store a local file as the object `bucket/folder/file` of a cluster, in one step."""

    def fetch(self, cluster: str, path: str, target: Path) -> None:
        """Bring an object back as a local file, which appears whole."""

    def trace(self, trace: str, *, wait_s: float = 0.0) -> Trace:
        """Everything one input set off; with `wait_s`, wait up to that long for a change of it."""

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        """The runs of the functions hosted, oldest first."""

    def log(self, job: Job) -> str:
        """What a run wrote to standard output and standard error."""
