"""`production_deployment.yaml`: one deployment as the file of placement, written and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.resources import Layer, NetworkDomain, Resource, ResourceCatalogue

_T = TypeVar("_T")

_CONTAINER = "container1"
"""The key of the one container that is left: consumers look for it, whatever it was in the input."""


def production_document(application: Application, deployment: Deployment) -> dict[str, Any]:
    """The document of a deployment: the resources it uses and where each part runs.

    A network domain that has layers stays if one of them is used, or for a domain nested in it that
    stays; it keeps only the layers used, with only the resources used. One without layers stays whole.
    """
    used = {(placed.layer, placed.resource) for placed in deployment.placed}
    kept = _kept_domains(application.catalogue.domains, set(deployment.layers))
    domains = {domain.key: _domain(domain, used, kept) for domain in kept.values()}
    parts = {_key(placed): _component(placed) for placed in _in_file_order(application, deployment)}
    return {
        "System": {
            "name": application.catalogue.name,
            "NetworkDomains": domains,
            "Components": parts,
            "DeploymentName": deployment.name,
        }
    }


def _in_file_order(application: Application, deployment: Deployment) -> list[PlacedPart]:
    order = {entry.key: index for index, entry in enumerate(application.candidates.entries)}
    return sorted(deployment.placed, key=lambda placed: order[placed.candidate_key])


def _key(placed: PlacedPart) -> str:
    """The candidate's key; `X`, which stands for any split, becomes the part's own."""
    split = placed.part.split
    if split is None:
        return placed.candidate_key
    return placed.candidate_key.replace("_partitionX_", f"_partition{split}_")


def _component(placed: PlacedPart) -> dict[str, Any]:
    container: dict[str, Any] = {}
    for key, value in placed.container.document.items():
        if key == "candidateExecutionResources":
            container["selectedExecutionResource"] = placed.resource
        else:
            container[key] = value
    container.setdefault("selectedExecutionResource", placed.resource)
    return {
        "name": placed.part.name,
        "executionLayer": placed.layer,
        "Containers": {_CONTAINER: container},
    }


def _kept_domains(domains: tuple[NetworkDomain, ...], layers: set[int]) -> dict[str, NetworkDomain]:
    """The domains that have no layers, or one that is used, or one of these nested in them."""
    kept = {
        domain.key
        for domain in domains
        if not domain.layers or any(layer.number in layers for layer in domain.layers)
    }
    waiting = [domain for domain in domains if domain.key not in kept]
    while parents := [domain for domain in waiting if not kept.isdisjoint(domain.subdomains)]:
        kept |= {domain.key for domain in parents}
        waiting = [domain for domain in waiting if domain.key not in kept]
    return {domain.key: domain for domain in domains if domain.key in kept}


def _domain(
    domain: NetworkDomain, used: set[tuple[int, str]], kept: Mapping[str, NetworkDomain]
) -> dict[str, Any]:
    document = dict(domain.document)
    if domain.subdomains:
        document["subNetworkDomains"] = [key for key in domain.subdomains if key in kept]
    layers = {number for number, _ in used}
    chosen = {layer.key: _layer(layer, used) for layer in domain.layers if layer.number in layers}
    if chosen:
        document["ComputationalLayers"] = chosen
    elif domain.layers:
        document.pop("ComputationalLayers", None)
    return document


def _layer(layer: Layer, used: set[tuple[int, str]]) -> dict[str, Any]:
    document = dict(layer.document)
    document["Resources"] = {
        resource.key: dict(resource.document)
        for resource in layer.resources
        if (layer.number, resource.name) in used
    }
    return document


class ProductionError(ValueError):
    """A production file is not of the documented form; the message says where."""


@dataclass(frozen=True, slots=True)
class Production:
    """What a production file says.

    `deployment` names the deployment it places, None where it does not say; `places` gives the layer
    and the resource by part name; `nodes` how many nodes of a resource are used, by layer and name.
    """

    deployment: str | None
    places: Mapping[str, tuple[int, str]]
    nodes: Mapping[tuple[int, str], int]


def read_production(document: Any) -> Production:
    """Take from a parsed production file what deploying needs.

    Raises:
        ProductionError: when something that is needed is missing or of the wrong kind; says what.

    """
    system = _mapping(_mapping(document, "the file").get("System"), "System")
    name = system.get("DeploymentName")
    if name is not None:
        name = _checked(name, str, "System.DeploymentName", "a text")
    components = _mapping(system.get("Components"), "System.Components")
    places = dict(_place(key, entry) for key, entry in components.items())
    return Production(name, places, _nodes(system.get("NetworkDomains")))


def _place(key: str, entry: Any) -> tuple[str, tuple[int, str]]:
    where = f"System.Components.{key}"
    component = _mapping(entry, where)
    containers = _mapping(component.get("Containers"), f"{where}.Containers")
    container = _mapping(next(iter(containers.values()), None), f"{where}.Containers")
    name = _checked(component.get("name"), str, f"{where}.name", "a text")
    layer = _checked(component.get("executionLayer"), int, f"{where}.executionLayer", "a layer's number")
    resource = container.get("selectedExecutionResource")
    return name, (layer, _checked(resource, str, f"{where}: its selectedExecutionResource", "a text"))


def _checked(value: Any, kind: type[_T], what: str, expected: str) -> _T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ProductionError(f"{what} is not {expected}")
    return value


def _nodes(domains: Any) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for domain in _mapping(domains or {}, "System.NetworkDomains").values():
        layers = _mapping(domain or {}, "a network domain").get("ComputationalLayers") or {}
        for layer in _mapping(layers, "ComputationalLayers").values():
            number = _mapping(layer, "a layer").get("number")
            for resource in _mapping(layer.get("Resources") or {}, "Resources").values():
                nodes = _mapping(resource, "a resource").get("totalNodes")
                if isinstance(nodes, int) and not isinstance(nodes, bool) and isinstance(number, int):
                    found[number, str(resource.get("name"))] = nodes
    return found


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ProductionError(f"{what} is not a mapping")
    return value


def narrow_nodes(catalogue: ResourceCatalogue, nodes: Mapping[tuple[int, str], int]) -> ResourceCatalogue:
    """The catalogue with the number of nodes of each resource as chosen, where something was chosen."""

    def resource(found: Resource) -> Resource:
        return replace(found, nodes=nodes.get((found.layer, found.name), found.nodes))

    def layer(found: Layer) -> Layer:
        return replace(found, resources=tuple(map(resource, found.resources)))

    domains = tuple(replace(domain, layers=tuple(map(layer, domain.layers))) for domain in catalogue.domains)
    return ResourceCatalogue(catalogue.name, domains)
