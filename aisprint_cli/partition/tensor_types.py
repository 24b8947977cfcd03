"""The type of every tensor of a model: inferred by onnx, and by onnxruntime where onnx cannot.

Types that the file itself claims for inner tensors are dropped first: exporters and editors leave
stale ones behind. Weights are replaced by their type alone, so that nothing large is copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

import onnx

from aisprint_cli.partition.cost import Dimension, TensorType
from aisprint_cli.partition.sessions import RUNTIME_ERRORS, declared_outputs

_SMALL_ELEMENTS: Final = 1024
_GENERATED_SYMBOL: Final = "unk__"


@dataclass(frozen=True, slots=True)
class InferredTypes:
    """Types by tensor name, as plain values and as the ONNX messages they came from."""

    types: dict[str, TensorType]
    values: dict[str, Any]


def infer_types(model: onnx.ModelProto) -> InferredTypes:
    """The type of every tensor that onnx can infer."""
    skeleton = _skeleton(model)
    try:
        inferred = onnx.shape_inference.infer_shapes(skeleton, strict_mode=False, data_prop=True)
    except (onnx.shape_inference.InferenceError, onnx.checker.ValidationError, TypeError, ValueError):
        inferred = skeleton  # the declared inputs and outputs are then all that is known
    values = {
        value.name: value
        for group in (inferred.graph.value_info, inferred.graph.input, inferred.graph.output)
        for value in group
        if value.type.WhichOneof("value")
    }
    types = {name: to_type(value.type) for name, value in values.items()}
    for value in _inner_values(inferred.graph):
        types.setdefault(value.name, to_type(value.type))
    types.update((tensor.name, _weight_type(tensor)) for tensor in model.graph.initializer)
    return InferredTypes(types, values)


def complete_types(
    known: InferredTypes, model: onnx.ModelProto, directory: Path, tensors: Iterable[str]
) -> InferredTypes:
    """Fill in the types of `tensors` that onnx could not infer, by asking onnxruntime.

    These are mostly outputs of operators outside onnx's own domains. Unchanged when it cannot either.
    """
    missing = [name for name in tensors if name not in known.types]
    if not missing:
        return known
    widened = onnx.ModelProto()
    widened.CopyFrom(model)
    widened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in missing)
    try:
        found = declared_outputs(widened.SerializeToString(), directory)
    except RUNTIME_ERRORS:
        return known
    types, values = dict(known.types), dict(known.values)
    for name in missing:
        declared = found.get(name)
        if declared is not None:
            types[name] = declared
            values[name] = to_value(name, declared)
    return InferredTypes(types, values)


def to_type(proto: onnx.TypeProto) -> TensorType:
    """An ONNX type message as a plain value."""
    kind = proto.WhichOneof("value")
    if kind not in {"tensor_type", "sparse_tensor_type"}:
        return TensorType((kind or "unknown").removesuffix("_type"))
    tensor = getattr(proto, kind)
    shape = tuple(map(_dimension, tensor.shape.dim)) if tensor.HasField("shape") else None
    return TensorType(dtype_name(tensor.elem_type), shape)


def dtype_name(element_type: int) -> str:
    """`float32` for FLOAT, `float64` for DOUBLE, else ONNX's own name in lower case."""
    if element_type not in onnx.TensorProto.DataType.values():
        return "unknown"
    name = str(onnx.TensorProto.DataType.Name(element_type)).lower()
    return {"float": "float32", "double": "float64"}.get(name, name)


def to_value(name: str, known: TensorType) -> onnx.ValueInfoProto:
    """The declaration of a tensor as a graph input or output."""
    upper = known.dtype.upper()
    element = {"FLOAT32": "FLOAT", "FLOAT64": "DOUBLE"}.get(upper, upper)
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.DataType.Value(element), known.shape)


def _dimension(dimension: onnx.TensorShapeProto.Dimension) -> Dimension:
    kind = dimension.WhichOneof("value")
    if kind == "dim_value":
        return int(dimension.dim_value)
    if kind == "dim_param" and not dimension.dim_param.startswith(_GENERATED_SYMBOL):
        return str(dimension.dim_param) or None
    return None


def _weight_type(tensor: onnx.TensorProto) -> TensorType:
    return TensorType(dtype_name(tensor.data_type), tuple(tensor.dims))


def _skeleton(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without its weights: large ones become inputs of the same type.

    Small ones stay, for they may be shapes (onnxruntime too wants those in the model's own file).
    """
    skeleton = onnx.ModelProto(ir_version=max(model.ir_version, 4))
    skeleton.opset_import.extend(model.opset_import)
    skeleton.functions.extend(model.functions)
    graph = skeleton.graph
    graph.name = model.graph.name or "graph"
    graph.node.extend(model.graph.node)
    graph.output.extend(model.graph.output)
    for node in graph.node:
        _drop_inner_values(node)
    weights = {tensor.name for tensor in model.graph.initializer}
    graph.input.extend(value for value in model.graph.input if value.name not in weights)
    for tensor in model.graph.initializer:
        outside = tensor.data_location == onnx.TensorProto.EXTERNAL
        if prod(tensor.dims) <= _SMALL_ELEMENTS and not outside:
            graph.initializer.append(tensor)
        else:
            graph.input.append(_declared(tensor.name, tensor.data_type, tensor.dims))
    for sparse in model.graph.sparse_initializer:
        graph.input.append(_declared(sparse.values.name, sparse.values.data_type, sparse.dims))
    return skeleton


def _declared(name: str, element_type: int, dims: Iterable[int]) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(name, element_type, tuple(dims))


def _drop_inner_values(node: onnx.NodeProto) -> None:
    for body in bodies(node):
        del body.value_info[:]
        for inner in body.node:
            _drop_inner_values(inner)


def bodies(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs a control-flow operator carries."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        elif attribute.type == onnx.AttributeProto.GRAPHS:
            yield from attribute.graphs


def _inner_values(graph: onnx.GraphProto) -> Iterator[onnx.ValueInfoProto]:
    for node in graph.node:
        for body in bodies(node):
            yield from body.value_info
            yield from body.output
            yield from _inner_values(body)
