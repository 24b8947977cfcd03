"""Cuts of several tensors: those found are exactly those there are, and their segments equal the whole."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from many_cut_models import detector, early_exits, residual_network
from onnx_models import conv_net, save
from test_cut_search import graphs
from test_random_models import models

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.partition.chains import find_chains
from aisprint_cli.partition.graph import Graph, Node, Sweep, find_cuts, segments
from aisprint_cli.partition.inspection import Inspection, Limits, inspect_model
from aisprint_cli.partition.proof import verify_cuts
from aisprint_cli.partition.separators import Separator, find_separators


def active_places(sweep: Sweep) -> list[int]:
    return [place for place, flag in enumerate(sweep.active) if flag]


def by_definition(graph: Graph, sweep: Sweep, most: int) -> dict[int, frozenset[str]]:
    """Every set of operators that holds what it needs, reads all inputs, and carries few tensors."""
    places = active_places(sweep)
    nodes = {place: graph.nodes[sweep.order[place]] for place in places}
    inputs = set(graph.inputs) - graph.constants
    writer = {name: place for place, node in nodes.items() for name in node.writes}
    found = {}
    for choice in range(1, (1 << len(places)) - 1):
        before = {place for bit, place in enumerate(places) if choice >> bit & 1}
        after = set(places) - before
        read_after = {name for place in after for name in nodes[place].reads} | set(graph.outputs)
        closed = all(writer.get(name, place) in before for place in before for name in nodes[place].reads)
        carried = {name for name in read_after if writer.get(name) in before}
        if closed and carried and len(carried) <= most and not read_after & inputs:
            found[sum(1 << place for place in before)] = frozenset(carried)
    return found


def without_chance(graph: Graph) -> Graph:
    nodes = tuple(
        Node("Add", node.inputs, node.outputs, captured=node.captured) for node in graph.nodes if node.reads
    )
    given = {name for node in graph.nodes if not node.reads for name in node.writes}
    return Graph(graph.inputs, graph.outputs, nodes, graph.constants | given)


@settings(max_examples=250, deadline=None)
@given(graphs(), st.integers(1, 3))
def test_every_cut_is_found_and_no_other(graph: Graph, most: int) -> None:
    plain = without_chance(graph)
    sweep = find_cuts(plain)
    result = find_separators(plain, sweep, most)
    found = {item.before: frozenset(item.tensors) for item in result.found}
    rooted = {
        mask: names for mask, names in by_definition(plain, sweep, most).items() if _depends(plain, names)
    }
    assert result.complete
    assert len(found) == len(result.found)
    assert found == rooted


def _depends(graph: Graph, names: frozenset[str]) -> bool:
    reached = set(graph.inputs) - graph.constants
    for _ in graph.nodes:
        for node in graph.nodes:
            if reached.intersection(node.reads):
                reached.update(node.writes)
    return bool(reached & names)


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_cuts_of_one_tensor_are_those_of_the_sweep(graph: Graph) -> None:
    sweep = find_cuts(graph)
    found = [item.tensors for item in find_separators(graph, sweep, 1).found]
    assert sorted(found) == sorted((cut.tensor,) for cut in sweep.cuts)


@settings(max_examples=200, deadline=None)
@given(graphs(), st.integers(1, 3))
def test_each_cut_separates_the_graph_chance_or_not(graph: Graph, most: int) -> None:
    sweep = find_cuts(graph)
    active = {sweep.order[place] for place in active_places(sweep)}
    for item in find_separators(graph, sweep, most).found:
        first, second = segments(graph, sweep.order, (item.tensors,))
        before = {sweep.order[place] for place in active_places(sweep) if item.before >> place & 1}
        assert len(item.tensors) <= most
        assert set(first.nodes) & active == before
        assert set(second.nodes) & active == active - before
        known = {*item.tensors, *second.constants}
        for index in second.nodes:
            assert set(graph.nodes[index].reads) <= known
            known |= set(graph.nodes[index].writes)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(models())
def test_segments_of_random_models_equal_the_whole(proto: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = inspect_model(save(proto, Path(folder)), tensors=2, parts=3)  # type: ignore[arg-type]
        chains = [(cut.tensors,) for cut in found.cuts]
        chains += [tuple(cut.tensors for cut in chain.cuts) for chain in found.chains]
        assert all(verdict.exact and not verdict.failure for verdict in verify_cuts(found.read, chains))


@pytest.mark.parametrize("make", [detector, early_exits, lambda: residual_network(3), conv_net])
def test_segments_of_real_shapes_equal_the_whole_bit_for_bit(make: object, tmp_path: Path) -> None:
    found = inspect_model(save(make(), tmp_path), tensors=3, parts=3)  # type: ignore[operator]
    chains = [(cut.tensors,) for cut in found.front]
    chains += [tuple(cut.tensors for cut in chain.cuts) for chain in found.chains]
    verdicts = list(verify_cuts(found.read, chains))
    assert len(verdicts) > 3
    assert all(verdict.exact and not verdict.failure for verdict in verdicts)


def test_a_segment_that_is_not_the_whole_is_told(tmp_path: Path) -> None:
    found = inspect_model(save(residual_network(2), tmp_path), tensors=2)
    (verdict,) = verify_cuts(found.read, [(("c0_1",),)])  # what is added later does not come along
    assert verdict.failure


def test_between_the_sides_of_a_residual_block_two_tensors_are_needed(tmp_path: Path) -> None:
    model = save(residual_network(50), tmp_path)
    singles, pairs = inspect_model(model), inspect_model(model, tensors=2)
    assert len(pairs.read.graph.nodes) == 300
    assert {cut.tensors for cut in singles.cuts} == {(f"a{block}",) for block in range(49)}
    inside = {cut.tensors for cut in pairs.cuts if len(cut.tensors) == 2}
    assert inside == {
        (f"a{block - 1}", f"{name}{block}_{step}")
        for block in range(1, 50)
        for name, step in (("c", 0), ("r", 0), ("c", 1), ("r", 1), ("c", 2))
    }
    assert pairs.complete


def test_heads_need_a_tensor_for_each_output_that_is_there(tmp_path: Path) -> None:
    model = save(detector(), tmp_path)
    assert {cut.tensors for cut in inspect_model(model).cuts} == {("s0",), ("f0",)}
    found = inspect_model(model, tensors=2, limits=Limits(min_share=0.4))
    assert ("f0", "f1") in {cut.tensors for cut in found.cuts}
    assert all(0.4 <= cut.share <= 0.6 for cut in found.cuts)


def test_the_front_has_the_fewest_bytes_for_each_division(tmp_path: Path) -> None:
    found = inspect_model(save(conv_net(), tmp_path), tensors=2)
    by_work: dict[int, list[int]] = {}
    for cut in found.cuts:
        by_work.setdefault(cut.work[0], []).append(cut.bytes or 0)
        assert sum(cut.work) == sum(found.cuts[0].work)
    assert {cut.work[0]: cut.bytes for cut in found.front} == {w: min(sizes) for w, sizes in by_work.items()}
    even = sorted((cut for cut in found.cuts if cut.is_balanced), key=lambda cut: cut.bytes or 0)
    assert even
    assert all(max(a.work) > max(b.work) for a, b in pairwise(even))


def test_bytes_are_limited(tmp_path: Path) -> None:
    model = save(early_exits(), tmp_path)
    everything, small = (
        inspect_model(model, tensors=2),
        inspect_model(model, tensors=2, limits=Limits(max_bytes=80)),
    )
    assert {cut.tensors for cut in small.cuts} == {c.tensors for c in everything.cuts if c.bytes <= 80}
    assert 0 < len(small.cuts) < len(everything.cuts)


def test_chains_are_the_best_that_there_are(tmp_path: Path) -> None:
    found = inspect_model(save(detector(), tmp_path), tensors=2, parts=3)
    total = sum(found.cuts[0].work)
    every = [
        (one.bytes + other.bytes, max(one.work[0], other.work[0] - one.work[0], other.work[1]))
        for one in found.front
        for other in found.front
        if one.before & ~other.before == 0 and one.work[0] < other.work[0] and other.work[1]
    ]
    best = {
        pair for pair in every if not any(p != pair and p[0] <= pair[0] and p[1] <= pair[1] for p in every)
    }
    assert {(chain.bytes, max(chain.work)) for chain in found.chains} == best
    assert all(sum(chain.work) == total and len(chain.work) == 3 for chain in found.chains)


def test_chains_of_two_segments_are_the_cuts(tmp_path: Path) -> None:
    found = inspect_model(save(detector(), tmp_path), tensors=3)
    chains = find_chains(found.front, 2, sum(found.cuts[0].work))
    assert {chain.cuts[0].tensors for chain in chains} == {c.tensors for c in found.cuts if c.is_balanced}


def test_early_exits_are_found_from_the_outputs(tmp_path: Path) -> None:
    exits = inspect_model(save(early_exits(), tmp_path)).exits
    assert [(item.outputs, item.tensors, item.bytes) for item in exits] == [
        (("exit0",), ("r0",), 64),
        (("exit1",), ("r1",), 64),
    ]
    assert [item.reason for item in exits] == ["", ""]
    assert exits[0].work[0] < exits[1].work[0]


def test_a_model_with_one_output_has_no_early_exit(tmp_path: Path) -> None:
    assert not inspect_model(save(residual_network(2), tmp_path)).exits


def test_a_search_cut_short_says_so() -> None:
    heads = 60
    nodes = [Node("Add", ("x",), ("s",))]
    nodes += [Node("Add", ("s",), (f"b{n}",)) for n in range(heads)]
    nodes += [Node("Add", tuple(f"b{n}" for n in range(heads)), ("y",))]
    graph = Graph(("x",), ("y",), tuple(nodes))
    result = find_separators(graph, find_cuts(graph), 6)
    assert not result.complete
    assert Separator(("s",), 1) in result.found


def test_parameters_count_the_weights_of_either_side(tmp_path: Path) -> None:
    found: Inspection = inspect_model(save(residual_network(2), tmp_path))
    (cut,) = found.cuts
    assert cut.parameters == (3 * 4 * 4 * 9, 3 * 4 * 4 * 9)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(models())
def test_figures_of_cuts_of_one_tensor_are_those_of_the_report(proto: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = inspect_model(save(proto, Path(folder)))  # type: ignore[arg-type]
    report = {cut.tensor: cut for cut in found.read.cuts}
    assert {cut.tensors[0] for cut in found.cuts} == set(report)
    for cut in found.cuts:
        known = report[cut.tensors[0]]
        assert cut.parameters == (known.parameters_before, known.parameters_after)
        assert cut.nodes == (known.nodes_before, known.nodes_after)
        assert cut.bytes == known.bytes
        if found.unit == "operations":
            assert cut.work == (known.operations_before, known.operations_after)


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = save(residual_network(1), tmp_path)
    path.write_bytes(path.read_bytes().replace(b"c0_0", b"c\xff\xfe0"))
    with pytest.raises(InvalidInputError, match="is not an ONNX model"):
        inspect_model(path)
