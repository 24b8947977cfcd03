"""What a placement's report tells, as one value: the placement, its proof and what was asked besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisprint_cli.placement.comparison import Comparison
    from aisprint_cli.placement.constraints import Assessment
    from aisprint_cli.placement.exact import Result
    from aisprint_cli.placement.explanation import NextBest
    from aisprint_cli.placement.load_range import LoadRange
    from aisprint_cli.placement.load_sensitivity import LoadSensitivity
    from aisprint_cli.placement.pareto import Front
    from aisprint_cli.placement.surface import Surface


@dataclass(frozen=True)
class PlacementReport:
    """Everything a report shows; what is None or empty was not asked for, and its section is left out.

    `title` names what was placed, `program` what made the report, `cpu_s` what the search took.
    """

    title: str
    program: str
    assessment: Assessment
    result: Result
    cpu_s: float
    load_range: LoadRange | None = None
    sensitivity: LoadSensitivity | None = None
    fronts: tuple[Front, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    next_best: tuple[NextBest, ...] = ()
    what_if: Comparison | None = None
    changes: tuple[str, ...] = ()
