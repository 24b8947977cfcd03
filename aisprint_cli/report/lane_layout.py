"""A layered drawing of an acyclic graph over lanes: ranks go down the page, lanes stand side by side.

After Sugiyama, Tagawa and Toda (1981): each node's rank is its longest way from a source; an edge over
several ranks gets a way point in each rank between; the order inside a lane and rank follows the
neighbours' mean positions. Nodes never overlap, and as edges cross ranks only at way points, they pass
no node. All lengths are in the drawing's own units (pixels at its natural size).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

_SWEEPS: Final = 8
_LABEL_SPOTS: Final = (0.5, 0.3, 0.7, 0.14, 0.86)
_LABEL_ROWS: Final = 3


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes of what is drawn."""

    node_width: float
    node_height: float
    row_gap: float = 66.0
    slot_gap: float = 16.0
    way_width: float = 18.0
    lane_padding: float = 14.0
    narrowest_lane: float = 96.0
    lane_gap: float = 8.0
    header_height: float = 62.0
    letter_width: float = 6.6
    label_height: float = 16.0


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two nodes (numbers), with a short text or none."""

    source: int
    target: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True)
class Label:
    """A text on an edge and the room it takes."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge as drawn: SVG path data, and its label if it has one."""

    edge: Edge
    path: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where everything is; boxes of nodes and lanes by number."""

    width: float
    height: float
    nodes: tuple[Box, ...]
    lanes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def lay_out(
    lanes: Sequence[int], edges: Sequence[Edge], lane_widths: Sequence[float], measures: Measures
) -> Drawing:
    """Place nodes, lanes and edges.

    Args:
        lanes: the lane of each node.
        edges: between nodes; every edge goes from a lower to a higher number (topological order).
        lane_widths: how wide each lane is at least (its heading).
        measures: sizes.

    """
    return _Layout(lanes, edges, lane_widths, measures).draw()


@dataclass(slots=True)
class _Spot:
    """A node or way point: its rank and lane, and its centre once known."""

    rank: int
    lane: int
    node: int | None
    x: float = 0.0
    above: list[_Spot] = field(default_factory=list)
    below: list[_Spot] = field(default_factory=list)


class _Layout:
    def __init__(
        self, lanes: Sequence[int], edges: Sequence[Edge], lane_widths: Sequence[float], measures: Measures
    ) -> None:
        self._measures = measures
        self._edges = edges
        ranks = _ranks(len(lanes), edges)
        self._spots = [
            _Spot(rank, lane, number) for number, (rank, lane) in enumerate(zip(ranks, lanes, strict=True))
        ]
        self._rows = max(ranks, default=0) + 1
        self._cells: dict[tuple[int, int], list[_Spot]] = {}
        for spot in self._spots:
            self._cells.setdefault((spot.rank, spot.lane), []).append(spot)
        self._ways = [self._way(edge) for edge in edges]
        self._lane_widths = lane_widths

    def draw(self) -> Drawing:
        lanes = self._lane_boxes()
        self._order(lanes)
        nodes = tuple(self._box(spot) for spot in self._spots)
        return Drawing(
            width=lanes[-1].x + lanes[-1].width if lanes else 0.0,
            height=lanes[-1].height if lanes else 0.0,
            nodes=nodes,
            lanes=tuple(lanes),
            arrows=tuple(self._arrows(nodes)),
        )

    def _way(self, edge: Edge) -> list[_Spot]:
        """The spots of an edge, way points made for the ranks between."""
        source, target = self._spots[edge.source], self._spots[edge.target]
        way = [source]
        for rank in range(source.rank + 1, target.rank):
            low, high = sorted((way[-1].lane, target.lane))
            lane = min(
                range(low, high + 1),
                key=lambda item: (len(self._cells.get((rank, item), ())), abs(item - target.lane)),
            )
            spot = _Spot(rank, lane, None)
            self._cells.setdefault((rank, lane), []).append(spot)
            way.append(spot)
        way.append(target)
        for upper, lower in pairwise(way):
            upper.below.append(lower)
            lower.above.append(upper)
        return way

    def _room(self, spot: _Spot) -> float:
        inner = self._measures.way_width if spot.node is None else self._measures.node_width
        return inner + self._measures.slot_gap

    def _lane_boxes(self) -> list[Box]:
        measures = self._measures
        height = measures.header_height + self._rows * measures.node_height
        height += (self._rows - 1) * measures.row_gap + 2 * measures.lane_padding
        boxes = []
        x = 0.0
        for lane, least in enumerate(self._lane_widths):
            needs = [
                sum(map(self._room, spots)) for (_, number), spots in self._cells.items() if number == lane
            ]
            width = max(least, measures.narrowest_lane, max(needs, default=0.0) + measures.lane_padding)
            boxes.append(Box(x, 0.0, width, height))
            x += width + measures.lane_gap
        return boxes

    def _order(self, lanes: Sequence[Box]) -> None:
        """Order and place the spots of each cell, downwards and upwards in turn."""
        cells = sorted(self._cells.items(), key=lambda item: item[0])
        for (_, lane), spots in cells:
            self._spread(spots, lanes[lane])
        for sweep in range(_SWEEPS):
            down = sweep % 2 == 0
            for (_, lane), spots in cells if down else reversed(cells):
                wanted = {id(spot): _mean(spot.above if down else spot.below, spot.x) for spot in spots}
                spots.sort(key=lambda spot: wanted[id(spot)])
                self._spread(spots, lanes[lane])

    def _spread(self, spots: Sequence[_Spot], lane: Box) -> None:
        x = lane.x + lane.width / 2 - sum(map(self._room, spots)) / 2
        for spot in spots:
            spot.x = x + self._room(spot) / 2
            x += self._room(spot)

    def _top(self, rank: int) -> float:
        measures = self._measures
        offset = measures.header_height + measures.lane_padding
        return offset + rank * (measures.node_height + measures.row_gap)

    def _box(self, spot: _Spot) -> Box:
        measures = self._measures
        left = spot.x - measures.node_width / 2
        return Box(left, self._top(spot.rank), measures.node_width, measures.node_height)

    def _arrows(self, nodes: Sequence[Box]) -> Iterator[Arrow]:
        starts, ends = self._ports(outgoing=True), self._ports(outgoing=False)
        taken: list[Box] = list(nodes)
        for number, (edge, way) in enumerate(zip(self._edges, self._ways, strict=True)):
            points = self._points(way, starts[number], ends[number])
            label = self._label(edge.label, points, taken) if edge.label else None
            yield Arrow(edge, _path(points), label)

    def _ports(self, *, outgoing: bool) -> Mapping[int, float]:
        """Where each edge leaves or enters its node: spread over the middle of its side."""
        by_node: dict[int, list[tuple[float, int]]] = {}
        for number, (edge, way) in enumerate(zip(self._edges, self._ways, strict=True)):
            node, other = (edge.source, way[1]) if outgoing else (edge.target, way[-2])
            by_node.setdefault(node, []).append((other.x, number))
        ports: dict[int, float] = {}
        for node, items in by_node.items():
            step = min(0.7 * self._measures.node_width / len(items), 26.0)
            for place, (_, number) in enumerate(sorted(items)):
                ports[number] = self._spots[node].x + (place - (len(items) - 1) / 2) * step
        return ports

    def _points(self, way: Sequence[_Spot], start: float, end: float) -> list[tuple[float, float]]:
        """Points in pairs: from each pair's first to its second the edge crosses a gap between rows."""
        height = self._measures.node_height
        points = [(start, self._top(way[0].rank) + height)]
        for spot in way[1:-1]:
            top = self._top(spot.rank)
            points += [(spot.x, top), (spot.x, top + height)]
        points.append((end, self._top(way[-1].rank)))
        return points

    def _label(self, text: str, points: Sequence[tuple[float, float]], taken: list[Box]) -> Label:
        """A label on an edge, as near its start as there is a place where it covers nothing else."""
        measures = self._measures
        width = measures.letter_width * len(text) + 8
        boxes = [
            Box(x - width / 2, y - measures.label_height / 2, width, measures.label_height)
            for x, y in _label_spots(points)
        ]
        box = min(boxes, key=lambda item: sum(item.overlaps(other) for other in taken))
        taken.append(box)
        return Label(text, box)


