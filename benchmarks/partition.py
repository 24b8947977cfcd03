"""Splitting a chain of 1,200 operators, against extracting and checking candidate after candidate.

Run: python benchmarks/partition.py [--nodes N] [--sample S]

The baseline is the obvious way, in the same process: for each tensor extract what follows it with
onnx's own tool and check it. It is timed on a sample of the candidates, spread evenly, and
extrapolated to all of them; the printed line says so. CPU seconds are the figures to quote, wall
seconds depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from aisprint_cli.partition.split import split_model

sys.path.insert(0, str(Path(__file__).parent))

from support.measure import measure, ratio, show

WIDTH = 16
CHILD = """
import sys
from pathlib import Path
from aisprint_cli.partition.split import split_model
split_model(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def chain(length: int) -> onnx.ModelProto:
    """MatMul, Relu, MatMul, Relu, ... with weights of its own for each MatMul."""
    generator = np.random.default_rng(0)
    nodes, weights, last = [], [], "x"
    for index in range(length):
        name = f"t{index}"
        if index % 2:
            nodes.append(helper.make_node("Relu", [last], [name]))
        else:
            values = np.eye(WIDTH) + generator.standard_normal((WIDTH, WIDTH)) / 100
            weights.append(numpy_helper.from_array(values.astype("float32"), f"w{index}"))
            nodes.append(helper.make_node("MatMul", [last, f"w{index}"], [name]))
        last = name
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, WIDTH]) for name in ("x", last)]
    graph = helper.make_graph(nodes, "chain", ports[:1], ports[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds of one call."""
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    return time.process_time() - cpu, time.perf_counter() - wall


def extract_and_check(model: onnx.ModelProto, tensor: str, path: Path) -> None:
    """One attempt of the baseline: infer shapes, extract both halves, write and check them."""
    extractor = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(model))
    outputs = [value.name for value in model.graph.output]
    for inputs, targets in ((["x"], [tensor]), ([tensor], outputs)):
        onnx.save(extractor.extract_model(inputs, targets), path)
        onnx.checker.check_model(str(path))


def baseline(model: onnx.ModelProto, sample: int, folder: Path) -> tuple[float, int, int]:
    """CPU seconds for all candidates, extrapolated; the number tried, and of all of them."""
    tensors = [node.output[0] for node in model.graph.node][:-1]
    tried = tensors[:: max(1, len(tensors) // sample)][:sample]
    cpu, _ = timed(lambda: [extract_and_check(model, name, folder / "half.onnx") for name in tried])
    return cpu / len(tried) * len(tensors), len(tried), len(tensors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=1200)
    parser.add_argument("--sample", type=int, default=20, help="candidates the baseline tries")
    options = parser.parse_args()
    model = chain(options.nodes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "chain.onnx"
        onnx.save(model, path)
        runs = [timed(lambda: split_model(path, folder / "out")) for _ in range(5)]
        cpu, wall = (sorted(values)[2] for values in zip(*runs, strict=True))
        first = runs[0][0]
        process = measure([sys.executable, "-c", CHILD, path, folder / "child"], runs=5)
        naive, tried, candidates = baseline(model, options.sample, folder)
    print(f"chain of {options.nodes} operators, one split, verified in onnxruntime")
    print(f"split_model, imports apart: {cpu:.3f} s cpu, {wall:.3f} s wall (median of 5, first {first:.3f})")
    show("whole process, imports included", process)
    print(f"extract and check, unverified: {naive:.1f} s cpu ({tried} of {candidates} tensors, extrapolated)")
    ratio("extract and check / split_model, cpu", naive, cpu)


if __name__ == "__main__":
    main()
