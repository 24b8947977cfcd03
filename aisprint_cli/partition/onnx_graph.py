"""A model file, read without its external data, as a light graph value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.partition.graph import AttributeValue, Graph, MalformedGraphError, Node, topological_order
from aisprint_cli.partition.tensor_types import bodies

_MESSAGE_LIMIT_BYTES: Final = 2**31 - 1
_NOT_PARAMETERS: Final = frozenset(
    {onnx.TensorProto.INT64, onnx.TensorProto.BOOL, onnx.TensorProto.STRING, onnx.TensorProto.UNDEFINED}
)
_KEPT_ATTRIBUTES: Final = frozenset({"axis", "kernel_shape", "transA", "equation"})


@dataclass(frozen=True, slots=True)
class ReadGraph:
    """The light graph, and the parameters in each initialiser by name."""

    graph: Graph
    weights: Mapping[str, int]


def read_model(path: Path) -> onnx.ModelProto:
    """The model message of a file, external data left where it is.

    Raises:
        InvalidInputError: the file is missing, unreadable, too large for one message, or no ONNX model.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _MESSAGE_LIMIT_BYTES else b""
    except OSError as error:
        raise InvalidInputError(
            f"the model {path.name!r} cannot be read: {error.strerror}",
            why=f"{path} should be an ONNX file",
            mend="put the file there, or correct the name given in onnx_file",
        ) from error
    if size > _MESSAGE_LIMIT_BYTES:
        raise InvalidInputError(
            f"the model {path.name!r} is larger than 2 GiB in one file",
            why="protocol buffers, and so onnx and onnxruntime, cannot read such a file",
            mend="save it with external data: onnx.save(model, path, save_as_external_data=True)",
        )
    model = _parse(data, path)
    if model.ir_version and model.graph.node and model.opset_import:
        return model
    missing = "operators" if model.ir_version and model.opset_import else "an IR version and an operator set"
    raise no_model(path, f"it parses, but has no {missing}" if data else "it is empty")


def _parse(data: bytes, path: Path) -> onnx.ModelProto:
    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except DecodeError as error:
        raise no_model(path, "it is no protocol buffer of a model, or is cut short") from error
    return model


def no_model(path: Path, why: str) -> InvalidInputError:
    """The refusal of a file that is no ONNX model."""
    return InvalidInputError(
        f"{path.name!r} is not an ONNX model",
        why=why,
        mend="export the model to ONNX again; a Git LFS pointer in its place needs `git lfs pull`",
    )


def has_broken_text(model: onnx.ModelProto) -> bool:
    """Whether some name or other text in the model is not UTF-8; protocol buffers let such text pass."""
    waiting: list[Any] = [model]
    while waiting:
        message = waiting.pop()
        for field, value in message.ListFields():
            values = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
            if field.type == field.TYPE_STRING and any(isinstance(item, bytes) for item in values):
                return True
            if field.type == field.TYPE_MESSAGE:
                waiting.extend(values)
    return False


def sorted_graph(model: onnx.ModelProto) -> ReadGraph:
    """The light graph of a model, whose nodes are first put in topological order where they are not.

    Raises:
        MalformedGraphError: see `light_graph` and `topological_order`.
    """
    light = light_graph(model)
    order = topological_order(light.graph)
    if order == tuple(range(len(order))):
        return light
    nodes = [model.graph.node[index] for index in order]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return light_graph(model)


def light_graph(model: onnx.ModelProto) -> ReadGraph:
    """The model's main graph as a light value.

    Inputs that are also initialisers (IR below 4 asks for them) are constants, not inputs.

    Raises:
        MalformedGraphError: two initialisers have one name.
    """
    graph = model.graph
    tensors = (*graph.initializer, *(item.values for item in graph.sparse_initializer))
    weights = {tensor.name: _parameters(tensor) for tensor in tensors}
    if len(weights) < len(tensors):
        twice = next(name for name, count in Counter(t.name for t in tensors).items() if count > 1)
        raise MalformedGraphError(f"the initialiser {twice!r} is defined more than once")
    light = Graph(
        inputs=tuple(value.name for value in graph.input if value.name not in weights),
        outputs=tuple(value.name for value in graph.output),
        nodes=tuple(map(_node, graph.node)),
        constants=frozenset(weights),
    )
    return ReadGraph(light, weights)


def _node(proto: onnx.NodeProto) -> Node:
    attributes: dict[str, AttributeValue] = {}
    parameters = 0
    inner: list[onnx.GraphProto] = []
    for attribute in proto.attribute:
        if attribute.name in _KEPT_ATTRIBUTES:
            attributes.update(_attribute(attribute))
        elif attribute.type == onnx.AttributeProto.TENSOR:
            parameters += _parameters(attribute.t)
        elif attribute.type in {onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS}:
            inner = list(bodies(proto))
    captured: tuple[str, ...] = ()
    parts: tuple[tuple[Node, ...], ...] = ()
    if inner:
        captured = tuple(sorted(set().union(*map(_free_names, inner))))
        parts = tuple(tuple(map(_node, body.node)) for body in inner)
        parameters += sum(_held(body, part) for body, part in zip(inner, parts, strict=True))
    return Node(
        op_type=proto.op_type,
        inputs=tuple(proto.input),
        outputs=tuple(proto.output),
        name=proto.name,
        captured=captured,
        attributes=attributes,
        bodies=parts,
        parameters=parameters,
    )


def _attribute(attribute: onnx.AttributeProto) -> Mapping[str, AttributeValue]:
    if attribute.type == onnx.AttributeProto.INT:
        return {attribute.name: attribute.i}
    if attribute.type == onnx.AttributeProto.INTS:
        return {attribute.name: tuple(attribute.ints)}
    if attribute.type == onnx.AttributeProto.STRING:
        return {attribute.name: attribute.s.decode(errors="replace")}
    return {}


def _held(body: onnx.GraphProto, nodes: Iterable[Node]) -> int:
    return sum(map(_parameters, body.initializer)) + sum(node.parameters for node in nodes)


def _free_names(graph: onnx.GraphProto) -> set[str]:
    """The tensors a body reads from the graphs around it."""
    own = {value.name for value in graph.input}
    own.update(tensor.name for tensor in graph.initializer)
    own.update(sparse.values.name for sparse in graph.sparse_initializer)
    read: set[str] = {value.name for value in graph.output}
    for node in graph.node:
        own.update(node.output)
        read.update(node.input)
        for body in bodies(node):
            read |= _free_names(body)
    return read - own - {""}


def _parameters(tensor: onnx.TensorProto) -> int:
    return 0 if tensor.data_type in _NOT_PARAMETERS else prod(tensor.dims)
