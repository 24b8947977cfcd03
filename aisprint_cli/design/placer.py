"""From the figures of an application to its cheapest placement, or to the reason why there is none."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aisprint_cli.design.enumeration import Design
from aisprint_cli.design.layout import Optimum
from aisprint_cli.design.manifest import PlacementRecord, SplitRecord
from aisprint_cli.design.optimal import find_deployment, production_text, with_cut_sizes
from aisprint_cli.design.placing import Placing, PlacingSettings, PlacingStatus, Progress, Solution
from aisprint_cli.design.situation import Situation
from aisprint_cli.diagnostics import Diagnostic
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.model.resources import ResourceCatalogue
from aisprint_cli.placement.anytime import Searcher
from aisprint_cli.placement.conflict import Conflict
from aisprint_cli.placement.constraints import Assessment, assess
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.from_application import problem_from
from aisprint_cli.placement.measurements import read_measurements
from aisprint_cli.placement.output_file import output_document, output_text
from aisprint_cli.placement.problem import Choice, Placement, Problem

PLACER_VERSION = 1
"""Raised when the same problem would be placed differently, so that placements of before are not reused."""

_NOT_MEASURED = frozenset(
    {"placement.no-prediction", "placement.no-predictions", "placement.no-rate", "performance.no-demand"}
)
"""What an application may lack before it is profiled; anything else wrong in its figures is a fault."""


def state_problem(
    situation: Situation, design: Design, splits: Mapping[str, SplitRecord], rate_per_s: float | None
) -> tuple[Problem | None, tuple[Diagnostic, ...]]:
    """The placement problem of a design, or None where too little is known; with what there is to say.

    Raises:
        InvalidInputError: when what is known is faulty.

    """
    measured, findings = read_measurements(situation.directory)
    _refuse_faulty(situation, findings)  # first: what follows from a fault is no fault of its own
    built = problem_from(
        situation.application, design.splits, with_cut_sizes(measured, splits), rate_per_s=rate_per_s
    )
    every = (*findings, *built.findings)
    _refuse_faulty(situation, every)
    return (None if any(item.is_error for item in every) else built.problem), every


def _refuse_faulty(situation: Situation, findings: tuple[Diagnostic, ...]) -> None:
    if any(item.is_error and item.code not in _NOT_MEASURED for item in findings):
        raise InvalidInputError(
            "The application cannot be placed as it is.",
            findings,
            directory=situation.directory,
            mend="Mend it, or design without placement: --no-place.",
        )


@dataclass(frozen=True)
class Placer:
    """Places one problem of one design."""

    design: Design
    problem: Problem
    settings: PlacingSettings
    findings: tuple[Diagnostic, ...]

    @property
    def _key(self) -> str:
        """What a placement depends on: every figure of the problem, and how it is solved."""
        return hashlib.sha256(f"{PLACER_VERSION}\n{self.problem!r}".encode()).hexdigest()

    def taken_over(self, known: PlacementRecord | None) -> Placing | None:
        """The placement of the last design; None where it is of another problem, or more time may help."""
        if known is None or known.key != self._key:
            return None
        if not known.proven and (known.time_limit_s or 0.0) < self.settings.time_limit_s:
            return None
        return self._placing(assess(self.problem, _placement(self.problem, known)), known, None)

    def search(self, progress: Progress) -> Placing:
        """Look for the cheapest placement, and for the reason where there is none."""
        progress("Looking for the cheapest placement.")
        began = time.process_time()
        with self.settings.interruptible() as cancelled:
            searcher = Searcher(self.settings.time_limit_s, cancelled, time.monotonic)
            result = searcher.best(self.problem)
            cpu_s = time.process_time() - began
            if result.placement is None:
                progress("No placement found; looking for the reason.")
                return self._without(result, searcher.conflict(self.problem))
            assessment = assess(self.problem, result.placement)
            alternatives = searcher.next_best(assessment)
            proven = result.status is Status.OPTIMAL
            # One that a person stopped is searched for again as soon as there is time.
            limit_s = None if proven else 0.0 if cancelled() else self.settings.time_limit_s
        record = PlacementRecord(
            key=self._key,
            pieces=_pieces(self.problem, result.placement),
            instances=_instances(self.problem, result.placement),
            lower_bound=assessment.cost if proven else result.lower_bound,
            proven=proven,
            time_limit_s=limit_s,
            next_best=tuple(item.to_json() for item in alternatives),
        )
        return self._placing(assessment, record, cpu_s)

    def _placing(self, assessment: Assessment, record: PlacementRecord, cpu_s: float | None) -> Placing:
        deployment = find_deployment(self.design, self.problem, assessment.placement).name
        optimum = Optimum(
            deployment,
            production_text(self.design, self.problem, assessment.placement),
            _output_text(assessment, self.design.application.catalogue),
        )
        status = PlacingStatus.OPTIMAL if record.proven else PlacingStatus.STOPPED
        solution = Solution(assessment, deployment, record, cpu_s)
        return Placing(status, optimum, solution=solution, findings=self.findings)

    def _without(self, result: Result, conflict: Conflict) -> Placing:
        proven = result.status is Status.INFEASIBLE or conflict.proven
        status = PlacingStatus.INFEASIBLE if proven else PlacingStatus.NOT_FOUND
        return Placing(status, None, conflict=conflict, findings=self.findings)


def _pieces(problem: Problem, placement: Placement) -> dict[str, dict[str, str]]:
    """The resource of each part by component."""
    return {
        component.name: {
            piece.name: problem.resources[resource].name
            for piece, resource in zip(
                component.alternatives[choice.alternative].pieces, choice.resources, strict=True
            )
        }
        for component, choice in zip(problem.components, placement.choices, strict=True)
    }


def _instances(problem: Problem, placement: Placement) -> dict[str, int]:
    """How many instances are bought of each resource that is used."""
    return {
        resource.name: count
        for resource, count in zip(problem.resources, placement.instances, strict=True)
        if count
    }


def _placement(problem: Problem, record: PlacementRecord) -> Placement:
    """The placement of a record of the same problem."""
    numbers = {resource.name: number for number, resource in enumerate(problem.resources)}
    choices = []
    for component in problem.components:
        places = record.pieces[component.name]
        names = [tuple(piece.name for piece in item.pieces) for item in component.alternatives]
        number = next(number for number, parts in enumerate(names) if set(parts) == set(places))
        choices.append(Choice(number, tuple(numbers[places[part]] for part in names[number])))
    bought = tuple(record.instances.get(resource.name, 0) for resource in problem.resources)
    return Placement(tuple(choices), bought)


def _output_text(assessment: Assessment, catalogue: ResourceCatalogue) -> str:
    """The placement in the reference's form, with the memory of each resource as its file gives it."""
    problem = assessment.problem
    stated: list[Any] = []
    words: dict[str, str] = {}
    for resource in problem.resources:
        found = catalogue.resource(resource.name)
        memory_mib = found.memory_mib if found else resource.memory_mib
        stated.append(replace(resource, memory_mib=memory_mib))
        if found is not None and isinstance(found.document.get("description"), str):
            words[resource.name] = found.document["description"]
    return output_text(output_document(replace(problem, resources=tuple(stated)), assessment, words))
