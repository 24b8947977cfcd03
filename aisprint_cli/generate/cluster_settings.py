"""Versions and sizes of clusters still to be made, from `templates/clusters/settings.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aisprint_cli.generate import yaml_text
from aisprint_cli.system.packaged import templates_directory


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """The machine that takes a cluster's requests; `storage_gib` is its volume for stored objects."""

    cores: int
    memory_mib: int
    disk_gib: int
    storage_gib: int


@dataclass(frozen=True, slots=True)
class MonitoringSettings:
    """Where measures go: `influxdb` is the database's address inside a cluster."""

    influxdb: str
    organisation: str
    central_organisation: str
    central_bucket: str


@dataclass(frozen=True)
class ClusterSettings:
    """Everything that is the same for all clusters still to be made.

    `elasticity` holds the options of CLUES by section and name, `disk_types` the provider's name of a kind
    of disk by the scheme of the image and the kind.
    """

    kubernetes: str
    container_runtime: str
    oscar: str
    services_namespace: str
    distribution: str
    distribution_version: str
    front_end: FrontEnd
    disk_types: Mapping[str, Mapping[str, str]]
    monitoring: MonitoringSettings
    elasticity: Mapping[str, Mapping[str, Any]]


@cache
def cluster_settings() -> ClusterSettings:
    """The settings that come with the tool."""
    path = templates_directory() / "clusters" / "settings.yaml"
    document = yaml_text.load(path.read_text(encoding="utf-8"))
    return ClusterSettings(
        kubernetes=document["kubernetes"]["version"],
        container_runtime=document["kubernetes"]["runtime"],
        oscar=document["oscar"]["version"],
        services_namespace=document["oscar"]["services_namespace"],
        distribution=document["operating_system"]["distribution"],
        distribution_version=document["operating_system"]["version"],
        front_end=FrontEnd(**document["front_end"]),
        disk_types=document["disk_types"],
        monitoring=MonitoringSettings(**document["monitoring"]),
        elasticity=document["elasticity"],
    )
