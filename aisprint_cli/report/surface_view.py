"""The front of three as a plot: one figure across, cost upwards, the other figure as how dark a dot is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.comparison import compare
from aisprint_cli.placement.constraints import assess
from aisprint_cli.report.charts import Frame, frame
from aisprint_cli.report.figures import figure, percent, significant

if TYPE_CHECKING:
    from aisprint_cli.placement.constraints import Assessment
    from aisprint_cli.placement.surface import Surface, SurfacePoint

STEPS: Final = 5
"""So many shades tell the values of the third figure apart."""


@dataclass(frozen=True, slots=True)
class ShadedDot:
    """A point in the plot; `shade` from 1 (least of the third figure) to `STEPS`."""

    x: float
    y: float
    shade: int
    title: str
    present: bool


@dataclass(frozen=True, slots=True)
class SurfaceRow:
    """A point in the table."""

    cost: str
    extra: str
    first: str
    second: str
    moves: str
    present: bool


@dataclass(frozen=True, slots=True)
class SurfaceView:
    """A front of three as a plot, its legend, and a table."""

    name: str
    names: tuple[str, str]
    unit: str
    sentence: str
    frame: Frame
    dots: tuple[ShadedDot, ...]
    legend: tuple[tuple[int, str], ...]
    rows: tuple[SurfaceRow, ...]


def surface_view(found: Surface, now: Assessment) -> SurfaceView:
    """A front of three with at least one point, the present placement marked."""
    one, other = found.objectives
    plot = frame([point.values[0] for point in found.points], [point.cost for point in found.points])
    levels = sorted({point.values[1] for point in found.points})
    shades = {value: 1 + place * STEPS // len(levels) for place, value in enumerate(levels)}
    cheapest = min(point.cost for point in found.points)
    dots = tuple(
        ShadedDot(
            plot.x(point.values[0]),
            plot.y(point.cost),
            shades[point.values[1]],
            f"{_figure(found, point, 0)}, {_figure(found, point, 1)}, cost {significant(point.cost, 6)}",
            point.placement == now.placement,
        )
        for point in found.points
    )
    return SurfaceView(
        name=f"Cost, {one.name} and {other.name}",
        names=(one.name, other.name),
        unit=one.unit,
        sentence=_sentence(found),
        frame=plot,
        dots=dots,
        legend=tuple(_legend(found, levels, shades)),
        rows=tuple(_row(found, point, now, cheapest) for point in found.points),
    )


def _figure(found: Surface, point: SurfacePoint, place: int) -> str:
    return figure(point.values[place], found.objectives[place].unit)


def _legend(found: Surface, levels: list[float], shades: dict[float, int]) -> list[tuple[int, str]]:
    """Each shade with the values it stands for."""
    unit = found.objectives[1].unit
    legend = []
    for shade in range(1, STEPS + 1):
        values = [value for value in levels if shades[value] == shade]
        if values:
            low, high = figure(values[0], unit), figure(values[-1], unit)
            legend.append((shade, low if low == high else f"{low} to {high}"))
    return legend


def _row(found: Surface, point: SurfacePoint, now: Assessment, cheapest: float) -> SurfaceRow:
    moves = compare(now, assess(now.problem, point.placement)).moves
    dearer = point.cost > cheapest * (1 + 1e-9)
    return SurfaceRow(
        cost=significant(point.cost, 6),
        extra=f"+{percent(point.cost / cheapest - 1)}" if dearer and cheapest else "",
        first=_figure(found, point, 0),
        second=_figure(found, point, 1),
        moves="; ".join(f"{move.component}: {move.after}" for move in moves),
        present=point.placement == now.placement,
    )


def _sentence(found: Surface) -> str:
    count = len(found.points)
    words = f"{count} {'placement is' if count == 1 else 'placements are'} worth choosing between. "
    if found.complete:
        return (
            words
            + "It is the whole front: no other placement is better in one of the three and worse in none."
        )
    return words + (
        f"The search was ended early: up to a cost of {significant(found.complete_up_to, 6)} none is "
        "missing; beyond, further ones may lie."
    )
