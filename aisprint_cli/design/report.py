"""What a run of `design` has to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aisprint_cli.design.enumeration import BASE_DEPLOYMENT, Design
from aisprint_cli.design.manifest import SplitRecord
from aisprint_cli.design.placing import Placing, PlacingStatus
from aisprint_cli.design.reconciliation import Changes
from aisprint_cli.diagnostics import Diagnostic
from aisprint_cli.model.annotations import Annotations


class Outcome(StrEnum):
    """What a run did to the output."""

    UNCHANGED = "unchanged"
    WRITTEN = "written"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class ComponentReport:
    """A component: its directory, how many splits it asks for, and what is recorded of those made."""

    name: str
    directory: str
    requested_splits: int
    record: SplitRecord | None
    reused: bool

    @property
    def cuts(self) -> tuple[Mapping[str, Any], ...]:
        """The cuts of its splits, as plain values."""
        return self.record.cuts if self.record else ()

    def notes(self) -> Iterator[str]:
        """What to know of the splits: why there are fewer than asked for, and which are not exact."""
        if self.record is None:
            return
        if self.cuts and self.record.reason:
            yield f"{self.name}: {self.record.reason}."
        for number, cut in enumerate(self.cuts, 1):
            if not cut["bit_exact"]:
                yield (
                    f"{self.name}: the halves of partition{number} do not give every bit of the whole,"
                    " because the model computes in float16; the largest difference seen is"
                    f" {cut['largest_relative_difference']:.1g} of the magnitude."
                )

    def details(self) -> Iterator[str]:
        """The places that were considered and not taken, each with the reason."""
        for verb, items in (
            ("cannot be cut at", self.record.refused if self.record else ()),
            ("did not verify when cut at", self.record.failed if self.record else ()),
        ):
            for item in items:
                yield f"{self.name} {verb} {item['tensor']}: {item['reason']}"

    def to_json(self) -> dict[str, Any]:
        """The component as plain values."""
        record = self.record
        return {
            "name": self.name,
            "directory": self.directory,
            "requested_splits": self.requested_splits,
            "splits": [{"number": number, **cut} for number, cut in enumerate(self.cuts, 1)],
            "shortage": record.reason if record else "",
            "refused": [dict(item) for item in record.refused] if record else [],
            "failed": [dict(item) for item in record.failed] if record else [],
            "reused": self.reused,
        }


@dataclass(frozen=True)
class DesignReport:
    """The result of a run.

    `inputs` are those that differ from the last design, `kept` what of a person's was set aside,
    `notes` what to know besides; `changes` lists paths below `aisprint/`.
    """

    design: Design
    components: tuple[ComponentReport, ...]
    placing: Placing
    written: int
    outcome: Outcome
    changes: Changes
    inputs: tuple[str, ...]
    kept: tuple[str, ...]
    notes: tuple[str, ...]
    findings: tuple[Diagnostic, ...]

    @property
    def is_capped(self) -> bool:
        """Whether there are more deployments than were written."""
        return self.written < self.design.count

    def to_json(self) -> dict[str, Any]:
        """The report as plain values, in the form `aisprint.design/1`."""
        base = self.design.deployment(BASE_DEPLOYMENT).qos
        return {
            "application": self.design.application.name,
            "outcome": self.outcome.value,
            "components": [component.to_json() for component in self.components],
            "deployments": {
                "count": self.design.count,
                "written": self.written,
                "capped": self.is_capped,
            },
            "constraints": {
                "local": [{"component": item.part, "limit_s": item.limit_s} for item in base.local],
                "global": [{"path": list(item.path), "limit_s": item.limit_s} for item in base.global_],
            },
            "placement": placing_values(self.placing),
            "changes": {
                "inputs": list(self.inputs),
                "added": len(self.changes.added),
                "updated": len(self.changes.updated),
                "removed": len(self.changes.removed),
            },
            "kept": list(self.kept),
            "notes": list(self.notes),
            "warnings": [
                {"code": item.code, "message": item.message, "location": str(item.location)}
                for item in self.findings
            ],
        }


def annotation_notes(component: str, annotations: Annotations) -> tuple[str, ...]:
    """What of a component's annotations this version leaves alone, in words."""
    left_alone = {
        "early_exits_model": "is not acted on yet: the component is designed whole",
        "model_performance": "is not acted on yet: alternatives get no deployments of their own",
        "detect_metric_drift": "is not acted on yet: no drift detector is made",
    }
    return tuple(
        f"{component}: {name} {words}."
        for name, words in left_alone.items()
        if name in annotations.raw
        or (name == "early_exits_model" and annotations.early_exits_model is not None)
    )


def placing_values(placing: Placing) -> dict[str, Any]:
    """What became of placement as plain values; figures and constraints as in `aisprint.place/1`."""
    values: dict[str, Any] = {
        "status": placing.status.value,
        "reason": placing.reason,
        "deployment": placing.optimum.deployment if placing.optimum else None,
    }
    if placing.conflict is not None:
        values |= {"feasible": None if placing.status is PlacingStatus.NOT_FOUND else False}
        values |= {"conflict": placing.conflict.to_json()}
    if placing.solution is not None:
        from aisprint_cli.placement.report import assessment_values

        solution = placing.solution
        values |= {
            "lower_bound": solution.record.lower_bound,
            "gap": solution.gap,
            "proven": solution.record.proven,
            "reused": solution.reused,
            "cpu_s": solution.cpu_s,
            **assessment_values(solution.assessment),
            "next_best": [dict(item) for item in solution.record.next_best],
        }
    return values
