"""The exact solver: best-first search over configurations, depth-first search inside each.

A node of the tree decides, layer after layer, which resource the layer uses and how many instances of
it, or none. Its bound is the Lagrangian one of `relaxation`; the node with the least bound is next.
A node with every layer decided is a *configuration*; `assignment` searches it within a threshold. If it
holds no placement below the threshold, the threshold becomes its bound and it goes back to the queue. So
the search never goes deeper into a configuration than the other bounds justify, and needs no good
placement to start from. The least bound in the queue is at all times a bound on the whole problem: when
it reaches the cost of the best placement, that placement is proven optimal.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.placement.assignment import PROOF_TOLERANCE, AssignmentSearch
from aisprint_cli.placement.candidates import Configuration, priced_rows
from aisprint_cli.placement.compiled import Compiled, compile_problem
from aisprint_cli.placement.completion import placement_of
from aisprint_cli.placement.counts import cheapest_counts
from aisprint_cli.placement.dive import Dive
from aisprint_cli.placement.relaxation import FORBIDDEN, Relaxation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from aisprint_cli.placement.problem import Placement, Problem

PATIENCE = 3
"""Searches without a placement after which the solver asks which decisions are to blame."""

LEARNING_NODES = 400
"""How far such a question is pursued."""

FIRST_STEP = 4e-3
"""How far, relatively, the first search of a configuration looks above its bound."""


FAST_GROWTH = 5.0
SLOW_GROWTH = 2.0
"""How much further each next search of a configuration looks, after a short one and a long one."""

FEW_NODES = 200
"""What counts as short."""

WIDE_NODES = 4000
"""After so many nodes a search is given up, to look less far above the bound; doubled each time.

