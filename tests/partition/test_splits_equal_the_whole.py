"""Every kind of model is split into halves that are checked, complete and equal to the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnx_models import (
    batch_norm,
    chain,
    constant,
    conv_net,
    embedding,
    model,
    node,
    old_ir,
    quantised,
    residual,
    save,
    value,
    weight,
    with_if,
)

from aisprint_cli.partition.split import ModelSplits, Split, split_model


def answers(path: Path, feeds: dict[str, Any]) -> list[Any]:
    """What a model file gives with optimisations off, by a session of the test's own."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return list(session.run(None, feeds))


def check(path: Path, split: Split, feeds: dict[str, Any]) -> None:
    """The halves are valid models by onnx's own checker, and chained give the whole's bits."""
    for half in (split.first, split.second):
        onnx.checker.check_model(str(half), full_check=True)
    (carried,) = answers(split.first, feeds)
    assert str(carried.dtype) == split.cut.dtype
    for one, other in zip(
        answers(path, feeds), answers(split.second, {split.cut.tensor: carried}), strict=True
    ):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()


def split_all(proto: onnx.ModelProto, directory: Path, wanted: int = 3) -> tuple[Path, ModelSplits]:
    path = save(proto, directory)
    return path, split_model(path, directory / "out", max_splits=wanted)


def reals(*shape: int) -> Any:
    return np.random.default_rng(7).standard_normal(shape).astype("float32")


def test_a_convolution_net_is_cut_after_an_activation(tmp_path: Path) -> None:
    path, result = split_all(conv_net(), tmp_path)
    assert result.splits
    for split in result.splits:
        check(path, split, {"x": reals(1, 1, 8, 8)})
        assert split.exact
        assert split.difference <= 1e-5
    assert {cut.tensor for cut in result.cuts} > {"conv0", "norm0", "relu0", "pool0", "flat", "dense_out"}
    by_name = {cut.tensor: cut for cut in result.cuts}
    assert by_name["relu0"].post_activation
    assert by_name["conv0"].fusion.name == by_name["norm0"].fusion.name == "BROKEN"


def test_the_halves_lie_where_design_looks_for_them(tmp_path: Path) -> None:
    _, result = split_all(chain(), tmp_path, 2)
    assert [split.number for split in result.splits] == [1, 2]
    out = tmp_path / "out"
    expected = [f"partition{number}_{segment}" for number in (1, 2) for segment in (1, 2)]
    assert sorted(entry.name for entry in out.iterdir()) == expected
    first = result.splits[0].first
    assert first == out / "partition1_1" / "partition1_1.onnx"
    assert result.splits[0].files(1) == (first,)


def test_the_same_model_gives_the_same_bytes_and_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    path = save(conv_net(), tmp_path)
    out = tmp_path / "out"
    before = [path.read_bytes() for s in split_model(path, out).splits for path in (s.first, s.second)]
    again = [path.read_bytes() for s in split_model(path, out).splits for path in (s.first, s.second)]
    assert before == again
    assert sorted(entry.name for entry in out.iterdir()) == ["partition1_1", "partition1_2"]


def test_a_dynamic_batch_is_counted_as_one_and_named(tmp_path: Path) -> None:
    path, result = split_all(conv_net(batch="N"), tmp_path)
    for split in result.splits:
        check(path, split, {"x": reals(3, 1, 8, 8)})
    cut = next(cut for cut in result.cuts if cut.tensor == "relu0")
    assert cut.symbolic_dims == ("N",)
    assert cut.shape == ("N", 4, 8, 8)
    assert cut.bytes == 4 * 8 * 8 * 4
    assert "per sample" in result.splits[0].reason


def test_a_skip_connection_is_never_cut_inside(tmp_path: Path) -> None:
    path, result = split_all(residual(), tmp_path)
    assert {cut.tensor for cut in result.cuts} == {"a", "b", "e", "f"}
    for split in result.splits:
        check(path, split, {"x": reals(1, 8)})


