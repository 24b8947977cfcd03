"""A model as a light graph value, and the sweep that finds every single-tensor cut of it.

Nothing here knows ONNX: a graph is operators that read and write named tensors. Words:

- a tensor is **dependent** when its value depends on the graph's inputs or on chance (random
  operators); all others are constants, which both sides of a cut may hold a copy of;
- an operator is **needed** when a path leads from it to a graph output;
- a dependent tensor is **live** at a place of the order when it exists there and is still read later,
  or is a graph output (outputs are live until the end).

A cut at tensor t is valid exactly when what the outputs still need, given t, reads no graph input and
shares no dependent operator with what t needs: the second side takes t and constants, and rolls no
dice a second time. At such a t, and nowhere else, t is the only live tensor right after the operator
that writes it, in whatever topological order. Proof: a second live tensor u would be written before
and read after that operator. If t came before u on some path, u would be written later; if every path
on to an output met t after u, u's reader would come before t. So a path through u avoids t. Conversely
a path that avoids t crosses the place with a live tensor. Operators that depend on chance alone are
moved to just before their first reader, for otherwise they would seem live earlier than they need be.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

RANDOM_OPERATORS: Final = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}
)
_SHOWN = 4

AttributeValue = int | str | tuple[int, ...]


class MalformedGraphError(ValueError):
    """The graph is none: a cycle, a tensor nobody writes, a tensor written twice."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operator.

    `inputs` keep their position; an omitted optional input is the empty string. `captured` are tensors
    of this graph that the operator's bodies (If, Loop, Scan) read. `parameters` counts the elements of
    weights held inside the node itself: a constant's value, or those of its bodies.
    """

    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    name: str = ""
    captured: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    bodies: tuple[tuple[Node, ...], ...] = ()
    parameters: int = 0

    @property
    def reads(self) -> tuple[str, ...]:
        """Every tensor the node needs, each as often as it is read."""
        if "" in self.inputs:
            return (*(name for name in self.inputs if name), *self.captured)
        return (*self.inputs, *self.captured) if self.captured else self.inputs

    @property
    def writes(self) -> tuple[str, ...]:
        """Every tensor the node gives; omitted optional outputs left out."""
        return tuple(name for name in self.outputs if name) if "" in self.outputs else self.outputs

    @property
    def label(self) -> str:
        """What a person would look for: the node's name, or its operator and first output."""
        return self.name or f"{self.op_type} -> {self.outputs[0] if self.outputs else '?'}"


