"""What a tensor costs to send, and what each side of a cut holds and computes.

Formulas, all from the operators' definitions in the ONNX specification. Unknown and symbolic
dimensions count as 1, so figures are per sample when only the batch is symbolic.

- bytes = elements x element size (4-bit types are rounded up to whole bytes).
- parameters = elements of the weights a side reads, 64-bit integers and booleans left out (those are
  shapes, axes and indices). A weight that both sides read counts on both: each holds a copy.
- operations = multiply-accumulates where the operator is made of them, else one per output element;
  operators that only move or rename data count 0. A Loop or Scan body counts once, of an If the larger
  branch; model-local functions count as one operation per output element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import Final

from aisprint_cli.partition.graph import CutPoint, Graph, Node, Sweep

Dimension = int | str | None

ELEMENT_BITS: Final[Mapping[str, int]] = {
    "bool": 8, "int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32,
    "int64": 64, "uint64": 64, "float16": 16, "bfloat16": 16, "float32": 32, "float64": 64,
    "complex64": 64, "complex128": 128, "int4": 4, "uint4": 4, "int2": 2, "uint2": 2,
    "float8e4m3fn": 8, "float8e4m3fnuz": 8, "float8e5m2": 8, "float8e5m2fnuz": 8, "float8e8m0": 8,
    "float4e2m1": 4,
}  # fmt: skip

MOVING_OPERATORS: Final = frozenset(
    {
        "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Cast", "CastLike", "Concat",
        "Split", "Slice", "Gather", "GatherElements", "GatherND", "Shape", "Size", "Constant", "Dropout",
        "ConstantOfShape", "Expand", "Tile", "Pad", "DepthToSpace", "SpaceToDepth", "Optional",
        "OptionalGetElement", "OptionalHasElement", "SequenceAt", "SequenceConstruct", "SequenceEmpty",
        "SequenceInsert", "SequenceErase", "SequenceLength", "SplitToSequence", "ConcatFromSequence",
        "ScatterElements", "ScatterND", "Scatter", "BitCast",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorType:
    """A tensor's element type by its ONNX name in lower case (`float32` for FLOAT), and its shape.

    A dimension is a number, a symbol, or None where nothing is known; a shape of None means that not
    even the rank is. `dtype` is `sequence`, `map` or `optional` for values that are no tensors.
    """

    dtype: str
    shape: tuple[Dimension, ...] | None = None

    @property
    def elements(self) -> int | None:
        """How many elements, open dimensions counted as 1; None when the rank is unknown."""
        if self.shape is None:
            return None
        return prod(size if isinstance(size, int) else 1 for size in self.shape)

    @property
    def size_bytes(self) -> int | None:
        """How many bytes, open dimensions counted as 1; None when rank or element size is unknown."""
        bits = ELEMENT_BITS.get(self.dtype)
        elements = self.elements
        return None if bits is None or elements is None else (bits * elements + 7) // 8

    @property
    def open_dimensions(self) -> tuple[str, ...]:
        """The symbols that stand for sizes known only at run time; `?` for an unnamed one."""
        names = (size or "?" for size in self.shape or () if not isinstance(size, int))
        return tuple(dict.fromkeys(names))


Types = Mapping[str, TensorType]


@dataclass(frozen=True, slots=True)
class Load:
    """What the two sides of one cut hold and compute."""

    nodes_before: int
    nodes_after: int
    parameters_before: int
    parameters_after: int
    operations_before: int
    operations_after: int


def loads(graph: Graph, sweep: Sweep, types: Types, weights: Mapping[str, int]) -> dict[CutPoint, Load]:
    """The load of both sides of every cut, in one pass over the order.

    `weights` gives the parameters in each initialiser. At a valid cut the active operators up to its
    position are exactly the first side, so sums along the order serve all cuts.
    """
    nodes = [graph.nodes[index] for index in sweep.order]
    work = [
        operations(node, types) if active else 0 for node, active in zip(nodes, sweep.active, strict=True)
    ]
    done = list(accumulate(work, initial=0))
    count = list(accumulate(sweep.active, initial=0))
    before, after = _parameters(graph, nodes, sweep.active, weights)
    return {
        cut: Load(
            nodes_before=count[cut.position + 1],
            nodes_after=count[-1] - count[cut.position + 1],
            parameters_before=before[cut.position],
            parameters_after=after[cut.position],
            operations_before=done[cut.position + 1],
            operations_after=done[-1] - done[cut.position + 1],
        )
        for cut in sweep.cuts
    }


def _parameters(
    graph: Graph, nodes: Sequence[Node], active: Sequence[bool], weights: Mapping[str, int]
) -> tuple[list[int], list[int]]:
    """By position: the parameters read up to and including it, and those read after it."""
    first, last = _uses(graph, nodes, active)
    starts = [0] * (len(nodes) + 1)
    ends = [0] * (len(nodes) + 1)

    def hold(size: int, begin: int, end: int) -> None:
        starts[begin] += size
        ends[end] += size

    for name, size in weights.items():
        if name in last:
            hold(size, first[name], last[name])
    for position, node in enumerate(nodes):
        if not node.parameters:
            continue
        if active[position]:
            hold(node.parameters, position, position)
        else:
            used = [name for name in node.writes if name in last]
            if used:
                hold(node.parameters, min(first[n] for n in used), max(last[n] for n in used))
    total = sum(ends)
    return list(accumulate(starts)), [total - past for past in accumulate(ends)]


def _uses(
    graph: Graph, nodes: Sequence[Node], active: Sequence[bool]
) -> tuple[dict[str, int], dict[str, int]]:
    """First and last active position that reads each tensor, through constant subgraphs as well."""
    end = len(nodes)
    first = dict.fromkeys(graph.outputs, end)
    last = dict.fromkeys(graph.outputs, end)

    def read(name: str, begin: int, stop: int) -> None:
        first[name] = min(first.get(name, end), begin)
        last[name] = max(last.get(name, -1), stop)

    for position in range(end - 1, -1, -1):
        node = nodes[position]
        if active[position]:
            for name in node.reads:
                read(name, position, position)
            continue
        used = [name for name in node.writes if name in last]
        if used:
            begin, stop = min(first[n] for n in used), max(last[n] for n in used)
            for name in node.reads:
                read(name, begin, stop)
    return first, last


def uncounted(graph: Graph, sweep: Sweep, types: Types) -> int:
    """How many active operators compute on tensors of unknown rank, and so count as no operations."""
    return sum(
        active
        and node.op_type not in MOVING_OPERATORS
        and not node.bodies
        and _elements(types, node.outputs[:1]) is None
        for node, active in zip((graph.nodes[index] for index in sweep.order), sweep.active, strict=True)
    )


def operations(node: Node, types: Types) -> int:
    """The operations of one run of a node; 0 where shapes are unknown."""
    if node.bodies:
        inner = [sum(operations(part, types) for part in body) for body in node.bodies]
        return max(inner) if node.op_type == "If" else sum(inner)
    if node.op_type in MOVING_OPERATORS:
        return 0
    rule = _RULES.get(node.op_type)
    counted = rule(node, types) if rule else None
    if counted is None:
        counted = _elements(types, node.outputs[:1])
    return counted or 0


def _elements(types: Types, names: Sequence[str]) -> int | None:
    known = types.get(names[0]) if names else None
    return known.elements if known else None


def _shape(node: Node, position: int, types: Types) -> tuple[int, ...] | None:
    if position >= len(node.inputs):
        return None
    known = types.get(node.inputs[position])
    if known is None or known.shape is None:
        return None
    return tuple(size if isinstance(size, int) else 1 for size in known.shape)


Rule = Callable[[Node, Types], int | None]


def _convolution(weight: int) -> Rule:
    """Output elements x input channels of the group x kernel size; the weight is [out, in/group, *kernel]."""

    def rule(node: Node, types: Types) -> int | None:
        produced, shape = _elements(types, node.outputs[:1]), _shape(node, weight, types)
        return None if produced is None or shape is None else produced * prod(shape[1:])

    return rule


def _transposed_convolution(node: Node, types: Types) -> int | None:
    """Input elements x output channels of the group x kernel size; the weight is [in, out/group, *kernel]."""
    given, shape = _elements(types, node.inputs[:1]), _shape(node, 1, types)
    return None if given is None or shape is None else given * prod(shape[1:])


def _matrix_product(node: Node, types: Types) -> int | None:
    """Output elements x inner dimension: [.., M, K] x [.., K, N] costs M N K per matrix."""
    produced, shape = _elements(types, node.outputs[:1]), _shape(node, 0, types)
    if produced is None or not shape:
        return None
    transposed = node.attributes.get("transA") and len(shape) > 1
    return produced * (shape[-2] if transposed else shape[-1])


def _recurrent(node: Node, types: Types) -> int | None:
    """Steps x batch x (input weights + recurrent weights), both of [directions, gates * hidden, ..]."""
    given, weight, recurrence = (_shape(node, position, types) for position in range(3))
    if given is None or weight is None or recurrence is None:
        return None
    return prod(given[:2]) * (prod(weight) + prod(recurrence))


def _einsum(node: Node, types: Types) -> int | None:
    """The product of the sizes of all indices; none where the equation has an ellipsis."""
    terms = str(node.attributes.get("equation", "")).replace(" ", "").split("->")[0].split(",")
    sizes: dict[str, int] = {}
    for position, term in enumerate(terms):
        shape = _shape(node, position, types)
        if shape is None or len(shape) != len(term) or "." in term:
            return None
        sizes.update(zip(term, shape, strict=True))
    return prod(sizes.values())


def _pool(node: Node, types: Types) -> int | None:
    """Output elements x window size."""
    produced, window = _elements(types, node.outputs[:1]), node.attributes.get("kernel_shape")
    return None if produced is None or not isinstance(window, tuple) else produced * prod(window)


def _reduction(node: Node, types: Types) -> int | None:
    """One per input element."""
    return _elements(types, node.inputs[:1])


_RULES: Final[Mapping[str, Rule]] = {
    "Conv": _convolution(1), "FusedConv": _convolution(1), "ConvInteger": _convolution(1),
    "DeformConv": _convolution(1), "QLinearConv": _convolution(3), "ConvTranspose": _transposed_convolution,
    "Gemm": _matrix_product, "FusedGemm": _matrix_product, "QGemm": _matrix_product,
    "MatMul": _matrix_product, "MatMulInteger": _matrix_product, "QLinearMatMul": _matrix_product,
    "FusedMatMul": _matrix_product, "MatMulNBits": _matrix_product, "DynamicQuantizeMatMul": _matrix_product,
    "Einsum": _einsum, "RNN": _recurrent, "GRU": _recurrent, "LSTM": _recurrent,
    "MaxPool": _pool, "AveragePool": _pool, "LpPool": _pool,
    "GlobalAveragePool": _reduction, "GlobalMaxPool": _reduction, "GlobalLpPool": _reduction,
    "ArgMax": _reduction, "ArgMin": _reduction, "TopK": _reduction,
    "ReduceMean": _reduction, "ReduceSum": _reduction, "ReduceMax": _reduction, "ReduceMin": _reduction,
    "ReduceProd": _reduction, "ReduceL1": _reduction, "ReduceL2": _reduction, "ReduceLogSum": _reduction,
    "ReduceLogSumExp": _reduction, "ReduceSumSquare": _reduction,
}  # fmt: skip
