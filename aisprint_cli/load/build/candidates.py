"""The candidate deployments of `candidate_deployments.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from aisprint_cli.load.shapes.reader import INVALID
from aisprint_cli.model.candidates import Candidate, CandidateDeployments, Container

DEFAULT_MEMORY_MIB: Final = 512.0
DEFAULT_CORES: Final = 1.0


@dataclass(frozen=True, slots=True)
class CandidatesDraft:
    """The entries that are sound, and every name that occurs, sound or not."""

    candidates: CandidateDeployments
    named: frozenset[str]


def build_candidates(document: Mapping[str, Any] | None) -> CandidatesDraft | None:
    """The candidate deployments of a document, or None where there is nothing to build them from."""
    components = (document or {}).get("Components")
    if not isinstance(components, dict):
        return None
    entries = (_candidate(key, entry) for key, entry in components.items())
    named = frozenset(name for entry in components.values() if (name := entry.get("name")) is not None)
    return CandidatesDraft(
        CandidateDeployments(tuple(entry for entry in entries if entry is not None)), named
    )


def _candidate(key: str, entry: Mapping[str, Any]) -> Candidate | None:
    layers, containers = entry.get("candidateExecutionLayers"), entry.get("Containers")
    if entry.get("name") is None or layers is None or not isinstance(containers, dict):
        return None
    built = [_container(name, container) for name, container in containers.items()]
    sound = tuple(container for container in built if container is not None)
    if not sound:
        return None
    return Candidate(
        key=key,
        name=entry["name"],
        layers=tuple(layer for layer in layers if layer is not INVALID and layer is not None),
        containers=sound,
        document=MappingProxyType(dict(entry)),
    )


def _container(key: str, container: Mapping[str, Any]) -> Container | None:
    resources = container.get("candidateExecutionResources")
    if resources is None:
        return None
    return Container(
        key=key,
        images=tuple(
            str(image) for image in container.get("image") or () if image not in {INVALID, None, ""}
        ),
        memory_mib=float(container.get("memorySize") or DEFAULT_MEMORY_MIB),
        cores=float(container.get("computingUnits") or DEFAULT_CORES),
        resources=tuple(name for name in resources if name is not INVALID and name is not None),
        gpu=bool(container.get("GPURequirement")),
        trusted_execution=bool(container.get("trustedExecution")),
        document=MappingProxyType(dict(container)),
    )
