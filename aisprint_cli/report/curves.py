"""The plots of a report: cost over load, and the front of cost against another figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.placement.comparison import compare
from aisprint_cli.placement.constraints import Assessment, Constraint, Kind, assess
from aisprint_cli.report.charts import Frame, frame
from aisprint_cli.report.figures import figure, percent, plain, significant

if TYPE_CHECKING:
    from aisprint_cli.placement.load_sensitivity import LoadSensitivity, Stretch
    from aisprint_cli.placement.pareto import Front
    from aisprint_cli.report.placement_report import PlacementReport


@dataclass(frozen=True, slots=True)
class StretchRow:
    """An interval of rates in the table under the plot."""

    span: str
    cost: str
    ends: str
    moves: str
    proof: str
    present: bool


@dataclass(frozen=True, slots=True)
class StretchLine:
    """An interval of rates in the plot: its cost, or where nothing works a shaded range.

    `step` leads from the cost before to that of this interval.
    """

    path: str
    step: str
    x: float
    width: float
    possible: bool
    proven: bool
    title: str


@dataclass(frozen=True, slots=True)
class LoadView:
    """What the load does to the placement; without `frame` there is nothing to plot."""

    sentence: str
    frame: Frame | None
    lines: tuple[StretchLine, ...]
    now: float
    carried: float | None
    rows: tuple[StretchRow, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a front in its plot."""

    x: float
    y: float
    title: str
    present: bool


@dataclass(frozen=True, slots=True)
class FrontRow:
    """A point of a front in its table."""

    value: str
    cost: str
    extra: str
    moves: str
    present: bool


@dataclass(frozen=True, slots=True)
class FrontView:
    """A front as a plot and a table."""

    name: str
    unit: str
    sentence: str
    frame: Frame
    stairs: str
    dots: tuple[Dot, ...]
    rows: tuple[FrontRow, ...]


def load_view(report: PlacementReport) -> LoadView | None:
    """What the load does, if it was asked for."""
    span, sensitivity = report.load_range, report.sensitivity
    if span is None:
        return None
    rate = report.assessment.problem.entry_rate_per_s
    if span.high_constraint is None:
        sentence = f"This placement carries every load tried, up to {plain(span.high)} requests/s."
    else:
        sentence = (
            f"This placement carries up to {significant(span.high, 7)} requests/s. "
            f"Beyond that {_reason(span.high_constraint)}."
        )
    if span.low_constraint is not None:
        sentence += (
            f" Below {significant(span.low, 7)} requests/s it breaks a limit as well, because functions "
            f"start cold more often: {_reason(span.low_constraint)}."
        )
    if sensitivity is None:
        return LoadView(sentence, None, (), 0.0, None, ())
    plot = _load_frame(sensitivity, report)
    inside = plot.x.low <= span.high <= plot.x.high
    return LoadView(
        sentence=sentence,
        frame=plot,
        lines=tuple(_lines(plot, sensitivity)),
        now=plot.x(rate),
        carried=plot.x(span.high) if inside else None,
        rows=tuple(_stretch_rows(report.assessment, sensitivity)),
    )


def _reason(constraint: Constraint) -> str:
    subject = constraint.subject.replace("->", "→")
    match constraint.kind:
        case Kind.LOCAL:
            return f"the response time of {subject} passes its limit of {plain(constraint.limit)} s"
        case Kind.PATH:
            return f"the path {subject} takes longer than its limit of {plain(constraint.limit)} s"
        case _:
            return f"{subject} is overloaded"


def _load_frame(sensitivity: LoadSensitivity, report: PlacementReport) -> Frame:
    stretches = sensitivity.stretches
    costs = [report.assessment.cost]
    for item in stretches:
        if item.line is not None:
            costs += [item.line.at(item.low), item.line.at(item.high)]
    return frame([stretches[0].low, stretches[-1].high], costs)


def _lines(plot: Frame, sensitivity: LoadSensitivity) -> Iterator[StretchLine]:
    before: float | None = None
    for item in sensitivity.stretches:
        x, right = plot.x(item.low), plot.x(item.high)
        span = _span(item)
        if item.line is None:
            words = "no placement keeps every limit" if item.gap == 0 else "no placement is known"
            yield StretchLine("", "", x, right - x, False, item.gap == 0, f"{span} requests/s: {words}")
            before = None
            continue
        costs = (item.line.at(item.low), item.line.at(item.high))
        path = plot.line([(item.low, costs[0]), (item.high, costs[1])])
        step = plot.line([(item.low, before), (item.low, costs[0])]) if before is not None else ""
        words = f"{span} requests/s: cost {_range(*costs)}"
        yield StretchLine(path, step, x, right - x, True, item.gap == 0, words)
        before = costs[1]