def test_tensors_captured_by_branches_are_seen(tmp_path: Path) -> None:
    path, result = split_all(with_if(), tmp_path, 4)
    assert {cut.tensor for cut in result.cuts} == {"a", "b", "c", "d"}
    inside = next(cut for cut in result.cuts if cut.tensor == "b")
    assert inside.parameters_after == 64 + 8 + 1  # w1 (captured and read), the branch's own, the limit
    assert inside.parameters_before == 64
    for split in result.splits:
        for scale in (0.01, 10.0):
            check(path, split, {"x": reals(1, 8) * np.float32(scale)})


def test_a_captured_tensor_keeps_two_tensors_alive(tmp_path: Path) -> None:
    then = helper.make_graph([node("Identity", "a", "p")], "then", [], [value("p", [1, 8])])
    other = helper.make_graph([node("Neg", "a", "q")], "else", [], [value("q", [1, 8])])
    nodes = [
        node("MatMul", "x w0", "a"),
        node("Relu", "a", "b"),
        node("ReduceSum", "b", "sum", keepdims=0),
        node("Greater", "sum limit", "more"),
        node("If", "more", "c", then_branch=then, else_branch=other),
        node("MatMul", "c w0", "y"),
    ]
    weights = [weight("w0", 8, 8), constant("limit", 3.0, "float32")]
    _, result = split_all(model(nodes, [value("x", [1, 8])], [value("y", [1, 8])], weights), tmp_path)
    assert {cut.tensor for cut in result.cuts} == {"a", "c"}


def test_weights_that_are_inputs_too_stay_so_only_where_used(tmp_path: Path) -> None:
    path, result = split_all(old_ir(), tmp_path)
    for split in result.splits:
        check(path, split, {"x": reals(1, 8)})
        first, second = onnx.load(split.first), onnx.load(split.second)
        assert (first.ir_version, second.ir_version) == (3, 3)
        used = {tensor.name for tensor in first.graph.initializer}
        assert {value.name for value in first.graph.input} == {"x", *used}
        assert {tensor.name for tensor in second.graph.initializer} == {"w0", "w1", "w2"} - used


def test_float16_is_split_to_its_own_tolerance(tmp_path: Path) -> None:
    _, result = split_all(conv_net(dtype=TensorProto.FLOAT16), tmp_path)
    assert result.splits
    assert all(split.cut.dtype == "float16" and split.difference <= 1e-2 for split in result.splits)
    relu = next(cut for cut in result.cuts if cut.tensor == "relu0")
    assert relu.bytes == 4 * 8 * 8 * 2


def test_index_inputs_stay_within_their_table(tmp_path: Path) -> None:
    path, result = split_all(embedding(), tmp_path)
    assert result.splits
    for split in result.splits:
        check(path, split, {"tokens": np.array([[0, 2, 1, 1]])})


def test_quantised_tensors_travel_rather_than_their_float_copies(tmp_path: Path) -> None:
    path, result = split_all(quantised(), tmp_path, 1)
    (split,) = result.splits
    check(path, split, {"x": reals(1, 8)})
    assert (split.cut.tensor, split.cut.dtype, split.cut.bytes) == ("b_q", "uint8", 8)
    (note,) = onnx.load(split.first).graph.quantization_annotation
    assert note.tensor_name == "b"
    assert not onnx.load(split.second).graph.quantization_annotation


