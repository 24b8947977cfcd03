"""The resource catalogue of `candidate_resources.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from aisprint_cli.load.shapes.reader import INVALID
from aisprint_cli.model.resources import (
    Accelerator,
    Layer,
    LayerKind,
    NetworkDomain,
    Processor,
    Resource,
    ResourceCatalogue,
)

_LAYER_KEY: Final = re.compile(r"computationalLayer([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CatalogueDraft:
    """The catalogue as far as it is sound, and the names and numbers that merely occur in the file.

    What is named but not sound has its own finding; a reference to it is not reported again.
    """

    catalogue: ResourceCatalogue
    named_layers: frozenset[int]
    named_resources: frozenset[str]


def key_number(key: str) -> int | None:
    """The number in a layer's key `computationalLayer<N>`; None for any other key."""
    match = _LAYER_KEY.fullmatch(key)
    return int(match[1]) if match and len(match[1]) < 10 else None


def build_catalogue(document: Mapping[str, Any] | None) -> CatalogueDraft | None:
    """The catalogue of a document, or None where there is nothing to build it from."""
    system = (document or {}).get("System")
    domains = system.get("NetworkDomains") if system else None
    if not system or not isinstance(domains, dict):
        return None
    built = tuple(_domain(key, domain) for key, domain in domains.items())
    layers = [
        (key, layer) for domain in domains.values() for key, layer in _entries(domain, "ComputationalLayers")
    ]
    numbers = {number for key, layer in layers for number in (layer.get("number"), key_number(key))}
    names = {resource.get("name") for _, layer in layers for _, resource in _entries(layer, "Resources")}
    return CatalogueDraft(
        ResourceCatalogue(str(system.get("name") or ""), built),
        frozenset(number for number in numbers if number is not None),
        frozenset(name for name in names if name is not None),
    )


def _entries(record: Mapping[str, Any], key: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    found = record.get(key)
    return found.items() if isinstance(found, dict) else ()


def _domain(key: str, domain: Mapping[str, Any]) -> NetworkDomain:
    layers = (_layer(name, layer, key) for name, layer in _entries(domain, "ComputationalLayers"))
    inner = domain.get("subNetworkDomains") or ()
    return NetworkDomain(
        key=key,
        name=str(domain.get("name") or key),
        access_delay_s=float(domain.get("AccessDelay") or 0.0),
        bandwidth_mbit_s=float(domain.get("Bandwidth") or 0.0),
        subdomains=tuple(name for name in inner if name is not INVALID),
        layers=tuple(layer for layer in layers if layer is not None),
        document=MappingProxyType(dict(domain)),
    )


def _layer(key: str, layer: Mapping[str, Any], domain: str) -> Layer | None:
    number, kind = layer.get("number"), layer.get("type")
    if number is None or kind is None:
        return None
    resources = (_resource(name, resource, number) for name, resource in _entries(layer, "Resources"))
    return Layer(
        key=key,
        number=number,
        name=str(layer.get("name") or key),
        kind=LayerKind(kind),
        resources=tuple(resource for resource in resources if resource is not None),
        domain=domain,
        document=MappingProxyType(dict(layer)),
    )


def _resource(key: str, resource: Mapping[str, Any], layer: int) -> Resource | None:
    if resource.get("name") is None:
        return None
    return Resource(
        key=key,
        name=resource["name"],
        layer=layer,
        nodes=resource.get("totalNodes") or 1,
        cost_per_hour=float(resource.get("cost") or 0.0),
        memory_mib=float(resource.get("memorySize") or 0.0),
        storage_gib=float(resource.get("storageSize") or 0.0),
        architecture=resource.get("architecture") or "",
        processors=tuple(_processor(name, entry) for name, entry in _entries(resource, "processors")),
        accelerators=tuple(
            device
            for name, entry in _entries(resource, "accelerators")
            for device in _accelerators(name, entry)
        ),
        document=MappingProxyType(dict(resource)),
    )


def _processor(key: str, processor: Mapping[str, Any]) -> Processor:
    return Processor(
        key=key,
        name=str(processor.get("name") or key),
        architecture=processor.get("architecture") or "",
        cores=float(processor.get("computingUnits") or 0.0),
        sgx=bool(processor.get("SGXFlag")),
    )


def _accelerators(key: str, accelerator: Mapping[str, Any]) -> list[Accelerator]:
    """The devices of an accelerator: those below `processors`, or the entry itself."""
    memory_mib = accelerator.get("memorySize") or accelerator.get("memory") or 0.0
    inner = list(_entries(accelerator, "processors")) or [(key, accelerator)]
    return [
        Accelerator(
            key=name,
            name=str(device.get("name") or accelerator.get("name") or name),
            kind=str(device.get("type") or accelerator.get("type") or ""),
            units=float(device.get("computingUnits") or 1.0),
            memory_mib=float(device.get("memorySize") or memory_mib),
        )
        for name, device in inner
    ]
