"""A shape that is known before anything runs does not keep the input alive."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx_models import constant, model, node, save, value, weight

from aisprint_cli.partition.split import ModelSplits, split_model


def net(batch: int | str, reads: list[onnx.NodeProto], opset: int = 17) -> onnx.ModelProto:
    """Two dense layers; their result is reshaped by `target`, which `reads` make of the input."""
    nodes = [
        node("MatMul", "x w1", "a"),
        node("Relu", "a", "b"),
        node("MatMul", "b w2", "c"),
        node("Relu", "c", "d"),
        *reads,
        node("Reshape", "d target", "y"),
    ]
    weights = [weight("w1", 6, 8), weight("w2", 8, 6), constant("one", [1])]
    weights += [constant("six", [6]), constant("open", [-1])]
    return model(nodes, [value("x", [batch, 6])], [value("y", None)], weights, opset=opset)


SHAPE = [node("Shape", "x", "target")]
ROWS = [node("Shape", "x", "rows", end=-1), node("Concat", "rows six", "target", axis=0)]
COLUMNS = [node("Shape", "x", "columns", start=1), node("Concat", "open columns", "target", axis=0)]
SIZE = [node("Size", "x", "all"), node("Reshape", "all one", "target")]


def split(proto: onnx.ModelProto, directory: Path) -> ModelSplits:
    return split_model(save(proto, directory), directory / "out")


@pytest.mark.parametrize("reads", [SHAPE, ROWS, COLUMNS, SIZE])
def test_known_dimensions_hide_no_cut_and_the_halves_are_exact(
    tmp_path: Path, reads: list[onnx.NodeProto]
) -> None:
    result = split(net(3, reads), tmp_path)
    assert {"b", "d"} <= {cut.tensor for cut in result.cuts}
    assert result.splits[0].exact
    second = onnx.load(result.splits[0].second)
    assert [item.name for item in second.graph.input] == [result.splits[0].cut.tensor]


def test_known_dimensions_of_an_open_shape_are_enough(tmp_path: Path) -> None:
    result = split(net("N", COLUMNS), tmp_path)
    assert {"b", "d"} <= {cut.tensor for cut in result.cuts}
    assert result.splits[0].exact


@pytest.mark.parametrize("reads", [SHAPE, ROWS, SIZE])
def test_an_open_dimension_that_is_read_keeps_the_input_alive(
    tmp_path: Path, reads: list[onnx.NodeProto]
) -> None:
    result = split(net("N", reads), tmp_path)
    assert result.splits == ()
    assert "'x'" in result.reason


def test_what_a_graph_output_claims_is_not_believed(tmp_path: Path) -> None:
    """A run time only warns when an output has another shape than the file says."""
    nodes = [
        node("MatMul", "x w1", "a"),
        node("Relu", "a", "b"),
        node("Shape", "b", "s"),
        node("Cast", "s", "f", to=1),
    ]
    proto = model(nodes, [value("x", [2, 6])], [value("b", [4, 4]), value("f", [2])], [weight("w1", 6, 8)])
    result = split(proto, tmp_path)
    assert all(item.exact for item in result.splits)
