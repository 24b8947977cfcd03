"""A deployment seen as clusters: one for each computational layer that hosts a part."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from aisprint_cli.generate import names
from aisprint_cli.generate.expressions import Expression, concat, get_input
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.resources import Layer, LayerKind, Resource

DOMAIN_INPUT: Final = "domain_name"
REGION: Final = "us-east-1"
MINIO_USER: Final = "minio"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A computational layer as one cluster, or as one account where functions are native to the cloud.

    `facts` holds what `physical_nodes.yaml` says of the layer's resource: sections such as `minio`,
    `oscar` or `aws`. It may hold secrets in clear: only single known fields of it go into a template.
    """

    layer: Layer
    name: str
    facts: Mapping[str, Any]

    @property
    def number(self) -> int:
        """The layer's number."""
        return self.layer.number

    @property
    def is_native(self) -> bool:
        """Whether its functions are the cloud's own, with S3 for storage."""
        return self.layer.kind is LayerKind.FUNCTIONS

    def fact(self, section: str, field: str) -> str | None:
        """One field of `physical_nodes.yaml`, if it is there as text."""
        if self.layer.kind not in {LayerKind.PHYSICAL_PROVISIONED, LayerKind.FUNCTIONS}:
            return None
        value = (self.facts.get(section) or {}).get(field)
        return value if isinstance(value, str) and value else None

    @property
    def cloud_id(self) -> str:
        """The identifier under which credentials name it: the existing cluster's own, or its name here."""
        return self.fact("oscar", "name") or self.name

    @property
    def minio_endpoint(self) -> Expression:
        """The address of its object storage."""
        return self.fact("minio", "endpoint") or concat(
            "https://minio.", self.name, ".", get_input(DOMAIN_INPUT)
        )

    @property
    def bucket(self) -> str:
        """The S3 bucket that all its functions share."""
        return self.fact("aws", "bucket") or self.name

    @property
    def region(self) -> str:
        """The region of its S3 bucket."""
        return self.fact("aws", "region") or REGION

    def secret(self, name: str) -> str:
        """The reference to one of its secrets."""
        return names.generated_secret(self.name, name)

    def secret_input(self, name: str) -> str:
        """The name of the input that carries the secret, the same in every template."""
        return f"{name}_l{self.number}"


@dataclass(frozen=True)
class Blueprint:
    """What templates are made from. `domain` is the DNS domain of the clusters still to be made."""

    application: Application
    deployment: Deployment
    domain: str

    @cached_property
    def clusters(self) -> Mapping[int, Cluster]:
        """The clusters by layer number, ascending.

        Raises:
            KeyError: when a part is on a layer that the application does not have.
        """
        return {number: self._cluster(number) for number in self.deployment.layers}

    def _cluster(self, number: int) -> Cluster:
        layer = self.application.catalogue.layer(number)
        if layer is None:
            raise KeyError(number)
        name = names.cluster_name(self.application.name, number)
        used = {placed.resource for placed in self.deployment.placed if placed.layer == number}
        return Cluster(layer, name, _facts(self.application.physical_nodes, layer, used))

    @cached_property
    def _placed(self) -> Mapping[str, PlacedPart]:
        return {placed.part.name: placed for placed in self.deployment.placed}

    def cluster_of(self, part: str) -> Cluster:
        """The cluster that hosts a part of the deployment's DAG."""
        return self.clusters[self._placed[part].layer]

    def assumptions(self) -> tuple[str, ...]:
        """What the templates take for granted because no file says it, in words."""
        return tuple(
            f"layer {cluster.number} exists already, but physical_nodes.yaml gives no minio.endpoint for it:"
            f" its storage is taken to be at https://minio.{cluster.name}.{self.domain}."
            for cluster in self.clusters.values()
            if cluster.layer.kind is LayerKind.PHYSICAL_PROVISIONED and not cluster.fact("minio", "endpoint")
        )

    def parts_on(self, cluster: Cluster) -> tuple[PlacedPart, ...]:
        """The parts of a cluster, in the DAG's order."""
        return tuple(placed for placed in self.deployment.placed if placed.layer == cluster.number)

    def resources_of(self, cluster: Cluster) -> tuple[Resource, ...]:
        """The resources of a cluster that a part was placed on, in the layer's order."""
        used = {placed.resource for placed in self.parts_on(cluster)}
        return tuple(resource for resource in cluster.layer.resources if resource.name in used)


def physical_entries(
    document: Mapping[str, Any], layer: Layer, used: Collection[str]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The entries of `physical_nodes.yaml` for the resources `used` of a layer, by layer and resource key."""
    found = {}
    layers = document.get("ComputationalLayers")
    for layer_key, entry in (layers if isinstance(layers, Mapping) else {}).items():
        if not isinstance(entry, Mapping) or entry.get("number") != layer.number:
            continue
        resources = entry.get("Resources")
        for key, facts in (resources if isinstance(resources, Mapping) else {}).items():
            if isinstance(facts, Mapping) and facts.get("name") in used:
                found[str(layer_key), str(key)] = facts
    return found


def _facts(document: Mapping[str, Any], layer: Layer, used: Collection[str]) -> Mapping[str, Any]:
    """The sections of the first entry; `checks` sees to it that the others name the same cluster."""
    entry = next(iter(physical_entries(document, layer, used).values()), {})
    return {key: value for key, value in entry.items() if isinstance(value, Mapping)}
