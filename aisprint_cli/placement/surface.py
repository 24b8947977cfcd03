"""The exact front of cost and two other figures: every placement that none beats in all three.

The two figures span a plane. Solving for the least cost with a limit on each gives the cheapest point of the
rectangle below the limits; nothing that is worse than it in both figures, and dearer, is of interest. So
what is left of the plane are rectangles below corners, the *local upper bounds* (Klamroth, Lacour and
Vanderpooten 2015). Points are taken by ascending cost over all rectangles; a new one cuts every rectangle it
lies in, and all but two of the pieces lie inside others. So n points take at most 2 n + 1 solves (as Daechert
and Klamroth 2015 show for three criteria), and when no rectangle is left the front is complete. As costs
ascend, an ended search has every point up to some cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.pareto import SAME_COST, STEP

if TYPE_CHECKING:
    from aisprint_cli.placement.objectives import Objective
    from aisprint_cli.placement.problem import Placement, Problem

Solver = Callable[["Problem", "Placement | None"], Result]
_ANY: Final = float("inf")


@dataclass(frozen=True, slots=True)
class SurfacePoint:
    """A placement of the front: its cost in the period and its two figures."""

    placement: Placement
    cost: float
    values: tuple[float, float]


@dataclass(frozen=True, slots=True)
class OpenRegion:
    """Where points may be missing: both figures at most these, the cost at least this."""

    most: tuple[float, float]
    least_cost: float


@dataclass(frozen=True, slots=True)
class Surface:
    """The front of cost and two figures, by ascending cost."""

    objectives: tuple[Objective, Objective]
    points: tuple[SurfacePoint, ...]
    open_regions: tuple[OpenRegion, ...]
    solves: int

    @property
    def complete(self) -> bool:
        """Whether every point of the front is among `points`."""
        return not self.open_regions

    @property
    def complete_up_to(self) -> float:
        """The cost up to which no point is missing; infinite when it is complete."""
        return min((region.least_cost for region in self.open_regions), default=_ANY)


@dataclass(frozen=True, slots=True)
class _Rectangle:
    """The points with both figures at most `most`; none of them costs less than `bound`.

    `best` is the cheapest one, once it is known.
    """

    most: tuple[float, float]
    bound: float
    best: SurfacePoint | None = None

    def holds(self, point: SurfacePoint) -> bool:
        return point.values[0] <= self.most[0] and point.values[1] <= self.most[1]

    def within(self, other: _Rectangle) -> bool:
        return self.most[0] <= other.most[0] and self.most[1] <= other.most[1]


def surface(
    objectives: tuple[Objective, Objective],
    solver: Solver,
    *,
    start: Result | None = None,
    most_solves: int = 1000,
    cancelled: Callable[[], bool] | None = None,
    harder: Callable[[], bool] | None = None,
) -> Surface:
    """The front of cost and two objectives of one problem.

    Args:
        objectives: the two other figures.
        solver: how to solve a problem.
        start: the result of solving the problem itself, if there is one already.
        most_solves: after so many solves what is not yet explored stays open.
        cancelled: asked before each solve; true ends it in the same way.
        harder: asked when all that is left is what solves gave up; true: they try harder now, so once more.

    """
    sweep = _Sweep(objectives, solver)
    sweep.begin(start)
    stop = cancelled or (lambda: False)
    while sweep.solves < most_solves and not stop():
        if not sweep.rectangles:
            if not sweep.unknown or harder is None or not harder():
                break
            sweep.rectangles, sweep.unknown = sweep.unknown, []
        sweep.step()
    regions = [OpenRegion(item.most, item.bound) for item in (*sweep.rectangles, *sweep.unknown)]
    return Surface(objectives, _undominated(sweep.points), tuple(regions), sweep.solves)


class _Sweep:
    def __init__(self, objectives: tuple[Objective, Objective], solver: Solver) -> None:
        self._objectives = objectives
        self._solver = solver
        self.points: list[SurfacePoint] = []
        self.rectangles = [_Rectangle((_ANY, _ANY), 0.0)]
        self.unknown: list[_Rectangle] = []
        self.solves = 0

    def begin(self, start: Result | None) -> None:
        """Take over the result of the whole problem."""
        if start is not None:
            self._settle(self.rectangles.pop(), start)

    def step(self) -> None:
        """Solve the rectangle with the least bound, or take its point."""
        rectangle = min(self.rectangles, key=lambda item: (item.bound, item.best is None, item.most))
        if rectangle.best is not None:
            self._take(rectangle.best)
            return
        self.rectangles.remove(rectangle)
        self.solves += 1
        near = self.points[-1].placement if self.points else None
        self._settle(rectangle, self._solver(self._limited(rectangle.most), near))

    def _limited(self, most: tuple[float, float]) -> Problem:
        first, second = self._objectives
        return second.limit(first.limited(most[0]), most[1])

    def _settle(self, rectangle: _Rectangle, result: Result) -> None:
        """Keep what a solve of a rectangle found."""
        bound = max(rectangle.bound, result.lower_bound)
        if result.status is Status.STOPPED:
            self.unknown.append(replace(rectangle, bound=bound))
            if result.placement is not None:
                self.points.append(self._point(result.placement, result.cost))
        elif result.placement is not None:
            point = self._point(result.placement, result.cost)
            self.rectangles.append(replace(rectangle, bound=result.cost, best=point))

    def _point(self, placement: Placement, cost: float) -> SurfacePoint:
        first, second = self._objectives
        return SurfacePoint(placement, cost, (first.value(placement), second.value(placement)))

    def _take(self, point: SurfacePoint) -> None:
        """Add a point, and cut the rectangles it lies in."""
        self.points.append(point)
        kept: list[_Rectangle] = []
        for rectangle in self.rectangles:
            kept.extend(_cut(rectangle, point) if rectangle.holds(point) else [rectangle])
        self.rectangles = _not_inside_others(kept)


def _cut(rectangle: _Rectangle, point: SurfacePoint) -> list[_Rectangle]:
    """What is left of a rectangle: what is better than the point in one figure or the other."""
    found = []
    for place in (0, 1):
        if point.values[place] <= 0:
            continue
        most = list(rectangle.most)
        most[place] = point.values[place] * (1 - STEP)
        part = replace(rectangle, most=(most[0], most[1]))
        if part.best is not None and not part.holds(part.best):
            part = replace(part, best=None)
        found.append(part)
    return found


def _not_inside_others(rectangles: list[_Rectangle]) -> list[_Rectangle]:
    """Without those whose points others hold as well, and without the second of equals."""
    kept: list[_Rectangle] = []
    for rectangle in sorted(rectangles, key=lambda item: (-item.most[0], -item.most[1], item.best is None)):
        if not any(rectangle.within(other) for other in kept):
            kept.append(rectangle)
    return kept


def _undominated(points: list[SurfacePoint]) -> tuple[SurfacePoint, ...]:
    """The points that no other one beats, by ascending cost."""
    kept: list[SurfacePoint] = []
    for point in sorted(points, key=lambda item: (item.cost, item.values)):
        if not any(_beats(other, point) for other in points if other is not point) and not any(
            _same(other, point) for other in kept
        ):
            kept.append(point)
    return tuple(kept)


def _beats(one: SurfacePoint, other: SurfacePoint) -> bool:
    """Whether one is as good in all three, and better in one."""
    as_good = (
        one.cost <= other.cost * (1 + SAME_COST)
        and one.values[0] <= other.values[0]
        and one.values[1] <= other.values[1]
    )
    better = one.cost < other.cost * (1 - SAME_COST) or one.values != other.values
    return as_good and better


def _same(one: SurfacePoint, other: SurfacePoint) -> bool:
    return one.values == other.values and abs(one.cost - other.cost) <= SAME_COST * other.cost
