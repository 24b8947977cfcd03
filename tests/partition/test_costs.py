"""What a cut carries and what its sides hold and compute, against figures worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper
from onnx_models import chain, model, node, save, value, weight

from aisprint_cli.partition.cost import TensorType, operations, uncounted
from aisprint_cli.partition.graph import Node, find_cuts
from aisprint_cli.partition.onnx_graph import sorted_graph
from aisprint_cli.partition.split import split_model
from aisprint_cli.partition.tensor_types import infer_types

F32 = "float32"


def types(**shapes: tuple[int | str, ...]) -> dict[str, TensorType]:
    return {name: TensorType(F32, shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    ("kind", "bytes_", "elements", "open_dimensions"),
    [
        (TensorType(F32, (1, 3, 4)), 48, 12, ()),
        (TensorType("float16", ("N", 3, 4)), 24, 12, ("N",)),
        (TensorType("int64", ("N", None, "N")), 8, 1, ("N", "?")),
        (TensorType("int4", (3,)), 2, 3, ()),
        (TensorType(F32, ()), 4, 1, ()),
        (TensorType(F32, (0, 7)), 0, 0, ()),
        (TensorType(F32, None), None, None, ()),
        (TensorType("string", (2,)), None, 2, ()),
    ],
)
def test_bytes_count_the_element_size_and_open_dimensions_as_one(
    kind: TensorType, bytes_: int | None, elements: int | None, open_dimensions: tuple[str, ...]
) -> None:
    assert (kind.size_bytes, kind.elements, kind.open_dimensions) == (bytes_, elements, open_dimensions)


@pytest.mark.parametrize(
    ("op_type", "shapes", "output", "attributes", "expected"),
    [
        ("Conv", [(1, 6, 8, 8), (4, 3, 5, 5)], (1, 4, 8, 8), {}, 4 * 64 * 3 * 25),
        ("QLinearConv", [(1, 6, 8, 8), (), (), (4, 6, 3, 3)], (1, 4, 8, 8), {}, 256 * 54),
        ("ConvTranspose", [(1, 6, 8, 8), (6, 2, 3, 3)], (1, 2, 10, 10), {}, 6 * 64 * 2 * 9),
        ("Gemm", [(2, 7), (5, 7)], (2, 5), {}, 2 * 5 * 7),
        ("Gemm", [(7, 2), (7, 5)], (2, 5), {"transA": 1}, 2 * 5 * 7),
        ("MatMul", [(4, 2, 7), (4, 7, 5)], (4, 2, 5), {}, 4 * 2 * 5 * 7),
        ("MatMul", [("N", 7), (7, 5)], ("N", 5), {}, 5 * 7),
        ("MatMul", [(7,), (7,)], (), {}, 7),
        ("Einsum", [(2, 3), (3, 4)], (2, 4), {"equation": "ij, jk -> ik"}, 24),
        ("Einsum", [(2, 3), (3, 4)], (2, 4), {"equation": "...j,jk->...k"}, 8),
        ("LSTM", [(9, 2, 5), (1, 24, 5), (1, 24, 6)], (9, 1, 2, 6), {}, 18 * (120 + 144)),
        ("MaxPool", [(1, 4, 8, 8)], (1, 4, 4, 4), {"kernel_shape": (2, 2)}, 64 * 4),
        ("GlobalAveragePool", [(1, 4, 8, 8)], (1, 4, 1, 1), {}, 256),
        ("ReduceMean", [(3, 8)], (3,), {}, 24),
        ("Relu", [(3, 8)], (3, 8), {}, 24),
        ("Reshape", [(3, 8), (2,)], (24,), {}, 0),
    ],
)
def test_operations_follow_the_definitions(
    op_type: str, shapes: list[Any], output: tuple[int, ...], attributes: dict[str, Any], expected: int
) -> None:
    inputs = tuple(f"i{place}" for place in range(len(shapes)))
    known = {**types(**dict(zip(inputs, shapes, strict=True))), **types(y=output)}
    assert operations(Node(op_type, inputs, ("y",), attributes=attributes), known) == expected


def test_operations_of_unknown_shapes_count_nothing() -> None:
    assert operations(Node("Conv", ("x", "w"), ("y",)), {}) == 0


def test_of_an_if_the_larger_branch_counts_and_of_a_loop_the_body_once() -> None:
    bodies = ((Node("Relu", ("a",), ("b",)),), (Node("Relu", ("a",), ("c",)), Node("Relu", ("c",), ("d",))))
    known = types(b=(4,), c=(4,), d=(4,))
    assert operations(Node("If", ("p",), ("y",), bodies=bodies), known) == 8
    assert operations(Node("Loop", ("n",), ("y",), bodies=bodies[1:]), known) == 8


def test_sides_of_a_chain_add_up(tmp_path: Path) -> None:
    result = split_model(save(chain(6, 8), tmp_path), tmp_path / "out")
    for place, cut in enumerate(result.cuts, 1):
        products, activations = (place + 1) // 2, place // 2
        assert (cut.nodes_before, cut.nodes_after) == (place, 6 - place)
        assert (cut.parameters_before, cut.parameters_after) == (64 * products, 64 * (3 - products))
        assert cut.operations_before == 64 * products + 8 * activations
        assert cut.operations_before + cut.operations_after == 3 * 64 + 3 * 8
    assert result.uncounted_nodes == 0


def test_a_shared_weight_counts_on_both_sides_and_indices_are_no_parameters(tmp_path: Path) -> None:
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [1, 8])
    nodes = [
        node("MatMul", "x w", "a"),
        node("Reshape", "a shape", "b"),
        node("Relu", "b", "c"),
        node("MatMul", "c w", "y"),
    ]
    proto = model(nodes, [value("x", [1, 8])], [value("y", [1, 8])], [weight("w", 8, 8), shape])
    cut = {cut.tensor: cut for cut in split_model(save(proto, tmp_path), tmp_path / "out").cuts}["c"]
    assert (cut.parameters_before, cut.parameters_after) == (64, 64)


def test_operators_of_unknown_rank_are_counted_as_uncounted(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "x w", "a"),
        node("Relu", "a", "b"),
        node("Reshape", "b shape", "c"),
        node("Relu", "c", "d"),
        node("Neg", "d", "y"),
    ]
    inputs = [value("x", [1, 8]), value("shape", ["rank"], TensorProto.INT64)]
    proto = model(nodes, inputs, [value("y", None)], [weight("w", 8, 8)])
    light = sorted_graph(proto)
    assert uncounted(light.graph, find_cuts(light.graph), infer_types(proto).types) == 2
