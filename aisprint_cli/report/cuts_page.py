"""The page of a model's cuts: what each carries over how it divides the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.report.charts import Frame, decade_frame
from aisprint_cli.report.figures import plain

if TYPE_CHECKING:
    from aisprint_cli.partition.inspection import Candidate, Inspection

_LISTED = 200


@dataclass(frozen=True, slots=True)
class CutDot:
    """A cut in the plot; `kind` is `even`, `front` or `other`, `several` whether it carries more than one."""

    x: float
    y: float
    kind: str
    several: bool
    title: str


@dataclass(frozen=True, slots=True)
class CutRow:
    """A row of the table of the front."""

    tensors: str
    bytes: str
    share: str
    parameters: tuple[str, str]
    work: tuple[str, str]
    even: bool


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure in the head of the page."""

    name: str
    figure: str
    note: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class CutsPage:
    """Everything that the templates show; without `frame` there is nothing to plot."""

    title: str
    program: str
    verdict: str
    state: str
    tiles: tuple[Tile, ...]
    unit: str
    frame: Frame | None
    dots: tuple[CutDot, ...]
    stairs: str
    rows: tuple[CutRow, ...]
    left_out: int
    chains: tuple[tuple[str, str, str], ...]
    exits: tuple[tuple[str, str, str, str], ...]
    kind: str = "Cuts of a model"


def make_cuts_page(found: Inspection, program: str) -> CutsPage:
    """What a page about an inspected model shows."""
    plotted = [cut for cut in found.cuts if cut.bytes]
    frame = decade_frame([float(cut.bytes or 0) for cut in plotted]) if plotted else None
    front = sorted(found.front, key=lambda cut: (not cut.is_balanced, cut.work[0]))
    return CutsPage(
        title=found.read.path.name,
        program=program,
        verdict=_verdict(found),
        state="" if found.cuts else "open",
        tiles=_tiles(found),
        unit=found.unit,
        frame=frame,
        dots=_dots(frame, plotted) if frame else (),
        stairs=_line(frame, found) if frame else "",
        rows=tuple(_row(cut) for cut in front[:_LISTED]),
        left_out=max(len(front) - _LISTED, 0),
        chains=tuple(
            (
                " | ".join(", ".join(cut.tensors) for cut in chain.cuts),
                f"{chain.bytes:,}",
                " / ".join(_percent(work / sum(chain.work)) for work in chain.work),
            )
            for chain in found.chains
        ),
        exits=tuple(
            (
                ", ".join(item.outputs),
                ", ".join(item.tensors),
                _bytes(item.bytes),
                item.reason or _percent(item.work[0] / sum(item.work)),
            )
            for item in found.exits
        ),
    )


def _verdict(found: Inspection) -> str:
    if not found.cuts:
        return "There is no place where it can be cut within these limits."
    count = len(found.front)
    words = f"{count} {'cut is' if count == 1 else 'cuts are'} worth choosing between."
    return words if found.complete else f"{words} There may be others: the search was cut short."


def _tiles(found: Inspection) -> tuple[Tile, ...]:
    sized = [cut for cut in found.cuts if cut.bytes is not None]
    smallest = min(sized, key=lambda cut: cut.bytes or 0, default=None)
    evenest = min(found.cuts, key=lambda cut: abs(cut.share - 0.5), default=None)
    tiles = [Tile("Cuts", plain(len(found.cuts)), "of one tensor, and of several on the front")]
    if smallest is not None:
        tiles.append(Tile("Smallest", f"{_bytes(smallest.bytes)} B", ", ".join(smallest.tensors)))
    if evenest is not None:
        tiles.append(Tile("Most even", _percent(evenest.share), ", ".join(evenest.tensors)))
    return tuple(tiles)


def _dots(frame: Frame, cuts: list[Candidate]) -> tuple[CutDot, ...]:
    """The points, those drawn last that matter most."""
    ordered = sorted(cuts, key=lambda cut: (cut.is_balanced, cut.on_front))
    return tuple(_dot(frame, cut) for cut in ordered)


def _dot(frame: Frame, cut: Candidate) -> CutDot:
    kind = "even" if cut.is_balanced else "front" if cut.on_front else "other"
    title = f"{', '.join(cut.tensors)}: {_bytes(cut.bytes)} bytes, {_percent(cut.share)} before"
    place = frame.x(100 * cut.share), frame.y(float(cut.bytes or 0))
    return CutDot(*place, kind, len(cut.tensors) > 1, title)


def _line(frame: Frame, found: Inspection) -> str:
    points = [(100 * cut.share, float(cut.bytes)) for cut in found.front if cut.bytes]
    return frame.line(points) if len(points) > 1 else ""


def _row(cut: Candidate) -> CutRow:
    return CutRow(
        tensors=", ".join(cut.tensors),
        bytes=_bytes(cut.bytes),
        share=_percent(cut.share),
        parameters=(f"{cut.parameters[0]:,}", f"{cut.parameters[1]:,}"),
        work=(f"{cut.work[0]:,}", f"{cut.work[1]:,}"),
        even=cut.is_balanced,
    )


def _bytes(size: int | None) -> str:
    return "not known" if size is None else f"{size:,}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
