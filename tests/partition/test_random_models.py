"""For random models: our cuts are those that onnx's own extraction can make, and all are exact."""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx_models import model, node, save, value, weight

from aisprint_cli.partition.extract import Extractor
from aisprint_cli.partition.graph import find_cuts
from aisprint_cli.partition.onnx_graph import sorted_graph
from aisprint_cli.partition.tensor_types import infer_types
from aisprint_cli.partition.verify import Interface, Reference, ask_whole, compare

WIDTH = 6
UNARY = ("Relu", "Sigmoid", "Tanh", "Neg", "Softmax", "Identity")


@st.composite
def models(draw: st.DrawFn) -> onnx.ModelProto:
    """Layered models with skips, several inputs and outputs, constants computed in the graph, dead ends."""
    inputs = [f"in{index}" for index in range(draw(st.integers(1, 2)))]
    weights = [weight(f"w{index}", WIDTH, WIDTH) for index in range(3)]
    nodes = [node("Neg", "w2", "turned")]
    known = list(inputs)
    for index in range(draw(st.integers(2, 9))):
        last = draw(st.sampled_from(known[-2:]))
        kind = draw(st.sampled_from(["MatMul", "Add", "Unary", "Unary"]))
        name = f"t{index}"
        if kind == "MatMul":
            nodes.append(node("MatMul", f"{last} {draw(st.sampled_from(['w0', 'w1', 'turned']))}", name))
        elif kind == "Add":
            nodes.append(node("Add", f"{last} {draw(st.sampled_from(known))}", name))
        else:
            nodes.append(node(draw(st.sampled_from(UNARY)), last, name))
        known.append(name)
    outputs = [known[-1], *draw(st.lists(st.sampled_from(known[len(inputs) :]), max_size=1))]
    return model(
        nodes,
        [value(name, [1, WIDTH]) for name in inputs],
        [value(name, [1, WIDTH]) for name in dict.fromkeys(outputs)],
        weights,
    )


def onnx_can_extract(proto: onnx.ModelProto, tensor: str) -> bool:
    """Whether everything after the tensor is a valid model of its own, by onnx's tool and checker."""
    extractor = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(proto))
    try:
        half = extractor.extract_model([tensor], [value.name for value in proto.graph.output])
        onnx.checker.check_model(half)
    except (ValueError, onnx.checker.ValidationError):
        return False
    return tensor in {name for inner in half.graph.node for name in inner.input}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(models())
def test_cuts_agree_with_onnx_and_every_one_is_exact(proto: onnx.ModelProto) -> None:
    light = sorted_graph(proto)
    sweep = find_cuts(light.graph)
    found = {cut.tensor for cut in sweep.cuts}
    outputs = set(light.graph.outputs)
    produced = {name for inner in light.graph.nodes for name in inner.outputs} - {"turned"}
    assert found - outputs == {name for name in produced - outputs if onnx_can_extract(proto, name)}
    with tempfile.TemporaryDirectory() as folder:
        path = save(proto, Path(folder))
        inferred = infer_types(proto)
        inputs = {name: inferred.types[name] for name in light.graph.inputs}
        reference = ask_whole(path, Interface(inputs, {}, light.graph.outputs, half_precision=False), 0)
        assert isinstance(reference, Reference)
        extractor = Extractor(proto, light.graph, sweep.order, inferred)
        for tensor in sorted(found):
            first, second = path.with_name("first.onnx"), path.with_name("second.onnx")
            extractor.write_halves(tensor, first, second, path.parent)
            verdict = compare(reference, first, second, tensor)
            assert (verdict.failure, verdict.exact) == ("", True)