def _label_spots(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Points of an edge for the middle of its label: in the first gap, then further down."""
    for number, (start, end) in enumerate(pairwise(points[: 2 * _LABEL_ROWS])):
        if number % 2:
            yield start[0], (start[1] + end[1]) / 2
        else:
            yield from (_on_curve(start, end, spot) for spot in _LABEL_SPOTS)


def _ranks(count: int, edges: Sequence[Edge]) -> list[int]:
    ranks = [0] * count
    for edge in sorted(edges, key=lambda item: item.source):
        ranks[edge.target] = max(ranks[edge.target], ranks[edge.source] + 1)
    return ranks


def _mean(spots: Sequence[_Spot], otherwise: float) -> float:
    return sum(spot.x for spot in spots) / len(spots) if spots else otherwise


def _on_curve(start: tuple[float, float], end: tuple[float, float], t: float) -> tuple[float, float]:
    """A point of the cubic curve that leaves and arrives upright."""
    blend = 3 * (1 - t) * t * t + t**3
    middle = (start[1] + end[1]) / 2
    y = (1 - t) ** 3 * start[1] + 3 * (1 - t) * t * middle + t**3 * end[1]
    return start[0] + (end[0] - start[0]) * blend, y


def _path(points: Sequence[tuple[float, float]]) -> str:
    parts = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        if number % 2:
            parts.append(f"L{x1:.1f},{y1:.1f}")
        else:
            middle = (y0 + y1) / 2
            parts.append(f"C{x0:.1f},{middle:.1f} {x1:.1f},{middle:.1f} {x1:.1f},{y1:.1f}")
    return " ".join(parts)
