"""The graph of a placement over its layers, ready to be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.problem import Tier
from aisprint_cli.report.figures import percent, seconds
from aisprint_cli.report.lane_layout import Box, Drawing, Edge, Label, Measures, lay_out

if TYPE_CHECKING:
    from aisprint_cli.placement.constraints import Assessment

_LONGEST: Final = 24
_NODE_LETTER: Final = 7.2
_HEADING_LETTER: Final = 7.4
_TIER_WORDS: Final = {Tier.EDGE: "edge", Tier.CLOUD: "cloud", Tier.FUNCTIONS: "functions"}


@dataclass(frozen=True, slots=True)
class NodeView:
    """A piece on its resource: two lines of text (shortened), and all there is to say of it."""

    box: Box
    tier: str
    name: str
    detail: str
    title: str


@dataclass(frozen=True, slots=True)
class LaneView:
    """A layer: its name, its kind and what is bought of it."""

    box: Box
    tier: str
    name: str
    kind: str
    bought: str


@dataclass(frozen=True, slots=True)
class ArrowView:
    """A move between pieces; `inner` ones stay within a component."""

    path: str
    label: Label | None
    inner: bool
    title: str


@dataclass(frozen=True, slots=True)
class GraphView:
    """The whole drawing, the layers that nothing runs on, and all in words for those who do not see it."""

    width: float
    height: float
    lanes: tuple[LaneView, ...]
    nodes: tuple[NodeView, ...]
    arrows: tuple[ArrowView, ...]
    unused: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class _Node:
    component: int
    piece: int
    resource: int
    name: str


def graph_view(assessment: Assessment) -> GraphView:
    """Lay the graph of a placement over its layers."""
    nodes = list(_nodes(assessment))
    edges = list(_edges(assessment, nodes))
    problem = assessment.problem
    details = [_detail(assessment, node) for node in nodes]
    longest = max(
        (len(text) for pair in zip(nodes, details, strict=True) for text in (pair[0].name, pair[1])),
        default=8,
    )
    measures = Measures(node_width=max(78.0, min(longest, _LONGEST) * _NODE_LETTER + 16), node_height=42.0)
    used = sorted({problem.resources[node.resource].layer for node in nodes})
    headings = [_heading(assessment, layer) for layer in used]
    widths = [
        max(len(_short(problem.layers[layer].name)), len(heading)) * _HEADING_LETTER + 24
        for layer, heading in zip(used, headings, strict=True)
    ]
    lanes = [used.index(problem.resources[node.resource].layer) for node in nodes]
    drawing = lay_out(lanes, [edge for edge, _ in edges], widths, measures)
    return GraphView(
        width=drawing.width,
        height=drawing.height,
        lanes=tuple(_lanes(assessment, used, drawing, headings)),
        nodes=tuple(
            NodeView(
                box,
                problem.tier(node.resource).value,
                _short(node.name),
                _short(detail),
                f"{node.name} on {problem.resources[node.resource].name}, {detail}",
            )
            for node, detail, box in zip(nodes, details, drawing.nodes, strict=True)
        ),
        arrows=tuple(
            ArrowView(arrow.path, arrow.label, inner, _move(nodes, arrow.edge))
            for arrow, (_, inner) in zip(drawing.arrows, edges, strict=True)
        ),
        unused=tuple(
            f"{layer.name} ({_TIER_WORDS[layer.tier]})"
            for number, layer in enumerate(problem.layers)
            if number not in used
        ),
        description=". ".join(f"{node.name} on {problem.resources[node.resource].name}" for node in nodes)
        + ".",
    )


def _nodes(assessment: Assessment) -> Iterator[_Node]:
    for number, (component, choice) in enumerate(
        zip(assessment.problem.components, assessment.placement.choices, strict=True)
    ):
        pieces = component.alternatives[choice.alternative].pieces
        for place, (piece, resource) in enumerate(zip(pieces, choice.resources, strict=True)):
            name = component.name if len(pieces) == 1 else f"{component.name} · {piece.name}"
            yield _Node(number, place, resource, name)


def _edges(assessment: Assessment, nodes: list[_Node]) -> Iterator[tuple[Edge, bool]]:
    """Each edge, and whether it stays within a component."""
    first = {node.component: number for number, node in enumerate(nodes) if not node.piece}
    last = {node.component: number for number, node in enumerate(nodes)}
    for number, node in enumerate(nodes):
        component = assessment.problem.components[node.component]
        if number != last[node.component]:
            alternative = assessment.placement.choices[node.component].alternative
            leaves = component.alternatives[alternative].pieces[node.piece].exit_probability
            yield Edge(number, number + 1, percent(1 - leaves) if leaves else ""), True
            continue
        for target, probability in zip(component.successors, component.probabilities, strict=True):
            yield Edge(number, first[target], percent(probability) if probability < 1 else ""), False


def _detail(assessment: Assessment, node: _Node) -> str:
    time = seconds(float(f"{assessment.piece_s[node.component][node.piece]:.3g}"))
    if assessment.problem.is_function(node.resource):
        return f"{assessment.problem.resources[node.resource].name}, {time}"
    return time


def _heading(assessment: Assessment, layer: int) -> str:
    """What is bought of a layer."""
    problem = assessment.problem
    bought = [item for item in assessment.purchases if problem.resources[item.resource].layer == layer]
    if problem.layers[layer].tier is Tier.FUNCTIONS:
        return f"{len(bought)} {'function' if len(bought) == 1 else 'functions'}"
    words = ", ".join(
        f"{problem.resources[item.resource].name} \N{MULTIPLICATION SIGN} {item.instances}, "
        f"{percent(assessment.utilisation[item.resource])} busy"
        for item in bought
    )
    return _short(words, 30)


def _lanes(
    assessment: Assessment, used: list[int], drawing: Drawing, headings: list[str]
) -> Iterator[LaneView]:
    for number, box, heading in zip(used, drawing.lanes, headings, strict=True):
        layer = assessment.problem.layers[number]
        yield LaneView(box, layer.tier.value, _short(layer.name), _TIER_WORDS[layer.tier], heading)


def _move(nodes: list[_Node], edge: Edge) -> str:
    words = f"{nodes[edge.source].name} to {nodes[edge.target].name}"
    return f"{words}, {edge.label}" if edge.label else words


def _short(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
