"""Which placement is cheapest at which arrival rate, with proof for whole intervals of rates.

The cost of one placement is a line over the rate: instances are fixed, functions grow with it. So the
least cost over a fixed set of placements is concave. On an interval ``[a, b]`` take the set of all
placements that keep every limit under loads as at ``a`` and with functions at their best in between:
every placement that is feasible somewhere in the interval is in it. If a placement P is feasible on the
whole interval, and at both ends no placement of that set is cheaper, then by concavity none is in
between: P is proven cheapest throughout. If some R of the set is cheaper at an end, the interval is split
where R stops being feasible or starts being cheaper than P, so each R is met only once. That gives all
breakpoints, to the relative `TOLERANCE` of `load_range`, with a few solves for each.

Near the rate at which some resource cannot be kept stable, breakpoints crowd without end. Intervals
narrower than a resolution are therefore not split: there the placement of the upper end is kept, with
the proven gap to what may be cheaper.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.between_rates import best_between
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.load_range import (
    CostLine,
    LoadRange,
    cost_line,
    load_range,
)
from aisprint_cli.placement.problem import Placement, Problem

if TYPE_CHECKING:
    from aisprint_cli.placement.constraints import Constraint

Solver = Callable[[Problem, Placement | None], Result]
"""Solves a problem from a known placement, which need not be feasible there."""

RESOLUTION: Final = 1e-3
"""Relative width below which an interval of rates is not split any further."""
_NARROW: Final = 1e-6
_COARSE: Final = 32
_LEAST_GAP: Final = 1e-12
_SAME: Final = 1e-8
"""Relative difference of cost below which two placements count as equally cheap."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An interval of rates (1/s) with the placement that is cheapest there.

    `placement` is None where none keeps every limit; `line` is its cost. `gap` is
    how much cheaper, relatively, another one may be somewhere in it: 0 when proven cheapest, infinite
    when nothing is known. `carries` are all rates the placement is feasible at.
    """

    low: float
    high: float
    placement: Placement | None
    line: CostLine | None
    carries: LoadRange | None
    gap: float

    @property
    def ends_by(self) -> Constraint | None:
        """The constraint that ends the placement at `high`, if one does."""
        if self.carries is None or self.carries.high > self.high * (1 + _NARROW):
            return None
        return self.carries.high_constraint


@dataclass(frozen=True, slots=True)
class LoadSensitivity:
    """The cheapest placements over a range of rates, in order, and how many solves that took.

    `proven` says whether every stretch was settled, up to the resolution.
    """

    stretches: tuple[Stretch, ...]
    solves: int
    proven: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """A placement met on the way: its cost, and the rates it is feasible at."""

    placement: Placement
    line: CostLine
    range: LoadRange


@dataclass(frozen=True, slots=True)
class _Optimum:
    """The best at one rate; `known` is None when there is none. `cost` is proven when `proven`."""

    known: _Known | None
    cost: float
    proven: bool


class _Exhausted(Exception):  # noqa: N818 - not an error: the allowance is used up
    """No further solve is allowed."""


def load_sensitivity(
    problem: Problem,
    solver: Solver,
    low: float,
    high: float,
    *,
    start: Placement | None = None,
    resolution: float = RESOLUTION,
    most_solves: int = 400,
    cancelled: Callable[[], bool] | None = None,
    harder: Callable[[], bool] | None = None,
) -> LoadSensitivity:
    """The cheapest placement at every rate between two.

    Args:
        problem: what to place.
        solver: how to solve it at a rate.
        low: the least rate (1/s), above 0.
        high: the largest rate (1/s), above `low`.
        start: a placement to start from, such as the optimum at the present rate.
        resolution: relative width below which an interval of rates is not split any further.
        most_solves: after so many solves the rest is left unproven, with the best placement known.
        cancelled: asked before each solve; true ends it in the same way.
        harder: asked when all that is left is what solves gave up; true: they try harder now, so once more.

    Raises:
        ValueError: when the rates are no range.

    """
    if not 0 < low < high:
        raise ValueError(f"no range of rates: {low} to {high}")
    allowance = _Allowance(most_solves, cancelled or (lambda: False))
    sweep = _Sweep(problem, solver, allowance, max(resolution, _NARROW), (high - low) / _COARSE)
    if start is not None:
        sweep.remember(problem, start)
    stretches = list(sweep.run(low, high))
    while harder is not None and any(item.gap == float("inf") for item in stretches) and harder():
        stretches = list(sweep.again(stretches))
    found = sorted(stretches, key=lambda item: item.low)
    settled = all(item.gap < float("inf") for item in found)
    return LoadSensitivity(tuple(_joined(list(_bounded(found)))), allowance.used, settled)


@dataclass(slots=True)
class _Allowance:
    """How many solves there may be, and whether to stop before."""

    most: int
    cancelled: Callable[[], bool]
    used: int = 0

    def take(self) -> None:
        if self.used >= self.most or self.cancelled():
            raise _Exhausted
        self.used += 1


class _Sweep:
    def __init__(
        self,
        problem: Problem,
        solver: Solver,
        allowance: _Allowance,
        resolution: float,
        coarse: float,
    ) -> None:
        self._problem = problem
        self._solver = solver
        self._allowance = allowance
        self._resolution = resolution
        self._coarse = coarse
        self._known: dict[Placement, _Known | None] = {}
        self._optima: dict[float, _Optimum] = {}

    def run(self, low: float, high: float) -> Iterator[Stretch]:
        """All stretches, in no order."""
        intervals = [(low - high, low, high)]  # the widest first, so that what is left at the end is narrow
        while intervals:
            _, a, b = heapq.heappop(intervals)
            try:
                found = self._settle(a, b)
            except _Exhausted:
                found = self._guess(a, b)
            if isinstance(found, Stretch):
                yield found
            else:
                left, right = found
                heapq.heappush(intervals, (a - left, a, left))
                heapq.heappush(intervals, (right - b, right, b))

    def again(self, stretches: list[Stretch]) -> Iterator[Stretch]:
        """The same stretches, those that were not settled anew."""
        self._optima = {rate: item for rate, item in self._optima.items() if item.proven}
        for item in stretches:
            if item.gap < float("inf"):
                yield item
            else:
                yield from self.run(item.low, item.high)

    def remember(self, problem: Problem, placement: Placement) -> _Known | None:
        """What is known of a placement that a solve of `problem` gave; None when it does not hold there."""
        if placement not in self._known:
            span = load_range(problem, placement)
            line = cost_line(self._problem, placement)
            self._known[placement] = None if span is None else _Known(placement, line, span)
        return self._known[placement]

    def _settle(self, a: float, b: float) -> Stretch | tuple[float, float]:
        """The stretch that the whole interval is, or where to split it (left end, right start)."""
        first, last = self._optimum(a), self._optimum(b)
        gap = 0.0 if first.proven and last.proven else float("inf")
        for known in self._candidates(first, last, a, b):
            return self._certify(known, a, b, gap)
        if gap and b - a <= self._coarse:
            return self._guess(a, b)
        if b - a <= self._resolution * b:
            return self._narrow(first, last, a, b, gap)
        if first.known is None and last.known is None:
            found = self._relaxed(a, b, b, None)
            if found.status is Status.INFEASIBLE:
                return _stretch(a, b, None, gap)
        return _split(first.known, last.known, a, b, self._steps(b))

    def _steps(self, rate_per_s: float) -> _Steps:
        return _Steps(self._coarse, self._resolution * rate_per_s)

    def _narrow(
        self, first: _Optimum, last: _Optimum, a: float, b: float, gap: float
    ) -> Stretch | tuple[float, float]:
        """An interval too narrow to split for its own sake: the upper end's placement if it holds throughout.

        Otherwise the lower end's as far as it holds, and then the upper end's.
        """
        if last.known is not None and last.known.range.covers(a, b):
            cheaper = 1 - first.cost / last.cost if last.cost > 0 else 0.0
            return _stretch(a, b, last.known, max(gap, cheaper))
        if b - a > _NARROW * b and first.known is not None and _inside(first.known.range.high, a, b):
            return first.known.range.high, first.known.range.fails_at
        return _stretch(a, b, first.known, gap)

    def _candidates(self, first: _Optimum, last: _Optimum, a: float, b: float) -> list[_Known]:
        """Placements that hold on the whole interval and are optimal at both ends."""
        return [
            known
            for known in self._known.values()
            if known is not None
            and known.range.covers(a, b)
            and _equal(known.line.at(a), first.cost)
            and _equal(known.line.at(b), last.cost)
        ]

    def _certify(self, known: _Known, a: float, b: float, gap: float) -> Stretch | tuple[float, float]:
        """Prove a placement cheapest on an interval, or split where that which is in the way ends."""
        for priced in (b, a):
            cost = known.line.at(priced)
            found = self._relaxed(a, b, priced, known.placement)
            if found.lower_bound >= cost * (1 - _SAME):
                continue
            cheaper = 1 - found.lower_bound / cost
            if found.placement is None or found.status is not Status.OPTIMAL:
                return _stretch(a, b, known, max(gap, cheaper))
            if b - a <= self._resolution * b:
                return _stretch(a, b, known, max(gap, cheaper))
            at = self._rival_ends(found.placement, known, a, b)
            return at if at is not None else (_middle(a, b), _middle(a, b))
        return _stretch(a, b, known, gap)

    def _rival_ends(
        self, placement: Placement, known: _Known, a: float, b: float
    ) -> tuple[float, float] | None:
        """Where a cheaper placement of the relaxed set stops being feasible, or gets cheaper."""
        rival = self.remember(self._problem.at_rate(a), placement)
        if rival is None:
            return None
        crossing = rival.line.crossing(known.line)
        if crossing is not None and _inside(crossing, a, b) and rival.range.covers(crossing, crossing):
            return crossing, crossing
        if _inside(rival.range.high, a, b) and rival.range.fails_at < b:
            return rival.range.high, rival.range.fails_at
        return None

    def _relaxed(self, a: float, b: float, priced: float, start: Placement | None) -> Result:
        """The cheapest at the prices of one rate among all that may be feasible somewhere in [a, b].

        Loads are those at `a`, functions respond as fast as anywhere in between; what functions cost is
        brought to the rate `priced` by their price.
        """
        problem = self._problem.at_rate(a)
        resources = tuple(
            replace(item, cost_per_hour=item.cost_per_hour * priced / a)
            if problem.is_function(number)
            else item
            for number, item in enumerate(problem.resources)
        )
        layers = tuple(
            replace(item, transition_cost=item.transition_cost * priced / a) for item in problem.layers
        )
        best = best_between(problem, a, b)
        return self._solve(replace(best, resources=resources, layers=layers), start)

    def _optimum(self, rate_per_s: float) -> _Optimum:
        if rate_per_s not in self._optima:
            problem = self._problem.at_rate(rate_per_s)
            result = self._solve(problem, self._cheapest_known(rate_per_s))
            known = None if result.placement is None else self.remember(problem, result.placement)
            cost = result.cost if known is not None else float("inf")
            proven = result.status is not Status.STOPPED
            self._optima[rate_per_s] = _Optimum(known, cost, proven)
        return self._optima[rate_per_s]

    def _cheapest_known(self, rate_per_s: float) -> Placement | None:
        known = [item for item in self._known.values() if item and item.range.covers(rate_per_s, rate_per_s)]
        best = min(known, key=lambda item: item.line.at(rate_per_s), default=None)
        return best.placement if best is not None else None

    def _solve(self, problem: Problem, start: Placement | None) -> Result:
        self._allowance.take()
        return self._solver(problem, start)

    def _guess(self, a: float, b: float) -> Stretch | tuple[float, float]:
        """Without further solves: the upper end's optimum if known, or the best known as far as it goes."""
        first, last = self._optima.get(a), self._optima.get(b)
        if (
            first is not None
            and last is not None
            and last.known is not None
            and last.known.range.covers(a, b)
        ):
            proven = first.proven and last.proven and last.cost > 0
            return _stretch(a, b, last.known, 1 - first.cost / last.cost if proven else float("inf"))
        placement = self._cheapest_known(a)
        known = None if placement is None else self._known[placement]
        if known is not None and known.range.fails_at < b * (1 - _NARROW):
            return known.range.high, known.range.fails_at
        return _stretch(a, b, known, float("inf"))