def test_several_inputs_and_outputs_are_all_kept(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "left w0", "a"),
        node("MatMul", "right w0", "b"),
        node("Add", "a b", "c"),
        node("Relu", "c", "features"),
        node("MatMul", "features w1", "d"),
        node("Softmax", "d", "scores"),
        node("ArgMax", "d", "best"),
    ]
    inputs = [value("left", [1, 8]), value("unused", [1]), value("right", [1, 8])]
    outputs = [
        value("best", [1, 8], TensorProto.INT64), value("features", [1, 8]), value("scores", [1, 8]),
        value("fixed", [8, 8]),
    ]  # fmt: skip
    nodes.append(node("Neg", "w1", "fixed"))
    weights = [weight("w0", 8, 8), weight("w1", 8, 8)]
    path, result = split_all(model(nodes, inputs, outputs, weights), tmp_path)
    feeds = {"left": reals(1, 8), "unused": reals(1), "right": reals(1, 8)}
    assert {cut.tensor for cut in result.cuts} == {"c", "features"}
    assert result.splits[0].cut.tensor == "features"
    for split in result.splits:
        check(path, split, feeds)
        assert [value.name for value in onnx.load(split.first).graph.input] == ["left", "unused", "right"]
        assert [value.name for value in onnx.load(split.second).graph.input] == [split.cut.tensor]
        assert {tensor.name for tensor in onnx.load(split.first).graph.initializer} == {"w0"}


def test_constant_subgraphs_are_copied_to_each_side_that_needs_them(tmp_path: Path) -> None:
    nodes = [
        node("Constant", "", "raw", value=weight("", 8, 8)),
        node("Transpose", "raw", "w"),
        node("MatMul", "x w", "a"),
        node("Relu", "a", "b"),
        node("MatMul", "b w", "y"),
    ]
    path, result = split_all(model(nodes, [value("x", [1, 8])], [value("y", [1, 8])]), tmp_path, 1)
    (split,) = result.splits
    check(path, split, {"x": reals(1, 8)})
    assert [n.op_type for n in onnx.load(split.second).graph.node] == ["Constant", "Transpose", "MatMul"]
    assert (split.cut.parameters_before, split.cut.parameters_after) == (64, 64)


def test_unsorted_nodes_and_stale_types_are_mended(tmp_path: Path) -> None:
    proto = conv_net()
    reversed_nodes = list(proto.graph.node)[::-1]
    del proto.graph.node[:]
    proto.graph.node.extend(reversed_nodes)
    proto.graph.value_info.append(value("relu0", [7, 7]))
    path, result = split_all(proto, tmp_path)
    for split in result.splits:
        check(path, split, {"x": reals(1, 1, 8, 8)})
    assert next(cut for cut in result.cuts if cut.tensor == "relu0").shape == (1, 4, 8, 8)


def test_sparse_weights_and_omitted_inputs_work(tmp_path: Path) -> None:
    sparse = helper.make_sparse_tensor(weight("w", 3), constant("w_indices", [0, 9, 40]), [8, 8])
    nodes = [
        node("MatMul", "x w", "a"),
        node("Clip", "a _ top", "b"),
        node("MatMul", "b w1", "y"),
    ]
    proto = model(
        nodes, [value("x", [1, 8])], [value("y", [1, 8])],
        [weight("w1", 8, 8), constant("top", 0.5, "float32")], sparse_initializer=[sparse],
    )  # fmt: skip
    path, result = split_all(proto, tmp_path, 1)
    (split,) = result.splits
    assert split.cut.tensor == "b"
    x = reals(1, 8)
    (carried,) = answers(split.first, {"x": x})
    (expected,), (got,) = answers(path, {"x": x}), answers(split.second, {"b": carried})
    assert expected.tobytes() == got.tobytes()


def test_local_functions_and_metadata_go_where_they_are_used(tmp_path: Path) -> None:
    proto = residual()
    body = [node("Relu", "v", "r"), node("Neg", "r", "z")]
    opsets = [helper.make_opsetid("", 17)]
    proto.functions.append(helper.make_function("own", "Turn", ["v"], ["z"], body, opsets))
    proto.functions.append(helper.make_function("own", "Never", ["v"], ["z"], body, opsets))
    proto.opset_import.append(helper.make_opsetid("own", 1))
    for index in (1, 5):
        proto.graph.node[index].op_type, proto.graph.node[index].domain = "Turn", "own"
    proto.metadata_props.add(key="labels", value="cat,dog")
    proto.doc_string = "about it"
    path, result = split_all(proto, tmp_path, 1)
    (split,) = result.splits
    check(path, split, {"x": reals(1, 8)})
    for half in map(onnx.load, (split.first, split.second)):
        assert [(entry.key, entry.value) for entry in half.metadata_props] == [("labels", "cat,dog")]
        assert half.doc_string == "about it"
        assert {opset.domain: opset.version for opset in half.opset_import} == {"": 17, "own": 1}
        assert {function.name for function in half.functions} <= {"Turn"}
        called = {"Turn"} & {n.op_type for n in half.graph.node}
        assert {function.name for function in half.functions} == called


