"""What can be asked about a placement besides it: more load, fronts. All of it solves in one way, in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.load_range import load_range
from aisprint_cli.placement.load_sensitivity import load_sensitivity
from aisprint_cli.placement.objectives import energy, latency
from aisprint_cli.placement.pareto import pareto
from aisprint_cli.placement.surface import surface

if TYPE_CHECKING:
    from aisprint_cli.placement.anytime import Searcher
    from aisprint_cli.placement.constraints import Assessment
    from aisprint_cli.placement.exact import Result
    from aisprint_cli.placement.load_range import LoadRange
    from aisprint_cli.placement.load_sensitivity import LoadSensitivity
    from aisprint_cli.placement.objectives import Objective
    from aisprint_cli.placement.pareto import Front
    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.placement.surface import Surface

OBJECTIVES: Final = ("cost", "latency", "energy", "grid-energy")
"""What a front can be of, by name."""
_AMPLE: Final = 1_000_000


@dataclass(frozen=True)
class Analyst:
    """Analyses within a time each.

    Attributes:
        searcher: how to solve, and when to stop.
        time_s: how long each analysis may take, in seconds of the searcher's clock.

    """

    searcher: Searcher
    time_s: float

    def load(
        self, assessment: Assessment, rates: tuple[float, float] | None = None
    ) -> tuple[LoadRange | None, LoadSensitivity]:
        """Which rates (1/s) a placement carries, and which placement is cheapest between two rates.

        Without `rates` from half to double the present one.
        """
        problem, placement = assessment.problem, assessment.placement
        low, high = rates or (problem.entry_rate_per_s / 2, problem.entry_rate_per_s * 2)
        patience = self.searcher.patience(self.time_s)
        found = load_sensitivity(
            problem,
            patience.solve,
            low,
            high,
            start=placement,
            cancelled=patience.deadline.over,
            most_solves=_AMPLE,
            harder=patience.harder,
        )
        return load_range(problem, placement), found

    def front(self, objective: Objective, start: Result) -> Front:
        """The front of cost against an objective; `start` is how the problem was solved."""
        patience = self.searcher.patience(self.time_s)
        return pareto(
            objective,
            patience.solve,
            start=start,
            cancelled=patience.deadline.over,
            most_solves=_AMPLE,
            harder=patience.harder,
        )

    def surface(self, objectives: tuple[Objective, Objective], start: Result) -> Surface:
        """The front of cost and two objectives; `start` is how the problem was solved."""
        patience = self.searcher.patience(self.time_s)
        return surface(
            objectives,
            patience.solve,
            start=start,
            cancelled=patience.deadline.over,
            most_solves=_AMPLE,
            harder=patience.harder,
        )


def objective(problem: Problem, name: str, path: str | None) -> Objective:
    """An objective by its name.

    Args:
        problem: what is placed.
        name: one of `OBJECTIVES` besides cost.
        path: whose time counts as latency; None: the largest share of a limit.

    Raises:
        UsageError: when the problem has no such figure.

    """
    return latency(problem, path) if name == "latency" else energy(problem, grid_only=name == "grid-energy")


def three_way(names: Sequence[str]) -> list[tuple[str, str]]:
    """Which objectives go together with cost into a front of three; not one energy with the other."""
    return [pair for pair in combinations(names, 2) if "latency" in pair]
