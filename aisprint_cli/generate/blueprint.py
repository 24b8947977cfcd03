"""A deployment seen as clusters: one for each computational layer that hosts a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from aisprint_cli.generate import names
from aisprint_cli.generate.cluster import MADE_KINDS, Cluster
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.physical import physical_entries
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.naming import service_name

_PRIVATE_DOMAINS: Final = frozenset({"internal", "local", "localdomain", "lan", "test", "arpa"})
"""Top-level domains that no certificate authority serves."""


@dataclass(frozen=True)
class Blueprint:
    """What templates are made from.

    With `apart`, each part has a cluster of its own where its layer's is still to be made, as TOSCARIZER
    has it; otherwise the parts on a layer share one.
    """

    application: Application
    deployment: Deployment
    options: Options = DEFAULTS
    apart: bool = False

    @property
    def has_public_domain(self) -> bool:
        """Whether certificates can be had for names in the domain of the clusters still to be made."""
        return self.options.domain.rpartition(".")[2] not in _PRIVATE_DOMAINS

    @cached_property
    def clusters(self) -> Mapping[str, Cluster]:
        """The clusters by tag, those of lower layers first.

        Raises:
            KeyError: when a part is on a layer that the application does not have.
        """
        found = {}
        for placed in sorted(self.deployment.placed, key=lambda placed: placed.layer):
            tag = self._tag(placed)
            if tag not in found:
                found[tag] = self._cluster(placed)
        return found

    def _tag(self, placed: PlacedPart) -> str:
        return placed.part.name if self.apart else names.layer_tag(placed.layer)

    def _cluster(self, placed: PlacedPart) -> Cluster:
        layer = self.application.catalogue.layer(placed.layer)
        if layer is None:
            raise KeyError(placed.layer)
        used = {each.resource for each in self.deployment.placed if self._tag(each) == self._tag(placed)}
        resources = tuple(resource for resource in layer.resources if resource.name in used)
        entries = physical_entries(self.application.physical_nodes, layer, used)
        tail = names.layer_tag(placed.layer)
        if self.apart and layer.kind in MADE_KINDS:
            tail = service_name(placed.part.name)
        name = names.cluster_name(self.application.name, tail)
        is_certified = layer.kind not in MADE_KINDS or self.has_public_domain
        return Cluster(layer, name, self._tag(placed), entries, resources, is_certified)

    @cached_property
    def _placed(self) -> Mapping[str, PlacedPart]:
        return {placed.part.name: placed for placed in self.deployment.placed}

    def cluster_of(self, part: str) -> Cluster:
        """The cluster that hosts a part of the deployment's DAG."""
        return self.clusters[self._tag(self._placed[part])]

    def parts_on(self, cluster: Cluster) -> tuple[PlacedPart, ...]:
        """The parts of a cluster, in the DAG's order."""
        return tuple(placed for placed in self.deployment.placed if self._tag(placed) == cluster.tag)