A search much wider than needed costs far more than one more search.
"""


DIVE_STEPS = 40
"""Steps, or one search in vain, after which a first placement is looked for in a way of its own."""

TINY = 6
"""Up to so many components only complete configurations are worth the search for the best prices."""


class Status(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Result:
    """What a solve found and proved.

    `lower_bound` is valid whatever the status: no feasible placement costs less (up to rounding). `gap`
    is the relative distance to it, zero when proven optimal, infinite without a placement.
    `configurations` and `nodes` say how much was searched.
    """

    status: Status
    placement: Placement | None
    cost: float
    lower_bound: float
    configurations: int
    nodes: int

    @property
    def gap(self) -> float:
        """How far, relatively, the cost may be above the optimum."""
        if self.placement is None:
            return float("inf")
        return max(0.0, (self.cost - self.lower_bound) / self.cost) if self.cost > 0 else 0.0


class _Stopped(Exception):  # noqa: N818 - not an error: the caller asked for an end
    """The time is over or the caller cancelled."""


Decisions = tuple[tuple[int, int] | None, ...]
"""For each decided layer, in the order of deciding, a column and its instances, or None."""


@dataclass(order=True, slots=True)
class _Node:
    """A partial configuration; ordered by bound, deeper first, then by age.

    `mu` are the prices on the rows of the resources in use; `step` how far above its bound it was
    last searched.
    """

    bound: float
    openness: int
    age: int
    decisions: Decisions = field(compare=False)
    mu: tuple[NDArray[np.float64], ...] = field(compare=False)
    improved: bool = field(compare=False, default=False)
    step: float = field(compare=False, default=0.0)
    patience: int = field(compare=False, default=WIDE_NODES)
    growth: float = field(compare=False, default=FAST_GROWTH)

    @property
    def columns(self) -> tuple[int, ...]:
        """The resources in use."""
        return tuple(decision[0] for decision in self.decisions if decision is not None)

    @property
    def instances(self) -> tuple[int, ...]:
        """How many of each."""
        return tuple(decision[1] for decision in self.decisions if decision is not None)


def solve(
    problem: Problem,
    *,
    time_limit_s: float | None = None,
    warm_start: Placement | None = None,
    cancelled: Callable[[], bool] | None = None,
    clock: Callable[[], float] | None = None,
) -> Result:
    """Find the cheapest placement and prove it.

    Args:
        problem: what to place.
        time_limit_s: stop after so many seconds of `clock`, with the best placement and bound so far.
        warm_start: a placement to beat, perhaps made for another load; ignored where it is not feasible.
        cancelled: asked now and then; true stops the search like the time limit.
        clock: seconds from any origin; needed with `time_limit_s`.
    """
    compiled = compile_problem(problem)
    if not compiled.feasible:
        return Result(Status.INFEASIBLE, None, float("inf"), float("inf"), 0, 0)
    search = _Search(compiled, _stop_condition(time_limit_s, cancelled, clock))
    if warm_start is not None:
        search.offer(warm_start)
    return search.run()


def brief(compiled: Compiled, cancelled: Callable[[], bool]) -> Result:
    """What the search proves or finds until it is cancelled, without a dive; `cancelled` as in `solve`."""
    if not compiled.feasible:
        return Result(Status.INFEASIBLE, None, float("inf"), float("inf"), 0, 0)
    return _Search(compiled, _stop_condition(None, cancelled, None), dives=False).run()


def cheaper(problem: Problem, cost: float, cancelled: Callable[[], bool]) -> Placement | None:
    """The cheapest placement below a cost, or any below it when cancelled; None when none is found."""
    compiled = compile_problem(problem)
    if not compiled.feasible:
        return None
    pause = _stop_condition(None, cancelled, None)
    return _Search(compiled, pause, dives=False, below=cost).run().placement


def first_placement(compiled: Compiled, cancelled: Callable[[], bool]) -> Placement | None:
    """Any placement, soon; None when none is found that way. `cancelled` as in `solve`."""
    if not compiled.feasible:
        return None
    search = _Search(compiled, _stop_condition(None, cancelled, None))
    try:
        search.dive()
    except _Stopped:
        return None
    return search.best


def _stop_condition(
    time_limit_s: float | None, cancelled: Callable[[], bool] | None, clock: Callable[[], float] | None
) -> Callable[[], None]:
    end = clock() + time_limit_s if clock is not None and time_limit_s is not None else None

    def pause() -> None:
        if cancelled is not None and cancelled():
            raise _Stopped
        if end is not None and clock is not None and clock() >= end:
            raise _Stopped

    return pause


class _Search:
    def __init__(
        self,
        compiled: Compiled,
        pause: Callable[[], None],
        *,
        dives: bool = True,
        below: float = float("inf"),
    ) -> None:
        self._compiled = compiled
        self._pause = pause
        prices, groups = compiled.prices, compiled.groups
        self._order = sorted(range(len(groups)), key=lambda g: (-min(prices[c] for c in groups[g]), g))
        self._choices = [
            [(column, count) for column in groups[group] for count in range(1, compiled.limits[column] + 1)]
            for group in self._order
        ]
        self._relaxation = Relaxation(compiled, self._order)
        self._queue: list[_Node] = []
        self._age = 0
        self._best: Placement | None = None
        self._best_cost = below
        self._configurations = 0
        self._nodes = 0
        self._failures = 0
        self._steps = 0
        self._dived = not dives
        self._aside: list[_Node] = []
        self._learned: dict[Decisions, float] = {}

    @property
    def best(self) -> Placement | None:
        """The cheapest placement so far."""
        return self._best

    def offer(self, placement: Placement) -> None:
        """Take the choices of a placement, with the instances they need now, as the best so far."""
        known = cheapest_counts(self._compiled.problem, placement.choices)
        if known is not None and known[1] < self._best_cost:
            self._best, self._best_cost = known

    def dive(self) -> None:
        """Look for a first placement, far from the best perhaps, but soon."""
        self._dived = True
        found = Dive(self._compiled, self._relaxation, self._choices, self._pause).run()
        if found is not None and found[1] < self._best_cost:
            self._best, self._best_cost = found

    def run(self) -> Result:
        """Search until proven or stopped."""
        root = self._relaxation.totals(self._relaxation.piece_costs(0, (), (), ()))
        bound = float(root)
        self._push(bound, (), ())
        try:
            while self._more():
                node = heapq.heappop(self._queue)
                bound = min([node.bound, *(other.bound for other in self._aside)])
                self._pause()
                self._step(node)
        except _Stopped:
            return self._result(Status.STOPPED, min(bound, self._best_cost))
        if self._best is None:
            return self._result(Status.INFEASIBLE, float("inf"))
        return self._result(Status.OPTIMAL, self._best_cost)

    def _more(self) -> bool:
        """Whether anything is left to do; what was hard comes back when all else is done."""
        target = min(self._target(), FORBIDDEN / 2)
        if (not self._queue or self._queue[0].bound >= target) and self._aside:
            self._queue = [node for node in self._aside if node.bound < target]
            heapq.heapify(self._queue)
            self._aside = []
        return bool(self._queue) and self._queue[0].bound < target

    def _result(self, status: Status, bound: float) -> Result:
        return Result(status, self._best, self._best_cost, bound, self._configurations, self._nodes)

    def _target(self) -> float:
        """What a bound must reach to be of no further interest."""
        known = self._best_cost
        return known - PROOF_TOLERANCE * abs(known) if known < float("inf") else known

    def _push(self, bound: float, decisions: Decisions, mu: tuple[NDArray[np.float64], ...]) -> None:
        if bound < self._target():
            self._age += 1
            heapq.heappush(self._queue, _Node(bound, -len(decisions), self._age, decisions, mu))

    def _again(self, node: _Node) -> None:
        if node.bound < self._target():
            heapq.heappush(self._queue, node)

    def _step(self, node: _Node) -> None:
        """Improve, search or split the node with the least bound."""
        self._steps += 1
        if self._best is None and not self._dived and self._is_late():
            self.dive()
        others = self._queue[0].bound if self._queue else float("inf")
        if self._learned:
            known = max(
                (self._learned.get(node.decisions[:depth], 0.0) for depth in range(len(node.decisions) + 1)),
            )
            node.bound = max(node.bound, known)
        if not node.improved:
            self._improve(node)
        if node.bound > others:
            self._again(node)
        elif node.bound >= self._target():
            return
        elif len(node.decisions) == len(self._order):
            self._search(node, others)
        else:
            self._split(node)

    def _is_late(self) -> bool:
        """Whether it is time for a dive; tiny problems are mostly solved sooner than one takes."""
        in_vain = self._failures and len(self._compiled.alternatives) > TINY
        return bool(in_vain) or self._steps >= DIVE_STEPS

    def _improve(self, node: _Node) -> None:
        """Find the node's best prices; a new resource's single price is spread over its rows first."""
        node.improved = True
        if not node.mu:
            return
        mu = [
            self._relaxation.spread(column, count, price)
            for column, count, price in zip(node.columns, node.instances, node.mu, strict=True)
        ]
        node.mu = tuple(mu)
        if len(self._compiled.alternatives) <= TINY and len(node.decisions) < len(self._order):
            return
        bound, mu = self._relaxation.improve(
            len(node.decisions), node.columns, node.instances, mu, self._target()
        )
        node.bound, node.mu = max(node.bound, bound), tuple(mu)

    def _split(self, node: _Node) -> None:
        """Decide the next layer in every way."""
        depth, costs = len(node.decisions), self._compiled.costs
        candidates = self._choices[depth]
        none, bounds, mu = self._relaxation.decide(depth, node.columns, node.instances, node.mu, candidates)
        fixed = sum(
            costs[column][count] - float(price.sum()) * count
            for column, count, price in zip(node.columns, node.instances, node.mu, strict=True)
        )
        self._push(max(node.bound, none + fixed), (*node.decisions, None), node.mu)
        for candidate, bound, price in zip(candidates, bounds.tolist(), mu, strict=True):
            if self._exceeds_quota(node, *candidate):
                continue
            self._push(max(node.bound, bound + fixed), (*node.decisions, candidate), (*node.mu, price))

    def _exceeds_quota(self, node: _Node, column: int, count: int) -> bool:
        """Whether so many instances of one more column are too many for a quota."""
        for members, most in self._compiled.quotas:
            if column in members:
                bought = zip(node.columns, node.instances, strict=True)
                if sum([n for other, n in bought if other in members]) + count > most:
                    return True
        return False

    def _search(self, node: _Node, others: float) -> None:
        """Look for placements of a configuration below a threshold; put it back if any may remain."""
        if not node.step:
            self._configurations += 1
            node.step = FIRST_STEP * abs(node.bound)
        else:
            node.step *= node.growth
        limit = self._above(node, others)
        inside = self._inside(node, limit, node.patience)
        try:
            inside.run()
        finally:
            self._nodes += inside.nodes
            if inside.best is not None:
                self._best_cost = inside.best_cost
                self._best = placement_of(self._compiled, node.columns, node.instances, inside.best)
        if inside.best is not None and not inside.gave_up:
            return
        self._failures += 1
        if inside.best is None and (self._failures >= PATIENCE or inside.gave_up):
            self._learn(node, limit)
        if inside.gave_up:
            node.patience *= 2
            node.step /= 4 * node.growth
            self._aside.append(node)
            return
        node.growth = FAST_GROWTH if inside.nodes <= FEW_NODES else SLOW_GROWTH
        if inside.cut:
            node.bound = limit
            self._again(node)

    def _above(self, node: _Node, others: float) -> float:
        """How far above its bound to search a node next; all the way once that is twice the bound."""
        if node.step > 2 * abs(node.bound):
            return self._target()
        return min(self._target(), max(others, node.bound + node.step))

    def _inside(self, node: _Node, limit: float, most_nodes: int = 0) -> AssignmentSearch:
        depth = len(node.decisions)
        columns, instances = node.columns, node.instances
        open_ = frozenset(column for group in self._order[depth:] for column in self._compiled.groups[group])
        rows = priced_rows(self._relaxation, columns, instances, node.mu)
        return AssignmentSearch(
            self._compiled,
            self._relaxation,
            Configuration(columns, instances, rows, open_),
            self._relaxation.piece_costs(depth, columns, instances, node.mu),
            limit,
            self._pause,
            most_nodes,
        )

    def _learn(self, node: _Node, limit: float) -> None:
        """Find the first layers' decisions that alone already rule out placements below `limit`.

        With the other layers open (paid by the load, a relaxation) the same search is made again, for
        fewer and fewer decided layers. What is proven of them holds for every configuration that
        begins like this. For the fewest that still prove the limit, higher limits are tried.
        """
        found: _Node | None = None
        for depth in range(len(node.decisions) - 1, -1, -1):
            decisions = node.decisions[:depth]
            used = sum(decision is not None for decision in decisions)
            begin = _Node(0.0, -depth, 0, decisions, node.mu[:used])
            if self._learned.get(decisions, 0.0) >= limit or not self._proves(begin, limit):
                break
            found = begin
        if found is None:
            return
        proven = limit
        found.step = limit - node.bound
        while proven < self._target():
            found.step *= FAST_GROWTH
            found.bound = proven
            higher = self._above(found, proven)
            if not self._proves(found, higher):
                break
            proven = higher
        self._learned[found.decisions] = proven

    def _proves(self, begin: _Node, limit: float) -> bool:
        """Whether no placement that begins with these decisions costs less than `limit`."""
        self._improve(begin)
        if begin.bound >= limit:
            return True
        inside = self._inside(begin, limit, LEARNING_NODES)
        inside.run()
        self._nodes += inside.nodes
        return inside.best is None and not inside.gave_up
