"""Where a report's drawing puts things: nothing overlaps, whatever the graph."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from aisprint_cli.report.charts import frame
from aisprint_cli.report.lane_layout import Drawing, Edge, Measures, lay_out

MEASURES = Measures(node_width=90, node_height=42)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], list[Edge]]:
    count = draw(st.integers(1, 14))
    lanes = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=25)) if pairs else []
    return lanes, [Edge(a, b, draw(st.sampled_from(["", "5.1 %", "100 %"]))) for a, b in chosen]


def drawn(graph: tuple[list[int], list[Edge]]) -> Drawing:
    lanes, edges = graph
    return lay_out(lanes, edges, [120.0] * 4, MEASURES)


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_nodes_stand_apart_and_inside_their_lanes(graph: tuple[list[int], list[Edge]]) -> None:
    drawing = drawn(graph)
    assert not any(one.overlaps(other) for one, other in combinations(drawing.nodes, 2))
    assert not any(one.overlaps(other) for one, other in combinations(drawing.lanes, 2))
    for box, number in zip(drawing.nodes, graph[0], strict=True):
        lane = drawing.lanes[number]
        assert lane.x <= box.x
        assert box.x + box.width <= lane.x + lane.width
        assert lane.y + MEASURES.header_height <= box.y
        assert box.y + box.height <= lane.y + lane.height <= drawing.height


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_edges_go_down_and_pass_no_node(graph: tuple[list[int], list[Edge]]) -> None:
    drawing = drawn(graph)
    for arrow in drawing.arrows:
        source, target = drawing.nodes[arrow.edge.source], drawing.nodes[arrow.edge.target]
        assert source.y + source.height < target.y
        for x, y in corners(arrow.path):
            inside = [
                number
                for number, box in enumerate(drawing.nodes)
                if box.x < x < box.x + box.width and box.y < y < box.y + box.height
            ]
            assert not inside, (arrow.edge, inside)


def corners(path: str) -> list[tuple[float, float]]:
    """Points along a path: its corners, and for straight parts their middles too."""
    places: list[tuple[float, float]] = []
    for part in path.replace("M", " ").replace("C", " C").split(" C"):
        for piece in part.replace("L", " L").split():
            x, y = map(float, piece.lstrip("L").split(","))
            if piece.startswith("L") and places:
                places.append(((places[-1][0] + x) / 2, (places[-1][1] + y) / 2))
            places.append((x, y))
    return places


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_labels_cover_no_node(graph: tuple[list[int], list[Edge]]) -> None:
    drawing = drawn(graph)
    for arrow in drawing.arrows:
        assert (arrow.label is not None) == bool(arrow.edge.label)
        if arrow.label is not None:
            label = arrow.label.box
            assert not any(label.overlaps(box) for box in drawing.nodes)


def test_a_fan_of_labels_is_spread() -> None:
    edges = [Edge(0, number, "33 %") for number in (1, 2, 3, 4)]
    drawing = lay_out([0, 0, 0, 0, 0], edges, [120.0], MEASURES)
    labels = [arrow.label.box for arrow in drawing.arrows if arrow.label is not None]
    assert len(labels) == 4
    assert not any(one.overlaps(other) for one, other in combinations(labels, 2))


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=8),
    st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_charts_hold_all_their_values(xs: list[float], ys: list[float]) -> None:
    plot = frame(xs, ys)
    assert all(plot.left - 1e-6 <= plot.x(x) <= plot.right + 1e-6 for x in xs)
    assert all(plot.top - 1e-6 <= plot.y(y) <= plot.bottom + 1e-6 for y in ys)
    for scale in (plot.x, plot.y):
        places = [tick.at for tick in scale.ticks]
        assert 2 <= len(places) <= 16
        assert sorted(places) in (places, places[::-1])
        assert len({tick.label for tick in scale.ticks}) == len(places)
