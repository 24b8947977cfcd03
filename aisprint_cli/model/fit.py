"""Whether a resource can hold a container: memory, cores, GPU, architecture, enclave."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from aisprint_cli.model.candidates import Container
from aisprint_cli.model.resources import Resource

_IMAGE_ARCHITECTURE: Final = re.compile(r"[_-](amd64|arm64)(?::[^/]*)?$")


class Need(StrEnum):
    """One thing that a container asks of a resource."""

    MEMORY = "memory"
    CORES = "cores"
    GPU = "gpu"
    ARCHITECTURE = "architecture"
    ENCLAVE = "enclave"


def unmet_needs(container: Container, resource: Resource) -> frozenset[Need]:
    """What a container asks for and a resource cannot give; what the resource does not state, it gives."""
    unmet: set[Need] = set()
    if resource.memory_mib and container.memory_mib > resource.memory_mib:
        unmet.add(Need.MEMORY)
    cores = resource.cores
    if cores and container.cores > cores:
        unmet.add(Need.CORES)
    if container.gpu and not resource.has_gpu:
        unmet.add(Need.GPU)
    if container.images and resource.architectures:
        stated = image_architectures(container)
        if stated and stated.isdisjoint(resource.architectures):
            unmet.add(Need.ARCHITECTURE)
    if container.trusted_execution and not resource.has_sgx:
        unmet.add(Need.ENCLAVE)
    return frozenset(unmet)


def fits(container: Container, resource: Resource) -> bool:
    """Whether a container can start on a resource; without an enclave it can, unprotected."""
    return can_start(unmet_needs(container, resource))


def can_start(unmet: frozenset[Need]) -> bool:
    """Whether a container can start in spite of these unmet needs."""
    return unmet <= {Need.ENCLAVE}


def image_architectures(container: Container) -> frozenset[str]:
    """The architectures the images' names state; empty where one of them states none."""
    found = [_IMAGE_ARCHITECTURE.search(image) for image in container.images]
    return frozenset(match[1] for match in found if match) if all(found) else frozenset()
