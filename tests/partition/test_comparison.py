"""The comparison that proves a split tells equal from different."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx_models import chain, model, node, save, value, weight

from aisprint_cli.partition.cost import TensorType
from aisprint_cli.partition.extract import Extractor
from aisprint_cli.partition.graph import find_cuts
from aisprint_cli.partition.inputs import Plan, index_bounds, make_inputs, plans
from aisprint_cli.partition.onnx_graph import sorted_graph
from aisprint_cli.partition.tensor_types import infer_types
from aisprint_cli.partition.verify import Interface, Reference, ask_whole, compare, difference, same_bits


def array(*values: float, dtype: str = "float32") -> Any:
    return np.array(values, dtype)


@pytest.mark.parametrize(
    ("one", "other", "same", "gap"),
    [
        (array(1, 2), array(1, 2), True, 0.0),
        (array(1, 200), array(1, 201), False, 0.005),
        (array(np.nan, 1), array(np.nan, 1), True, 0.0),
        (array(np.nan, 1), array(1, 1), False, np.inf),
        (array(np.inf, 2), array(np.inf, 1), False, 0.5),
        (array(np.inf, 2), array(-np.inf, 2), False, np.inf),
        (array(1, 2), array(np.nan, 2), False, np.inf),
        (array(0, 0), array(0, 1e-30), False, np.inf),
        (array(0.0), array(-0.0), False, 0.0),
        (array(1, 2), array(1, 2, dtype="float64"), False, np.inf),
        (array(1, 2), array(1, 2, 3), False, np.inf),
        (array(1, 2, dtype="int64"), array(1, 3, dtype="int64"), False, np.inf),
        (array(), array(), True, 0.0),
        ([array(1)], [array(2)], False, 1.0),
        ([array(1)], [], False, np.inf),
        ([{"a": 1.0}], [{"a": 1.0}], True, 0.0),
        ([{"a": 2.0}], [{"a": 1.0}], False, 0.5),
        ([{"a": 1.0}], [{"b": 1.0}], False, np.inf),
        (np.array(["x", "y"], object), np.array(["x", "y"], object), True, 0.0),
        (np.array(["x", "y"], object), np.array(["x", "z"], object), False, np.inf),
    ],
)
def test_bits_and_differences(one: Any, other: Any, same: bool, gap: float) -> None:
    assert same_bits(one, other) is same
    assert difference(one, other) == pytest.approx(gap)


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Reference, Path, Path]:
    """A chain cut in two by hand at t3, with the whole's answers."""
    proto = chain(8)
    light = sorted_graph(proto)
    inputs = {"x": TensorType("float32", (1, 16))}
    reference = ask_whole(save(proto, tmp_path), Interface(inputs, {}, ("t7",), half_precision=False), 0)
    assert isinstance(reference, Reference)
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    extractor = Extractor(proto, light.graph, find_cuts(light.graph).order, infer_types(proto))
    extractor.write_halves("t3", first, second, tmp_path)
    return reference, first, second


def test_true_halves_hold(halves: tuple[Reference, Path, Path]) -> None:
    verdict = compare(*halves, "t3")
    assert (verdict.failure, verdict.exact) == ("", True)


def test_weights_changed_by_one_bit_are_found(halves: tuple[Reference, Path, Path]) -> None:
    reference, first, second = halves
    proto = onnx.load(second)
    assert any(np.any(answer) for (answer,) in reference.answers[False])
    values = np.nextafter(onnx.numpy_helper.to_array(proto.graph.initializer[0]), np.float32(np.inf))
    name = proto.graph.initializer[0].name
    proto.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(values, name))
    onnx.save(proto, second)
    verdict = compare(reference, first, second, "t3")
    assert "with optimisations off" in verdict.failure


def test_a_half_that_does_not_load_is_a_failure(halves: tuple[Reference, Path, Path]) -> None:
    reference, first, second = halves
    second.write_bytes(b"broken")
    assert "a half does not run" in compare(reference, first, second, "t3").failure


def test_the_same_seed_gives_the_same_inputs_and_others_differ() -> None:
    inputs = {"x": TensorType("float32", (2, 3)), "n": TensorType("int64", (4,))}
    draws = [make_inputs(inputs, {"n": 3}, Plan(), seed) for seed in (0, 0, 1, 2)]
    assert same_bits(draws[0], draws[1])
    assert not same_bits(draws[0]["x"], draws[2]["x"])
    assert all(draw["n"].min() >= 0 and draw["n"].max() < 3 for draw in draws)
    assert draws[0]["x"].min() >= 0


@pytest.mark.parametrize(
    "kind",
    ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float64"],
)
def test_every_type_is_drawn_as_itself(kind: str) -> None:
    drawn = make_inputs({"x": TensorType(kind, (2, "N", None))}, {}, Plan(), 0)["x"]
    assert (drawn.dtype, drawn.shape) == (np.dtype(kind), (2, 8, 8))


def test_one_symbol_has_one_size() -> None:
    inputs = {"a": TensorType("float32", ("N", "L")), "b": TensorType("float32", ("L", "N"))}
    drawn = make_inputs(inputs, {}, Plan(batch=2, open_size=5), 0)
    assert drawn["a"].shape == drawn["b"].shape[::-1]


def test_index_bounds_are_followed_through_reshaping_and_axes() -> None:
    nodes = [
        node("Cast", "i", "wide", to=TensorProto.INT64),
        node("Gather", "table wide", "rows", axis=1),
        node("Gather", "table i", "others"),
        node("Add", "count count", "sum"),
    ]
    inputs = [value("i", [2], TensorProto.INT32), value("count", [1], TensorProto.INT64)]
    proto = model(nodes, inputs, [value("rows", None), value("others", None), value("sum", None)],
                  [weight("table", 9, 4)])  # fmt: skip
    light = sorted_graph(proto)
    known = infer_types(proto).types
    fed = {name: known[name] for name in light.graph.inputs}
    assert index_bounds(light.graph, fed, known) == {"i": 4}


def test_open_sizes_are_tried_until_the_model_runs(tmp_path: Path) -> None:
    """A 5x5 kernel without padding does not fit the first size of 1, nor does a batch-first reshape."""
    nodes = [
        node("Conv", "x w", "a", strides=[4, 4]),
        node("Relu", "a", "b"),
        node("Conv", "b v", "y"),
    ]
    weights = [weight("w", 2, 1, 9, 9), weight("v", 1, 2, 5, 5)]
    proto = model(nodes, [value("x", ["N", 1, "H", "W"])], [value("y", None)], weights)
    inputs = {"x": TensorType("float32", ("N", 1, "H", "W"))}
    reference = ask_whole(save(proto, tmp_path), Interface(inputs, {}, ("y",), half_precision=False), 0)
    assert isinstance(reference, Reference)
    assert [feeds["x"].shape for feeds in reference.feeds] == [(1, 1, 32, 32), (2, 1, 32, 32), (1, 1, 32, 32)]


def test_whole_numbers_are_fixed_when_random_ones_are_not_digested() -> None:
    tried = list(plans({"k": TensorType("int64", (1,))}))
    assert [plan.fixed_integer for plan in tried] == [None, 1, 0]
