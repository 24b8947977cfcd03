"""The node templates of a layer, by the layer's kind.

Each builder gives a `Fragment`: what it adds to a template. A kind that needs more nodes (a cluster to
be made, machines to be prepared) gets a builder of its own here, and adds its types to
`templates/tosca/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aisprint_cli.generate import names
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import DOMAIN_INPUT, INFLUX_TOKEN, OSCAR_SECRET, Cluster
from aisprint_cli.generate.functions import function_properties
from aisprint_cli.generate.metadata import node_metadata
from aisprint_cli.generate.storage import secret_names, storage_of

FUNCTION_TYPE: Final = "tosca.nodes.aisprint.FaaS.Function"
PLACEMENT_TYPE: Final = "tosca.policies.indigo.Placement"


@dataclass(frozen=True)
class Fragment:
    """A piece of a topology: sections as TOSCA has them, values by name."""

    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __add__(self, other: Fragment) -> Fragment:
        """Both pieces; where a name is in both, the right one's value counts."""
        return Fragment(
            self.inputs | other.inputs,
            self.nodes | other.nodes,
            self.policies | other.policies,
            self.outputs | other.outputs,
        )


Builder = Callable[[Blueprint, Cluster], Fragment]


def functions(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    """The functions of a cluster that is there when they are deployed, and where each of them goes."""
    fragment = Fragment(inputs=_cluster_inputs(blueprint, cluster))
    for placed in blueprint.parts_on(cluster):
        node = names.node_name(cluster.layer.kind, placed.part)
        for remote in storage_of(blueprint, placed.part.name).remote:
            fragment += Fragment(inputs=_storage_secrets(remote))
        body = {
            "type": FUNCTION_TYPE,
            "metadata": node_metadata(placed),
            "properties": function_properties(blueprint, placed),
        }
        fragment += Fragment(nodes={node: body})
    return fragment + _placement(cluster, tuple(fragment.nodes))


def _cluster_inputs(blueprint: Blueprint, cluster: Cluster) -> dict[str, dict[str, Any]]:
    """What a cluster is reached with: its secrets are here where they are made or known."""
    domain = _text_input(blueprint.domain, "The DNS domain of the clusters that are still to be made.")
    inputs = {DOMAIN_INPUT: domain}
    if not cluster.is_native and cluster.knows(OSCAR_SECRET):
        description = f"The password of OSCAR on {cluster.name}."
        inputs[OSCAR_SECRET] = _secret_input(cluster.secret(OSCAR_SECRET), description)
    if cluster.given_secret(INFLUX_TOKEN):
        description = f"Opens the measures of {cluster.name}."
        inputs[cluster.secret_input(INFLUX_TOKEN)] = _secret_input(cluster.secret(INFLUX_TOKEN), description)
    known = _storage_secrets(cluster) if any(map(cluster.knows, secret_names(cluster))) else {}
    return inputs | known


def _placement(cluster: Cluster, nodes: tuple[str, ...]) -> Fragment:
    """Functions go to the cluster they were placed on, whatever the order of the credentials."""
    policy = {
        "type": PLACEMENT_TYPE,
        "properties": {"cloud_id": cluster.cloud_id},
        "targets": list(nodes),
    }
    return Fragment(policies={f"place_on_{cluster.name}": policy})


def _storage_secrets(cluster: Cluster) -> dict[str, dict[str, Any]]:
    description = f"Opens the storage of {cluster.name}."
    return {
        cluster.secret_input(name): _secret_input(cluster.secret(name), description)
        for name in secret_names(cluster)
    }


def _text_input(default: str, description: str) -> dict[str, Any]:
    return {"type": "string", "description": description, "default": default}


def _secret_input(reference: str, description: str) -> dict[str, Any]:
    return _text_input(reference, f"{description} A reference, resolved when it is sent.")
