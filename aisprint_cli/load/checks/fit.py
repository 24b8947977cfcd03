"""Whether a container fits the resources it may run on: memory, cores, GPU, enclave, architecture."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.documents import CANDIDATES
from aisprint_cli.model.candidates import Candidate, Container
from aisprint_cli.model.resources import Resource, ResourceCatalogue

_LEAST_CONTAINER_MIB: Final = 32.0
_MOST_CONTAINER_MIB: Final = 16.0 * 2**20
_IMAGE_ARCHITECTURE: Final = re.compile(r"[_-](amd64|arm64)(?::[^/]*)?$")


@dataclass(frozen=True, slots=True)
class _Need:
    """One thing a container asks for: the key that asks, and whether a resource can give it."""

    code: str
    key: str
    met: Callable[[Container, Resource], bool]
    text: Callable[[Container, Resource], str]


def _architectures(container: Container) -> set[str]:
    """The architectures the images' names state; empty where they state none."""
    found = [_IMAGE_ARCHITECTURE.search(image) for image in container.images]
    return {match[1] for match in found if match} if all(found) else set()


def _runs_image(container: Container, resource: Resource) -> bool:
    stated = _architectures(container)
    return not stated or not resource.architectures or bool(stated.intersection(resource.architectures))


_NEEDS: Final = (
    _Need(
        "candidates.memory",
        "memorySize",
        lambda container, resource: not resource.memory_mib or container.memory_mib <= resource.memory_mib,
        lambda container, resource: (
            f"needs {container.memory_mib:g} MB of memory; `{resource.name}` has {resource.memory_mib:g} MB"
        ),
    ),
    _Need(
        "candidates.cores",
        "computingUnits",
        lambda container, resource: not resource.cores or container.cores <= resource.cores,
        lambda container, resource: (
            f"needs {container.cores:g} cores; `{resource.name}` has {resource.cores:g}"
        ),
    ),
    _Need(
        "candidates.gpu",
        "GPURequirement",
        lambda container, resource: not container.gpu or resource.has_gpu,
        lambda _, resource: f"needs a GPU; `{resource.name}` has none",
    ),
    _Need(
        "candidates.architecture",
        "image",
        _runs_image,
        lambda container, resource: (
            f"has images for {', '.join(sorted(_architectures(container)))} only;"
            f" `{resource.name}` is {', '.join(resource.architectures)}"
        ),
    ),
    _Need(
        "candidates.enclave",
        "trustedExecution",
        lambda container, resource: not container.trusted_execution or resource.has_sgx,
        lambda _, resource: f"needs trusted execution; `{resource.name}` has no SGX",
    ),
)


def check_fit(entry: Candidate, container: Container, catalogue: ResourceCatalogue, checker: Checker) -> None:
    """Check every need against the candidate resources, layer by layer."""
    keys = ("Components", entry.key, "Containers", container.key)
    _check_units(entry, container, checker)
    for number in dict.fromkeys(entry.layers):
        layer = catalogue.layer(number)
        offered = [layer.resource(name) for name in container.resources] if layer else []
        resources = [resource for resource in offered if resource is not None]
        for need in _NEEDS:
            failing = [resource for resource in resources if not need.met(container, resource)]
            if not failing:
                continue
            place = (*keys, need.key)
            message = f"On layer {number}, `{entry.name}` {need.text(container, failing[0])}."
            code = need.code if len(failing) == len(resources) else "candidates.partly-fitting"
            checker.value(code, CANDIDATES, place, message)


def _check_units(entry: Candidate, container: Container, checker: Checker) -> None:
    memory = container.memory_mib
    place = ("Components", entry.key, "Containers", container.key, "memorySize")
    message = f"A replica of `{entry.name}` is given {memory:g} MB of memory."
    if memory < _LEAST_CONTAINER_MIB:
        checker.value("units.memory-gigabytes", CANDIDATES, place, message)
    elif memory > _MOST_CONTAINER_MIB:
        checker.value("units.memory-bytes", CANDIDATES, place, message)