def _stretch(a: float, b: float, known: _Known | None, gap: float) -> Stretch:
    if known is None:
        return Stretch(a, b, None, None, None, gap)
    return Stretch(a, b, known.placement, known.line, known.range, gap)


@dataclass(frozen=True, slots=True)
class _Steps:
    """Widths in rates (1/s): above `coarse` much is left, up to `fine` a step is not worth while."""

    coarse: float
    fine: float


def _split(
    first: _Known | None, last: _Known | None, a: float, b: float, steps: _Steps
) -> tuple[float, float]:
    """Where the two ends' placements part: an end of feasibility, equal cost, or else the middle.

    While much is left beyond that end, the middle of the rest comes first: an equally cheap placement
    that carries more may be found there. The same when the end is so near that breakpoints crowd.
    """
    if first is not None and _inside(first.range.high, a, b) and first.range.fails_at < b:
        crowded = first.range.high - a <= steps.fine
        if crowded or (last is not None and b - first.range.high > steps.coarse):
            return _middle(first.range.high, b), _middle(first.range.high, b)
        return first.range.high, first.range.fails_at
    if last is not None and first is None and _inside(last.range.low, a, b):
        below = last.range.low * (1 - _NARROW / 4)
        return (below, last.range.low) if below > a else (_middle(a, b), _middle(a, b))
    if first is not None and last is not None:
        crossing = first.line.crossing(last.line)
        if crossing is not None and _inside(crossing, a, b):
            return crossing, crossing
        if _inside(last.range.low, a, b):
            return last.range.low, last.range.low
    return _middle(a, b), _middle(a, b)


