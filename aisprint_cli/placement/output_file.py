"""The reference's output files (JSON): a placement read from one, and written as one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aisprint_cli.diagnostics import Diagnostic
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.load.json_document import Fault, JsonDocument, JsonValue, plain_number, read_json
from aisprint_cli.load.suggestions import closest
from aisprint_cli.placement.constraints import Assessment
from aisprint_cli.placement.problem import Alternative, Choice, Placement, Problem

NOT_PLACED: Final = Fault(
    "output.not-placed", "Every component has to run somewhere.", "Add its deployment and resources."
)
NOT_OF_SYSTEM: Final = Fault(
    "output.not-of-the-system",
    "The placement belongs to another system file, or to another version of it.",
    "Give the system file that the placement was made for.",
)
_NO_DESCRIPTION: Final = "No description"


@dataclass(frozen=True)
class StatedSolution:
    """A placement as an output file gives it, with the figures the file states.

    `component_s` and `path_s` are the stated times by name.
    """

    placement: Placement
    cost: float | None
    component_s: Mapping[str, float]
    path_s: Mapping[str, float]


def stated_rate_per_s(document: JsonDocument) -> float | None:
    """The arrival rate an output file was made for, where it says."""
    entry = document.root.find("Lambda")
    value = None if entry is None else plain_number(entry.value)
    return value if value is not None and value > 0 and math.isfinite(value) else None


def read_output(path: Path, problem: Problem) -> StatedSolution:
    """Read a placement of a problem.

    Raises:
        InvalidInputError: when the file cannot be used, or is not of that problem.

    """
    return output_from(read_json(path), path.parent, problem)


def output_from(document: JsonDocument, directory: Path, problem: Problem) -> StatedSolution:
    """The same from a document that was read; `directory` is where it lies, for messages."""
    solution = None
    if not document.findings.has_errors:
        solution = _Reader(document.root, problem).read()
    if solution is None or document.findings.has_errors:
        findings: tuple[Diagnostic, ...] = document.findings.sorted()
        raise InvalidInputError(
            f"{document.path} holds no placement of this system.",
            findings,
            directory=directory,
            mend="Mend it, or give the system file that it was made for.",
        )
    return solution


class _Reader:
    """Reads one output file against a problem."""

    def __init__(self, root: JsonValue, problem: Problem) -> None:
        self._root = root
        self._problem = problem
        self._resources = {item.name: number for number, item in enumerate(problem.resources)}

    def read(self) -> StatedSolution | None:
        entry = self._root.need("components")
        if entry is None:
            if not isinstance(self._root.value, dict):
                list(self._root.entries())
            return None
        choices = [self._choice(entry, number) for number in range(len(self._problem.components))]
        known = {component.name for component in self._problem.components}
        for item in entry.entries():
            if item.name not in known:
                item.report(NOT_OF_SYSTEM, f"The system has no component `{item.name}`.", key=True)
        if any(choice is None for choice in choices):
            return None
        placed = tuple(choice for choice in choices if choice is not None)
        cost = self._root.find("total_cost")
        paths = self._root.find("global_constraints")
        return StatedSolution(
            placement=Placement(placed, self._instances(placed)),
            cost=None if cost is None else plain_number(cost.value),
            component_s=_stated(entry, "response_time"),
            path_s={} if paths is None else _stated(paths, "path_response_time"),
        )

    def _choice(self, entry: JsonValue, number: int) -> Choice | None:
        component = self._problem.components[number]
        item = entry.find(component.name)
        if item is None:
            entry.report(NOT_PLACED, f"The component `{component.name}` is not placed.")
            return None
        for index, alternative in enumerate(component.alternatives):
            found = item.find(alternative.name)
            if found is not None and isinstance(found.value, dict):
                return self._pieces(found, index, alternative)
        names = ", ".join(alternative.name for alternative in component.alternatives)
        item.report(NOT_OF_SYSTEM, f"None of the deployments of `{component.name}` is here ({names}).")
        return None

    def _pieces(self, entry: JsonValue, index: int, alternative: Alternative) -> Choice | None:
        resources: list[int] = []
        counts: list[int] = []
        for piece in alternative.pieces:
            item = entry.find(piece.name)
            place = self._place(item) if item is not None else None
            if place is None:
                entry.report(NOT_PLACED, f"The piece `{piece.name}` of {entry.where} is not placed.")
                return None
            resource, count = place
            if resource not in {option.resource for option in piece.options}:
                name = self._problem.resources[resource].name
                entry.report(NOT_OF_SYSTEM, f"The piece `{piece.name}` may not run on `{name}`.")
                return None
            resources.append(resource)
            counts.append(count)
        return Choice(index, tuple(resources), tuple(counts))

    def _place(self, piece: JsonValue) -> tuple[int, int] | None:
        """The resource and its number of instances, below any layer."""
        for layer in piece.entries():
            for item in layer.entries() if isinstance(layer.value, dict) else ():
                if item.name not in self._resources:
                    near = closest(item.name, self._resources)
                    mend = f"Did you mean `{near}`?" if near else ""
                    item.report(NOT_OF_SYSTEM, f"There is no resource `{item.name}`.", mend=mend, key=True)
                    continue
                stated = item.find("number")
                count = 1 if stated is None else stated.whole(minimum=1) or 1
                return self._resources[item.name], count
        return None

    def _instances(self, choices: tuple[Choice, ...]) -> tuple[int, ...]:
        bought = [0] * len(self._problem.resources)
        for choice in choices:
            for resource, count in zip(choice.resources, choice.counts or (), strict=True):
                if not self._problem.is_function(resource):
                    bought[resource] = max(bought[resource], count)
        return tuple(bought)


def _stated(entry: JsonValue, name: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in entry.entries():
        stated = item.find(name)
        value = None if stated is None else plain_number(stated.value)
        if value is not None:
            found[item.name] = value
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that a file states, beside the one computed here."""

    what: str
    stated: float
    computed: float

    @property
    def agrees(self) -> bool:
        """Whether the two differ by rounding only."""
        return math.isclose(self.stated, self.computed, rel_tol=1e-6, abs_tol=1e-9)

    def to_json(self) -> dict[str, Any]:
        """The pair as plain values; an infinite time is None."""
        computed = self.computed if math.isfinite(self.computed) else None
        stated = self.stated if math.isfinite(self.stated) else None
        return {"what": self.what, "stated": stated, "computed": computed, "agrees": self.agrees}


