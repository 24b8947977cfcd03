"""Placement as a step of design: what it is asked, what became of it, and when it is done at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aisprint_cli.design.enumeration import Design
from aisprint_cli.design.inputs import MODELS_PATH
from aisprint_cli.design.layout import OPTIMAL_PATH, TREE, Optimum, base_optimum
from aisprint_cli.design.manifest import PlacementRecord, SplitRecord
from aisprint_cli.design.placement import read_placement
from aisprint_cli.design.production import ProductionError
from aisprint_cli.design.situation import Situation
from aisprint_cli.diagnostics import Diagnostic

if TYPE_CHECKING:
    from aisprint_cli.placement.conflict import Conflict
    from aisprint_cli.placement.constraints import Assessment

DEFAULT_TIME_LIMIT_S = 60.0
_UNKNOWN = f"run times are not known yet; put them into {MODELS_PATH} to have the cheapest chosen"

Progress = Callable[[str], None]
Interruptible = Callable[[], AbstractContextManager[Callable[[], bool]]]
"""Makes a block that may be asked to end early; gives what tells whether it was."""


class PlacingStatus(StrEnum):
    """How placing a design ended."""

    OPTIMAL = "optimal"
    STOPPED = "stopped"
    INFEASIBLE = "infeasible"
    NOT_FOUND = "not_found"
    NOT_MEASURED = "not_measured"
    OFF = "off"
    KEPT = "kept"


@contextmanager
def never_interrupted() -> Iterator[Callable[[], bool]]:
    """A block that nobody asks to end early."""
    yield lambda: False


@dataclass(frozen=True, slots=True)
class PlacingSettings:
    """How to place.

    `wanted` is False to leave placement out, `rate_per_s` what enters (1/s; None: what the application
    expects), `time_limit_s` how long to search, `interruptible` surrounds the search.
    """

    wanted: bool = True
    rate_per_s: float | None = None
    time_limit_s: float = DEFAULT_TIME_LIMIT_S
    interruptible: Interruptible = never_interrupted


@dataclass(frozen=True)
class Solution:
    """A placement that was found, now or (`reused`) by the last design.

    `deployment` is the name of the deployment it runs; `cpu_s` what the search took, where it ran now.
    """

    assessment: Assessment
    deployment: str
    record: PlacementRecord
    cpu_s: float | None = None

    @property
    def reused(self) -> bool:
        """Whether it is the one of the last design, which was not searched for again."""
        return self.cpu_s is None

    @property
    def gap(self) -> float:
        """How far, relatively, the cost may be above the optimum."""
        cost = self.assessment.cost
        return 0.0 if self.record.proven or not cost else max(0.0, (cost - self.record.lower_bound) / cost)


@dataclass(frozen=True)
class Placing:
    """What became of placement: a solution, a conflict, or (`reason`) why none was looked for.

    `optimum` is what the optimal deployment holds; None leaves it without files.
    """

    status: PlacingStatus
    optimum: Optimum | None
    reason: str = ""
    solution: Solution | None = None
    conflict: Conflict | None = None
    findings: tuple[Diagnostic, ...] = ()

    @property
    def record(self) -> PlacementRecord | None:
        """What the next design has to know of it."""
        return self.solution.record if self.solution else None

    @property
    def failed(self) -> bool:
        """Whether a placement was looked for and not found."""
        return self.status in {PlacingStatus.INFEASIBLE, PlacingStatus.NOT_FOUND}


def place_design(
    situation: Situation,
    design: Design,
    splits: Mapping[str, SplitRecord],
    settings: PlacingSettings,
    progress: Progress,
) -> Placing:
    """Place a design, where that is wanted and enough is known of its parts.

    A placement that the last design found for the same problem is taken over, and a production file
    that another tool wrote stays.

    Args:
        situation: what there is.
        design: what to place.
        splits: what is known of the splits; the sizes at their cuts stand in for what was not measured.
        settings: how to place.
        progress: told when a search begins.

    Raises:
        InvalidInputError: when the files with measurements cannot be used as they are.

    """
    if situation.production_kept:
        return Placing(PlacingStatus.KEPT, _anothers(situation, design), "another tool chose it")
    base = base_optimum(design)
    if not settings.wanted:
        return Placing(PlacingStatus.OFF, base, "--no-place was given")
    if not (situation.directory / MODELS_PATH).is_file():
        return Placing(PlacingStatus.NOT_MEASURED, base, _UNKNOWN)
    # Brings numpy: only where there is something to place.
    from aisprint_cli.design.placer import Placer, state_problem

    problem, findings = state_problem(situation, design, splits, settings.rate_per_s)
    if problem is None:
        return Placing(PlacingStatus.NOT_MEASURED, base, _missing(findings))
    known = situation.manifest.placement if situation.manifest else None
    placer = Placer(design, problem, settings, findings)
    return placer.taken_over(known) or placer.search(progress)


def _anothers(situation: Situation, design: Design) -> Optimum | None:
    """The deployment that another tool's production file names, so that it is written whatever the cap."""
    try:
        production, _ = read_placement(situation.directory / TREE / OPTIMAL_PATH, design)
    except (ProductionError, FileNotFoundError):
        return None
    return Optimum(production.deployment) if production.deployment else None


def _missing(findings: tuple[Diagnostic, ...]) -> str:
    """What is missing before an application can be placed, in a few words."""
    errors = [item for item in findings if item.is_error]
    first = errors[0].message.rstrip(".")
    more = f", and {len(errors) - 1} more like it" if len(errors) > 1 else ""
    return f"{first}{more}. {errors[0].mend.rstrip('.')}"
