"""The report on each valid cut: what crosses it, what each side holds, and what it does to fusions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from aisprint_cli.partition.cost import Dimension, Load, TensorType, Types, loads
from aisprint_cli.partition.graph import Graph, Node, Sweep

CARRIED_TYPES: Final = frozenset(
    {
        "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
        "float16", "float32", "float64",
    }
)  # fmt: skip
"""Element types that the wire format between the parts carries: those numpy has itself."""

ACTIVATIONS: Final = frozenset(
    {
        "Relu", "LeakyRelu", "PRelu", "ThresholdedRelu", "Elu", "Selu", "Celu", "Gelu", "FastGelu",
        "QuickGelu", "BiasGelu", "Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Mish", "Tanh",
        "Softplus", "Softsign", "Clip", "Softmax", "LogSoftmax", "Hardmax", "Shrink",
    }
)  # fmt: skip

_GATES: Final = frozenset({"Sigmoid", "HardSigmoid"})
_PRODUCTS: Final = frozenset(
    {"Conv", "ConvTranspose", "Gemm", "MatMul", "MatMulInteger", "ConvInteger", "FusedMatMul"}
)
_NORMALISATIONS: Final = frozenset({"BatchNormalization", "InstanceNormalization", "LayerNormalization"})
_SKIP_NORMALISATIONS: Final = frozenset(
    {"LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization"}
)
_ARITHMETIC: Final = frozenset({"Add", "Sub", "Mul", "Div", "Sum"})


class Fusion(IntEnum):
    """What a cut does to the fusions a run time makes; lower is better."""

    AFTER_ACTIVATION = 0
    NEUTRAL = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True)
class Cut:
    """One valid cut. Figures are per sample where `symbolic_dims` is not empty.

    `bytes` and `elements` are None when not even the tensor's rank is known. `fusion` says whether the
    cut keeps what run times fuse (convolution, normalisation, activation) on one side.
    """

    tensor: str
    dtype: str
    shape: tuple[Dimension, ...] | None
    elements: int | None
    bytes: int | None
    symbolic_dims: tuple[str, ...]
    position: int
    nodes_before: int
    nodes_after: int
    parameters_before: int
    parameters_after: int
    operations_before: int
    operations_after: int
    fusion: Fusion

    @property
    def post_activation(self) -> bool:
        """Whether the tensor is what an activation gives."""
        return self.fusion is Fusion.AFTER_ACTIVATION

    @property
    def operations_share(self) -> float:
        """The part of all operations that come before the cut, 0 to 1; by nodes where none are known."""
        total = self.operations_before + self.operations_after
        if total:
            return self.operations_before / total
        return self.nodes_before / (self.nodes_before + self.nodes_after)

    @property
    def parameters_share(self) -> float:
        """The part of the parameters held before the cut, 0 to 1; 0 for a model without any."""
        total = self.parameters_before + self.parameters_after
        return self.parameters_before / total if total else 0.0

    def to_json(self) -> dict[str, object]:
        """The cut as plain values, for `-o json` and the manifest."""
        return {
            "tensor": self.tensor,
            "dtype": self.dtype,
            "shape": None if self.shape is None else list(self.shape),
            "elements": self.elements,
            "bytes": self.bytes,
            "symbolic_dims": list(self.symbolic_dims),
            "nodes": {"before": self.nodes_before, "after": self.nodes_after},
            "parameters": {"before": self.parameters_before, "after": self.parameters_after},
            "operations": {"before": self.operations_before, "after": self.operations_after},
            "operations_share": round(self.operations_share, 6),
            "post_activation": self.post_activation,
            "fusion": self.fusion.name.lower(),
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """A place where one tensor is alive, or a cut that was tried, that cannot be used, and why."""

    tensor: str
    reason: str

    def to_json(self) -> dict[str, object]:
        """The refusal as plain values."""
        return {"tensor": self.tensor, "reason": self.reason}


def describe_cuts(
    graph: Graph, sweep: Sweep, types: Types, weights: Mapping[str, int]
) -> tuple[tuple[Cut, ...], tuple[Refusal, ...]]:
    """Every cut of the sweep with its report, and those whose tensor cannot travel with the reason."""
    load = loads(graph, sweep, types, weights)
    surroundings = _Surroundings(graph)
    cuts: list[Cut] = []
    refused: list[Refusal] = []
    for point in sweep.cuts:
        known = types.get(point.tensor)
        reason = obstacle(known)
        if known is None or reason:
            refused.append(Refusal(point.tensor, reason))
        else:
            fusion = surroundings.fusion(point.tensor)
            cuts.append(_cut(point.tensor, point.position, known, load[point], fusion))
    return tuple(cuts), tuple(refused)


def _cut(tensor: str, position: int, known: TensorType, load: Load, fusion: Fusion) -> Cut:
    return Cut(
        tensor=tensor,
        dtype=known.dtype,
        shape=known.shape,
        elements=known.elements,
        bytes=known.size_bytes,
        symbolic_dims=known.open_dimensions,
        position=position,
        nodes_before=load.nodes_before,
        nodes_after=load.nodes_after,
        parameters_before=load.parameters_before,
        parameters_after=load.parameters_after,
        operations_before=load.operations_before,
        operations_after=load.operations_after,
        fusion=fusion,
    )


def obstacle(known: TensorType | None) -> str:
    """Why a tensor of this type cannot travel between two parts, in words; empty when it can."""
    if known is None:
        return "its element type is unknown: neither onnx nor onnxruntime can infer it"
    if known.dtype in CARRIED_TYPES:
        return ""
    if known.dtype in {"sequence", "map", "optional"}:
        return f"it is a {known.dtype}, not a tensor, and cannot be sent between two parts"
    return f"{known.dtype} values cannot be sent between two parts"


class _Surroundings:
    """Who writes and who reads each tensor, to judge fusions."""

    def __init__(self, graph: Graph) -> None:
        self._writer = {name: node for node in graph.nodes for name in node.writes}
        self._readers: dict[str, list[Node]] = {}
        for node in graph.nodes:
            for name in dict.fromkeys(node.reads):
                self._readers.setdefault(name, []).append(node)
        self._constants = graph.constants

    def fusion(self, tensor: str) -> Fusion:
        """What cutting at `tensor` does to fusions."""
        writer = self._writer[tensor]
        if any(self._fused(writer, reader, tensor) for reader in self._readers.get(tensor, ())):
            return Fusion.BROKEN
        if writer.op_type in ACTIVATIONS or self._is_gated(writer):
            return Fusion.AFTER_ACTIVATION
        return Fusion.NEUTRAL

    def _fused(self, writer: Node, reader: Node, tensor: str) -> bool:
        """Whether run times usually compute the two operators as one."""
        if writer.op_type == "DequantizeLinear" or reader.op_type == "QuantizeLinear":
            return True
        if reader.op_type in ACTIVATIONS:
            return writer.op_type in _PRODUCTS | _NORMALISATIONS | _ARITHMETIC
        if writer.op_type == "Add" and reader.op_type in _SKIP_NORMALISATIONS:
            return True
        if writer.op_type not in _PRODUCTS:
            return False
        return reader.op_type == "BatchNormalization" or (
            reader.op_type in _ARITHMETIC and self._others_constant(reader, tensor)
        )

    def _others_constant(self, reader: Node, tensor: str) -> bool:
        return all(name in self._constants for name in reader.reads if name != tensor)

    def _is_gated(self, writer: Node) -> bool:
        """Whether it is x * sigmoid(x), which exporters write for SiLU and Swish."""
        if writer.op_type != "Mul":
            return False
        gates = (self._writer.get(name) for name in writer.reads)
        return any(gate and gate.op_type in _GATES and self._feeds(gate, writer) for gate in gates)

    @staticmethod
    def _feeds(gate: Node, product: Node) -> bool:
        return any(name in product.reads for name in gate.reads)
