"""The two halves of a model as models of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import onnx

from aisprint_cli.partition.external import copy_external
from aisprint_cli.partition.graph import Graph, Side, segments
from aisprint_cli.partition.tensor_types import InferredTypes, bodies

_FIRST_IR_WITHOUT_WEIGHT_INPUTS: Final = 4
_REMADE_FIELDS: Final = frozenset({"graph", "functions", "training_info"})


class Extractor:
    """Makes the halves of one model for any of its valid cuts.

    A half keeps the model's operator sets, IR version, metadata, documentation and those functions,
    quantisation annotations and weights that it uses. Training information is left out: it speaks of
    the whole graph. The first half takes all inputs of the model, used or not, and gives the cut tensor;
    the second takes the cut tensor alone and gives all outputs of the model.
    """

    def __init__(
        self, model: onnx.ModelProto, graph: Graph, order: Sequence[int], inferred: InferredTypes
    ) -> None:
        self._model = model
        self._graph = graph
        self._order = order
        self._inferred = inferred
        self._functions = {_key(item): item for item in model.functions}

    def write_halves(self, tensor: str, first: Path, second: Path, source: Path) -> None:
        """Write both halves, each with its external data beside it as `<file>.data`.

        `source` is the directory of the whole model. The two are made one after the other, so that only
        one is in memory.

        Raises:
            OSError: a file cannot be written.
        """
        self.write_segments(((tensor,),), (first, second), source)

    def write_segments(self, cuts: Sequence[Sequence[str]], paths: Sequence[Path], source: Path) -> None:
        """The same for a chain of cuts, each the tensors that it carries: one path more than cuts.

        Raises:
            OSError: a file cannot be written.
        """
        carried = [[self._inferred.values[name] for name in cut] for cut in cuts]
        given = [value for value in self._model.graph.input if value.name in self._graph.inputs]
        ends = [given, *carried, self._model.graph.output]
        parts = segments(self._graph, self._order, cuts)
        for side, inputs, outputs, path in zip(parts, ends[:-1], ends[1:], paths, strict=True):
            self._write(side, inputs, outputs, path, source)

    def _write(
        self,
        side: Side,
        inputs: Iterable[onnx.ValueInfoProto],
        outputs: Iterable[onnx.ValueInfoProto],
        path: Path,
        source: Path,
    ) -> None:
        half = self._half(side, inputs, outputs)
        path.parent.mkdir(parents=True, exist_ok=True)
        copy_external(half, source, path.with_name(f"{path.name}.data"))
        path.write_bytes(half.SerializeToString(deterministic=True))

    def _half(
        self, side: Side, inputs: Iterable[onnx.ValueInfoProto], outputs: Iterable[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        whole, half = self._model, onnx.ModelProto()
        for field, value in whole.ListFields():
            if field.name not in _REMADE_FIELDS:
                _copy_field(half, field.name, value)
        graph = half.graph
        graph.name = whole.graph.name
        graph.doc_string = whole.graph.doc_string
        graph.metadata_props.extend(whole.graph.metadata_props)
        graph.node.extend(whole.graph.node[index] for index in side.nodes)
        graph.input.extend(inputs)
        graph.output.extend(outputs)
        self._add_weights(graph, side)
        self._add_inner_types(graph)
        half.functions.extend(self._functions_of(graph.node))
        return half

    def _add_weights(self, graph: onnx.GraphProto, side: Side) -> None:
        whole = self._model.graph
        used = set(side.constants)
        here = used.union(*(self._graph.nodes[index].writes for index in side.nodes))
        for note in whole.quantization_annotation:
            if note.tensor_name in here:
                graph.quantization_annotation.append(note)
                used.update(entry.value for entry in note.quant_parameter_tensor_names)
        graph.initializer.extend(item for item in whole.initializer if item.name in used)
        graph.sparse_initializer.extend(i for i in whole.sparse_initializer if i.values.name in used)
        if self._model.ir_version < _FIRST_IR_WITHOUT_WEIGHT_INPUTS:
            weights = {item.name for item in graph.initializer}
            graph.input.extend(value for value in whole.input if value.name in weights)

    def _add_inner_types(self, graph: onnx.GraphProto) -> None:
        ends = {value.name for value in (*graph.input, *graph.output)}
        known = self._inferred.values
        inner = (name for node in graph.node for name in node.output if name not in ends)
        graph.value_info.extend(known[name] for name in inner if name in known)

    def _functions_of(self, nodes: Iterable[onnx.NodeProto]) -> list[onnx.FunctionProto]:
        """The model's own functions that the nodes call, directly or through others, in the old order."""
        called: set[tuple[str, str, str]] = set()
        waiting = list(nodes) if self._functions else []
        while waiting:
            node = waiting.pop()
            waiting.extend(inner for body in bodies(node) for inner in body.node)
            key = (node.domain, node.op_type, node.overload)
            if key in self._functions and key not in called:
                called.add(key)
                waiting.extend(self._functions[key].node)
        return [item for key, item in self._functions.items() if key in called]


def _key(function: onnx.FunctionProto) -> tuple[str, str, str]:
    return function.domain, function.name, function.overload


def _copy_field(target: onnx.ModelProto, name: str, value: object) -> None:
    if isinstance(value, str | int | bytes | float):
        setattr(target, name, value)
    else:
        getattr(target, name).extend(value)
