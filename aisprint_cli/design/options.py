"""What may be chosen for each component: whole or split, and the layer of each part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

from aisprint_cli.diagnostics import Findings, Location
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.model.application import Application
from aisprint_cli.model.candidates import Candidate, Container
from aisprint_cli.model.deployment import PlacedPart
from aisprint_cli.model.fit import fits
from aisprint_cli.model.naming import BASE_DESIGN, Part, segment_design
from aisprint_cli.model.resources import Resource, ResourceCatalogue

SEGMENTS_PER_SPLIT = 2
CANDIDATES_PATH = "common_config/candidate_deployments.yaml"


@dataclass(frozen=True)
class Option:
    """A component whole (`split` 0) or by one of its splits.

    `places[i]` holds the places of the i-th part, one for each layer, in the order of the file.
    """

    split: int
    places: tuple[tuple[PlacedPart, ...], ...]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts in the order of their chain."""
        return tuple(choices[0].part for choices in self.places)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the parts in a deployment's graph."""
        return tuple(part.name for part in self.parts)

    @cached_property
    def count(self) -> int:
        """In how many ways the parts can be placed."""
        return prod(len(choices) for choices in self.places)


@dataclass(frozen=True)
class ComponentOptions:
    """Everything that may be chosen for one component: whole first, then its splits by number."""

    component: str
    options: tuple[Option, ...]

    @cached_property
    def count(self) -> int:
        """In how many ways the component can be deployed."""
        return sum(option.count for option in self.options)


def component_designs(splits: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each split's number with the designs of its parts in chain order; number 0 is the whole."""
    yield 0, (BASE_DESIGN,)
    for split in range(1, splits + 1):
        segments = range(1, SEGMENTS_PER_SPLIT + 1)
        yield split, tuple(segment_design(split, segment) for segment in segments)


def first_place(
    candidate: Candidate, catalogue: ResourceCatalogue, layer: int
) -> tuple[Container, Resource] | None:
    """The first of a candidate's resources in a layer that can hold it, and the container for it.

    Where none can, the first one that is there at all.
    """
    there = catalogue.layer(layer)
    if there is None:
        return None
    offered = [(container, there.resource(name)) for container, name in candidate.places]
    places = [(container, resource) for container, resource in offered if resource is not None]
    return next((place for place in places if fits(*place)), places[0] if places else None)


def build_options(application: Application, splits: Mapping[str, int]) -> tuple[ComponentOptions, ...]:
    """The options of every component, in alphabetical order.

    Args:
        application: a validated application.
        splits: how many alternative splits each component has; one that is not named has none.

    Raises:
        InvalidInputError: when a part has no candidate layer, or a layer none of its resources.

    """
    findings = Findings()
    found = tuple(
        _component_options(application, component, splits.get(component, 0), findings)
        for component in sorted(application.dag.components)
    )
    if findings.has_errors:
        raise InvalidInputError("Some parts have nowhere to run.", findings.sorted())
    return found


def _component_options(
    application: Application, component: str, splits: int, findings: Findings
) -> ComponentOptions:
    options = tuple(
        Option(split, tuple(_places(application, Part(component, design), findings) for design in designs))
        for split, designs in component_designs(splits)
    )
    return ComponentOptions(component, options)


def _places(application: Application, part: Part, findings: Findings) -> tuple[PlacedPart, ...]:
    candidate = application.candidates.of(part)
    here = Location(CANDIDATES_PATH)
    if candidate is None or not candidate.layers or not candidate.containers:
        wanted = part.component if part.segment is None else f"{part.component}_partitionX_{part.segment}"
        findings.error(
            "design.no-candidate",
            here,
            f"There is no candidate layer for {part.name}.",
            why="A part without a candidate layer cannot be deployed.",
            mend=f"Add an entry with the name {wanted} and its candidateExecutionLayers.",
        )
        return ()
    placed: list[PlacedPart] = []
    for layer in candidate.layers:
        place = first_place(candidate, application.catalogue, layer)
        if place is None:
            findings.error(
                "design.no-resource",
                here,
                f"None of the candidate resources of {candidate.name} is in layer {layer}.",
                why="The part could be placed on that layer, but on nothing there.",
                mend=f"Add a resource of layer {layer} to candidateExecutionResources, or drop the layer.",
            )
        else:
            container, resource = place
            placed.append(PlacedPart(part, candidate.key, layer, resource.name, container))
    return tuple(placed)
