"""The whole TOSCA document of a layer, self-contained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from aisprint_cli.generate import names, yaml_text
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import Cluster
from aisprint_cli.generate.drift_detector import drift_detector, drift_inputs
from aisprint_cli.generate.fragment import Fragment
from aisprint_cli.generate.made_cluster import physical_cluster, virtual_cluster
from aisprint_cli.generate.metadata import template_metadata
from aisprint_cli.generate.monitoring import monitoring, native_inputs
from aisprint_cli.generate.nodes import functions
from aisprint_cli.generate.qos import layer_constraints, qos_document
from aisprint_cli.generate.registry_secret import registry_secret
from aisprint_cli.generate.tosca_types import definitions_for
from aisprint_cli.model.resources import LayerKind

VERSION: Final = "tosca_simple_yaml_1_3"
"""Read by tosca-parser and the Infrastructure Manager alike, and the first whose grammar has `metadata`
on node templates."""

Builder = Callable[[Blueprint, Cluster], Fragment]

_ON_CLUSTERS: Final = (monitoring, drift_detector, registry_secret, drift_inputs, functions)

BUILDERS: Final[Mapping[LayerKind, tuple[Builder, ...]]] = MappingProxyType(
    {
        LayerKind.VIRTUAL: (virtual_cluster, *_ON_CLUSTERS),
        LayerKind.PHYSICAL_TO_PROVISION: (physical_cluster, *_ON_CLUSTERS),
        LayerKind.PHYSICAL_PROVISIONED: (drift_inputs, functions),
        LayerKind.FUNCTIONS: (native_inputs, drift_inputs, functions),
    }
)
"""What a template of each kind of layer is joined from, in the order of its nodes."""


def layer_document(blueprint: Blueprint, cluster: Cluster) -> dict[str, Any]:
    """The document of a layer: its nodes, the inputs they take, and the types they are of."""
    fragment = _application_inputs(blueprint, cluster)
    for build in BUILDERS[cluster.layer.kind]:
        fragment += build(blueprint, cluster)
    topology: dict[str, Any] = {
        "inputs": dict(sorted(fragment.inputs.items())),
        "node_templates": fragment.nodes,
    }
    if fragment.policies:
        topology["policies"] = [{name: policy} for name, policy in fragment.policies.items()]
    if fragment.outputs:
        topology["outputs"] = fragment.outputs
    used = {body["type"] for body in (*fragment.nodes.values(), *fragment.policies.values())}
    return {
        "tosca_definitions_version": VERSION,
        "description": _description(blueprint, cluster),
        "metadata": template_metadata(blueprint, cluster),
        "topology_template": topology,
        **definitions_for(used),
    }


def _description(blueprint: Blueprint, cluster: Cluster) -> str:
    if blueprint.apart:
        return (
            f"{cluster.tag} of {blueprint.application.name}, deployment {blueprint.deployment.name}, alone."
        )
    return (
        f"The functions of {blueprint.application.name} on layer {cluster.number}"
        f" ({cluster.layer.name}), deployment {blueprint.deployment.name}."
    )


def _application_inputs(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    application = blueprint.application.name
    constraints = layer_constraints(blueprint.deployment.qos, cluster.number)
    text = ""
    if constraints is not None:
        text = yaml_text.dump(qos_document(application, constraints), name="The constraints")
    return Fragment(
        inputs={
            "app_name": {
                "type": "string",
                "description": "The name of the application.",
                "default": names.application_service_name(application),
            },
            "qos_constraints": {
                "type": "string",
                "description": "The constraints that are checked on this layer, in seconds.",
                "default": text,
            },
        }
    )
