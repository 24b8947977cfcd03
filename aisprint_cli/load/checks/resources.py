"""The resource catalogue: layers, resources, network domains, and units that look wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aisprint_cli.load.build.catalogue import CatalogueDraft, key_number
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.documents import RESOURCES
from aisprint_cli.model.resources import Layer, LayerKind, NetworkDomain, Resource

Keys = tuple[str | int, ...]

_ROOT: Final[Keys] = ("System", "NetworkDomains")
_DELAY_LIMIT_S: Final = 1.0
_LEAST_NODE_MIB: Final = 128.0
_MOST_NODE_MIB: Final = 64.0 * 2**20


def layer_keys(layer: Layer) -> Keys:
    """The key path of a layer in its document."""
    return (*_ROOT, layer.domain, "ComputationalLayers", layer.key)


def resource_keys(layer: Layer, resource: Resource) -> Keys:
    """The key path of a resource in its document."""
    return (*layer_keys(layer), "Resources", resource.key)


def check_resources(draft: CatalogueDraft, document: Mapping[str, Any], checker: Checker) -> None:
    """Everything about the resources file that its structure does not tell."""
    domains = draft.catalogue.domains
    _check_layers(domains, document, checker)
    _check_resource_names(domains, checker)
    _check_domains(domains, checker)
    for layer in _layers(domains):
        for resource in layer.resources:
            _check_resource(layer, resource, checker)


def _layers(domains: tuple[NetworkDomain, ...]) -> Iterator[Layer]:
    for domain in domains:
        yield from domain.layers


def _check_layers(domains: tuple[NetworkDomain, ...], document: Mapping[str, Any], checker: Checker) -> None:
    seen: dict[int, Layer] = {}
    for layer in _layers(domains):
        keys = layer_keys(layer)
        number = key_number(layer.key)
        if number is None:
            message = f"The layer's key `{layer.key}` is not `computationalLayer{layer.number}`."
            checker.key("resources.layer-key", RESOURCES, keys, message)
        elif number != layer.number:
            message = f"The layer `{layer.key}` has the number {layer.number}."
            checker.value("resources.layer-number", RESOURCES, (*keys, "number"), message)
        if layer.number in seen:
            other = seen[layer.number]
            message = f"The layers `{other.key}` and `{layer.key}` both have the number {layer.number}."
            checker.value("resources.duplicate-layer", RESOURCES, (*keys, "number"), message)
        seen.setdefault(layer.number, layer)
        if not layer.document.get("Resources"):
            message = f"The layer {layer.number} ({layer.name}) has no resources."
            checker.key("resources.empty-layer", RESOURCES, keys, message)
    if not any(domain.get("ComputationalLayers") for domain in document["System"]["NetworkDomains"].values()):
        message = "No network domain has a computational layer."
        checker.key("resources.no-layers", RESOURCES, _ROOT, message)


def _check_resource_names(domains: tuple[NetworkDomain, ...], checker: Checker) -> None:
    seen: dict[str, Layer] = {}
    for layer in _layers(domains):
        for resource in layer.resources:
            other = seen.setdefault(resource.name, layer)
            first = next(item for item in other.resources if item.name == resource.name)
            if first is not resource:
                where = "this layer" if other is layer else f"layer {other.number}"
                message = f"There is already a resource `{resource.name}` in {where}."
                keys = (*resource_keys(layer, resource), "name")
                checker.value("resources.duplicate-resource", RESOURCES, keys, message)


def _check_domains(domains: tuple[NetworkDomain, ...], checker: Checker) -> None:
    inner = {domain.key: domain.subdomains for domain in domains}
    parents: dict[str, str] = {}
    for domain in domains:
        delay = domain.access_delay_s
        if delay >= _DELAY_LIMIT_S:
            message = f"The access delay of `{domain.key}` is {delay:g} seconds."
            checker.value("units.access-delay", RESOURCES, (*_ROOT, domain.key, "AccessDelay"), message)
        for index, name in enumerate(domain.subdomains):
            keys = (*_ROOT, domain.key, "subNetworkDomains", index)
            if name not in inner:
                message = f"`{domain.key}` contains the domain `{name}`, which does not exist."
                checker.value(
                    "resources.unknown-domain", RESOURCES, keys, message, checker.did_you_mean(name, inner)
                )
            elif _contains(inner, name, domain.key):
                message = f"`{domain.key}` contains `{name}`, which contains `{domain.key}`."
                checker.value("resources.domain-cycle", RESOURCES, keys, message)
            elif parents.setdefault(name, domain.key) != domain.key:
                message = f"`{name}` lies in `{parents[name]}` and in `{domain.key}`."
                checker.value("resources.domain-parents", RESOURCES, keys, message)


def _contains(inner: Mapping[str, tuple[str, ...]], start: str, wanted: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == wanted:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(inner.get(name, ()))
    return False


def _check_resource(layer: Layer, resource: Resource, checker: Checker) -> None:
    keys = resource_keys(layer, resource)
    functions = layer.kind is LayerKind.FUNCTIONS
    for code, text in _missing(resource, keys, checker, functions=functions):
        checker.key(code, RESOURCES, keys, f"The resource `{resource.name}` {text}.")
    if functions and "faas" not in resource.name.lower():
        message = f"The resource `{resource.name}` is of cloud functions, but its name does not say FaaS."
        checker.value("resources.faas-name", RESOURCES, (*keys, "name"), message)
    memory = resource.memory_mib
    place = (*keys, "memorySize")
    if 0 < memory < _LEAST_NODE_MIB:
        message = f"A node of `{resource.name}` has {memory:g} MB of memory."
        checker.value("units.memory-gigabytes", RESOURCES, place, message)
    elif memory > _MOST_NODE_MIB:
        message = f"A node of `{resource.name}` has {memory:g} MB of memory."
        checker.value("units.memory-bytes", RESOURCES, place, message)


def _missing(
    resource: Resource, keys: Keys, checker: Checker, *, functions: bool
) -> Iterator[tuple[str, str]]:
    """What a resource does not say; what it says wrongly is reported where it stands."""

    def lacks(*path: str) -> bool:
        return not checker.sources.holds(RESOURCES.path, *keys, *path)

    document = resource.document
    if document.get("cost") is None and lacks("cost"):
        yield "resources.no-cost", "has no cost"
    if document.get("memorySize") is None and lacks("memorySize"):
        yield "resources.no-memory", "has no memorySize"
    if not functions and document.get("totalNodes") is None and lacks("totalNodes"):
        yield "resources.no-nodes", "has no totalNodes"
    if not functions and not resource.processors:
        if resource.document.get("processors") == {} or lacks("processors"):
            yield "resources.no-processors", "has no processors"
    elif not resource.architectures:
        processors = [("processors", processor.key, "architecture") for processor in resource.processors]
        if lacks("architecture") and all(lacks(*place) for place in processors):
            yield "resources.no-architecture", "has no architecture"
