"""A model file as all that the search for cuts needs: its graph, types, weights and single-tensor cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.partition.cost import TensorType, uncounted
from aisprint_cli.partition.cuts import Cut, Refusal, describe_cuts
from aisprint_cli.partition.external import check_external
from aisprint_cli.partition.folding import fold_shapes
from aisprint_cli.partition.graph import Graph, MalformedGraphError, Sweep, find_cuts
from aisprint_cli.partition.inputs import index_bounds
from aisprint_cli.partition.onnx_graph import ReadGraph, light_graph, sorted_graph
from aisprint_cli.partition.tensor_types import InferredTypes, complete_types, infer_types
from aisprint_cli.partition.verify import Interface


@dataclass(frozen=True, slots=True)
class ReadModel:
    """A model with everything that a choice of cuts needs."""

    path: Path
    model: onnx.ModelProto
    graph: Graph
    weights: Mapping[str, int]
    sweep: Sweep
    inferred: InferredTypes
    cuts: tuple[Cut, ...]
    refused: tuple[Refusal, ...]
    uncounted_nodes: int


def read_for_cuts(path: Path, model: onnx.ModelProto) -> ReadModel:
    """Read a model's graph, types and single-tensor cuts.

    Raises:
        InvalidInputError: the graph is malformed, or external data is missing.
    """
    check_external(model, path)
    try:
        light = sorted_graph(model)
        inferred = infer_types(model)
        if fold_shapes(model, inferred.types):
            light = light_graph(model)
        sweep = find_cuts(light.graph)
    except MalformedGraphError as error:
        raise InvalidInputError(
            f"the graph of {path.name!r} is malformed: {error}",
            why="no run time can compute such a graph",
            mend="export the model again, or mend the graph; onnx.checker says more",
        ) from error
    inferred = complete_types(inferred, model, path.parent, (cut.tensor for cut in sweep.cuts))
    return _described(path, model, light, sweep, inferred)


def _described(
    path: Path, model: onnx.ModelProto, light: ReadGraph, sweep: Sweep, inferred: InferredTypes
) -> ReadModel:
    cuts, refused = describe_cuts(light.graph, sweep, inferred.types, light.weights)
    return ReadModel(
        path=path,
        model=model,
        graph=light.graph,
        weights=light.weights,
        sweep=sweep,
        inferred=inferred,
        cuts=cuts,
        refused=refused,
        uncounted_nodes=uncounted(light.graph, sweep, inferred.types),
    )


def interface_of(read: ReadModel) -> Interface:
    """How the whole model is fed and read."""
    types = read.inferred.types
    unknown = TensorType("unknown")
    inputs = {name: types.get(name, unknown) for name in read.graph.inputs}
    return Interface(
        inputs=inputs,
        bounds=index_bounds(read.graph, inputs, types),
        outputs=read.graph.outputs,
        half_precision=any(known.dtype in {"float16", "bfloat16"} for known in types.values()),
    )
