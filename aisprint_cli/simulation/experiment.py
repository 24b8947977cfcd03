"""Repeating a simulation, and what the repetitions say together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.simulation.engine import Simulation
from aisprint_cli.simulation.estimates import Estimate, mean_estimate, ratio_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aisprint_cli.placement.problem import Placement, Problem
    from aisprint_cli.simulation.measures import Observations
    from aisprint_cli.simulation.recorder import Run
    from aisprint_cli.simulation.settings import Horizon, Settings
    from aisprint_cli.simulation.state import Policy

ENOUGH = 5
"""From so many replications on each is one unit; with fewer, the windows of all are the units."""

Totals = Callable[["Run"], "NDArray[np.float64] | NDArray[np.int64]"]
"""Something of a run that adds up, by window."""


@dataclass(frozen=True)
class Experiment:
    """Replications of one simulation, each with random numbers of its own.

    `steady` says whether the rate of requests was constant, so that windows are alike; where it was
    not, only replications can be units.
    """

    runs: tuple[Run, ...]
    steady: bool = True

    @property
    def by_replication(self) -> bool:
        """Whether intervals come from replications; otherwise from windows (batch means)."""
        return len(self.runs) >= ENOUGH or not self.steady

    @property
    def units(self) -> int:
        """How many units intervals come from."""
        return len(self.runs) if self.by_replication else sum(run.windows for run in self.runs)

    def ratio(self, totals: Totals, counts: Totals) -> Estimate:
        """The ratio of two things that add up."""
        return ratio_estimate(self._by_unit(totals), self._by_unit(counts))

    def rate_per_s(self, totals: Totals) -> Estimate:
        """Something that adds up, for one second."""
        return self.ratio(totals, lambda run: np.full(run.windows, run.window_s))

    def mean_s(self, observed: Callable[[Run], Observations]) -> Estimate:
        """The mean response time."""
        return self.ratio(lambda run: observed(run).totals_s, lambda run: observed(run).counts)

    def late_share(self, observed: Callable[[Run], Observations]) -> Estimate:
        """The share of requests above the limit."""
        return self.ratio(lambda run: observed(run).late, lambda run: observed(run).counts)

    def quantile_s(self, observed: Callable[[Run], Observations], share: float) -> Estimate:
        """The time that this share of the requests did not pass, averaged over the replications."""
        return mean_estimate(np.array([observed(run).quantile_s(share) for run in self.runs]))

    def windows_above(self, observed: Callable[[Run], Observations], limit_s: float) -> float:
        """The share of windows whose mean response time is above a limit."""
        above = total = 0
        for run in self.runs:
            seen = observed(run)
            some = seen.counts > 0
            means = seen.totals_s[some] / seen.counts[some]
            above += int((means > limit_s).sum())
            total += int(some.sum())
        return above / total if total else 0.0

    def difference(self, other: Experiment, totals: Totals, counts: Totals) -> Estimate:
        """How much more a ratio is here than in another experiment with the same seed and horizon.

        The two saw the same requests, so the interval is that of the paired differences by unit.
        """
        mine, theirs = [
            experiment._by_unit(totals) / experiment._by_unit(counts) for experiment in (self, other)
        ]
        return mean_estimate(mine - theirs)

    def _by_unit(self, totals: Totals) -> NDArray[np.float64]:
        if self.by_replication:
            return np.array([float(np.sum(totals(run))) for run in self.runs])
        return np.concatenate([np.asarray(totals(run), dtype=np.float64) for run in self.runs])


def replicate(
    problem: Problem,
    placement: Placement,
    horizon: Horizon,
    settings: Settings | None = None,
    *,
    seed: int = 0,
    replications: int = 1,
    policy: Callable[[], Policy] | None = None,
) -> Experiment:
    """Simulate a placement several times.

    Args:
        problem: the application, its resources and networks.
        placement: where everything runs at the start.
        horizon: how long each replication is.
        settings: what is assumed; None: what the placement model assumes.
        seed: of all random numbers. Two experiments with the same seed see the same requests.
        replications: how many.
        policy: makes the policy that steers one replication; None: nothing does.

    Raises:
        InfeasibleError: the placement cannot run.
    """
    arrivals = settings.arrivals if settings is not None else None
    return Experiment(
        runs=tuple(
            Simulation(
                problem,
                placement,
                settings,
                seed=seed,
                replication=replication,
                policy=policy() if policy is not None else None,
            ).run(horizon)
            for replication in range(replications)
        ),
        steady=arrivals is None or arrivals.constant,
    )