def differences(stated: StatedSolution, assessment: Assessment) -> tuple[Difference, ...]:
    """Every figure the file states, beside the one computed here."""
    problem = assessment.problem
    found = [] if stated.cost is None else [Difference("total cost", stated.cost, assessment.cost)]
    found += [
        Difference(f"response time of {component.name} (s)", stated.component_s[component.name], time_s)
        for component, time_s in zip(problem.components, assessment.component_s, strict=True)
        if component.name in stated.component_s
    ]
    found += [
        Difference(f"time of path {limit.name} (s)", stated.path_s[limit.name], time_s)
        for limit, time_s in zip(problem.path_limits, assessment.path_s, strict=True)
        if limit.name in stated.path_s
    ]
    return tuple(found)


def output_document(
    problem: Problem, assessment: Assessment, descriptions: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A placement in the reference's form.

    Args:
        problem: what was placed.
        assessment: the placement and its figures.
        descriptions: words on resources, by name.

    """
    words = descriptions or {}
    limits = {limit.component: limit.limit_s for limit in problem.local_limits}
    components = {
        component.name: {
            component.alternatives[choice.alternative].name: _pieces(problem, assessment, number, words),
            "response_time": _time(assessment.component_s[number]),
            "response_time_threshold": limits.get(number, "inf"),
        }
        for number, (component, choice) in enumerate(
            zip(problem.components, assessment.placement.choices, strict=True)
        )
    }
    paths = {
        limit.name: {
            "components": [problem.components[number].name for number in limit.components],
            "global_res_time": limit.limit_s,
            "path_response_time": _time(time_s),
        }
        for limit, time_s in zip(problem.path_limits, assessment.path_s, strict=True)
    }
    return {
        "Lambda": problem.entry_rate_per_s,
        "components": components,
        "global_constraints": paths,
        "total_cost": assessment.cost,
        "feasible": assessment.feasible,
    }


def _pieces(
    problem: Problem, assessment: Assessment, component: int, words: Mapping[str, str]
) -> dict[str, Any]:
    choice = assessment.placement.choices[component]
    pieces = problem.components[component].alternatives[choice.alternative].pieces
    found: dict[str, Any] = {}
    for place, (piece, number) in enumerate(zip(pieces, choice.resources, strict=True)):
        resource = problem.resources[number]
        entry: dict[str, Any] = {
            "description": words.get(resource.name, _NO_DESCRIPTION),
            "cost": resource.cost_per_hour,
            "memory": resource.memory_mib,
        }
        if problem.is_function(number):
            entry["idle_time_before_kill"] = resource.idle_before_kill_s
        else:
            entry["number"] = (
                choice.counts[place] if choice.counts else assessment.placement.instances[number]
            )
        found[piece.name] = {
            problem.layers[resource.layer].name: {resource.name: entry},
            "response_time": _time(assessment.piece_s[component][place]),
        }
    return found


def _time(time_s: float) -> float | str:
    return time_s if math.isfinite(time_s) else "inf"


def output_text(document: Mapping[str, Any]) -> str:
    """The text of an output file."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
