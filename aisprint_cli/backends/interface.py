"""The contract between a deployment and the places it can go to.

A back end turns a desired state into *items* (a cluster, a function), and can observe, apply and
remove each of them. Names are decided before anything is made, so that a crash never loses
the identity of what exists. Applying is create-or-update and removing accepts what is already gone:
both may be repeated after a crash. A back end keeps no memory of its own: it is handed whole items,
and the `Site` it is opened with gives it what the ledger holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from aisprint_cli.model.resources import LayerKind

Progress = Callable[[str], None]
"""Takes one line of what is being done now; the library never prints.

Whoever waits for something calls it at each look: it raises an `ExternalError` once the step has
taken longer than it may, which is to be let through.
"""

SecretResolver = Callable[[str], str]
"""Turns a `secret://...` reference into its value; called only at the moment of sending."""


KEPT_DATA: Final = "kept_data"
"""The output of an absent cluster that says where objects are that its removal kept."""

RUNNER_FACT: Final = "local.runner"
"""The fact of a function's access that says what the local back end runs it in: `container` or nothing."""

IDENTITY: Final = "identity"
"""The metadata of a specification's field that says whether it counts for the digest."""


class Capability(StrEnum):
    """What a back end may be able to do besides making and removing items.

    DATA: `put` and `fetch` objects, so that inputs can be fed. LOGS: `trace`, `jobs` and `log`.
    UPDATE: `apply` brings an item up to date in place; without it every change is a replacement.
    KEEP_DATA: `remove` can keep stored objects. DRIFT: `observe` tells what was changed outside.
    SOURCES says no more than how it works: functions are made from their design directory as it is, not
    from an image.
    """

    DATA = "data"
    LOGS = "logs"
    UPDATE = "update"
    KEEP_DATA = "keep_data"
    DRIFT = "drift"
    SOURCES = "sources"


EVERY_CAPABILITY: Final = frozenset(Capability) - {Capability.SOURCES}
"""All that a back end may be able to do, one that runs images."""


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
    """A computational layer as one cluster. `password` is a secret reference, never a value.

    `kind` is a `LayerKind` value and `backend` names the back end that makes it. `access` holds flat
    facts on how to reach it, such as `oscar.endpoint` or `aws.region`, secrets as references; only
    what is known. `infrastructure` is a digest of everything in its template but the functions;
    `template` is the layer's TOSCA text, secrets as references, and not part of the item's digest,
    so that a changed function does not change its cluster.
    """

    application: str
    layer: int
    resources: tuple[ResourceCapacity, ...]
    password: str
    kind: str = LayerKind.VIRTUAL.value
    backend: str = "local"
    access: Mapping[str, str] = field(default_factory=dict, hash=False)
    infrastructure: str = ""
    template: str = field(default="", repr=False, metadata={IDENTITY: False})


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function on a cluster.

    `service` is the OSCAR service document (name, image, script, memory, cpu, input, output,
    environment, storage_providers), secrets in it as references. `source` is the part's design
    directory, `/`-separated and relative to the application directory; `resource` names the
    cluster's resource it was placed on; `source_digest` changes with any file below `source`.
    `backend` names the back end that makes it, `node` is its node in the cluster's template, and
    `access` is that of its cluster: enough to reach it alone.
    """

    cluster: str
    part: str
    resource: str
    source: str
    source_digest: str
    service: Mapping[str, Any] = field(hash=False)
    backend: str = "local"
    node: str = ""
    access: Mapping[str, str] = field(default_factory=dict, hash=False)


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
        """A hash of the specification: equal digests need no update.

        Fields at their default do not count: a field that a later version adds changes no digest.
        """
        text = json.dumps(_identity(self.spec), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _identity(value: Any) -> Any:
    """The fields of a specification that count for its digest, as plain values."""
    if is_dataclass(value):
        return {
            entry.name: _identity(getattr(value, entry.name))
            for entry in fields(value)
            if entry.metadata.get(IDENTITY, True) and getattr(value, entry.name) != _default(entry)
        }
    if isinstance(value, Mapping):
        return {str(key): _identity(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_identity(entry) for entry in value]
    return value


def _default(entry: Field[Any]) -> Any:
    return entry.default_factory() if entry.default_factory is not MISSING else entry.default


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


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger holds of an item: the specification last sent, and what `apply` returned."""

    item: Item
    outputs: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Site:
    """What a back end is opened with: the application directory, secrets, and the ledger's items by id.

    `recorded` is asked again at each use: what is there changes while a plan is carried out.
    """

    application: Path
    resolve: SecretResolver
    recorded: Callable[[], Mapping[str, Recorded]] = dict


class Backend(Protocol):
    """A place deployments go to. Used by several threads at once.

    It does not repeat what failed: an `ExternalError` says with its `retry` whether that is of use,
    and whoever carries out a plan waits and calls again.
    """

    name: str

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do besides making and removing items."""

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        """Ask for the present state of items, by id; each one asked for is answered, ABSENT where unknown.

        Raises:
            ExternalError: when the back end cannot be reached.
        """

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Make an item, or bring it up to date. Repeating it changes nothing.

        Raises:
            ExternalError: when the back end refuses or fails; the message says why.
        """

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:
        """Remove an item, and with `keep_data=False` its stored objects and those kept earlier.

        Absent is success. The item is as it was last sent, which may not be how it is there.

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

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        """Everything one input set off; with `wait_s`, wait up to that long for a change of it.

        With `clusters`, those that it can have come to: others need not be asked, nor answer.
        """

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        """The runs of the functions hosted, oldest first."""

    def log(self, job: Job) -> str:
        """What a run wrote to standard output and standard error."""


class Place(Backend, DataPlane, Protocol):
    """A back end with both halves: what is made there, and what goes through it.

    Without `Capability.DATA` or `Capability.LOGS` the methods of that half are never called.
    """


Factory = Callable[[Site], Place]
"""Opens a back end; does not connect yet."""


@runtime_checkable
class FindsStrays(Protocol):
    """A back end that can tell what is there of an application whatever the ledger says."""

    def strays(self, application: str) -> tuple[Item, ...]:
        """Everything there that carries the identity of an application, as items fit for `remove`.

        Raises:
            ExternalError: when the back end cannot be asked.
        """


@runtime_checkable
class TellsMessages(Protocol):
    """A back end that keeps what was said while an item was set up."""

    def messages(self, item: Item) -> str:
        """What setting up an item wrote, such as contextualisation messages; empty where nothing.

        Raises:
            ExternalError: when the back end cannot be asked.
        """


@runtime_checkable
class Replaces(Protocol):
    """A back end that cannot make every change in place."""

    def must_replace(self, before: Item, after: Item) -> str:
        """Why an item has to be removed and made anew to become another one; empty where it need not.

        Pure: asks nobody.
        """


@runtime_checkable
class Answers(Protocol):
    """A back end that can say whether it is there and who we are to it, whatever is deployed."""

    def answers(self) -> str:
        """What answered, such as a name and a version; nothing is made or changed.

        Raises:
            AisprintError: when nothing answers, or it does not know us.
        """
