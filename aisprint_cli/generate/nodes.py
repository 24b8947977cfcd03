"""The functions of a layer as node templates, whatever the layer's kind."""

from __future__ import annotations

from typing import Final

from aisprint_cli.generate import names
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import DOMAIN_INPUT, INFLUX_TOKEN, OSCAR_SECRET, OSCAR_TOKEN, Cluster
from aisprint_cli.generate.fragment import Body, Fragment, secret_input, text_input
from aisprint_cli.generate.functions import function_properties
from aisprint_cli.generate.made_cluster import OSCAR_NODE, PLACEMENT_TYPE
from aisprint_cli.generate.metadata import node_metadata
from aisprint_cli.generate.storage import secret_names, storage_of
from aisprint_cli.model.deployment import PlacedPart

FUNCTION_TYPE: Final = "tosca.nodes.aisprint.FaaS.Function"


def functions(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    """The functions of a cluster: on the OSCAR that is made with them, or where credentials lead to."""
    fragment = Fragment(inputs=_cluster_inputs(blueprint, cluster))
    names_of_nodes = []
    for placed in blueprint.parts_on(cluster):
        node = names.node_name(cluster.layer.kind, placed.part)
        names_of_nodes.append(node)
        for remote in storage_of(blueprint, placed.part.name).remote:
            fragment += Fragment(inputs=_storage_secrets(remote))
        fragment += Fragment(nodes={node: _function(blueprint, cluster, placed)})
    return fragment if cluster.is_made else fragment + _placement(cluster, names_of_nodes)


def _function(blueprint: Blueprint, cluster: Cluster, placed: PlacedPart) -> Body:
    body: Body = {
        "type": FUNCTION_TYPE,
        "metadata": node_metadata(placed),
        "properties": function_properties(blueprint, placed),
    }
    return body | ({"requirements": [{"host": OSCAR_NODE}]} if cluster.is_made else {})


def _cluster_inputs(blueprint: Blueprint, cluster: Cluster) -> dict[str, Body]:
    """What a cluster is reached with: its secrets are here where they are made or known."""
    domain = text_input(blueprint.options.domain, "The DNS domain of the clusters that are still to be made.")
    inputs = {DOMAIN_INPUT: domain}
    if not cluster.is_native and cluster.knows(OSCAR_SECRET):
        description = f"The password of OSCAR on {cluster.name}."
        inputs[OSCAR_SECRET] = secret_input(cluster.secret(OSCAR_SECRET), description)
    if cluster.given_secret(OSCAR_TOKEN):
        description = f"The token of whoever uses OSCAR on {cluster.name}."
        inputs[cluster.secret_input(OSCAR_TOKEN)] = secret_input(cluster.secret(OSCAR_TOKEN), description)
    if cluster.given_secret(INFLUX_TOKEN):
        description = f"Opens the measures of {cluster.name}."
        inputs[cluster.secret_input(INFLUX_TOKEN)] = secret_input(cluster.secret(INFLUX_TOKEN), description)
    known = _storage_secrets(cluster) if any(map(cluster.knows, secret_names(cluster))) else {}
    return inputs | known


def _placement(cluster: Cluster, nodes: list[str]) -> Fragment:
    """Functions go to the cluster they were placed on, whatever the order of the credentials."""
    policy = {"type": PLACEMENT_TYPE, "properties": {"cloud_id": cluster.cloud_id}, "targets": nodes}
    return Fragment(policies={f"place_on_{cluster.name}": policy})


def _storage_secrets(cluster: Cluster) -> dict[str, Body]:
    description = f"Opens the storage of {cluster.name}."
    return {
        cluster.secret_input(name): secret_input(cluster.secret(name), description)
        for name in secret_names(cluster)
    }
