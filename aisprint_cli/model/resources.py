"""Where components may run: network domains, computational layers and their resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})


class LayerKind(StrEnum):
    """How a computational layer comes into being; values as the files spell them."""

    VIRTUAL = "Virtual"
    PHYSICAL_PROVISIONED = "PhysicalAlreadyProvisioned"
    PHYSICAL_TO_PROVISION = "PhysicalToBeProvisioned"
    FUNCTIONS = "NativeCloudFunction"


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor of one node; `cores` is the file's `computingUnits`."""

    key: str
    name: str
    architecture: str
    cores: float
    sgx: bool = False


@dataclass(frozen=True, slots=True)
class Accelerator:
    """An accelerator of one node; `units` counts devices, `memory_mib` is per device (0: unknown)."""

    key: str
    name: str
    kind: str
    units: float
    memory_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of node that can be bought or is there.

    `nodes` is how many there are at most, `memory_mib` and `processors` are per node,
    `cost_per_hour` is in the file's own currency. A FaaS resource has an `architecture` of its own
    and no processors. `document` is the file's entry as it was read, unknown keys included.
    """

    key: str
    name: str
    layer: int
    nodes: int
    cost_per_hour: float
    memory_mib: float
    storage_gib: float
    architecture: str
    processors: tuple[Processor, ...] = ()
    accelerators: tuple[Accelerator, ...] = ()
    document: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False, repr=False)

    @property
    def cores(self) -> float:
        """Cores of one node over all its processors; 0 where the file names none (FaaS)."""
        return sum(processor.cores for processor in self.processors)

    @property
    def architectures(self) -> tuple[str, ...]:
        """The architectures of its processors, or its own, each once."""
        found = [processor.architecture for processor in self.processors] or [self.architecture]
        return tuple(dict.fromkeys(name for name in found if name))

    @property
    def has_gpu(self) -> bool:
        """Whether a node carries a GPU."""
        return any(device.kind.upper() == "GPU" for device in self.accelerators)

    @property
    def has_sgx(self) -> bool:
        """Whether a node's processor offers SGX enclaves."""
        return any(processor.sgx for processor in self.processors)


@dataclass(frozen=True, slots=True)
class Layer:
    """A computational layer; `number` identifies it in every other file."""

    key: str
    number: int
    name: str
    kind: LayerKind
    resources: tuple[Resource, ...]
    domain: str
    document: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False, repr=False)

    def resource(self, name: str) -> Resource | None:
        """The layer's resource of that name, if it has one."""
        return next((resource for resource in self.resources if resource.name == name), None)


@dataclass(frozen=True, slots=True)
class NetworkDomain:
    """Layers that reach each other: `access_delay_s` in seconds, `bandwidth_mbit_s` in Mbit/s."""

    key: str
    name: str
    access_delay_s: float
    bandwidth_mbit_s: float
    subdomains: tuple[str, ...]
    layers: tuple[Layer, ...]
    document: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False, repr=False)


@dataclass(frozen=True)
class ResourceCatalogue:
    """All candidate resources of an application."""

    name: str
    domains: tuple[NetworkDomain, ...]

    def __iter__(self) -> Iterator[Layer]:
        """Layers by ascending number."""
        return iter(self._by_number.values())

    @cached_property
    def _by_number(self) -> dict[int, Layer]:
        found = {layer.number: layer for domain in self.domains for layer in domain.layers}
        return dict(sorted(found.items()))

    def layer(self, number: int) -> Layer | None:
        """The layer of that number, if there is one."""
        return self._by_number.get(number)

    @cached_property
    def _by_name(self) -> dict[str, Resource]:
        return {resource.name: resource for layer in self for resource in layer.resources}

    def resource(self, name: str) -> Resource | None:
        """The resource of that name, whatever its layer."""
        return self._by_name.get(name)
