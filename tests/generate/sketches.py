"""Applications and deployments as values, built by hand: what `load` and `design` would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aisprint_cli.model.application import Application
from aisprint_cli.model.candidates import Candidate, CandidateDeployments, Container
from aisprint_cli.model.dag import Dag, Dependency
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.naming import Part
from aisprint_cli.model.qos import QosConstraints
from aisprint_cli.model.resources import (
    Layer,
    LayerKind,
    NetworkDomain,
    Processor,
    Resource,
    ResourceCatalogue,
)


def make_resource(name: str, layer: int, **changes: Any) -> Resource:
    values: dict[str, Any] = {
        "key": f"{name}_key",
        "name": name,
        "layer": layer,
        "nodes": 2,
        "cost_per_hour": 0.1,
        "memory_mib": 8192.0,
        "storage_gib": 20.0,
        "architecture": "",
        "processors": (Processor("processor1", "cpu", "amd64", 4.0),),
    }
    return Resource(**(values | changes))


def make_container(resource: str, **changes: Any) -> Container:
    values: dict[str, Any] = {
        "key": "container1",
        "images": (),
        "memory_mib": 512.0,
        "cores": 0.9,
        "resources": (resource,),
    }
    return Container(**(values | changes))


def make_layer(number: int, kind: LayerKind = LayerKind.VIRTUAL, *resources: Resource) -> Layer:
    own = resources or (make_resource(f"R{number}", number),)
    return Layer(f"computationalLayer{number}", number, f"layer {number}", kind, own, "ND1")


def make_machines(resource: Resource) -> dict[str, Any]:
    """The entry of `physical_nodes.yaml` for a resource whose machines are there, keys in clear."""

    def login(name: str, number: int) -> dict[str, Any]:
        address = f"10.{resource.layer}.1.{number}"
        return {"private_ip": address, "ssh_user": "ubuntu", "ssh_key": f"planted-{name}"}

    front = {"public_ip": f"192.0.2.{resource.layer}", **login("front", 1)}
    workers = [login(f"worker-{number}", number + 2) for number in range(resource.nodes)]
    return {"name": resource.name, "fe_node": front, "wns": workers}


@dataclass
class Sketch:
    """An application drawn by its edges and places: `places` gives each part its layer."""

    places: Mapping[str, int]
    edges: tuple[tuple[str, str], ...] = ()
    kinds: Mapping[int, LayerKind] = field(default_factory=dict)
    name: str = "my_app"
    deployment_name: str = "base"
    parts: Mapping[str, Part] = field(default_factory=dict)
    containers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    physical_nodes: Mapping[str, Any] = field(default_factory=dict)
    qos: QosConstraints = field(default_factory=QosConstraints)

    def catalogue(self) -> ResourceCatalogue:
        numbers = sorted({*self.places.values(), *self.kinds} - {layer.number for layer in self.layers})
        made = [make_layer(number, self.kinds.get(number, LayerKind.VIRTUAL)) for number in numbers]
        domain = NetworkDomain("ND1", "domain", 0.0, 100.0, (), (*self.layers, *made))
        return ResourceCatalogue("resources", (domain,))

    def nodes(self, catalogue: ResourceCatalogue) -> Mapping[str, Any]:
        """What was given, and machines for the layers that are to be set up over SSH."""
        layers = dict(self.physical_nodes.get("ComputationalLayers") or {})
        described = {entry.get("number") for entry in layers.values() if entry}
        for layer in catalogue:
            if layer.kind is LayerKind.PHYSICAL_TO_PROVISION and layer.number not in described:
                resources = {entry.key: make_machines(entry) for entry in layer.resources}
                layers[layer.key] = {"number": layer.number, "Resources": resources}
        return {**self.physical_nodes, "ComputationalLayers": layers} if layers else self.physical_nodes

    def placed(self, catalogue: ResourceCatalogue) -> tuple[PlacedPart, ...]:
        found = []
        for index, (name, number) in enumerate(self.places.items(), start=1):
            layer = catalogue.layer(number)
            resource = layer.resources[0].name if layer else "none"
            container = make_container(resource, **self.containers.get(name, {}))
            part = self.parts.get(name, Part(name))
            found.append(PlacedPart(part, f"component{index}", number, resource, container))
        return tuple(found)

    def build(self) -> tuple[Application, Deployment]:
        catalogue = self.catalogue()
        placed = self.placed(catalogue)
        edges = tuple(Dependency(source, target, 1.0) for source, target in self.edges)
        dag = Dag(self.name, tuple(self.places), edges)
        entries = tuple(
            Candidate(each.candidate_key, each.part.name, (each.layer,), (each.container,)) for each in placed
        )
        application = Application(
            dag, catalogue, CandidateDeployments(entries), {}, physical_nodes=self.nodes(catalogue)
        )
        return application, Deployment(self.deployment_name, dag, placed, self.qos)
