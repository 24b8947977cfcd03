"""What templates take for granted because no file says it, and what is left to a person, in words."""

from __future__ import annotations

from collections.abc import Iterator

from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import Cluster
from aisprint_cli.generate.drift_detector import drift_cluster
from aisprint_cli.generate.elasticity import most_workers
from aisprint_cli.generate.ssh_machines import front_entry
from aisprint_cli.generate.storage import secret_names, storage_of
from aisprint_cli.model.resources import LayerKind


def assumptions(blueprint: Blueprint) -> tuple[str, ...]:
    """One sentence or two for each thing that a person may want to know or do."""
    return (
        *_images(blueprint),
        *_existing(blueprint),
        *_foreign_storage(blueprint),
        *_names(blueprint),
        *_elasticity(blueprint),
        *_machines(blueprint),
        *_drift(blueprint),
    )


def _images(blueprint: Blueprint) -> Iterator[str]:
    for cluster in blueprint.clusters.values():
        for placed in blueprint.parts_on(cluster) if cluster.is_native else ():
            if any(".dkr.ecr." not in image for image in placed.container.images):
                name = placed.part.name
                yield f"{name} is on AWS Lambda, which runs images of its own registry (ECR) only."


def _existing(blueprint: Blueprint) -> Iterator[str]:
    existing = [
        cluster
        for cluster in blueprint.clusters.values()
        if cluster.layer.kind is LayerKind.PHYSICAL_PROVISIONED
    ]
    for cluster in existing:
        if not cluster.fact("minio", "endpoint"):
            yield (
                f"layer {cluster.number} exists already, but physical_nodes.yaml gives no minio.endpoint for"
                f" it: its storage is taken to be at https://minio.{cluster.name}.{blueprint.options.domain}."
            )
        if len(existing) > 1 and not cluster.fact("oscar", "name"):
            yield (
                f"several clusters exist already, but physical_nodes.yaml gives no oscar.name for layer"
                f" {cluster.number}: its credentials are taken to have the id {cluster.name}."
            )


def _machines(blueprint: Blueprint) -> Iterator[str]:
    for cluster in blueprint.clusters.values():
        if cluster.layer.kind is not LayerKind.PHYSICAL_TO_PROVISION:
            continue
        for resource in cluster.used:
            entry = cluster.entries.get(resource.name)
            described = entry.count("wns") if entry is not None else 0
            if described < resource.nodes:
                yield (
                    f"{resource.name} has {resource.nodes} nodes, physical_nodes.yaml describes {described}"
                    f" of its workers: the cluster of layer {cluster.number} gets those."
                )


def _foreign_storage(blueprint: Blueprint) -> Iterator[str]:
    """Storage that others write to without keys that open it."""
    parts = blueprint.deployment.dag.components
    written = {cluster.name: cluster for part in parts for cluster in storage_of(blueprint, part).remote}
    for cluster in written.values():
        if not all(map(cluster.knows, secret_names(cluster))):
            fields = "aws.access_key and aws.secret_key" if cluster.is_native else "minio.secret_key"
            yield (
                f"other layers write to layer {cluster.number}, but physical_nodes.yaml gives no {fields} for"
                " it: keys are made up, which only the local back end takes."
            )


def _names(blueprint: Blueprint) -> Iterator[str]:
    for cluster in blueprint.clusters.values():
        if cluster.layer.kind is LayerKind.PHYSICAL_TO_PROVISION:
            entry = front_entry(cluster)
            address = entry.text("fe_node", "public_ip") or entry.text("fe_node", "private_ip")
            host = f"{cluster.name}.{blueprint.options.domain}"
            yield f"the names {host} and minio.{host} have to lead to {address}: nobody else makes them."


def _elasticity(blueprint: Blueprint) -> Iterator[str]:
    fixed = [cluster for cluster in blueprint.clusters.values() if _stays_fixed(blueprint, cluster)]
    for cluster in fixed:
        yield (
            f"the cluster of layer {cluster.number} keeps its size: only one with a single resource of"
            " virtual machines can grow."
        )


def _stays_fixed(blueprint: Blueprint, cluster: Cluster) -> bool:
    return bool(blueprint.options.elastic and cluster.is_made and not most_workers(blueprint, cluster))


def _drift(blueprint: Blueprint) -> Iterator[str]:
    if blueprint.options.drift_detector and drift_cluster(blueprint) is None:
        yield (
            "the drift detector is left out: it needs a cluster that is made with the deployment, and"
            " something that is measured."
        )
