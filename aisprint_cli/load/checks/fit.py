"""Whether each component fits the resources it may run on, layer by layer."""

from __future__ import annotations

from typing import Final

from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.documents import CANDIDATES
from aisprint_cli.model.candidates import Candidate, Container
from aisprint_cli.model.fit import Need, can_start, image_architectures, unmet_needs
from aisprint_cli.model.resources import Resource, ResourceCatalogue

_LEAST_CONTAINER_MIB: Final = 32.0
_MOST_CONTAINER_MIB: Final = 16.0 * 2**20
_ASKED_BY: Final = {
    Need.MEMORY: "memorySize",
    Need.CORES: "computingUnits",
    Need.GPU: "GPURequirement",
    Need.ARCHITECTURE: "image",
    Need.ENCLAVE: "trustedExecution",
}


def check_fit(entry: Candidate, catalogue: ResourceCatalogue, checker: Checker) -> None:
    """Check what the containers of an entry need against the candidate resources of each layer."""
    for container in entry.containers:
        _check_units(entry, container, checker)
    for number in dict.fromkeys(entry.layers):
        layer = catalogue.layer(number)
        offered = [(container, layer.resource(name)) for container, name in entry.places] if layer else []
        _check_layer(
            entry, number, [(container, found) for container, found in offered if found is not None], checker
        )


def _check_layer(
    entry: Candidate, number: int, places: list[tuple[Container, Resource]], checker: Checker
) -> None:
    """An unmet need is an error where it, or it with others, leaves no place on the layer."""
    unmet = [(container, resource, unmet_needs(container, resource)) for container, resource in places]
    if not any(needs for _, _, needs in unmet):
        return
    hopeless = not any(can_start(needs) for _, _, needs in unmet)
    for need in Need:
        failing = [(container, resource) for container, resource, needs in unmet if need in needs]
        if not failing:
            continue
        container, resource = failing[0]
        keys = ("Components", entry.key, "Containers", container.key, _ASKED_BY[need])
        message = f"On layer {number}, `{entry.name}` {_describe(need, container, resource)}."
        nowhere = len(failing) == len(places) or (hopeless and need is not Need.ENCLAVE)
        checker.value(
            f"candidates.{need}" if nowhere else "candidates.partly-fitting", CANDIDATES, keys, message
        )


def _describe(need: Need, container: Container, resource: Resource) -> str:
    match need:
        case Need.MEMORY:
            return (
                f"needs {container.memory_mib:g} MB of memory;"
                f" `{resource.name}` has {resource.memory_mib:g} MB"
            )
        case Need.CORES:
            return f"needs {container.cores:g} cores; `{resource.name}` has {resource.cores:g}"
        case Need.GPU:
            return f"needs a GPU; `{resource.name}` has none"
        case Need.ARCHITECTURE:
            images = ", ".join(sorted(image_architectures(container)))
            return f"has images for {images} only; `{resource.name}` is {', '.join(resource.architectures)}"
        case Need.ENCLAVE:
            return f"needs trusted execution; `{resource.name}` has no SGX"


def _check_units(entry: Candidate, container: Container, checker: Checker) -> None:
    memory = container.memory_mib
    place = ("Components", entry.key, "Containers", container.key, "memorySize")
    message = f"A replica of `{entry.name}` is given {memory:g} MB of memory."
    if memory < _LEAST_CONTAINER_MIB:
        checker.value("units.memory-gigabytes", CANDIDATES, place, message)
    elif memory > _MOST_CONTAINER_MIB:
        checker.value("units.memory-bytes", CANDIDATES, place, message)
