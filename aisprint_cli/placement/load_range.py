"""Between which arrival rates one placement keeps every limit.

With the rate, the load of bought resources grows, and with it their response times. The response of
functions mostly falls (fewer cold starts). So over an interval of rates ``[a, b]`` every figure is at most
what bought resources show at ``b`` and functions at their worst in between. When that worst case keeps
every limit, the whole interval does: the search takes such steps, halving them where they fail, until
the first rate that breaks a limit is known to `TOLERANCE`.

What the worst between two rates is, is in `between_rates`; intervals shrink as limits get near.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.between_rates import worst_between
from aisprint_cli.placement.constraints import Constraint, Kind, assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import Choice, Placement

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Component, Problem

TOLERANCE: Final = 1e-7
"""Relative width to which the ends of a range are found."""
MOST: Final = 100.0
"""A placement that carries this many times the load is not tried with more."""
LEAST: Final = 1e-6
"""Nor is it tried with less than this part of the load."""
_OF_LOAD: Final = frozenset(
    {Kind.UTILISATION, Kind.LOCAL, Kind.PATH, Kind.ENERGY, Kind.BANDWIDTH, Kind.RANGE}
)


@dataclass(frozen=True, slots=True)
class LoadRange:
    """The rates (1/s) around the present one at which a placement keeps every limit.

    `low` is 0 when no small rate breaks a limit. `high` still holds, `fails_at` is the first rate known
    to break a limit (infinite when none was found up to `MOST` times the load). `low_constraint` and
    `high_constraint` are what breaks just outside, as they stand there.
    """

    low: float
    high: float
    fails_at: float
    low_constraint: Constraint | None
    high_constraint: Constraint | None

    def covers(self, low: float, high: float) -> bool:
        """Whether it holds at every rate between two."""
        return self.low <= low and high <= self.high


@dataclass(frozen=True, slots=True)
class CostLine:
    """What a placement costs in the period at a rate: instances are `fixed`, functions grow with it."""

    fixed: float
    per_rate: float

    def at(self, rate_per_s: float) -> float:
        """The cost at a rate (1/s)."""
        return self.fixed + self.per_rate * rate_per_s

    def crossing(self, other: CostLine) -> float | None:
        """The rate at which both cost the same, if there is exactly one."""
        slope = self.per_rate - other.per_rate
        return (other.fixed - self.fixed) / slope if slope else None


def pinned(problem: Problem, placement: Placement) -> tuple[Problem, Placement]:
    """The problem with nothing left to choose but this placement: quick to evaluate at many rates."""
    components = tuple(
        only(component, choice)
        for component, choice in zip(problem.components, placement.choices, strict=True)
    )
    choices = tuple(Choice(0, choice.resources, choice.counts) for choice in placement.choices)
    return replace(problem, components=components), Placement(choices, placement.instances)


def only(component: Component, choice: Choice) -> Component:
    """A component that is left no choice but one; its alternative is then number 0."""
    alternative = component.alternatives[choice.alternative]
    pieces = tuple(
        replace(piece, options=tuple(option for option in piece.options if option.resource == resource))
        for piece, resource in zip(alternative.pieces, choice.resources, strict=True)
    )
    return replace(component, alternatives=(replace(alternative, pieces=pieces),))


def cost_line(problem: Problem, placement: Placement) -> CostLine:
    """The cost of a placement at any rate."""
    only, same = pinned(problem, placement)
    scores = Evaluator(only).evaluate_all([same])
    functions = float(scores.function_cost[0])
    return CostLine(float(scores.cost[0]) - functions, functions / problem.entry_rate_per_s)


def load_range(problem: Problem, placement: Placement) -> LoadRange | None:
    """The rates around the problem's own that a placement carries; None when not even that one.

    Args:
        problem: what is placed, at the present rate.
        placement: one choice for each component, and the instances bought.

    """
    only, same = pinned(problem, placement)
    if not assess(only, same).feasible:
        return None

    def holds_over(low: float, high: float) -> bool:
        return bool(Evaluator(worst_between(only, low, high)).evaluate_all([same]).feasible[0])

    rate = only.entry_rate_per_s
    high, fails_at = _last_that_holds(rate, MOST * rate, holds_over)
    low, fails_below = _last_that_holds(rate, LEAST * rate, lambda far, near: holds_over(near, far))
    return LoadRange(
        low=low if fails_below > 0 else 0.0,
        high=high,
        fails_at=fails_at,
        low_constraint=_tightest(only, same, fails_below) if fails_below > 0 else None,
        high_constraint=_tightest(only, same, fails_at) if fails_at < float("inf") else None,
    )


def _last_that_holds(
    start: float, end: float, holds_over: Callable[[float, float], bool]
) -> tuple[float, float]:
    """Walk from a rate that holds towards `end` as far as all in between holds.

    Returns:
        The last rate that holds, and one that was not shown to; infinite (upwards) or 0 when `end`
        was reached.

    """
    up = end > start
    rate, factor = start, 2.0
    while rate != end:
        then = min(rate * factor, end) if up else max(rate / factor, end)
        if holds_over(rate, then):
            rate, factor = then, min(factor * factor, 2.0)
        elif factor - 1 <= TOLERANCE:
            return rate, then
        else:
            factor = 1 + (factor - 1) / 2
    return rate, float("inf") if up else 0.0


def _tightest(problem: Problem, placement: Placement, rate_per_s: float) -> Constraint:
    """The constraint on load or time that is passed furthest at a rate, or is nearest to its limit."""
    constraints = assess(problem.at_rate(rate_per_s), placement).constraints
    depend = [item for item in constraints if item.kind in _OF_LOAD]
    return max(depend, key=lambda item: item.value / item.limit if item.limit > 0 else float("inf"))
