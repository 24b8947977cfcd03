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
    stated = image_architectures(container)
    unmet = {
        Need.MEMORY: bool(resource.memory_mib) and container.memory_mib > resource.memory_mib,
        Need.CORES: bool(resource.cores) and container.cores > resource.cores,
        Need.GPU: container.gpu and not resource.has_gpu,
        Need.ARCHITECTURE: bool(stated and resource.architectures)
        and stated.isdisjoint(resource.architectures),
        Need.ENCLAVE: container.trusted_execution and not resource.has_sgx,
    }
    return frozenset(need for need, is_unmet in unmet.items() if is_unmet)


def fits(container: Container, resource: Resource) -> bool:
    """Whether a container can start on a resource; without an enclave it can, unprotected."""
    return unmet_needs(container, resource) <= {Need.ENCLAVE}


def image_architectures(container: Container) -> frozenset[str]:
    """The architectures the images' names state; empty where one of them states none."""
    found = [_IMAGE_ARCHITECTURE.search(image) for image in container.images]
    return frozenset(match[1] for match in found if match) if all(found) else frozenset()
