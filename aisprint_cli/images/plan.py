"""Which images an application needs: one for each part and way of starting it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from aisprint_cli.design.enumeration import Design
from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.generate.positions import Locate, whole_file
from aisprint_cli.images.platforms import DEFAULT, PLATFORMS, platform_of
from aisprint_cli.images.specification import Variant
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.naming import Part, service_name
from aisprint_cli.model.resources import LayerKind, Resource

_MADE: Final = frozenset({LayerKind.VIRTUAL, LayerKind.PHYSICAL_TO_PROVISION})
RESOURCES_PATH = "common_config/candidate_resources.yaml"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part that needs an image: how it is started, and for which platforms.

    `gpu` asks for a base with the GPU's libraries, `port` is the one it serves (None: it serves none).
    """

    part: Part
    variant: Variant
    platforms: tuple[str, ...]
    gpu: bool = False
    port: int | None = None

    @property
    def name(self) -> str:
        """`<component>_<design>`, with `-lambda` behind it for that variant."""
        tail = "-lambda" if self.variant is Variant.LAMBDA else ""
        return f"{self.part.component}_{self.part.design}{tail}"

    @property
    def repository(self) -> str:
        """The last part of its repository: `name` as registries take it."""
        return service_name(self.name)


@dataclass(frozen=True, slots=True)
class Given:
    """A part whose image the application names itself: it is not built."""

    part: Part
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """What is to be built, in the order of parts, and what is there already."""

    wanted: tuple[Wanted, ...]
    given: tuple[Given, ...]


def plan_images(
    application: Application, deployments: Iterable[Deployment], locate: Locate = whole_file
) -> ImagePlan:
    """The images that some deployments need, for exactly the architectures their parts are placed on.

    Raises:
        InvalidInputError: naming each resource whose architecture nothing is built for.
    """
    return _collect(application, (placed for item in deployments for placed in item.placed), locate)


def plan_all_images(application: Application, design: Design, locate: Locate = whole_file) -> ImagePlan:
    """The images that any deployment may need: every part on every resource it may run on.

    Raises:
        InvalidInputError: as `plan_images`.
    """
    return _collect(application, all_places(application, design), locate)


def all_places(application: Application, design: Design) -> Iterator[PlacedPart]:
    """Every part on every resource that it may run on."""
    choices = (
        placed
        for component in design.options
        for option in component.options
        for places in option.places
        for placed in places
    )
    for placed in choices:
        for name in _resources(application, placed):
            yield replace(placed, resource=name)


DETECTOR: Final = Part("drift-detector", "main")
"""The drift detector as the reference names it; it belongs to the application, and is no component."""


def with_detector(application: Application, plan: ImagePlan, places: Iterable[PlacedPart]) -> ImagePlan:
    """A plan with the image of the drift detector, for every layer that is made and may host it.

    Templates host it on the highest such layer of a deployment, where the measures of the whole
    application arrive. Without such a layer there is none.
    """
    platforms: set[str] = set()
    for placed in places:
        layer = application.catalogue.layer(placed.layer)
        resource = layer.resource(placed.resource) if layer is not None else None
        if layer is not None and resource is not None and layer.kind in _MADE:
            names = filter(None, map(platform_of, resource.architectures))
            platforms |= set(names) or {DEFAULT}
    if not platforms:
        return plan
    detector = Wanted(DETECTOR, Variant.DRIFT, tuple(sorted(platforms)))
    return replace(plan, wanted=(*plan.wanted, detector))


def hosting_detector(application: Application, deployment: Deployment) -> list[PlacedPart]:
    """The parts on the highest layer of a deployment that is made: that layer hosts the drift detector."""
    kinds = {layer.number: layer.kind for layer in application.catalogue}
    made = [number for number in deployment.layers if kinds.get(number) in _MADE]
    return [placed for placed in deployment.placed if made and placed.layer == max(made)]


def _resources(application: Application, placed: PlacedPart) -> Iterator[str]:
    """The resources of its layer that a part's container may run on."""
    layer = application.catalogue.layer(placed.layer)
    names = {resource.name for resource in layer.resources} if layer is not None else set()
    yield from (name for name in placed.container.resources if name in names)


def variant_on(application: Application, placed: PlacedPart) -> Variant:
    """How a part is started where it is placed."""
    layer = application.catalogue.layer(placed.layer)
    is_native = layer is not None and layer.kind is LayerKind.FUNCTIONS
    return Variant.LAMBDA if is_native else Variant.FUNCTION


def _collect(application: Application, places: Iterable[PlacedPart], locate: Locate) -> ImagePlan:
    findings = Findings()
    given: dict[Part, Given] = {}
    found: dict[tuple[Part, Variant], list[tuple[PlacedPart, str]]] = {}
    for placed in dict.fromkeys(places):
        if placed.container.images:
            given[placed.part] = Given(placed.part, placed.container.images)
            continue
        layer = application.catalogue.layer(placed.layer)
        resource = layer.resource(placed.resource) if layer is not None else None
        variant = variant_on(application, placed)
        for platform in _platforms(resource, findings, locate):
            found.setdefault((placed.part, variant), []).append((placed, platform))
    if findings.has_errors:
        raise InvalidInputError("Images cannot be built for every resource.", findings.sorted())
    wanted = [_wanted(part, variant, uses) for (part, variant), uses in found.items()]
    wanted.sort(key=lambda item: (item.part, item.variant))
    return ImagePlan(tuple(wanted), tuple(given[part] for part in sorted(given)))


def _wanted(part: Part, variant: Variant, uses: list[tuple[PlacedPart, str]]) -> Wanted:
    containers = [placed.container for placed, _ in uses]
    ports = [port for container in containers if (port := _port(container.document)) is not None]
    return Wanted(
        part,
        variant,
        tuple(sorted({platform for _, platform in uses})),
        gpu=any(container.gpu for container in containers),
        port=ports[0] if ports else None,
    )


def _port(document: Mapping[str, object]) -> int | None:
    exposed = document.get("ExposeService")
    port = exposed.get("api_port") if isinstance(exposed, Mapping) else None
    return int(port) if isinstance(port, int | str) and str(port).isdecimal() else None


def _platforms(resource: Resource | None, findings: Findings, locate: Locate) -> Iterator[str]:
    architectures = resource.architectures if resource is not None else ()
    if resource is None or not architectures:
        yield DEFAULT
        return
    for architecture in architectures:
        platform = platform_of(architecture)
        if platform is None:
            _report(resource, architecture, findings, locate)
        else:
            yield platform


def _report(resource: Resource, architecture: str, findings: Findings, locate: Locate) -> None:
    place = locate(RESOURCES_PATH, "System", "NetworkDomains")
    message = f"The resource {resource.name} has the architecture {architecture!r}."
    if any(message == finding.message for finding in findings.sorted()):
        return
    findings.error(
        "images.architecture",
        place,
        message,
        why="Images are built for amd64 and arm64.",
        mend=f"Write one of {', '.join(sorted(PLATFORMS))}, or name an image of your own for its parts.",
    )