def test_types_that_onnx_cannot_infer_are_asked_of_onnxruntime(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "x w", "a"),
        node("Gelu", "a", "b", domain="com.microsoft"),
        node("MatMul", "b w", "c"),
        node("QuickGelu", "c", "d", domain="com.microsoft"),
        node("MatMul", "d w", "y"),
    ]
    proto = model(
        nodes, [value("x", ["N", 8])], [value("y", ["N", 8])], [weight("w", 8, 8)], domains=["com.microsoft"]
    )
    path = save(proto, tmp_path)
    result = split_model(path, tmp_path / "out", max_splits=2)
    assert {cut.tensor: cut.shape for cut in result.cuts}["b"] == ("N", 8)
    assert [split.cut.tensor for split in result.splits] == ["b", "d"]
    (carried,) = answers(result.splits[0].first, {"x": reals(2, 8)})
    (expected,) = answers(path, {"x": reals(2, 8)})
    (got,) = answers(result.splits[0].second, {"b": carried})
    assert expected.tobytes() == got.tobytes()


def test_sequences_and_maps_as_outputs_are_compared(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "x w0", "a"),
        node("Relu", "a", "b"),
        node("MatMul", "b w1", "c"),
        node("SplitToSequence", "c", "parts", axis=1),
        node("ZipMap", "c", "named", domain="ai.onnx.ml", classlabels_strings=["p", "q", "r"]),
    ]
    ports = [
        helper.make_tensor_sequence_value_info("parts", TensorProto.FLOAT, None),
        helper.make_value_info(
            "named",
            helper.make_sequence_type_proto(
                helper.make_map_type_proto(
                    TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [])
                )
            ),
        ),
    ]
    proto = model(
        nodes, [value("x", ["N", 8])], ports, [weight("w0", 8, 8), weight("w1", 8, 3)], domains=["ai.onnx.ml"]
    )
    _, result = split_all(proto, tmp_path, 1)
    assert result.splits[0].cut.tensor in {"b", "c"}


def test_texts_cannot_be_carried_but_may_come_in(tmp_path: Path) -> None:
    nodes = [
        node("Identity", "word", "same"),
        node(
            "LabelEncoder", "same", "row", domain="ai.onnx.ml",
            keys_strings=["0", "1"], values_floats=[0.5, 1.5], default_float=2.0,
        ),
        node("MatMul", "row w", "a"),
        node("Relu", "a", "y"),
    ]  # fmt: skip
    proto = model(
        nodes, [value("word", [1, 4], TensorProto.STRING)], [value("y", [1, 4])], [weight("w", 4, 4)],
    )  # fmt: skip
    proto.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    _, result = split_all(proto, tmp_path, 1)
    assert [item.tensor for item in result.refused] == ["same"]
    assert "string values cannot be sent" in result.refused[0].reason
    assert result.splits


@pytest.mark.parametrize("build", [chain, conv_net, residual, with_if, quantised, old_ir])
def test_the_report_is_plain_values(build: Any, tmp_path: Path) -> None:
    import json

    _, result = split_all(build(), tmp_path)
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert [item["number"] for item in document["splits"]] == list(range(1, len(result.splits) + 1))
    assert str(tmp_path) not in json.dumps(document)


def test_batch_norm_weights_are_parameters(tmp_path: Path) -> None:
    _, result = split_all(conv_net(), tmp_path, 1)
    cut = next(cut for cut in result.cuts if cut.tensor == "relu0")
    assert cut.parameters_before == 4 * 9 + sum(len(t.float_data or [0] * 4) for t in batch_norm("n", 4))
