"""What a run of `design` has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aisprint_cli.design.enumeration import BASE_DEPLOYMENT, Design
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
    """A component: its directory, how many splits it asks for, and the cuts made, as plain values."""

    name: str
    directory: str
    requested_splits: int
    cuts: tuple[Mapping[str, Any], ...]
    reused: bool

    def to_json(self) -> dict[str, Any]:
        """The component as plain values."""
        splits = [{"number": number, **cut} for number, cut in enumerate(self.cuts, 1)]
        return {
            "name": self.name,
            "directory": self.directory,
            "requested_splits": self.requested_splits,
            "splits": splits,
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
