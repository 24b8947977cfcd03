"""Small models of every shape that real ones have, built by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def value(name: str, shape: Sequence[int | str | None] | None, kind: int = FLOAT) -> onnx.ValueInfoProto:
    """A declared tensor."""
    return helper.make_tensor_value_info(name, kind, shape)


def node(op_type: str, inputs: str, outputs: str, **attributes: Any) -> onnx.NodeProto:
    """An operator; tensors separated by blanks, `_` for an omitted one."""
    names = [[("" if name == "_" else name) for name in side.split()] for side in (inputs, outputs)]
    return helper.make_node(op_type, names[0], names[1], **attributes)


def weight(name: str, *shape: int, dtype: str = "float32") -> onnx.TensorProto:
    """A random weight that depends on its name and shape alone."""
    generator = np.random.default_rng([*name.encode(), *shape])
    scale = np.sqrt(max(1, int(np.prod(shape[1:]))))
    return numpy_helper.from_array((generator.standard_normal(shape) / scale).astype(dtype), name)


def constant(name: str, values: Any, dtype: str = "int64") -> onnx.TensorProto:
    """An initialiser with given values."""
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def model(
    nodes: Iterable[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    weights: Sequence[onnx.TensorProto] = (),
    *,
    ir_version: int = 8,
    opset: int = 17,
    domains: Sequence[str] = (),
    **graph: Any,
) -> onnx.ModelProto:
    """A model of one graph."""
    body = helper.make_graph(list(nodes), "graph", inputs, outputs, list(weights), **graph)
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(
        body, opset_imports=opsets, ir_version=ir_version, producer_name="aisprint tests"
    )


def save(proto: onnx.ModelProto, directory: Path) -> Path:
    """The model as a file of its own."""
    path = directory / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def chain(length: int = 12, width: int = 16) -> onnx.ModelProto:
    """MatMul, Relu, MatMul, Relu, ..."""
    nodes, weights, last = [], [], "x"
    for index in range(length):
        if index % 2:
            nodes.append(node("Relu", last, f"t{index}"))
        else:
            weights.append(weight(f"w{index}", width, width))
            nodes.append(node("MatMul", f"{last} w{index}", f"t{index}"))
        last = f"t{index}"
    return model(nodes, [value("x", [1, width])], [value(last, [1, width])], weights)


def batch_norm(name: str, channels: int) -> list[onnx.TensorProto]:
    """The four weights of a batch normalisation, its variance positive."""
    weights = [weight(f"{name}_{part}", channels) for part in ("scale", "bias", "mean")]
    return [*weights, constant(f"{name}_var", np.linspace(0.5, 1.5, channels), "float32")]


def conv_net(batch: int | str = 1, dtype: int = FLOAT) -> onnx.ModelProto:
    """Two blocks of Conv, BatchNormalization, Relu, each followed by a pool; then a dense layer."""
    kind = np.dtype(helper.tensor_dtype_to_np_dtype(dtype)).name
    nodes, weights, last, channels = [], [], "x", 1
    for index, wide in enumerate((4, 8)):
        weights += [weight(f"w{index}", wide, channels, 3, 3), *batch_norm(f"n{index}", wide)]
        norms = " ".join(f"n{index}_{part}" for part in ("scale", "bias", "mean", "var"))
        nodes += [
            node("Conv", f"{last} w{index}", f"conv{index}", pads=[1, 1, 1, 1]),
            node("BatchNormalization", f"conv{index} {norms}", f"norm{index}"),
            node("Relu", f"norm{index}", f"relu{index}"),
            node("MaxPool", f"relu{index}", f"pool{index}", kernel_shape=[2, 2], strides=[2, 2]),
        ]
        last, channels = f"pool{index}", wide
    nodes += [node("Flatten", last, "flat"), node("Gemm", "flat dense bias", "dense_out")]
    nodes.append(node("Softmax", "dense_out", "y"))
    weights += [weight("dense", 32, 10), weight("bias", 10)]
    weights = [numpy_helper.from_array(numpy_helper.to_array(w).astype(kind), w.name) for w in weights]
    return model(nodes, [value("x", [batch, 1, 8, 8], dtype)], [value("y", [batch, 10], dtype)], weights)


def residual() -> onnx.ModelProto:
    """Dense layers with a skip connection around the middle two."""
    nodes = [
        node("MatMul", "x w0", "a"),
        node("Relu", "a", "b"),
        node("MatMul", "b w1", "c"),
        node("Relu", "c", "d"),
        node("Add", "d b", "e"),
        node("Relu", "e", "f"),
        node("MatMul", "f w2", "y"),
    ]
    weights = [weight(f"w{index}", 8, 8) for index in range(3)]
    return model(nodes, [value("x", [1, 8])], [value("y", [1, 8])], weights)


def with_if() -> onnx.ModelProto:
    """An If whose branches read a tensor and a weight of the outer graph, and a weight of their own."""
    then = helper.make_graph([node("MatMul", "b w1", "then_out")], "then", [], [value("then_out", [1, 8])])
    otherwise = helper.make_graph(
        [node("Mul", "b inner", "else_out")], "else", [], [value("else_out", [1, 8])], [weight("inner", 8)]
    )
    nodes = [
        node("MatMul", "x w0", "a"),
        node("Relu", "a", "b"),
        node("ReduceSum", "b", "sum", keepdims=0),
        node("Greater", "sum limit", "more"),
        node("If", "more", "c", then_branch=then, else_branch=otherwise),
        node("Relu", "c", "d"),
        node("MatMul", "d w1", "y"),
    ]
    weights = [weight("w0", 8, 8), weight("w1", 8, 8), constant("limit", 3.0, "float32")]
    return model(nodes, [value("x", [1, 8])], [value("y", [1, 8])], weights)


def old_ir() -> onnx.ModelProto:
    """IR version 3: every weight is an input too."""
    proto = residual()
    proto.ir_version = 3
    proto.opset_import[0].version = 8
    for tensor in proto.graph.initializer:
        proto.graph.input.append(value(tensor.name, list(tensor.dims)))
    return proto


def embedding() -> onnx.ModelProto:
    """Token numbers look up a small table; a larger number would be out of range."""
    nodes = [
        node("Unsqueeze", "tokens axes", "column"),
        node("Squeeze", "column axes", "row"),
        node("Gather", "table row", "vectors"),
        node("ReduceMean", "vectors", "mean", axes=[1], keepdims=0),
        node("MatMul", "mean w0", "hidden"),
        node("Tanh", "hidden", "active"),
        node("MatMul", "active w1", "y"),
    ]
    weights = [weight("table", 3, 6), weight("w0", 6, 8), weight("w1", 8, 2), constant("axes", [2])]
    inputs = [value("tokens", ["batch", "length"], TensorProto.INT64)]
    return model(nodes, inputs, [value("y", ["batch", 2])], weights)


def quantised() -> onnx.ModelProto:
    """Dense layers in the QuantizeLinear/DequantizeLinear form, with a quantisation annotation."""
    nodes = [
        node("MatMul", "x w0", "a"),
        node("Relu", "a", "b"),
        node("QuantizeLinear", "b scale zero", "b_q"),
        node("DequantizeLinear", "b_q scale zero", "b_d"),
        node("MatMul", "b_d w1", "c"),
        node("Relu", "c", "y"),
    ]
    weights = [
        weight("w0", 8, 8),
        weight("w1", 8, 8),
        constant("scale", 0.02, "float32"),
        constant("zero", 0, "uint8"),
    ]
    proto = model(nodes, [value("x", [1, 8])], [value("y", [1, 8])], weights)
    note = proto.graph.quantization_annotation.add(tensor_name="b")
    note.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="scale")
    note.quant_parameter_tensor_names.add(key="ZERO_POINT_TENSOR", value="zero")
    return proto
