"""Clusters whose workers come and go with their load: CLUES on the front end, started with the cluster."""

from __future__ import annotations

import math
from typing import Final

from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import CLUES_TOKEN, KUBERNETES_TOKEN, Cluster
from aisprint_cli.generate.cluster_settings import cluster_settings
from aisprint_cli.generate.expressions import get_input
from aisprint_cli.generate.fragment import Fragment, secret_input
from aisprint_cli.generate.machines import worker_host
from aisprint_cli.model.resources import LayerKind

FRONT: Final = "front"
KUBERNETES: Final = "lrms_front_end"
IM_AUTH: Final = "im_auth"
_NODE: Final = "elastic_cluster_front_end"


def most_workers(blueprint: Blueprint, cluster: Cluster) -> int:
    """How many workers an elastic cluster may have; 0 for one whose size is fixed.

    CLUES starts machines of one kind only, and only where machines can be bought.
    """
    elastic = cluster.layer.kind is LayerKind.VIRTUAL and len(cluster.used) == 1
    return blueprint.options.elastic if elastic else 0


def elastic_cluster(blueprint: Blueprint, cluster: Cluster, worker: str) -> Fragment:
    """CLUES for the cluster; `worker` is the node of its Kubernetes workers."""
    host = worker_host(cluster.used[0])
    properties = {
        "powermanager_plugin": "im",
        "secret_token": get_input(CLUES_TOKEN),
        "im_auth": get_input(IM_AUTH),
        "kube_token": get_input(KUBERNETES_TOKEN),
        "kube_wn_cpus": math.ceil(host["num_cpus"]),
        "kube_wn_mem": host.get("mem_size", "0 MiB"),
        "config_options": [
            {"section": section, "option": option, "value": str(value)}
            for section, options in cluster_settings().elasticity.items()
            for option, value in options.items()
        ],
    }
    node = {
        "type": "tosca.nodes.ec3.ElasticCluster",
        "properties": properties,
        "requirements": [{"host": FRONT}, {"lrms": KUBERNETES}, {"wn": worker}],
    }
    inputs = {
        IM_AUTH: secret_input(blueprint.options.im_auth, "The credentials with which workers are started."),
        CLUES_TOKEN: secret_input(cluster.secret(CLUES_TOKEN), "Opens the reports of CLUES."),
    }
    return Fragment(inputs, {_NODE: node})
