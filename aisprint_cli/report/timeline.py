"""A day as drawings: load and cost over the hours, what runs where, and what is bought when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.comparison import place_words, resource_words
from aisprint_cli.report.charts import Frame, Scale, Tick, frame
from aisprint_cli.report.figures import plain, significant

if TYPE_CHECKING:
    from aisprint_cli.placement.schedule.search import Schedule
    from aisprint_cli.placement.schedule.values import PeriodPlan

_LEFT: Final = 150.0
_WIDTH: Final = 860.0
_RIGHT: Final = 16.0
_ROW: Final = 26.0
_TOP: Final = 30.0
_LETTER: Final = 6.9
"""Width to reserve for a letter, in the drawing's unit."""
_HEIGHT: Final = 190.0
_ROUND_HOURS: Final = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0, 48.0, 168.0)
_TICKS: Final = 10


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure over the hours: a line of steps, the area below it, and marks."""

    name: str
    unit: str
    title: str
    frame: Frame
    ticks: tuple[Tick, ...]
    line: str
    area: str
    marks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A bar of a row; `label` is empty where there is no room for it."""

    x: float
    width: float
    tier: str
    label: str
    title: str
    strong: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A component or a resource over the hours."""

    name: str
    full_name: str
    y: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What runs where (`components`) and what is bought (`resources`) over the hours."""

    ticks: tuple[Tick, ...]
    components: tuple[Row, ...]
    resources: tuple[Row, ...]
    resources_y: float
    width: float
    height: float
    row: float
    left: float
    right: float


def plots(schedule: Schedule, plans: Sequence[PeriodPlan]) -> tuple[Plot, Plot]:
    """Load, and cost with what is reserved, over the hours."""
    rates = [plan.assessment.problem.entry_rate_per_s for plan in plans]
    reserved = schedule.reservation / schedule.problem.hours
    costs = [reserved + plan.assessment.cost / plan.period.hours for plan in plans]
    moved = [plan.period.start_h for plan in plans if plan.moves]
    return (
        _plot("load", "requests/s", "Requests per second over the hours", plans, rates, ()),
        _plot("cost", "cost per hour", "Cost per hour, over the hours", plans, costs, moved),
    )


def _plot(
    name: str,
    unit: str,
    title: str,
    plans: Sequence[PeriodPlan],
    values: Sequence[float],
    moved: Sequence[float],
) -> Plot:
    low, high = _hours(plans)
    around = frame([low, high], [0.0, *values])
    around = Frame(around.x, Scale(0.0, around.y.high, _HEIGHT - 46.0, 16.0), height=_HEIGHT)
    points: list[tuple[float, float]] = []
    for plan, value in zip(plans, values, strict=True):
        points += [(plan.period.start_h, value), (plan.period.start_h + plan.period.hours, value)]
    line = around.line(points)
    area = around.line([(low, 0.0), *points, (high, 0.0)]) + "Z"
    return Plot(
        name, unit, title, around, _ticks(around.x), line, area, tuple(around.x(hour) for hour in moved)
    )


def _hours(plans: Sequence[PeriodPlan]) -> tuple[float, float]:
    last = plans[-1].period
    return plans[0].period.start_h, last.start_h + last.hours


def _ticks(scale: Scale) -> tuple[Tick, ...]:
    """Marks at round hours; hours of the next day count from 0 again."""
    span = scale.high - scale.low
    step = next((item for item in _ROUND_HOURS if span / item <= _TICKS), span / _TICKS)
    first = -(-scale.low // step)
    found = []
    hour = first * step
    while hour <= scale.high + 1e-9:
        shown = hour % 24 if hour > 24 else hour
        found.append(Tick(scale(hour), plain(shown)))
        hour += step
    return tuple(found)


def timeline(schedule: Schedule, plans: Sequence[PeriodPlan]) -> Timeline:
    """What runs where and what is bought, over the hours."""
    low, high = _hours(plans)
    scale = Scale(low, high, _LEFT, _WIDTH - _RIGHT)
    problem = plans[0].assessment.problem
    y = _TOP
    components = []
    for number, component in enumerate(problem.components):
        spans = _spans(plans, scale, partial(_place, component=number))
        components.append(Row(_short(component.name), component.name, y, tuple(spans)))
        y += _ROW
    resources_y = y + _TOP
    y = resources_y
    resources = []
    reserved = {
        item.resource: count
        for item, count in zip(schedule.problem.reservable, schedule.reserved, strict=True)
    }
    for number, resource in enumerate(problem.resources):
        if not any(plan.assessment.placement.instances[number] for plan in plans):
            continue
        spans = _spans(plans, scale, partial(_bought, resource=number, reserved=reserved.get(number, 0)))
        resources.append(Row(_short(resource.name), resource.name, y, tuple(spans)))
        y += _ROW
    return Timeline(
        ticks=_ticks(scale),
        components=tuple(components),
        resources=tuple(resources),
        resources_y=resources_y,
        width=_WIDTH,
        height=y + 34.0,
        row=_ROW,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
    )


def _short(name: str) -> str:
    most = int((_LEFT - 14) / _LETTER)
    return name if len(name) <= most else f"{name[: most - 1]}…"


_Shown = tuple[str, str, str, bool]


def _place(plan: PeriodPlan, component: int) -> _Shown | None:
    """Tier, label, words and emphasis of where a component runs."""
    problem, choice = plan.assessment.problem, plan.assessment.placement.choices[component]
    tier = problem.tier(choice.resources[-1]).value
    words = f"{problem.components[component].name}: {place_words(plan.assessment, component)}"
    return tier, resource_words(problem, choice), words, False


def _bought(plan: PeriodPlan, resource: int, reserved: int) -> _Shown | None:
    count = plan.assessment.placement.instances[resource]
    if not count:
        return None
    problem = plan.assessment.problem
    free = min(count, reserved)
    words = f"{count} {problem.resources[resource].name}" + (f", {free} of them reserved" if free else "")
    return problem.tier(resource).value, str(count), words, count == free


def _spans(
    plans: Sequence[PeriodPlan], scale: Scale, show: Callable[[PeriodPlan], _Shown | None]
) -> Iterator[Span]:
    """Bars; neighbours that show the same are one."""
    for shown, group in groupby(plans, key=show):
        if shown is None:
            continue
        members = list(group)
        tier, label, words, strong = shown
        last = members[-1].period
        x, end = scale(members[0].period.start_h), scale(last.start_h + last.hours)
        title = f"{words} ({significant(sum(item.period.hours for item in members), 3)} h)"
        room = len(label) * _LETTER + 8 <= end - x
        yield Span(x, end - x, tier, label if room else "", title, strong)
