"""The sweep finds exactly the tensors that every path from an input to an output passes through."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisprint_cli.partition.graph import Graph, MalformedGraphError, Node, find_cuts, sides, topological_order


def spread(graph: Graph, start: set[str], *, chance: bool = False) -> set[str]:
    """All tensors that depend on some of `start`, and on random operators where `chance` counts."""
    reached = set(start)
    for _ in graph.nodes:
        for node in graph.nodes:
            if reached & set(node.reads) or (chance and node.op_type == "RandomNormal"):
                reached |= set(node.writes)
    return reached


def needed(graph: Graph, targets: set[str], given: set[str]) -> tuple[set[int], set[str]]:
    """The nodes that `targets` need when `given` is there, and all tensors these read."""
    wanted, kept = targets - given, set()
    for _ in graph.nodes:
        for index, node in enumerate(graph.nodes):
            if wanted & set(node.writes):
                kept.add(index)
                wanted |= set(node.reads) - given
    return kept, wanted


def oracle(graph: Graph) -> set[str]:
    """Every valid cut that divides work, by definition and without a thought for speed."""
    rooted = spread(graph, set(graph.inputs))
    dependent = spread(graph, set(graph.inputs), chance=True)
    moving = {index for index, node in enumerate(graph.nodes) if dependent & set(node.writes)}
    found = set()
    for tensor in rooted - set(graph.inputs):
        before, _ = needed(graph, {tensor}, set())
        after, read = needed(graph, set(graph.outputs), {tensor})
        is_needed = bool(spread(graph, {tensor}) & set(graph.outputs))
        if is_needed and after & moving and not (before & after & moving or read & set(graph.inputs)):
            found.add(tensor)
    return found


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs: several inputs and outputs, constants, random sources, captured tensors, several
    outputs to a node, dead ends, and nodes in any order."""
    numbers = count()
    inputs = tuple(f"in{index}" for index in range(draw(st.integers(0, 3))))
    constants = tuple(f"w{index}" for index in range(draw(st.integers(0, 2))))
    known = [*inputs, *constants]
    nodes = []
    for _ in range(draw(st.integers(1, 9))):
        reads = draw(st.lists(st.sampled_from(known), max_size=3)) if known else []
        recent = known[-2:]
        if recent and draw(st.booleans()):
            reads = [draw(st.sampled_from(recent))]
        split = draw(st.integers(0, len(reads)))
        writes = tuple(f"t{next(numbers)}" for _ in range(draw(st.integers(1, 2))))
        kind = draw(st.sampled_from(["Add", "Add", "Add", "Add", "RandomNormal"]))
        reads_by_place = (*reads[:split], "")
        nodes.append(Node(kind, reads_by_place, writes, captured=tuple(reads[split:])))
        known += writes
    outputs = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
    shuffled = draw(st.permutations(nodes))
    return Graph(inputs, tuple(outputs), tuple(shuffled), frozenset(constants))


@settings(max_examples=400, deadline=None)
@given(graphs())
def test_the_sweep_agrees_with_the_definition(graph: Graph) -> None:
    found = [cut.tensor for cut in find_cuts(graph).cuts]
    assert len(found) == len(set(found))
    assert set(found) == oracle(graph)


@settings(deadline=None)
@given(graphs())
def test_both_sides_of_a_cut_are_complete_and_disjoint_in_work(graph: Graph) -> None:
    sweep = find_cuts(graph)
    active = {index for index, flag in zip(sweep.order, sweep.active, strict=True) if flag}
    for cut in sweep.cuts:
        first, second = sides(graph, sweep.order, cut.tensor)
        available = {*graph.inputs, *first.constants}
        for side, given_names in ((first, available), (second, {cut.tensor, *second.constants})):
            known = set(given_names)
            for index in side.nodes:
                assert set(graph.nodes[index].reads) <= known
                known |= set(graph.nodes[index].writes)
        assert set(first.nodes) & set(second.nodes) & active == set()
        assert (set(first.nodes) | set(second.nodes)) & active == active
        upto = {sweep.order[place] for place in range(cut.position + 1)} & active
        assert set(first.nodes) & active == upto


@settings(deadline=None)
@given(graphs())
def test_the_order_given_does_not_change_the_cuts(graph: Graph) -> None:
    turned = Graph(graph.inputs, graph.outputs, graph.nodes[::-1], graph.constants)
    assert {cut.tensor for cut in find_cuts(turned).cuts} == {cut.tensor for cut in find_cuts(graph).cuts}


def step(reads: str, writes: str, kind: str = "Add") -> Node:
    return Node(kind, tuple(reads.split()), tuple(writes.split()))


def test_a_later_input_keeps_everything_before_it_from_being_a_cut() -> None:
    nodes = (step("x", "a"), step("a", "b"), step("b late", "c"), step("c", "y"))
    graph = Graph(("x", "late"), ("y",), nodes)
    assert [cut.tensor for cut in find_cuts(graph).cuts] == ["c"]


def test_an_early_output_is_live_until_the_end() -> None:
    nodes = (step("x", "a"), step("a", "early"), step("a", "b"), step("b", "y"))
    assert [cut.tensor for cut in find_cuts(Graph(("x",), ("early", "y"), nodes)).cuts] == ["a"]


def test_an_output_that_is_read_on_may_be_the_cut_itself() -> None:
    nodes = (step("x", "a"), step("a", "features"), step("features", "b"), step("b", "y"))
    found = find_cuts(Graph(("x",), ("features", "y"), nodes)).cuts
    assert [cut.tensor for cut in found] == ["a", "features"]


def test_an_input_handed_straight_to_an_output_leaves_no_cut() -> None:
    nodes = (step("x", "a"), step("a", "b"), step("b", "y"))
    sweep = find_cuts(Graph(("x",), ("y", "x"), nodes))
    assert sweep.cuts == ()
    assert sweep.narrowest is not None
    assert sweep.narrowest.live == 2


def test_chance_on_both_sides_is_never_copied() -> None:
    nodes = (step("", "r", "RandomNormal"), step("x r", "a"), step("a r", "b"), step("b", "y"))
    assert [cut.tensor for cut in find_cuts(Graph(("x",), ("y",), nodes)).cuts] == ["b"]


def test_chance_on_one_side_stands_in_no_cuts_way_wherever_it_is_written() -> None:
    nodes = (
        step("", "r", "RandomNormal"),
        step("r w", "s"),
        step("x", "a"),
        step("a s", "b"),
        step("b", "y"),
    )
    graph = Graph(("x",), ("y",), nodes, frozenset({"w"}))
    assert [cut.tensor for cut in find_cuts(graph).cuts] == ["a", "b"]


def test_a_long_chain_needs_no_recursion() -> None:
    nodes = tuple(step(f"t{index}", f"t{index + 1}") for index in range(20_000))
    assert len(find_cuts(Graph(("t0",), ("t20000",), nodes)).cuts) == 19_999


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (Graph(("x",), ("y",), (step("x b", "a"), step("a", "b"), step("b", "y"))), "cycle through"),
        (Graph(("x",), ("y",), (step("x missing", "y"),)), "'missing', which nothing writes"),
        (Graph(("x",), ("y",), (step("x", "y"), step("x", "y"))), "'y' is defined more than once"),
        (Graph(("x",), ("z",), (step("x", "y"),)), "nothing writes the graph output 'z'"),
        (Graph(("x", "x"), ("y",), (step("x", "y"),)), "'x' is declared more than once"),
    ],
)
def test_a_graph_that_is_none_is_named(graph: Graph, words: str) -> None:
    with pytest.raises(MalformedGraphError, match=words):
        topological_order(graph)
