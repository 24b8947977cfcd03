"""Shapes that are known before anything runs, made constants of the model.

Exporters leave `Shape` of the model's input behind, read far down the graph: it keeps the input alive
until there, and so hides every cut in between. Where the dimensions are numbers in the file, the
operator's value is known, and a constant in its place computes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Final

import onnx

from aisprint_cli.partition.cost import Dimension, Types

_STANDARD_DOMAINS: Final = frozenset({"", "ai.onnx"})


def fold_shapes(model: onnx.ModelProto, types: Types) -> bool:
    """Replace each `Shape` and `Size` of known dimensions in the main graph; whether there was one.

    The graph's outputs are left alone: what a file declares for those is not enforced by any run time.
    """
    outputs = {value.name for value in model.graph.output}
    folded = False
    for node in model.graph.node:
        if node.op_type in _VALUES and node.domain in _STANDARD_DOMAINS and node.input[0] not in outputs:
            value = _value(node, types)
            if value is not None:
                _make_constant(node, value)
                folded = True
    return folded


def _value(node: onnx.NodeProto, types: Types) -> tuple[int, ...] | int | None:
    known = types.get(node.input[0])
    if known is None or known.shape is None:
        return None
    return _VALUES[node.op_type](known.shape, {item.name: item.i for item in node.attribute})


def _shape(shape: tuple[Dimension, ...], attributes: Mapping[str, int]) -> tuple[int, ...] | None:
    """The dimensions asked for: `start` and `end` count from the back where negative, as slices do."""
    return _numbers(shape[attributes.get("start", 0) : attributes.get("end")])


def _size(shape: tuple[Dimension, ...], _attributes: Mapping[str, int]) -> int | None:
    numbers = _numbers(shape)
    return None if numbers is None else prod(numbers)


def _numbers(dimensions: tuple[Dimension, ...]) -> tuple[int, ...] | None:
    numbers = tuple(size for size in dimensions if isinstance(size, int))
    return numbers if len(numbers) == len(dimensions) else None


_VALUES: Final = {"Shape": _shape, "Size": _size}


def _make_constant(node: onnx.NodeProto, value: tuple[int, ...] | int) -> None:
    name, outputs = node.name, list(node.output)
    numbers, dims = ((value,), ()) if isinstance(value, int) else (value, (len(value),))
    tensor = onnx.helper.make_tensor("", onnx.TensorProto.INT64, dims, numbers)
    node.Clear()
    node.CopyFrom(onnx.helper.make_node("Constant", [], outputs, name=name, value=tensor))
