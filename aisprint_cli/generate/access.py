"""How to reach a cluster, as far as it is known: flat facts by name, for what deploys to it.

Values may hold TOSCA functions: a secret is always an input, whose default is a reference. So whoever
sets an input of a template changes the way to the cluster with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from aisprint_cli.generate.cluster import (
    INFLUX_TOKEN,
    MINIO_SECRET,
    OSCAR_SECRET,
    OSCAR_TOKEN,
    OSCAR_USER,
    S3_ACCESS,
    S3_SECRET,
    Cluster,
)
from aisprint_cli.generate.expressions import Expression, get_input
from aisprint_cli.model.resources import LayerKind

Access = dict[str, Expression]

_PLAIN: Final = (
    ("aws", "role"),
    ("aws", "endpoint"),
    ("aws", "timeout"),
    ("aws", "ephemeral_storage"),
    ("aws", "log_retention_days"),
    ("aws", "function_config"),
    ("kubernetes", "context"),
    ("kubernetes", "namespace"),
    ("kubernetes", "kubeconfig"),
    ("kubernetes", "node_selector"),
    ("kubernetes", "image_pull_secret"),
    ("kubernetes", "dispatcher_image"),
    ("kubernetes", "concurrency"),
    ("influx", "endpoint"),
)
"""Fields of `physical_nodes.yaml` that are handed on as they are; none of them is a secret."""


def access_of(cluster: Cluster) -> Access:
    """What is known of the way to a cluster, by name."""
    facts = _ACCESS[cluster.layer.kind](cluster)
    if not cluster.is_native:
        facts |= {f"{section}.ssl_verify": cluster.ssl_verify(section) for section in ("oscar", "minio")}
    for section, field in _PLAIN:
        facts[f"{section}.{field}"] = cluster.fact(section, field)
    if cluster.given_secret(INFLUX_TOKEN):
        facts["influx.token"] = get_input(cluster.secret_input(INFLUX_TOKEN))
    return {name: value for name, value in facts.items() if value is not None}


def _made(cluster: Cluster) -> Access:
    return {
        "oscar.name": cluster.cloud_id,
        "oscar.endpoint": cluster.endpoint,
        "oscar.user": OSCAR_USER,
        "oscar.password": get_input(OSCAR_SECRET),
        **_minio(cluster),
    }


def _existing(cluster: Cluster) -> Access:
    storage = _minio(cluster) if cluster.fact("minio", "endpoint") else {}
    if cluster.is_plain_kubernetes:
        return storage
    facts = {"oscar.name": cluster.cloud_id, "oscar.endpoint": cluster.endpoint}
    if cluster.knows(OSCAR_SECRET):
        facts["oscar.user"] = cluster.fact("oscar", "user") or OSCAR_USER
        facts["oscar.password"] = get_input(OSCAR_SECRET)
    if cluster.given_secret(OSCAR_TOKEN):
        facts["oscar.token"] = get_input(cluster.secret_input(OSCAR_TOKEN))
    return facts | storage


def _minio(cluster: Cluster) -> Access:
    return {
        "minio.endpoint": cluster.minio_endpoint,
        "minio.access_key": cluster.minio_user,
        "minio.secret_key": _known_secret(cluster, MINIO_SECRET),
        "minio.region": cluster.minio_region,
    }


def _functions(cluster: Cluster) -> Access:
    return {
        "aws.region": cluster.region,
        "aws.bucket": cluster.bucket,
        "aws.architecture": next(iter(cluster.architectures), None),
        "aws.access_key": _known_secret(cluster, S3_ACCESS),
        "aws.secret_key": _known_secret(cluster, S3_SECRET),
    }


def _known_secret(cluster: Cluster, name: str) -> Expression | None:
    return get_input(cluster.secret_input(name)) if cluster.knows(name) else None


_ACCESS: Final[Mapping[LayerKind, Callable[[Cluster], Access]]] = {
    LayerKind.VIRTUAL: _made,
    LayerKind.PHYSICAL_TO_PROVISION: _made,
    LayerKind.PHYSICAL_PROVISIONED: _existing,
    LayerKind.FUNCTIONS: _functions,
}