def _inside(rate: float, a: float, b: float) -> bool:
    """Whether splitting there leaves two intervals, neither of them empty."""
    return a * (1 + _NARROW / 4) < rate < b * (1 - _NARROW / 4)


def _middle(a: float, b: float) -> float:
    return (a + b) / 2


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME * max(abs(one), abs(other))


def _bounded(stretches: list[Stretch]) -> Iterator[Stretch]:
    """Stretches that were not settled, with the gap to what was proven before: cost grows with the load."""
    floor = 0.0
    for item in stretches:
        if item.line is None:
            yield item
            continue
        cost = item.line.at(item.high)
        if item.gap == float("inf") and 0 < floor <= cost:
            item = replace(item, gap=max(1 - floor / cost, _LEAST_GAP))
        if item.gap < float("inf"):
            floor = max(floor, cost * (1 - item.gap))
        yield item


def _joined(stretches: list[Stretch]) -> Iterator[Stretch]:
    """Neighbours joined that one placement, as cheap in both, can serve."""
    if not stretches:
        return
    current = stretches[-1]
    joined = []
    for item in reversed(stretches[:-1]):
        both = _both(item, current)
        if both is None:
            joined.append(current)
        current = item if both is None else both
    yield current
    yield from reversed(joined)


def _both(first: Stretch, second: Stretch) -> Stretch | None:
    """Two neighbours as one, with the placement of the second or of the first."""
    gap = max(first.gap, second.gap)
    alike = first.gap == second.gap or 0 < min(first.gap, second.gap) <= gap < float("inf")
    if first.placement == second.placement and alike:
        return replace(second, low=first.low, gap=gap)
    if first.line is None or second.line is None or first.gap != second.gap:
        return None
    low, high = first.low, second.high
    if not (
        _equal(first.line.at(low), second.line.at(low)) and _equal(first.line.at(high), second.line.at(high))
    ):
        return None
    for item in (second, first):
        if item.carries is not None and item.carries.covers(low, high):
            return replace(item, low=low, high=high)
    return None
