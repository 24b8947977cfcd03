"""Where each component may run and in which container: the candidate deployments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aisprint_cli.model.naming import Part
from aisprint_cli.model.resources import EMPTY


@dataclass(frozen=True, slots=True)
class Container:
    """What one replica of a part needs; `memory_mib` in MiB, `cores` may be a fraction.

    `resources` are the names of the resources it may run on. `document` is the entry as read.
    """

    key: str
    images: tuple[str, ...]
    memory_mib: float
    cores: float
    resources: tuple[str, ...]
    gpu: bool = False
    trusted_execution: bool = False
    document: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry of `candidate_deployments.yaml`.

    `name` is a component's, or `<component>_partitionX_<S>`, which stands for segment S of every split.
    Of several containers, the one that lists a resource runs there.
    """

    key: str
    name: str
    layers: tuple[int, ...]
    containers: tuple[Container, ...]
    document: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False, repr=False)

    @property
    def container(self) -> Container:
        """The file's first container."""
        return self.containers[0]

    @property
    def places(self) -> tuple[tuple[Container, str], ...]:
        """Each container with the name of each resource it may run on, in the order of the file."""
        return tuple((container, name) for container in self.containers for name in container.resources)

    def container_on(self, resource: str) -> Container | None:
        """The container that runs on a resource: the first that lists it."""
        return next((container for container, name in self.places if name == resource), None)


@dataclass(frozen=True)
class CandidateDeployments:
    """All entries, in file order."""

    entries: tuple[Candidate, ...]

    @cached_property
    def _by_name(self) -> dict[str, Candidate]:
        return {entry.name: entry for entry in self.entries}

    def get(self, name: str) -> Candidate | None:
        """The entry of exactly that name."""
        return self._by_name.get(name)

    def of(self, part: Part) -> Candidate | None:
        """The entry that governs a part: its own, or the `_partitionX_<S>` one of its segment."""
        own = self._by_name.get(part.name)
        if own is not None or part.segment is None:
            return own
        return self._by_name.get(f"{part.component}_partitionX_{part.segment}")
