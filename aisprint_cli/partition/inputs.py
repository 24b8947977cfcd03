"""Random inputs that a model can digest: of its types and shapes, and with indices that exist.

Open dimensions get a size: the first one of an input is taken for the batch, the others are tried in
a few sizes until the model runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from aisprint_cli.partition.cost import Dimension, TensorType, Types
from aisprint_cli.partition.cuts import CARRIED_TYPES
from aisprint_cli.partition.graph import Graph, Node

FED_TYPES: Final = CARRIED_TYPES | {"string"}
"""Element types of graph inputs that can be fed at random."""

_OPEN_SIZES: Final = (8, 1, 16, 32, 64, 128, 224)
_INTEGER_LIMIT: Final = 8
_PASSING: Final = frozenset(
    {"Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose", "Cast", "Slice", "Expand"}
)
_NARROW: Final = frozenset({"int8", "uint8"})


@dataclass(frozen=True, slots=True)
class Plan:
    """How inputs are made: the size of the batch and of other open dimensions, integers drawn or fixed.

    Models that take sizes or counts as input digest a 1 where they refuse a 5.
    """

    batch: int = 1
    open_size: int = _OPEN_SIZES[0]
    fixed_integer: int | None = None


def plans(inputs: Mapping[str, TensorType]) -> Iterator[Plan]:
    """Plans to try, likeliest first."""
    open_inner = any(
        not isinstance(size, int) for known in inputs.values() for size in (known.shape or ())[1:]
    )
    integers = any("int" in known.dtype for known in inputs.values())
    for fixed in (None, 1, 0) if integers else (None,):
        for size in _OPEN_SIZES if open_inner else _OPEN_SIZES[:1]:
            yield Plan(open_size=size, fixed_integer=fixed)


def make_inputs(
    inputs: Mapping[str, TensorType], bounds: Mapping[str, int], plan: Plan, seed: int
) -> dict[str, Any]:
    """One set of inputs; the same seed and plan give the same.

    Reals are uniform in [0, 1) for every third seed, uniform in [-1, 1) for the next, standard normal for
    the last. Integers are below the input's entry in `bounds`, else small; 8-bit ones take all values.
    """
    generator = np.random.default_rng(seed)
    symbols: dict[str, int] = {}
    for known in inputs.values():
        first = (known.shape or (1,))[0]
        if isinstance(first, str):
            symbols.setdefault(first, plan.batch)
    return {
        name: _values(known.dtype, _sizes(known, symbols, plan), bounds.get(name), plan, generator, seed % 3)
        for name, known in inputs.items()
    }


def _sizes(known: TensorType, symbols: Mapping[str, int], plan: Plan) -> tuple[int, ...]:
    def size(place: int, dimension: Dimension) -> int:
        if isinstance(dimension, int):
            return dimension
        fallback = plan.batch if place == 0 else plan.open_size
        return symbols.get(dimension, fallback) if dimension else fallback

    return tuple(size(place, dimension) for place, dimension in enumerate(known.shape or ()))


def _values(
    dtype: str,
    shape: tuple[int, ...],
    bound: int | None,
    plan: Plan,
    generator: np.random.Generator,
    manner: int,
) -> Any:
    if dtype == "bool":
        return generator.integers(0, 2, shape).astype(bool)
    if dtype == "string":
        return generator.integers(0, 10, shape).astype(str).astype(object)
    if "int" in dtype:
        return _integers(dtype, shape, bound, plan.fixed_integer, generator)
    if manner == 0:
        values = generator.random(shape)
    else:
        values = generator.uniform(-1, 1, shape) if manner == 1 else generator.standard_normal(shape)
    return np.asarray(values, dtype)


def _integers(
    dtype: str,
    shape: tuple[int, ...],
    bound: int | None,
    fixed: int | None,
    generator: np.random.Generator,
) -> Any:
    if fixed is not None:
        return np.full(shape, fixed, dtype)
    limits = np.iinfo(dtype)
    low, high = (int(limits.min), int(limits.max) + 1) if dtype in _NARROW else (0, _INTEGER_LIMIT)
    if bound is not None:
        low, high = 0, max(1, min(bound, int(limits.max)))
    return np.asarray(generator.integers(low, high, shape), dtype)


def index_bounds(graph: Graph, inputs: Mapping[str, TensorType], types: Types) -> dict[str, int]:
    """For each integer input that selects rows (a token number, say): how many rows there are."""
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in dict.fromkeys(node.inputs):
            readers.setdefault(name, []).append(node)
    bounds = {}
    for name, known in inputs.items():
        if "int" in known.dtype:
            limits = _limits(name, readers, types)
            if limits:
                bounds[name] = min(limits)
    return bounds


def _limits(name: str, readers: Mapping[str, list[Node]], types: Types) -> list[int]:
    limits: list[int] = []
    waiting, seen = [name], {name}
    while waiting:
        tensor = waiting.pop()
        for node in readers.get(tensor, ()):
            limit = _selected(node, tensor, types)
            if limit is not None:
                limits.append(limit)
            elif node.op_type in _PASSING and node.inputs[0] == tensor and node.outputs[0] not in seen:
                seen.add(node.outputs[0])
                waiting.append(node.outputs[0])
    return limits


def _selected(node: Node, tensor: str, types: Types) -> int | None:
    """How many entries the node selects among when `tensor` is its index."""
    if node.op_type == "EmbedLayerNormalization":  # input 0 selects from table 2, input 1 from table 4
        place = next((4 if at else 2 for at in (0, 1) if node.inputs[at] == tensor), None)
        return None if place is None else _size(types.get(node.inputs[place]), 0)
    if node.op_type not in {"Gather", "GatherElements", "GatherND", "ScatterElements", "ScatterND"}:
        return None
    if len(node.inputs) < 2 or node.inputs[1] != tensor:
        return None
    data = types.get(node.inputs[0])
    if node.op_type.endswith("ND"):
        known = [size for size in (data.shape if data and data.shape else ()) if isinstance(size, int)]
        return min(known, default=None)
    axis = node.attributes.get("axis", 0)
    return _size(data, axis if isinstance(axis, int) else 0)


def _size(known: TensorType | None, axis: int) -> int | None:
    if known is None or known.shape is None or not -len(known.shape) <= axis < len(known.shape):
        return None
    size = known.shape[axis]
    return size if isinstance(size, int) else None
