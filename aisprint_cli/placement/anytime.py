"""Searches that end in time with the best there is: a placement, its next best choices, or a conflict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from aisprint_cli.placement.conflict import Conflict, find_conflict
from aisprint_cli.placement.constraints import Assessment, assess
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.explanation import NextBest, next_best
from aisprint_cli.placement.fastest import FastSearch, shrink
from aisprint_cli.placement.problem import Placement, Problem
from aisprint_cli.placement.solver import solve

_SLICES = 60
"""What part of an analysis' time a solve may take at first."""
_HARDER = 3.0
"""How much longer each solve may take the next time."""

CONFLICT_TIME_S = 15.0
"""How long to look for the reason why there is no placement."""


@dataclass(frozen=True)
class Deadline:
    """Solves until a moment of a clock, or until cancelled; what every analysis solves with."""

    end_s: float
    cancelled: Callable[[], bool]
    clock: Callable[[], float]

    def over(self) -> bool:
        """Whether it is time to end with what there is."""
        return self.cancelled() or self.clock() >= self.end_s

    def solve(self, problem: Problem, start: Placement | None) -> Result:
        """The cheapest placement, or the best found until the end with its bound."""
        return solve(problem, warm_start=start, cancelled=self.over, clock=self.clock)

    def solve_surely(self, problem: Problem, start: Placement | None) -> Result:
        """The same; when the time is too short for it to find any, one that is made to be fast."""
        return _with_any(problem, self.solve(problem, start))


@dataclass
class Patience:
    """Solves that each give up after `slice_s`, so that a hard one does not take the time of all others.

    `deadline` is the end of all of them, `most_s` the longest slice worth while.
    """

    deadline: Deadline
    slice_s: float
    most_s: float

    def solve(self, problem: Problem, start: Placement | None) -> Result:
        """The cheapest placement, or the best found before giving up."""
        clock = self.deadline.clock
        end_s = min(self.deadline.end_s, clock() + self.slice_s)
        return Deadline(end_s, self.deadline.cancelled, clock).solve(problem, start)

    def harder(self) -> bool:
        """Give each solve more time from now on; False when there is none left."""
        if self.deadline.over() or self.slice_s >= self.most_s:
            return False
        self.slice_s *= _HARDER
        return True


def _with_any(problem: Problem, result: Result) -> Result:
    """A result without placement completed by one that is made to be fast, then cheaper, if there is one."""
    if result.status is not Status.STOPPED or result.placement is not None:
        return result
    attempt = FastSearch(problem).run()
    if attempt is None or not attempt.feasible:
        return result
    placement = shrink(problem, attempt.placement)
    return replace(result, placement=placement, cost=assess(problem, placement).cost)


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
        return _with_any(problem, self._solve(problem, self.time_limit_s))

    def until(self, time_s: float) -> Deadline:
        """Solves for so many seconds from now on, for an analysis that takes many."""
        return Deadline(self.clock() + time_s, self.cancelled, self.clock)

    def patience(self, time_s: float) -> Patience:
        """Solves for so many seconds from now on, each first for a small part of them."""
        return Patience(self.until(time_s), time_s / _SLICES, time_s)

    def next_best(self, assessment: Assessment) -> tuple[NextBest, ...]:
        """What each component would do instead; the time limit is for all of them together."""
        end = None if self.time_limit_s is None else self.clock() + self.time_limit_s

        def solver(problem: Problem) -> Result:
            return self._solve(problem, None if end is None else max(0.0, end - self.clock()))

        return next_best(assessment, solver)

    def conflict(self, problem: Problem) -> Conflict:
        """Why there is no placement, found within `CONFLICT_TIME_S`."""
        deadline, filtered = self.until(CONFLICT_TIME_S), self.until(CONFLICT_TIME_S / 2)

        def solver(eased: Problem) -> Result:
            left_s = max(0.0, deadline.end_s - self.clock())
            return self._solve(eased, min(left_s, CONFLICT_TIME_S / 5))

        return find_conflict(problem, solver, deadline.over, filtered.over)

    def _solve(self, problem: Problem, time_limit_s: float | None) -> Result:
        return solve(problem, time_limit_s=time_limit_s, cancelled=self.cancelled, clock=self.clock)
