"""Images that were built and pushed, in the place of those that a deployment would only name."""

from __future__ import annotations

from dataclasses import replace

from aisprint_cli.design.current import OpenedDesign, Selection, select
from aisprint_cli.images.plan import variant_on
from aisprint_cli.images.platforms import DEFAULT, platform_of
from aisprint_cli.images.record import BuildRecord, read_record
from aisprint_cli.images.specification import Built, Variant
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment, PlacedPart


def select_built(opened: OpenedDesign, choice: str) -> Selection:
    """The deployment of a choice, with the images that were built and pushed for it.

    Raises:
        UsageError: when there is none of that name.
        InvalidInputError: when the file of the optimal one does not fit the design.
        StateError: when there is no optimal one, or the record of images cannot be read.
    """
    found = select(opened, choice=choice)
    deployment = use_built(found.application, found.deployment, read_record(opened.directory))
    return replace(found, deployment=deployment)


def use_built(application: Application, deployment: Deployment, record: BuildRecord) -> Deployment:
    """The deployment with each part's image by digest, where one was pushed.

    What an application names itself stays. AWS Lambda takes no lists of images, so it is given the
    image of its own architecture.
    """
    placed = tuple(_with_image(application, entry, record) for entry in deployment.placed)
    return replace(deployment, placed=placed)


def _with_image(application: Application, placed: PlacedPart, record: BuildRecord) -> PlacedPart:
    if placed.container.images:
        return placed
    variant = variant_on(application, placed)
    tail = "-lambda" if variant is Variant.LAMBDA else ""
    built = record.of(f"{placed.part.component}_{placed.part.design}{tail}")
    if built is None or not built.pushed:
        return placed
    digest = _own_digest(application, placed, built) if variant is Variant.LAMBDA else built.digest
    image = f"{built.spec.repository}@{digest}"
    return replace(placed, container=replace(placed.container, images=(image,)))


def _own_digest(application: Application, placed: PlacedPart, built: Built) -> str:
    layer = application.catalogue.layer(placed.layer)
    resource = layer.resource(placed.resource) if layer is not None else None
    names = resource.architectures if resource is not None else ()
    platform = next((found for name in names if (found := platform_of(name))), DEFAULT)
    return built.by_platform.get(platform, built.digest)
