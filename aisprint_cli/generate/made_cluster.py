"""Clusters that are made with the deployment: Kubernetes and OSCAR on machines, one for each layer.

Machines are either bought from a cloud (`virtual_cluster`) or are there and reached over SSH
(`physical_cluster`); what runs on them is the same.
"""

from __future__ import annotations

from typing import Final

from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import (
    DOMAIN_INPUT,
    KUBERNETES_TOKEN,
    MINIO_SECRET,
    OSCAR_SECRET,
    Cluster,
)
from aisprint_cli.generate.cluster_settings import cluster_settings
from aisprint_cli.generate.elasticity import FRONT, KUBERNETES, elastic_cluster, most_workers
from aisprint_cli.generate.expressions import Expression, concat, get_input
from aisprint_cli.generate.fragment import Body, Fragment, secret_input
from aisprint_cli.generate.machines import (
    bought_host,
    front_host,
    has_nvidia,
    image_of,
    machine,
    node_key,
    operating_system,
)
from aisprint_cli.generate.ssh_machines import ssh_machines
from aisprint_cli.model.resources import Resource

OSCAR_NODE: Final = "oscar"
PLACEMENT_TYPE: Final = "tosca.policies.indigo.Placement"
_STORAGE: Final = "my_block_storage"
_ADMINISTRATOR: Final = "kubeuser"
_WORKER_TYPE: Final = "tosca.nodes.indigo.LRMS.WorkerNode.Kubernetes"


