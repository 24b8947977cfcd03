"""Which cuts are preferred: useful, small, kind to fusions, even, early; and apart from each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_models import chain, conv_net, model, node, save, value, weight

from aisprint_cli.partition.choice import ChoicePolicy, Usefulness, explain, is_different, rank, usefulness
from aisprint_cli.partition.cuts import Cut, Fusion
from aisprint_cli.partition.split import split_model

POLICY = ChoicePolicy()

PLAIN = Cut(
    tensor="plain",
    dtype="float32",
    shape=(1, 25),
    elements=25,
    bytes=100,
    symbolic_dims=(),
    position=5,
    nodes_before=5,
    nodes_after=5,
    parameters_before=50,
    parameters_after=50,
    operations_before=500,
    operations_after=500,
    fusion=Fusion.NEUTRAL,
)


def test_the_order_of_preferences() -> None:
    best_first = [
        replace(PLAIN, tensor="small", bytes=90, fusion=Fusion.BROKEN),
        replace(PLAIN, tensor="active", fusion=Fusion.AFTER_ACTIVATION),
        PLAIN,
        replace(PLAIN, tensor="later", position=6),
        replace(PLAIN, tensor="uneven", position=1, operations_before=300, operations_after=700),
        replace(PLAIN, tensor="breaking", fusion=Fusion.BROKEN),
        replace(PLAIN, tensor="large", bytes=101, fusion=Fusion.AFTER_ACTIVATION),
        replace(PLAIN, tensor="unknown", bytes=None),
        replace(PLAIN, tensor="lopsided", bytes=4, operations_before=1, operations_after=999),
        replace(PLAIN, tensor="idle", bytes=4, operations_after=0, parameters_after=0),
    ]
    for cuts in (best_first, best_first[::-1], best_first[5:] + best_first[:5]):
        assert [cut.tensor for cut in rank(cuts, POLICY)] == [cut.tensor for cut in best_first]


def test_usefulness_looks_at_the_smaller_side() -> None:
    light = replace(PLAIN, operations_before=5, operations_after=995)
    assert usefulness(PLAIN, POLICY) is Usefulness.BOTH_WORK
    assert usefulness(light, POLICY) is Usefulness.LOPSIDED
    assert usefulness(replace(light, parameters_before=0), POLICY) is Usefulness.IDLE_SIDE
    assert usefulness(replace(light, parameters_after=0), POLICY) is Usefulness.LOPSIDED


def test_alternatives_differ_in_operations_or_parameters() -> None:
    near = replace(PLAIN, operations_before=540, operations_after=460)
    elsewhere = replace(near, parameters_before=90, parameters_after=10)
    assert not is_different(near, [PLAIN], 0.1, POLICY)
    assert is_different(near, [PLAIN], 0.04, POLICY)
    assert is_different(elsewhere, [PLAIN], 0.1, POLICY)
    idle = replace(PLAIN, operations_before=0, operations_after=1000, parameters_before=0)
    assert is_different(idle, [], 0.1, POLICY)
    assert not is_different(idle, [PLAIN], 0.1, POLICY)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from(Fusion), st.integers(0, 1000)), max_size=6))
def test_the_ranking_does_not_depend_on_the_order_given(drawn: list[tuple[int, Fusion, int]]) -> None:
    cuts = [
        replace(
            PLAIN,
            tensor=str(place),
            position=place,
            bytes=size,
            fusion=fusion,
            operations_before=done,
            operations_after=1000 - done,
        )
        for place, (size, fusion, done) in enumerate(drawn)
    ]
    rankings = {rank(order, POLICY) for order in list(permutations(cuts))[:24]}
    assert len(rankings) == 1


def test_alternatives_of_a_chain_are_apart(tmp_path: Path) -> None:
    result = split_model(save(chain(60), tmp_path), tmp_path / "out", max_splits=4)
    shares = sorted(split.cut.operations_share for split in result.splits)
    assert len(shares) == 4
    assert min(later - earlier for earlier, later in pairwise(shares)) >= 0.1 - 1e-9
    assert all(split.cut.post_activation for split in result.splits)
    assert abs(result.splits[0].cut.operations_share - 0.5) < 0.05
    assert result.reason == ""


def test_fewer_alternatives_than_wanted_say_why(tmp_path: Path) -> None:
    result = split_model(save(chain(4), tmp_path), tmp_path / "out", max_splits=5)
    assert 0 < len(result.splits) < 5
    assert f"{len(result.splits)} of 5 splits found" in result.reason


def test_no_alternative_leaves_only_a_softmax(tmp_path: Path) -> None:
    result = split_model(save(conv_net(), tmp_path), tmp_path / "out", max_splits=9)
    assert "dense_out" not in {split.cut.tensor for split in result.splits}


def test_conv_norm_relu_is_cut_after_the_relu(tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x w0", "conv0", pads=[1, 1, 1, 1]),
        node("Relu", "conv0", "relu0"),
        node("Conv", "relu0 w1", "conv1", pads=[1, 1, 1, 1]),
        node("Relu", "conv1", "relu1"),
        node("Conv", "relu1 w2", "y", pads=[1, 1, 1, 1]),
    ]
    weights = [weight("w0", 4, 4, 3, 3), weight("w1", 4, 4, 3, 3), weight("w2", 4, 4, 3, 3)]
    proto = model(nodes, [value("x", [1, 4, 8, 8])], [value("y", [1, 4, 8, 8])], weights)
    result = split_model(save(proto, tmp_path), tmp_path / "out", max_splits=2)
    assert {split.cut.tensor for split in result.splits} == {"relu0", "relu1"}
    assert all("right after an activation" in split.reason for split in result.splits)


def test_a_gated_product_counts_as_an_activation(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "x w", "a"),
        node("Sigmoid", "a", "gate"),
        node("Mul", "a gate", "swish"),
        node("MatMul", "swish w", "y"),
    ]
    proto = model(nodes, [value("x", [1, 8])], [value("y", [1, 8])], [weight("w", 8, 8)])
    result = split_model(save(proto, tmp_path), tmp_path / "out")
    assert result.splits[0].cut.tensor == "swish"
    assert result.splits[0].cut.post_activation


def test_a_skip_connection_is_cut_after_its_normalisation(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "x w", "a"),
        node("MatMul", "a w", "b"),
        node("Add", "b a", "skip"),
        node("LayerNormalization", "skip scale", "normal"),
        node("MatMul", "normal w", "y"),
    ]
    weights = [weight("w", 8, 8), weight("scale", 8)]
    proto = model(nodes, [value("x", [1, 8])], [value("y", [1, 8])], weights)
    result = split_model(save(proto, tmp_path), tmp_path / "out", max_splits=2)
    assert {cut.tensor: cut.fusion for cut in result.cuts}["skip"] is Fusion.BROKEN
    assert [split.cut.tensor for split in result.splits] == ["a", "normal"]


def test_the_reason_is_a_sentence_with_figures() -> None:
    words = explain(replace(PLAIN, bytes=614_400, symbolic_dims=("N",)), POLICY)
    assert words.startswith("614,400 bytes per sample travel; no fusion is broken; 50.0% of the operations")
    assert "size unknown" in explain(replace(PLAIN, bytes=None), POLICY)
    assert "less than 1% of the work" in explain(replace(PLAIN, operations_before=1), POLICY)