@dataclass(frozen=True, slots=True)
class Graph:
    """A model's graph. `inputs` are those a caller feeds; `constants` are the initialisers' names."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    constants: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CutPoint:
    """A valid cut: `tensor` is alone alive after the operator at `position` of the order."""

    tensor: str
    position: int


@dataclass(frozen=True, slots=True)
class Narrowest:
    """Where the fewest tensors are alive between two needed operators: their count and some names."""

    after: str
    live: int
    tensors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one walk along the order found.

    `active` marks, by position in `order`, the operators that are both dependent and needed: the work
    that a cut divides.
    """

    order: tuple[int, ...]
    cuts: tuple[CutPoint, ...]
    active: tuple[bool, ...]
    narrowest: Narrowest | None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a cut: its operators as indices into the graph's nodes, and the initialisers it reads.

    The operators are in topological order.
    """

    nodes: tuple[int, ...]
    constants: frozenset[str]


def topological_order(graph: Graph) -> tuple[int, ...]:
    """The nodes' indices so that each comes after those it reads from; the given order where it is one.

    Raises:
        MalformedGraphError: a tensor written twice, a tensor read that nothing writes, or a cycle.
    """
    writer = _writers(graph)
    if _is_sorted(graph):
        return tuple(range(len(graph.nodes)))
    readers: list[list[int]] = [[] for _ in graph.nodes]
    waiting = [0] * len(graph.nodes)
    for index, node in enumerate(graph.nodes):
        for name in set(node.reads):
            if name in writer:
                readers[writer[name]].append(index)
                waiting[index] += 1
    ready = deque(index for index, count in enumerate(waiting) if not count)
    order: list[int] = []
    while ready:
        index = ready.popleft()
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if len(order) < len(graph.nodes):
        stuck = next(index for index, count in enumerate(waiting) if count)
        raise MalformedGraphError(f"the operators form a cycle through {graph.nodes[stuck].label!r}")
    return tuple(order)


def _writers(graph: Graph) -> dict[str, int]:
    writer: dict[str, int] = {}
    given = {*graph.inputs, *graph.constants}
    for index, node in enumerate(graph.nodes):
        for name in node.writes:
            if name in writer or name in given:
                raise MalformedGraphError(f"tensor {name!r} is defined more than once")
            writer[name] = index
    for node in graph.nodes:
        for name in node.reads:
            if name not in writer and name not in given:
                raise MalformedGraphError(f"{node.label!r} reads tensor {name!r}, which nothing writes")
    for name in graph.outputs:
        if name not in writer and name not in given:
            raise MalformedGraphError(f"nothing writes the graph output {name!r}")
    doubled = [name for name, count in Counter(graph.inputs).items() if count > 1]
    if doubled:
        raise MalformedGraphError(f"the graph input {doubled[0]!r} is declared more than once")
    return writer


def _is_sorted(graph: Graph) -> bool:
    known = {*graph.inputs, *graph.constants}
    for node in graph.nodes:
        if not known.issuperset(node.reads):
            return False
        known.update(node.writes)
    return True


def find_cuts(graph: Graph) -> Sweep:
    """Every valid single-tensor cut, in the order in which the tensors come to be; linear time.

    Left out are the two that divide nothing: at a graph input (no work before) and at a tensor after
    which no dependent operator is needed (no work after). A tensor that is itself a graph output may be
    a cut: the second side then hands it through.

    Raises:
        MalformedGraphError: see `topological_order`.
    """
    order = topological_order(graph)
    nodes = [graph.nodes[index] for index in order]
    rooted = dependent = _reached(nodes, set(graph.inputs) - graph.constants, frozenset())
    if any(node.op_type in RANDOM_OPERATORS for node in nodes):
        dependent = _reached(nodes, set(graph.inputs) - graph.constants, RANDOM_OPERATORS)
        order = _postpone_chance(graph, order, rooted)
        nodes = [graph.nodes[index] for index in order]
    active = _active(graph, nodes, dependent)
    last_read = _last_reads(graph, nodes, active, dependent)
    end = max((position for position, flag in enumerate(active) if flag), default=-1)

    live = {name for name in graph.inputs if name in dependent and name in last_read}
    cuts: list[CutPoint] = []
    narrowest: Narrowest | None = None
    for position, node in enumerate(nodes[: max(end, 0)]):
        if not active[position]:
            continue
        live.update(name for name in node.writes if last_read.get(name, -1) > position)
        live.difference_update(name for name in node.reads if last_read.get(name) == position)
        if len(live) == 1 and not rooted.isdisjoint(live):
            cuts.append(CutPoint(next(iter(live)), position))
        if narrowest is None or len(live) < narrowest.live:
            narrowest = Narrowest(node.label, len(live), tuple(islice(sorted(live), _SHOWN)))
    return Sweep(order, tuple(cuts), active, narrowest)


def _reached(nodes: Sequence[Node], start: Set[str], sources: Set[str]) -> set[str]:
    """The tensors reached from `start`, or from operators of the types in `sources`."""
    reached = set(start)
    for node in nodes:
        if node.op_type in sources or not reached.isdisjoint(node.reads):
            reached.update(node.writes)
    return reached


def _postpone_chance(graph: Graph, order: Sequence[int], rooted: Set[str]) -> tuple[int, ...]:
    """The order with each operator that no input reaches moved to just before its first reader."""
    due: dict[str, int] = {}
    place = [0] * len(order)
    for position in range(len(order) - 1, -1, -1):
        node = graph.nodes[order[position]]
        stays = not rooted.isdisjoint(node.writes)
        when = position if stays else min((due.get(name, len(order)) for name in node.writes), default=0)
        place[position] = when
        for name in node.reads:
            due[name] = min(due.get(name, when), when)
    return tuple(order[position] for position in sorted(range(len(order)), key=place.__getitem__))


def _active(graph: Graph, nodes: Sequence[Node], dependent: Set[str]) -> tuple[bool, ...]:
    wanted = set(graph.outputs)
    active = [False] * len(nodes)
    for position in range(len(nodes) - 1, -1, -1):
        node = nodes[position]
        if not wanted.isdisjoint(node.writes):
            wanted.update(node.reads)
            active[position] = not dependent.isdisjoint(node.writes)
    return tuple(active)


def _last_reads(
    graph: Graph, nodes: Sequence[Node], active: Sequence[bool], dependent: Set[str]
) -> dict[str, int]:
    last: dict[str, int] = {}
    for position, node in enumerate(nodes):
        if active[position]:
            last.update((name, position) for name in node.reads if name in dependent)
    last.update((name, len(nodes)) for name in graph.outputs if name in dependent)
    return last


def sides(graph: Graph, order: Sequence[int], tensor: str) -> tuple[Side, Side]:
    """The two sides of the cut at `tensor`; linear time. Constants needed by both appear in both."""
    first = _side(graph, order, (tensor,), given=())
    second = _side(graph, order, graph.outputs, given=(tensor,))
    return first, second


def segments(graph: Graph, order: Sequence[int], cuts: Sequence[Sequence[str]]) -> tuple[Side, ...]:
    """The segments of a chain of cuts, first to last; each takes the tensors of the cut before it.

    Every cut is the tensors it carries, and lies after the one before it; linear time for each.
    """
    given = ((), *cuts)
    targets = (*cuts, graph.outputs)
    return tuple(
        _side(graph, order, wanted, given=taken) for taken, wanted in zip(given, targets, strict=True)
    )


def _side(graph: Graph, order: Sequence[int], targets: Iterable[str], given: Iterable[str]) -> Side:
    barred = frozenset(given)
    wanted = set(targets) - barred
    kept: list[int] = []
    for index in reversed(order):
        node = graph.nodes[index]
        if not wanted.isdisjoint(node.writes):
            kept.append(index)
            wanted.update(name for name in node.reads if name not in barred)
    return Side(tuple(reversed(kept)), frozenset(wanted & graph.constants))
