"""Searches that end in time with the best there is: a placement, its next best choices, or a conflict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from aisprint_cli.placement.conflict import Conflict, find_conflict
from aisprint_cli.placement.constraints import Assessment, assess
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.explanation import NextBest, next_best
from aisprint_cli.placement.fastest import FastSearch, shrink
from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.solver import solve

CONFLICT_TIME_S = 15.0
"""How long to look for the reason why there is no placement."""


@dataclass(frozen=True)
class Searcher:
    """Searches within a time limit.

    Attributes:
        time_limit_s: how long a search may take, in seconds of `clock`; None: until it is proven.
        cancelled: asked now and then; true ends the search like the time limit.
        clock: seconds from any origin.

    """

    time_limit_s: float | None
    cancelled: Callable[[], bool]
    clock: Callable[[], float]

    def best(self, problem: Problem) -> Result:
        """The cheapest placement, or the cheapest found in time with the bound that is proven by then.

        When the time is too short for the exact search to find any, one that is made to be fast, then
        cheaper.
        """
        result = self._solve(problem, self.time_limit_s)
        if result.status is not Status.STOPPED or result.placement is not None:
            return result
        attempt = FastSearch(problem).run()
        if attempt is None or not attempt.feasible:
            return result
        placement = shrink(problem, attempt.placement)
        return replace(result, placement=placement, cost=assess(problem, placement).cost)

    def next_best(self, assessment: Assessment) -> tuple[NextBest, ...]:
        """What each component would do instead; the time limit is for all of them together."""
        end = None if self.time_limit_s is None else self.clock() + self.time_limit_s

        def solver(problem: Problem) -> Result:
            return self._solve(problem, None if end is None else max(0.0, end - self.clock()))

        return next_best(assessment, solver)

    def conflict(self, problem: Problem) -> Conflict:
        """Why there is no placement, found within `CONFLICT_TIME_S`."""
        end = self.clock() + CONFLICT_TIME_S

        def expired() -> bool:
            return self.cancelled() or self.clock() > end

        return find_conflict(problem, lambda eased: self._solve(eased, CONFLICT_TIME_S / 5), expired)

    def _solve(self, problem: Problem, time_limit_s: float | None) -> Result:
        return solve(problem, time_limit_s=time_limit_s, cancelled=self.cancelled, clock=self.clock)