def _span(item: Stretch) -> str:
    return f"{plain(item.low, 6)} to {plain(item.high, 6)}"


def _range(low: float, high: float) -> str:
    one, other = significant(low, 6), significant(high, 6)
    return one if one == other else f"{one} to {other}"


def _stretch_rows(now: Assessment, sensitivity: LoadSensitivity) -> Iterator[StretchRow]:
    rate = now.problem.entry_rate_per_s
    before: Assessment | None = None
    for item in sensitivity.stretches:
        here = item.low <= rate <= item.high
        if item.placement is None or item.line is None:
            words = "proven" if item.gap == 0 else "not settled"
            nothing = "no placement keeps every limit" if item.gap == 0 else "none known"
            yield StretchRow(_span(item), nothing, "", "", words, here)
            continue
        current = assess(now.problem, item.placement)
        yield StretchRow(
            span=_span(item),
            cost=_range(item.line.at(item.low), item.line.at(item.high)),
            ends=_reason(item.ends_by) if item.ends_by is not None else "",
            moves=_moves(before, current),
            proof=_proof_words(item.gap),
            present=here,
        )
        before = current


def _proof_words(gap: float) -> str:
    if gap <= 0:
        return "proven"
    return f"within {percent(gap)}" if gap < float("inf") else "not settled"


def _moves(before: Assessment | None, after: Assessment) -> str:
    """What is different from the placement of the row before."""
    if before is None:
        return ""
    comparison = compare(before, after)
    bought = [
        f"{item.resource} {item.instances_before} → {item.instances_after}"
        for item in comparison.purchases
        if item.instances_before is not None and item.instances_before != item.instances_after
    ]
    moved = [f"{move.component}: {move.after}" for move in comparison.moves]
    return "; ".join(bought + moved)


def front_view(front: Front, now: Assessment) -> FrontView:
    """A front, the present placement marked."""
    values = [point.value for point in front.points]
    costs = [point.cost for point in front.points]
    plot = frame(values, costs)
    cheapest = min(costs)
    dots, rows = [], []
    for point in front.points:
        present = point.placement == now.placement
        value = figure(point.value, front.objective.unit)
        dots.append(
            Dot(
                plot.x(point.value),
                plot.y(point.cost),
                f"{value}, cost {significant(point.cost, 6)}",
                present,
            )
        )
        rows.append(
            FrontRow(
                value=value,
                cost=significant(point.cost, 6),
                extra="" if point.cost == cheapest else f"+{percent(point.cost / cheapest - 1)}",
                moves=_moves(now, assess(now.problem, point.placement)),
                present=present,
            )
        )
    return FrontView(
        name=front.objective.name,
        unit=front.objective.unit,
        sentence=_front_sentence(front, now),
        frame=plot,
        stairs=_stairs(plot, front),
        dots=tuple(dots),
        rows=tuple(rows),
    )


def _front_sentence(front: Front, now: Assessment) -> str:
    count = len(front.points)
    words = f"{count} {'placement is' if count == 1 else 'placements are'} worth choosing between. "
    cheapest = front.points[-1]
    if cheapest.placement != now.placement and cheapest.cost <= now.cost * (1 + 1e-9):
        words += "One of them costs no more than this placement and is better. "
    if front.complete:
        return words + (
            "It is the whole front: no other placement is better in one without being worse in the other."
        )
    gaps = len(front.open_gaps)
    return words + (
        f"The search was ended early: in {gaps} {'interval' if gaps == 1 else 'intervals'} between them "
        "further ones may lie."
    )


def _stairs(plot: Frame, front: Front) -> str:
    """What is the least cost for a limit on the figure: constant between points."""
    points: list[tuple[float, float]] = []
    for point in front.points:
        if points:
            points.append((point.value, points[-1][1]))
        points.append((point.value, point.cost))
    points.append((plot.x.high, points[-1][1]))
    return plot.line(points)
