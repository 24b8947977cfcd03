"""Which folder of which storage each part reads and writes: how files chain the parts.

The consumer's side owns the bucket: a part writes its results to `<itself>/output` on the storage of
each cluster where a successor runs, and the successor is set off by that folder of its own storage.
Parts without a predecessor take files from `<themselves>/input`; parts without a successor leave
theirs in `<themselves>/output` of their own storage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import MINIO_ACCESS, MINIO_SECRET, S3_ACCESS, S3_SECRET, Cluster
from aisprint_cli.generate.expressions import get_input
from aisprint_cli.model.naming import service_name


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder `path` (`bucket/folder`) of a storage provider."""

    provider: str
    path: str

    def document(self) -> dict[str, Any]:
        """As a function's `input` or `output` entry."""
        return {"storage_provider": self.provider, "path": self.path}


@dataclass(frozen=True, slots=True)
class FunctionStorage:
    """What one part reads and writes; `remote` are the other clusters it writes to."""

    inputs: tuple[Folder, ...]
    outputs: tuple[Folder, ...]
    remote: tuple[Cluster, ...]

    def providers(self) -> dict[str, dict[str, Any]]:
        """The `storage_providers` of the function: kind, then identifier."""
        table: dict[str, dict[str, Any]] = {}
        for cluster in self.remote:
            kind = _kind(cluster)
            table.setdefault(kind, {})[cluster.name] = _PROVIDERS[kind](cluster)
        return table


def storage_of(blueprint: Blueprint, part: str) -> FunctionStorage:
    """The folders of a part of the deployment's DAG."""
    own = blueprint.cluster_of(part)
    dag = blueprint.deployment.dag
    sources = [f"{service_name(name)}/output" for name in dag.predecessors(part)]
    inputs = [_folder(own, own, path) for path in sources or [f"{service_name(part)}/input"]]
    targets = {cluster.name: cluster for cluster in map(blueprint.cluster_of, dag.successors(part))}
    clusters = list(targets.values()) or [own]
    outputs = [_folder(own, cluster, f"{service_name(part)}/output") for cluster in clusters]
    remote = tuple(cluster for cluster in clusters if cluster.name != own.name)
    return FunctionStorage(tuple(dict.fromkeys(inputs)), tuple(outputs), remote)


def _kind(cluster: Cluster) -> str:
    return "s3" if cluster.is_native else "minio"


def _folder(own: Cluster, target: Cluster, path: str) -> Folder:
    kind = _kind(target)
    provider = kind if own.name == target.name else f"{kind}.{target.name}"
    return Folder(provider, f"{target.bucket}/{path}" if target.is_native else path)


def _minio_provider(cluster: Cluster) -> dict[str, Any]:
    provider = {
        "endpoint": cluster.minio_endpoint,
        "access_key": cluster.minio_user,
        "secret_key": get_input(cluster.secret_input(MINIO_SECRET)),
        "region": cluster.minio_region,
    }
    # OSCAR checks certificates unless told otherwise; so it is said only where that would fail.
    return provider | ({"verify": False} if cluster.ssl_verify("minio") == "false" else {})


def _s3_provider(cluster: Cluster) -> dict[str, Any]:
    return {
        "access_key": get_input(cluster.secret_input(S3_ACCESS)),
        "secret_key": get_input(cluster.secret_input(S3_SECRET)),
        "region": cluster.region,
    }


_PROVIDERS: dict[str, Callable[[Cluster], dict[str, Any]]] = {"minio": _minio_provider, "s3": _s3_provider}


def secret_names(cluster: Cluster) -> tuple[str, ...]:
    """The names of the secrets that open a cluster's storage."""
    if cluster.is_native:
        return S3_ACCESS, S3_SECRET
    return (MINIO_ACCESS, MINIO_SECRET) if cluster.given_secret(MINIO_ACCESS) else (MINIO_SECRET,)
