"""One way in for problems of every size: exact where that ends, search and bound where it does not.

Small problems go straight to `exact`. Larger ones get a few steps of it, which often prove them already; then
a first placement, from `layer_branching` and a dive, that many small neighbourhoods make better within the
first second. Up to a few dozen components more comes from bounds, larger neighbourhoods and the exact solver;
beyond, from more branching. What comes first is measured in steps, so that it is the same whatever the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from aisprint_cli.placement import exact
from aisprint_cli.placement.assignment import PROOF_TOLERANCE
from aisprint_cli.placement.compiled import compile_problem
from aisprint_cli.placement.counts import cheapest_counts
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.layer_branching import LayerBranching
from aisprint_cli.placement.neighbourhood import improve

if TYPE_CHECKING:
    from aisprint_cli.placement.compiled import Compiled
    from aisprint_cli.placement.problem import Placement, Problem

EXACT_ALONE = 15
"""Up to so many components the exact solver needs no help."""

EXACT_SOON = 20
"""Up to so many it needs a good placement only, and proves more than `layer_branching` would."""

EXACT_PROOF = 50
"""Up to so many components the exact solver helps: beyond, preparing a narrowed problem takes too long."""

_BRIEF_STEPS = 120
"""Steps of the exact search at first: enough for a proof where limits hardly bind."""

_DIVE_STEPS = 12
_CLIMB_STEPS = 60
_LOOK_SHARE = 0.6
"""Steps that raise the first bound, and the share of the time for the placements that its prices suggest."""

_EARLY_FREE = (6, 8)
_EARLY_ROUNDS = 120
_EARLY_STEPS = 20
_EARLY_SHARE = 0.9
"""Components that are free in turn, rounds, steps of each, and the share of the time they may take."""

_FREE = 10
_ROUNDS = 400
_PART_STEPS = 200
"""The same for larger neighbourhoods."""

_PART_NODES = 200
"""Nodes of the tree over layers, where that is only to lift the bound before the exact solver takes over."""


def solve(
    problem: Problem,
    *,
    time_limit_s: float | None = None,
    warm_start: Placement | None = None,
    cancelled: Callable[[], bool] | None = None,
    clock: Callable[[], float] | None = None,
) -> Result:
    """Find a cheap placement and a bound on all, proven cheapest where that is within reach.

    Takes and returns what `exact.solve` does. Beyond `EXACT_PROOF` components the status may be
    `stopped` although no time limit was reached: when nothing is left that could raise the bound.

    Args:
        problem: what to place.
        time_limit_s: stop after so many seconds of `clock`, with the best placement and bound so far.
        warm_start: a placement to start from, perhaps made for another load.
        cancelled: asked now and then; true stops the search like the time limit.
        clock: seconds from any origin; needed with `time_limit_s`.
    """
    if len(problem.components) <= EXACT_ALONE:
        return exact.solve(
            problem, time_limit_s=time_limit_s, warm_start=warm_start, cancelled=cancelled, clock=clock
        )
    return _LargeSearch(problem, _Timer(time_limit_s, cancelled, clock)).run(warm_start)


class _Timer:
    """What is left of the time, and whether to stop."""

    def __init__(
        self,
        time_limit_s: float | None,
        cancelled: Callable[[], bool] | None,
        clock: Callable[[], float] | None,
    ) -> None:
        self.clock = clock
        self._cancelled = cancelled
        self._end = clock() + time_limit_s if clock is not None and time_limit_s is not None else None

    @property
    def left_s(self) -> float | None:
        if self._end is None or self.clock is None:
            return None
        return max(0.0, self._end - self.clock())

    def expired(self) -> bool:
        return (self._cancelled is not None and self._cancelled()) or self.left_s == 0.0

    def part(self, share: float) -> Callable[[], bool]:
        """A condition to stop after that share of the time that is left now."""
        left_s, clock = self.left_s, self.clock
        if left_s is None or clock is None:
            return self.expired
        end = clock() + share * left_s
        return lambda: self.expired() or clock() >= end

    def steps(self, most: int) -> Callable[[], bool]:
        """A condition to stop after it was asked so many times."""
        left = iter(range(most))
        return lambda: next(left, None) is None or self.expired()


class _LargeSearch:
    def __init__(self, problem: Problem, timer: _Timer) -> None:
        self._problem = problem
        self._timer = timer
        self._nodes = 0
        self._configurations = 0

    def run(self, warm_start: Placement | None) -> Result:
        compiled = compile_problem(self._problem)
        if not compiled.feasible:
            return Result(Status.INFEASIBLE, None, float("inf"), float("inf"), 0, 0)
        branching = LayerBranching(compiled, PROOF_TOLERANCE)
        if warm_start is not None:
            branching.offer(warm_start)
        if len(self._problem.components) > EXACT_PROOF:
            branching.run(self._timer.part(0.6), most_nodes=1, stop_climbing=self._timer.part(0.15))
            branching.run(self._timer.expired)
            return self._result(branching)
        if warm_start is not None:
            bought = cheapest_counts(self._problem, warm_start.choices)
            if bought is not None:
                branching.offer(bought[0])
        known = self._begin(compiled, branching)
        if known.status is not Status.STOPPED or self._timer.expired():
            return known
        if len(self._problem.components) > EXACT_SOON:
            branching.run(self._timer.part(0.6), most_nodes=1, stop_climbing=self._timer.part(0.15))
            self._improve(branching, _PART_STEPS, (_FREE,), _ROUNDS, self._timer.part(0.5))
            branching.run(self._timer.part(0.2), most_nodes=_PART_NODES)
        return self._prove(branching)

    def _begin(self, compiled: Compiled, branching: LayerBranching) -> Result:
        """A first placement, a few steps of the exact search, and without a proof better placements soon."""
        branching.run(self._timer.expired, most_nodes=0)
        brief = exact.brief(compiled, self._timer.steps(_BRIEF_STEPS))
        self._nodes += brief.nodes
        self._configurations += brief.configurations
        if brief.status is not Status.STOPPED:
            return brief
        branching.lower_bound = max(branching.lower_bound, brief.lower_bound)
        dive = exact.first_placement(compiled, self._timer.steps(_DIVE_STEPS))
        for placement in (brief.placement, dive):
            if placement is not None:
                branching.offer(placement)
        if len(self._problem.components) > EXACT_SOON:
            climbing = self._timer.steps(_CLIMB_STEPS)
            branching.run(self._timer.part(_LOOK_SHARE), most_nodes=1, stop_climbing=climbing)
        self._improve(branching, _EARLY_STEPS, _EARLY_FREE, _EARLY_ROUNDS, self._timer.part(_EARLY_SHARE))
        return self._result(branching)

    def _improve(
        self,
        branching: LayerBranching,
        steps: int,
        sizes: tuple[int, ...],
        rounds: int,
        stop: Callable[[], bool],
    ) -> None:
        """Search neighbourhoods of the best placement, each for so many steps."""
        if branching.best is None:
            return
        placement = improve(
            self._problem,
            branching.best.placement,
            lambda narrow, cost: exact.cheaper(narrow, cost, self._timer.steps(steps)),
            sizes=sizes,
            rounds=rounds,
            patience=rounds // 4,
            stop=stop,
        )
        branching.offer(placement)

    def _prove(self, branching: LayerBranching) -> Result:
        """Ask the exact solver, and keep the better placement and the higher bound."""
        found = self._result(branching)
        if found.status is not Status.STOPPED or self._timer.expired():
            return found
        proof = exact.solve(
            self._problem,
            time_limit_s=self._timer.left_s,
            warm_start=found.placement,
            cancelled=self._timer.expired,
            clock=self._timer.clock,
        )
        if proof.status is not Status.STOPPED:
            return proof
        better = proof if proof.placement is not None and proof.cost < found.cost else found
        bound = min(better.cost, max(proof.lower_bound, found.lower_bound))
        return replace(
            better,
            lower_bound=bound,
            configurations=found.configurations + proof.configurations,
            nodes=found.nodes + proof.nodes,
        )

    def _result(self, branching: LayerBranching) -> Result:
        best = branching.best
        cost = best.cost if best is not None else float("inf")
        status = Status.STOPPED
        if best is None and branching.lower_bound == float("inf"):
            status = Status.INFEASIBLE
        elif best is not None and branching.lower_bound >= cost * (1 - PROOF_TOLERANCE):
            status = Status.OPTIMAL
        return Result(
            status=status,
            placement=best.placement if best is not None else None,
            cost=cost,
            lower_bound=branching.lower_bound,
            configurations=self._configurations + branching.searches,
            nodes=self._nodes + branching.nodes,
        )
