"""Placement and design: the problem that a design poses, and the production file of its solution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aisprint_cli.design.current import OpenedDesign
from aisprint_cli.design.documents import block
from aisprint_cli.design.enumeration import Design, Wish
from aisprint_cli.design.layout import TREE
from aisprint_cli.design.manifest import SplitRecord, read_manifest
from aisprint_cli.design.production import production_document
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.naming import Part, segment_design
from aisprint_cli.placement.from_application import ApplicationProblem, Measurements, problem_from
from aisprint_cli.placement.measurements import read_measurements
from aisprint_cli.placement.problem import PYTHON_SEMANTICS, Placement, Problem, Semantics

_BYTES_PER_MB = 1e6


def placement_problem(
    opened: OpenedDesign, *, rate_per_s: float | None = None, semantics: Semantics = PYTHON_SEMANTICS
) -> ApplicationProblem:
    """The placement problem of a design, from what was measured of its parts.

    Args:
        opened: a design that is up to date.
        rate_per_s: requests (1/s) that enter; if None, what the application expects.
        semantics: which of the reference's two programs is followed where they differ.

    """
    measured, findings = read_measurements(opened.directory)
    manifest = read_manifest(opened.directory / TREE)
    if manifest is not None:
        measured = with_cut_sizes(measured, manifest.splits)
    built = problem_from(
        opened.application, opened.design.splits, measured, rate_per_s=rate_per_s, semantics=semantics
    )
    problem = None if any(item.is_error for item in findings) else built.problem
    return ApplicationProblem(problem, (*findings, *built.findings))


def with_cut_sizes(measured: Measurements, splits: Mapping[str, SplitRecord]) -> Measurements:
    """Where the size of a first segment's output was not measured, the size of the tensor at its cut."""
    sizes = {
        Part(component, segment_design(number, 1)).name: float(cut["bytes"]) / _BYTES_PER_MB
        for component, record in splits.items()
        for number, cut in enumerate(record.cuts, 1)
        if cut.get("bytes") is not None
    }
    return replace(measured, sent_mb={**sizes, **measured.sent_mb})


def find_deployment(design: Design, problem: Problem, placement: Placement) -> Deployment:
    """The deployment of a design that has the parts of a placement on its layers, and its resources.

    Raises:
        KeyError: when the placement is not of that design.

    """
    resources = {
        piece.name: problem.resources[number].name
        for component, choice in zip(problem.components, placement.choices, strict=True)
        for piece, number in zip(
            component.alternatives[choice.alternative].pieces, choice.resources, strict=True
        )
    }
    catalogue = design.application.catalogue
    wishes = []
    for part, name in resources.items():
        found = catalogue.resource(name)
        if found is None:
            raise KeyError(name)
        wishes.append(Wish(part, found.layer))
    deployment = next(design.deployments(1, having=wishes), None)
    if deployment is None:
        raise KeyError(", ".join(resources))
    placed = tuple(_moved(design, item, resources[item.part.name]) for item in deployment.placed)
    return replace(deployment, placed=placed)


def _moved(design: Design, placed: PlacedPart, resource: str) -> PlacedPart:
    """A part on another resource of its layer, in the container that runs there."""
    candidate = design.application.candidates.of(placed.part)
    container = candidate.container_on(resource) if candidate else None
    return replace(placed, resource=resource, container=container or placed.container)


def production_text(design: Design, problem: Problem, placement: Placement) -> str:
    """The production file of a placement: `totalNodes` is the number chosen, where nodes are bought.

    Raises:
        KeyError: when the placement is not of that design.

    """
    deployment = find_deployment(design, problem, placement)
    document = production_document(design.application, deployment)
    counts = {
        resource.name: count
        for number, (resource, count) in enumerate(zip(problem.resources, placement.instances, strict=True))
        if not problem.is_function(number)
    }
    for entry in _resources(document):
        if entry.get("name") in counts:
            entry["totalNodes"] = counts[entry["name"]]
    return block(document)


def _resources(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        entry
        for domain in document["System"]["NetworkDomains"].values()
        for layer in (domain.get("ComputationalLayers") or {}).values()
        for entry in layer["Resources"].values()
    ]
