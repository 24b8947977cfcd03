"""A deployment seen as clusters: one for each computational layer that hosts a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from aisprint_cli.generate import names
from aisprint_cli.generate.cluster import Cluster
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.physical import physical_entries
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.resources import LayerKind, Resource

_PRIVATE_DOMAINS: Final = frozenset({"internal", "local", "localdomain", "lan", "test", "arpa"})
"""Top-level domains that no certificate authority serves."""


@dataclass(frozen=True)
class Blueprint:
    """What templates are made from."""

    application: Application
    deployment: Deployment
    options: Options = DEFAULTS

    @property
    def has_public_domain(self) -> bool:
        """Whether certificates can be had for names in the domain of the clusters still to be made."""
        return self.options.domain.rpartition(".")[2] not in _PRIVATE_DOMAINS

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
        return Cluster(layer, name, physical_entries(self.application.physical_nodes, layer, used))

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
            f" its storage is taken to be at https://minio.{cluster.name}.{self.options.domain}."
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
