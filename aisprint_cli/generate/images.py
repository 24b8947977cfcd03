"""The image of a part: the one for the architecture it was placed on."""

from __future__ import annotations

import re
from typing import Final

from aisprint_cli.generate import names
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.model.candidates import Container
from aisprint_cli.model.deployment import PlacedPart
from aisprint_cli.model.resources import Resource

DOCKER: Final = "docker://"
_ARCHITECTURE: Final = re.compile(r"(?<![a-z0-9])(amd64|x86_64|arm64|aarch64)(?![a-z0-9])")
_ALIASES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_KNOWN_SCHEMES: Final = (DOCKER, "oscar://")


def image_of(blueprint: Blueprint, placed: PlacedPart) -> str:
    """The image of a part, as the Infrastructure Manager reads it.

    It takes what stands before the first `:` for the scheme of an address, so a name such as
    `python:3.11` is given the scheme that it means.
    """
    image = select_image(placed.container, _resource(blueprint, placed))
    if image is None:
        return names.placeholder_image(blueprint.application.name, placed.part)
    if image.startswith(_KNOWN_SCHEMES) or not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", image):
        return image
    return DOCKER + image


def select_image(container: Container, resource: Resource | None) -> str | None:
    """Of a container's images the one named after the resource's architecture, else its first."""
    architectures = resource.architectures if resource is not None else ()
    for architecture in architectures:
        for image in container.images:
            if architecture.lower() in image.lower():
                return image
    return container.images[0] if container.images else None


def architectures_in(image: str) -> tuple[str, ...]:
    """The architectures that an image's name speaks of, as resources spell them."""
    found = [_ALIASES.get(word, word) for word in _ARCHITECTURE.findall(image.lower())]
    return tuple(dict.fromkeys(found))


def _resource(blueprint: Blueprint, placed: PlacedPart) -> Resource | None:
    return blueprint.cluster_of(placed.part.name).layer.resource(placed.resource)
