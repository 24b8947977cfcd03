"""What a template says beyond TOSCA: text under `metadata`, which every TOSCA tool passes over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from aisprint_cli.generate import names
from aisprint_cli.generate.access import access_of
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import Cluster
from aisprint_cli.model.deployment import PlacedPart

FORMAT: Final = "1"
PREFIX: Final = "aisprint_"


@dataclass(frozen=True, slots=True)
class ClusterResource:
    """What a resource of a cluster offers: `nodes` nodes of `cores` cores and `memory_mib` MiB each.

    Native functions have no cores of their own: 0 there.
    """

    name: str
    nodes: int
    cores: float
    memory_mib: float


def template_metadata(blueprint: Blueprint, cluster: Cluster) -> dict[str, str]:
    """The metadata of a layer's template. `infra_name` is what the Infrastructure Manager shows."""
    application, deployment = blueprint.application.name, blueprint.deployment.name
    resources = [
        ClusterResource(resource.name, resource.nodes, float(resource.cores), float(resource.memory_mib))
        for resource in cluster.used
    ]
    facts = {
        "format": FORMAT,
        "application": application,
        "deployment": deployment,
        "layer": str(cluster.number),
        "layer_kind": str(cluster.layer.kind),
        "layer_name": cluster.layer.name,
        "cluster": cluster.name,
        "options": blueprint.options.text(),
        "access": json.dumps(access_of(cluster), ensure_ascii=False),
        "resources": json.dumps([asdict(resource) for resource in resources], ensure_ascii=False),
    }
    # The Infrastructure Manager shows it; TOSCARIZER's own is named after the one component in it.
    name = f"OSCAR {cluster.tag}" if blueprint.apart else f"{application} {deployment} layer {cluster.number}"
    return {"infra_name": name} | _prefixed(facts)


def node_metadata(placed: PlacedPart) -> dict[str, str]:
    """The metadata of a function: which part it is, where its code is, what it was placed on."""
    facts = {
        "part": placed.part.name,
        "component": placed.part.component,
        "design": placed.part.design,
        "resource": placed.resource,
        "source": names.design_directory(placed.part),
    }
    return _prefixed(facts)


def _prefixed(facts: Mapping[str, str]) -> dict[str, str]:
    return {PREFIX + key: value for key, value in facts.items()}
