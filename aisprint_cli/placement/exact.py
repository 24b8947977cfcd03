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
from aisprint_cli.placement.candidates import Configuration, PricedRow
from aisprint_cli.placement.compiled import Compiled, compile_problem
from aisprint_cli.placement.problem import Choice, Placement
from aisprint_cli.placement.relaxation import FORBIDDEN, Relaxation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from aisprint_cli.placement.candidates import Candidate
    from aisprint_cli.placement.problem import Problem

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


@dataclass(order=True, slots=True)
class _Node:
    """A partial configuration; ordered by bound, deeper first, then by age."""

    bound: float
    openness: int
    age: int
    columns: tuple[int, ...] = field(compare=False)
    instances: tuple[int, ...] = field(compare=False)
    mu: tuple[NDArray[np.float64], ...] = field(compare=False)
    improved: bool = field(compare=False, default=False)
    base: float = field(compare=False, default=0.0)
    step: float = field(compare=False, default=0.0)


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
        warm_start: a placement to start from, perhaps made for another load.
        cancelled: asked now and then; true stops the search like the time limit.
        clock: seconds from any origin; needed with `time_limit_s`.
    """
    compiled = compile_problem(problem)
    if not compiled.feasible:
        return Result(Status.INFEASIBLE, None, float("inf"), float("inf"), 0, 0)
    search = _Search(compiled, _stop_condition(time_limit_s, cancelled, clock))
    return search.run()


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
    def __init__(self, compiled: Compiled, pause: Callable[[], None]) -> None:
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
        self._best_cost = float("inf")
        self._configurations = 0
        self._nodes = 0
        self.trace = [0]*10

    def run(self) -> Result:
        root = self._relaxation.totals(self._relaxation.piece_costs(0, (), (), ()))
        self._push(float(root), 0, (), (), ())
        bound = float(root)
        try:
            while self._queue:
                node = heapq.heappop(self._queue)
                bound = node.bound
                if bound >= self._target() or bound >= FORBIDDEN / 2:
                    break
                self._pause()
                self._step(node)
        except _Stopped:
            return self._result(Status.STOPPED, min(bound, self._best_cost))
        if self._best is None:
            return self._result(Status.INFEASIBLE, float("inf"))
        return self._result(Status.OPTIMAL, self._best_cost)

    def _result(self, status: Status, bound: float) -> Result:
        return Result(status, self._best, self._best_cost, bound, self._configurations, self._nodes)

    def _target(self) -> float:
        """What a bound must reach to be of no further interest."""
        return self._best_cost - PROOF_TOLERANCE * abs(self._best_cost) if self._best else float("inf")

    def _push(
        self, bound: float, depth: int, columns: tuple[int, ...], instances: tuple[int, ...], mu: tuple[NDArray[np.float64], ...]
    ) -> None:
        if bound < self._target():
            self._age += 1
            heapq.heappush(self._queue, _Node(bound, -depth, self._age, columns, instances, mu))

    def _step(self, node: _Node) -> None:
        """Improve, search or split the node with the least bound."""
        depth = -node.openness
        others = self._queue[0].bound if self._queue else float("inf")
        if not node.improved:
            self._improve(node, depth)
            if node.bound > others:
                heapq.heappush(self._queue, node)
                return
        if node.bound >= self._target():
            return
        if depth == len(self._order):
            self._search(node, others)
        else:
            self._split(node, depth)

    def _improve(self, node: _Node, depth: int) -> None:
        node.improved = True
        if not node.columns:
            return
        self.trace[0]+=1
        bound, mu = self._relaxation.improve(
            depth, node.columns, node.instances, node.mu, self._target()
        )
        if bound > node.bound:
            node.bound, node.mu = bound, tuple(mu)

    def _split(self, node: _Node, depth: int) -> None:
        self.trace[1]+=1
        compiled = self._compiled
        candidates = self._choices[depth]
        none, bounds, prices = self._relaxation.decide(
            depth, node.columns, node.instances, node.mu, candidates
        )
        fixed = sum(
            (compiled.prices[column] - float(price.sum())) * count
            for column, price, count in zip(node.columns, node.mu, node.instances, strict=True)
        )
        self._push(max(node.bound, none + fixed), depth + 1, node.columns, node.instances, node.mu)
        for (column, count), bound, price in zip(candidates, bounds.tolist(), prices, strict=True):
            self._push(
                max(node.bound, bound + fixed),
                depth + 1,
                (*node.columns, column),
                (*node.instances, count),
                (*node.mu, price),
            )

    def _search(self, node: _Node, others: float) -> None:
        """Look for placements of this configuration below a threshold; put it back if any may remain."""
        if not node.step:
            self._configurations += 1
            node.base, node.step = node.bound, 2e-3 * abs(node.bound)
        else:
            node.step *= 2
        limit = min(self._target(), max(others, node.bound + node.step))
        costs = self._relaxation.piece_costs(len(self._order), node.columns, node.instances, node.mu)
        configuration = Configuration(node.columns, node.instances, self._priced_rows(node))
        inside = AssignmentSearch(
            self._compiled, self._relaxation, configuration, costs, node.base, limit, self._pause
        )
        self.trace[2]+=1
        try:
            inside.run()
        finally:
            self._nodes += inside.nodes
            if inside.best is not None:
                self._best_cost = inside.best_cost
                self._best = _placement(self._compiled, configuration, inside.best)
        node.bound = limit
        if inside.cut and limit < self._target():
            heapq.heappush(self._queue, node)


    def _priced_rows(self, node: _Node) -> tuple[PricedRow, ...]:
        rows = []
        for slot, (column, count, prices) in enumerate(
            zip(node.columns, node.instances, node.mu, strict=True)
        ):
            shares = self._relaxation.rows(column, count).share
            for share, price in zip(shares.tolist(), prices.tolist(), strict=True):
                rows.append(PricedRow(slot, tuple(share), max(price, 0.0)))
        return tuple(rows)


def _placement(compiled: Compiled, configuration: Configuration, chosen: tuple[Candidate, ...]) -> Placement:
    instances = [0] * len(compiled.problem.resources)
    for column, count in zip(configuration.columns, configuration.instances, strict=True):
        instances[compiled.columns[column]] = count
    choices = tuple(
        Choice(candidate.source.number, tuple(option.resource for option in candidate.options))
        for candidate in chosen
    )
    return Placement(choices, tuple(instances))
