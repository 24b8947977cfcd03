"""The exact front of cost against one other figure: every placement that is not beaten in both.

Solving for the least cost under the further limit ``figure <= e`` (epsilon-constraint method; Haimes,
Lasdon and Wismer 1971) gives a point P with ``figure(P) <= e``, and proves that no point of the front lies
between ``figure(P)`` and ``e``. The front is explored gap by gap: the widest gap between neighbouring points
is halved while it is wide, and then walked from its upper end, just below the last point each time, until a
solve gives the lower neighbour again. What is left open when the allowance of solves ends is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.exact import Result, Status

if TYPE_CHECKING:
    from aisprint_cli.placement.load_sensitivity import Solver
    from aisprint_cli.placement.objectives import Objective
    from aisprint_cli.placement.problem import Placement

STEP: Final = 1e-6
"""Relative difference of the figure below which two points count as one."""
SAME_COST: Final = 1e-9
"""Relative difference below which two costs count as one."""


@dataclass(frozen=True, slots=True)
class Point:
    """A placement of the front: its cost in the period and its figure."""

    placement: Placement
    cost: float
    value: float


@dataclass(frozen=True, slots=True)
class Front:
    """The front by ascending figure (so descending cost).

    `open_gaps` are intervals of the figure in which further points may lie; none when it is complete.
    """

    objective: Objective
    points: tuple[Point, ...]
    open_gaps: tuple[tuple[float, float], ...]
    solves: int

    @property
    def complete(self) -> bool:
        """Whether every point of the front is among `points`."""
        return not self.open_gaps


@dataclass(frozen=True, slots=True)
class _Gap:
    """Between the lower neighbour (None: no placement is known there) and the point at `high`.

    No point lies at or below `low` and above the lower neighbour.
    """

    low: float
    high: float
    lower: Point | None

    @property
    def closed(self) -> bool:
        """Whether nothing can lie in it."""
        return self.low >= self.high * (1 - STEP)


def pareto(
    objective: Objective,
    solver: Solver,
    *,
    start: Result | None = None,
    width: int = 24,
    most_solves: int = 200,
    cancelled: Callable[[], bool] | None = None,
    harder: Callable[[], bool] | None = None,
) -> Front:
    """The front of cost against an objective.

    Args:
        objective: the other figure, and the problem.
        solver: how to solve a problem.
        start: the result of solving the problem itself, if there is one already.
        width: gaps wider than this part of the whole are halved before any is walked.
        most_solves: after so many solves what is not yet explored stays open.
        cancelled: asked before each solve; true ends it in the same way.
        harder: asked when all that is left is what solves gave up; true: they try harder now, so once more.

    """
    exploration = _Exploration(objective, solver, width)
    exploration.begin(start)
    stop = cancelled or (lambda: False)
    while exploration.solves < most_solves and not stop():
        if not exploration.gaps and not (harder is not None and exploration.again(harder)):
            break
        exploration.step()
    gaps = sorted((gap.low, gap.high) for gap in (*exploration.gaps, *exploration.unknown))
    return Front(objective, _undominated(exploration.points), tuple(gaps), exploration.solves)


class _Exploration:
    def __init__(self, objective: Objective, solver: Solver, width: int) -> None:
        self._objective = objective
        self._solver = solver
        self._width = width
        self.points: list[Point] = []
        self.gaps: list[_Gap] = []
        self.unknown: list[_Gap] = []
        self.solves = 0

    def begin(self, start: Result | None) -> None:
        """Find the cheapest point; below it everything is open."""
        result = start if start is not None else self._solve(float("inf"), None)
        if result.placement is None:
            if result.status is Status.STOPPED:
                self.unknown.append(_Gap(0.0, float("inf"), None))
            return
        value = self._objective.value(result.placement)
        self.points.append(Point(result.placement, result.cost, value))
        self._open(0.0, value, None)
        if result.status is Status.STOPPED:
            self.unknown.append(_Gap(value, float("inf"), None))

    def again(self, harder: Callable[[], bool]) -> bool:
        """Take up the gaps that solves gave up, if they try harder now."""
        finite = [gap for gap in self.unknown if gap.high < float("inf")]
        if not finite or not harder():
            return False
        self.unknown = [gap for gap in self.unknown if gap not in finite]
        self.gaps = finite
        return True

    def step(self) -> None:
        """Explore the widest gap once."""
        place = max(range(len(self.gaps)), key=lambda number: self.gaps[number].high - self.gaps[number].low)
        gap = self.gaps.pop(place)
        whole = max(point.value for point in self.points) - min(item.low for item in (gap, *self.gaps))
        wide = gap.high - gap.low > whole / self._width
        most = (gap.low + gap.high) / 2 if wide else gap.high * (1 - STEP)
        result = self._solve(most, gap.lower.placement if gap.lower else None)
        if result.status is Status.STOPPED:
            self.unknown.append(gap)
        if result.placement is None:
            if result.status is Status.INFEASIBLE:
                self._open(most, gap.high, gap.lower)
            return
        if gap.lower is not None and result.cost >= gap.lower.cost * (1 - SAME_COST):
            self._open(most, gap.high, gap.lower)
            return
        value = self._objective.value(result.placement)
        point = Point(result.placement, result.cost, value)
        self.points.append(point)
        if result.status is Status.STOPPED:
            return
        self._open(gap.low, value, gap.lower)
        self._open(most, gap.high, point)

    def _open(self, low: float, high: float, lower: Point | None) -> None:
        gap = _Gap(low, high, lower)
        if not gap.closed:
            self.gaps.append(gap)

    def _solve(self, most: float, start: Placement | None) -> Result:
        self.solves += 1
        return self._solver(self._objective.limited(most), start)


def _undominated(points: list[Point]) -> tuple[Point, ...]:
    """The points that no other one beats, by ascending figure."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda item: (item.value, item.cost)):
        if not kept or point.cost < kept[-1].cost * (1 - SAME_COST):
            kept.append(point)
    return tuple(kept)