def virtual_cluster(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    """A cluster of machines from a cloud: a front end with a volume, and workers of each resource in use."""
    resources = cluster.used
    nodes = {FRONT: _front(cluster, resources[0]), _STORAGE: _volume()}
    workers = {f"wn_{node_key(resource)}": resource for resource in resources}
    most = most_workers(blueprint, cluster)
    for name, resource in workers.items():
        nodes[name] = _worker(resource, most)
    software = _software(blueprint, cluster, workers)
    fragment = Fragment(nodes=nodes) + software + _placement(blueprint, cluster, [FRONT, *workers])
    return fragment + (elastic_cluster(blueprint, cluster, worker_node(*workers)) if most else Fragment())


def physical_cluster(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    """A cluster of machines that are there: what `physical_nodes.yaml` says of them, and no more."""
    machines = ssh_machines(cluster, cluster.used, FRONT)
    names = [FRONT, *machines.workers]
    software = _software(blueprint, cluster, machines.workers)
    return machines.fragment + software + _placement(blueprint, cluster, names)


def worker_node(machine_name: str) -> str:
    """The name of the Kubernetes worker on a machine."""
    return f"wn_node_{machine_name.removeprefix('wn_')}"


def _front(cluster: Cluster, resource: Resource) -> Body:
    """The front end; it has the image of the first resource's workers."""
    endpoint = {
        "network_name": "PUBLIC",
        "dns_name": "kubeserver",
        "additional_dns_names": [
            concat(f"{prefix}{cluster.name}@", get_input(DOMAIN_INPUT))
            for prefix in ("", "minio.", "console.minio.", "influx.")
        ],
    }
    storage = {
        "local_storage": {
            "node": _STORAGE,
            "capability": "tosca.capabilities.Attachment",
            "relationship": {
                "type": "tosca.relationships.AttachesTo",
                "properties": {"location": "/pv", "device": "hdb"},
            },
        }
    }
    return machine(front_host(), _system(resource), endpoint=endpoint, requirements=[storage])


def _volume() -> Body:
    size = f"{cluster_settings().front_end.storage_gib} GiB"
    return {"type": "tosca.nodes.BlockStorage", "properties": {"size": size}}


def _worker(resource: Resource, most: int) -> Body:
    """Workers of a resource; where their number is left to CLUES, it starts with no more than it may have."""
    count = min(resource.nodes, most) if most else resource.nodes
    endpoint = {"dns_name": "vnode-#N#.localdomain"} if most else None
    return machine(bought_host(resource), _system(resource), count=count, endpoint=endpoint)


def _system(resource: Resource) -> Body:
    image = image_of(resource)
    return operating_system(resource) | ({"image": image} if image else {})


def _software(blueprint: Blueprint, cluster: Cluster, workers: dict[str, Resource]) -> Fragment:
    """Kubernetes and OSCAR; `workers` are the resources of the workers' machines by node name."""
    settings = cluster_settings()
    nvidia = any(has_nvidia(resource) for resource in workers.values())
    nodes = {KUBERNETES: _kubernetes(blueprint, cluster, nvidia=nvidia), OSCAR_NODE: _oscar(cluster)}
    for name, resource in workers.items():
        nodes[worker_node(name)] = _scaled(most_workers(blueprint, cluster)) | {
            "type": _WORKER_TYPE,
            "properties": {
                "front_end_ip": {"get_attribute": [FRONT, "private_address", 0]},
                "version": settings.kubernetes,
                "cri_runtime": settings.container_runtime,
                "nvidia_support": has_nvidia(resource),
            },
            "requirements": [{"host": name}],
        }
    description = f"Administers Kubernetes on {cluster.name}."
    token = secret_input(cluster.secret(KUBERNETES_TOKEN), description)
    return Fragment({KUBERNETES_TOKEN: token}, nodes, outputs=_outputs(cluster))


def _scaled(most: int) -> Body:
    limits = {"min_instances": 0, "max_instances": most}
    return {"capabilities": {"wn": {"properties": limits}}} if most else {}


def _kubernetes(blueprint: Blueprint, cluster: Cluster, *, nvidia: bool) -> Body:
    settings = cluster_settings()
    return {
        "type": "tosca.nodes.indigo.LRMS.FrontEnd.Kubernetes",
        "capabilities": {"endpoint": {"properties": {"port": 30443, "protocol": "tcp"}}},
        "properties": {
            "version": settings.kubernetes,
            "cri_runtime": settings.container_runtime,
            "admin_username": _ADMINISTRATOR,
            "admin_token": get_input(KUBERNETES_TOKEN),
            "nvidia_support": nvidia,
            "cert_manager": blueprint.has_public_domain,
            "cert_user_email": concat("admin@", get_input(DOMAIN_INPUT)),
            "public_dns_name": _host_name(cluster),
        },
        "requirements": [{"host": FRONT}],
    }


def _oscar(cluster: Cluster) -> Body:
    ports = {"http_port": 80, "https_port": 443, "minio_port": 30300}
    opened = {name: {"protocol": "tcp", "source": port} for name, port in ports.items()}
    return {
        "type": "tosca.nodes.indigo.OSCAR",
        "capabilities": {"endpoint": {"properties": {"ports": opened}}},
        "properties": {
            "version": cluster_settings().oscar,
            "password": get_input(OSCAR_SECRET),
            "minio_secretkey": get_input(cluster.secret_input(MINIO_SECRET)),
            "dns_host": _host_name(cluster),
            "minio_dns_host": _host_name(cluster, "minio."),
            "minio_dns_host_console": _host_name(cluster, "console.minio."),
        },
        "requirements": [{"host": KUBERNETES}],
    }


def _outputs(cluster: Cluster) -> dict[str, Body]:
    """Where the cluster is reached; no output is a secret."""
    dashboard = concat(f"https://{cluster.name}.", get_input(DOMAIN_INPUT), "/dashboard/")
    return {
        "oscarui_endpoint": {"value": _host_name(cluster, "https://")},
        "dashboard_endpoint": {"value": dashboard},
        "minio_endpoint": {"value": _host_name(cluster, "https://minio.")},
        "console_minio_endpoint": {"value": _host_name(cluster, "https://console.minio.")},
        "fe_node_ip": {"value": {"get_attribute": [FRONT, "public_address", 0]}},
    }


def _host_name(cluster: Cluster, prefix: str = "") -> Expression:
    return concat(f"{prefix}{cluster.name}.", get_input(DOMAIN_INPUT))


def _placement(blueprint: Blueprint, cluster: Cluster, machines: list[str]) -> Fragment:
    """Machines go to the credentials that were chosen for the layer; where none were, to the first that fit.

    Functions need no policy here: they are hosted on the cluster's own OSCAR.
    """
    cloud = blueprint.options.clouds.get(cluster.number)
    if cloud is None:
        return Fragment()
    policy = {"type": PLACEMENT_TYPE, "properties": {"cloud_id": cloud}, "targets": machines}
    return Fragment(policies={f"place_on_{cluster.name}": policy})
