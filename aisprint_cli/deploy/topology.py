"""How the functions of a deployment are joined: an output of one is the input folder of the next."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from aisprint_cli.backends.interface import FunctionSpec, Item, ItemKind
from aisprint_cli.errors import UsageError

_STORAGE_KINDS = frozenset({"minio", "s3"})


@dataclass(frozen=True, slots=True, order=True)
class Folder:
    """A folder of a bucket on a cluster's own storage; `path` is `bucket/folder`."""

    cluster: str
    path: str

    @property
    def bucket(self) -> str:
        """The bucket it belongs to."""
        return self.path.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Input:
    """A folder that sets a function off; only names with one of `suffixes` do, any where it is empty."""

    folder: Folder
    suffixes: tuple[str, ...] = ()

    def accepts(self, name: str) -> bool:
        """Whether a file of that name sets the function off."""
        return not self.suffixes or name.endswith(self.suffixes)


@dataclass(frozen=True, slots=True)
class FunctionNode:
    """A function with the folders it reads and writes."""

    id: str
    service: str
    part: str
    cluster: str
    inputs: tuple[Input, ...]
    outputs: tuple[Folder, ...]

    @property
    def buckets(self) -> frozenset[tuple[str, str]]:
        """Every (cluster, bucket) it touches."""
        folders = [source.folder for source in self.inputs] + list(self.outputs)
        return frozenset((folder.cluster, folder.bucket) for folder in folders)


def folder_of(own_cluster: str, entry: Mapping[str, Any]) -> Folder:
    """The folder an `input` or `output` entry of a service document means.

    `minio` and `s3` are the cluster's own storage, `minio.<cluster>` and `s3.<cluster>` another one's.
    """
    provider = str(entry.get("storage_provider", "minio"))
    kind, _, identity = provider.partition(".")
    is_own = kind in _STORAGE_KINDS and identity in {"", "default"}
    cluster = own_cluster if is_own else identity or provider
    return Folder(cluster, str(entry.get("path", "")).strip("/"))


def function_node(item: Item) -> FunctionNode:
    """The function an item describes.

    Raises:
        TypeError: when the item is not a function.
    """
    spec = item.spec
    if not isinstance(spec, FunctionSpec):
        raise TypeError(f"{item.id} is not a function")
    inputs = tuple(
        Input(folder_of(spec.cluster, entry), tuple(entry.get("suffix") or ()))
        for entry in spec.service.get("input") or ()
    )
    outputs = tuple(folder_of(spec.cluster, entry) for entry in spec.service.get("output") or ())
    return FunctionNode(item.id, str(spec.service["name"]), spec.part, spec.cluster, inputs, outputs)


@dataclass(frozen=True)
class Topology:
    """The functions of a deployment, along the chain."""

    functions: tuple[FunctionNode, ...]

    @cached_property
    def _produced(self) -> frozenset[Folder]:
        return frozenset(folder for function in self.functions for folder in function.outputs)

    @cached_property
    def _readers(self) -> dict[Folder, tuple[FunctionNode, ...]]:
        table: defaultdict[Folder, list[FunctionNode]] = defaultdict(list)
        for function in self.functions:
            for source in function.inputs:
                table[source.folder].append(function)
        return {folder: tuple(readers) for folder, readers in table.items()}

    def readers(self, folder: Folder) -> tuple[FunctionNode, ...]:
        """The functions that a new file in a folder sets off."""
        return self._readers.get(folder, ())

    def entry_inputs(self, function: FunctionNode) -> tuple[Input, ...]:
        """The inputs of a function that no other function fills."""
        return tuple(source for source in function.inputs if source.folder not in self._produced)

    @cached_property
    def entries(self) -> tuple[FunctionNode, ...]:
        """Functions that take input from outside."""
        return tuple(function for function in self.functions if self.entry_inputs(function))

    def result_folders(self, function: FunctionNode) -> tuple[Folder, ...]:
        """The output folders of a function that no function reads: what leaves the application there."""
        return tuple(folder for folder in function.outputs if not self.readers(folder))

    def rest_of_result(self, function: FunctionNode, cluster: str, path: str) -> str | None:
        """The path of an object below its output folder, if no function takes it up; else None."""
        for folder in function.outputs:
            if folder.cluster == cluster and path.startswith(folder.path + "/"):
                rest = path[len(folder.path) + 1 :]
                return None if self._is_taken(folder, rest) else rest
        return None

    def _is_taken(self, folder: Folder, name: str) -> bool:
        sources = [source for reader in self.readers(folder) for source in reader.inputs]
        return any(source.folder == folder and source.accepts(name) for source in sources)

    def clusters_reached(self, folders: Iterable[Folder]) -> frozenset[str]:
        """The clusters that a new file in one of these folders can come to, by whatever way."""
        waiting, seen, found = list(folders), set[Folder](), set[str]()
        while waiting:
            folder = waiting.pop()
            if folder in seen:
                continue
            seen.add(folder)
            found.add(folder.cluster)
            for reader in self.readers(folder):
                found.add(reader.cluster)
                waiting += reader.outputs
        return frozenset(found)

    def named(self, name: str) -> FunctionNode | None:
        """The function of a part or of a service name."""
        found = (function for function in self.functions if name in {function.part, function.service})
        return next(found, None)

    def require(self, name: str) -> FunctionNode:
        """The function of a part or of a service name.

        Raises:
            UsageError: when there is none, with the nearest name.
        """
        found = self.named(name)
        if found is not None:
            return found
        names = [function.part for function in self.functions]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
        raise UsageError(f"No component {name!r} is deployed.", mend=hint)

    def by_service(self, cluster: str, service: str) -> FunctionNode | None:
        """The function of that service name on that cluster."""
        for function in self.functions:
            if function.cluster == cluster and function.service == service:
                return function
        return None


def topology_of(items: Iterable[Item]) -> Topology:
    """The functions among items and how they are joined, whatever the order they were made in."""
    nodes = [function_node(item) for item in items if item.kind is ItemKind.FUNCTION]
    return Topology(tuple(_along_the_chain(nodes)))


def _along_the_chain(nodes: Iterable[FunctionNode]) -> Iterator[FunctionNode]:
    """Functions, those that fill a folder before those that read it; otherwise by identifier.

    Functions that feed each other, which no design has, come last.
    """
    waiting = {node.id: node for node in sorted(nodes, key=lambda node: node.id)}
    fillers: defaultdict[Folder, list[str]] = defaultdict(list)
    for node in waiting.values():
        for folder in node.outputs:
            fillers[folder].append(node.id)
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for node in waiting.values():
        sorter.add(node.id, *(name for source in node.inputs for name in fillers[source.folder]))
    with suppress(CycleError):
        sorter.prepare()
    while ready := sorted(sorter.get_ready()):
        yield from (waiting.pop(name) for name in ready)
        sorter.done(*ready)
    yield from waiting.values()
