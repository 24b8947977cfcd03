"""The folders that a function reads and writes, as its service document says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aisprint_cli.backends.interface import FunctionSpec

OBJECT_STORAGE: Final = frozenset({"minio", "s3"})
_TRACE: Final = re.compile(
    r"aisprint-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder `path` (`bucket/folder`) of the storage of `cluster`; empty rules let every name pass.

    `kind` is the storage's: `minio`, `s3`, or another one.
    """

    cluster: str
    kind: str
    path: str
    suffixes: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    @property
    def bucket(self) -> str:
        """The bucket it belongs to."""
        return self.path.partition("/")[0]

    @property
    def key(self) -> str:
        """What comes before the file's name in its keys, with the `/`; empty for a whole bucket."""
        inside = self.path.partition("/")[2]
        return f"{inside}/" if inside else ""

    def accepts(self, name: str) -> bool:
        """Whether a file of that name passes the rules."""
        ends = not self.suffixes or name.endswith(self.suffixes)
        return ends and (not self.prefixes or name.startswith(self.prefixes))

    def covers(self, path: str) -> bool:
        """Whether an object `bucket/folder/file` lies below it and passes its rules."""
        return path.startswith(f"{self.path}/") and self.accepts(path.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Routes:
    """Where a function takes its input from and where its output goes."""

    inputs: tuple[Folder, ...]
    outputs: tuple[Folder, ...]

    def own(self, cluster: str) -> tuple[Folder, ...]:
        """The folders on one cluster's own object storage, inputs first."""
        found = (*self.inputs, *self.outputs)
        return tuple(one for one in found if one.cluster == cluster and one.kind in OBJECT_STORAGE)

    def buckets(self, cluster: str) -> tuple[str, ...]:
        """Their buckets, each once."""
        return tuple(dict.fromkeys(folder.bucket for folder in self.own(cluster)))


def routes_of(spec: FunctionSpec) -> Routes:
    """The folders of a function's specification."""
    return routes_in(spec.cluster, spec.service)


def routes_in(cluster: str, service: Mapping[str, Any]) -> Routes:
    """The folders of a service document on a cluster."""
    return Routes(
        tuple(folder_in(cluster, entry) for entry in service.get("input") or ()),
        tuple(folder_in(cluster, entry) for entry in service.get("output") or ()),
    )


def folder_in(cluster: str, entry: Mapping[str, Any]) -> Folder:
    """The folder of an `input` or `output` entry: `minio` and `s3` are the cluster's own storage."""
    kind, _, identity = str(entry.get("storage_provider") or "minio").partition(".")
    return Folder(
        cluster if identity in {"", "default"} else identity,
        kind,
        str(entry.get("path") or "").strip("/"),
        _rules(entry.get("suffix")),
        _rules(entry.get("prefix")),
    )


def _rules(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(entry) for entry in value) if isinstance(value, list | tuple) else ()


def trace_in(path: str) -> str:
    """The trace in an object's name, empty where it has none."""
    found = _TRACE.match(path.rpartition("/")[2])
    return found[1].lower() if found else ""
