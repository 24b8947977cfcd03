"""A small real model, whole and cut; and a runner for components and their parts as programs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from aisprint_cli.codegen.split import split_chain

COMPONENTS = Path(__file__).parent / "components"
MODEL = "m.onnx"
PATH = "src/a/main.py"


def _save(path: Path, nodes: list[onnx.NodeProto], inputs: list[str], outputs: list[str]) -> None:
    generator = np.random.default_rng(5)
    weights = {name: generator.normal(size=(4, 4)).astype(np.float32) for name in ("w1", "w2", "w3")}
    used = {name for node in nodes for name in node.input}
    tensors = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in inputs + outputs
    }
    graph = helper.make_graph(
        nodes,
        "g",
        [tensors[name] for name in inputs],
        [tensors[name] for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in weights.items() if name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


@dataclass(frozen=True)
class Models:
    whole: Path
    halves: tuple[Path, ...]
    thirds: tuple[Path, ...]


def make_models(folder: Path) -> Models:
    """x -> w1, Relu = cut1 -> w2, Relu = cut2 -> w3 = logits -> Softmax = probabilities."""
    first = [helper.make_node("MatMul", ["x", "w1"], ["a"]), helper.make_node("Relu", ["a"], ["cut1"])]
    middle = [helper.make_node("MatMul", ["cut1", "w2"], ["b"]), helper.make_node("Relu", ["b"], ["cut2"])]
    last = [
        helper.make_node("MatMul", ["cut2", "w3"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    ends = ["logits", "probabilities"]
    _save(folder / MODEL, first + middle + last, ["x"], ends)
    _save(folder / "h1.onnx", first, ["x"], ["cut1"])
    _save(folder / "h2.onnx", middle + last, ["cut1"], ends)
    _save(folder / "t2.onnx", middle, ["cut1"], ["cut2"])
    _save(folder / "t3.onnx", last, ["cut2"], ends)
    halves = (folder / "h1.onnx", folder / "h2.onnx")
    return Models(folder / MODEL, halves, (folder / "h1.onnx", folder / "t2.onnx", folder / "t3.onnx"))


def component(name: str) -> str:
    return (COMPONENTS / f"{name}.py.txt").read_bytes().decode()


class Runner:
    """Runs a component, or its parts one after the other, each as a program in a folder of its own."""

    def __init__(self, folder: Path, models: Models) -> None:
        self._folder = folder
        self._models = models

    def program(self, place: str, source: str, model: Path, name: str, given: Path, output: Path) -> str:
        folder = self._folder / place
        (folder / "onnx").mkdir(parents=True, exist_ok=True)
        (folder / "onnx" / name).write_bytes(model.read_bytes())
        (folder / "main.py").write_text(source)
        output.parent.mkdir(exist_ok=True)
        (folder / "labels.txt").write_text("low\nhigh\n")
        done = subprocess.run(
            [sys.executable, "main.py", "-i", given, "-o", output],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def given(self, rows: object) -> Path:
        path = self._folder / "page7.json"
        path.write_text(json.dumps(rows))
        return path

    def whole(self, source: str, rows: object) -> dict[str, bytes]:
        output = self._folder / "out-whole" / "aisprint-1"
        self.program("whole", source, self._models.whole, MODEL, self.given(rows), output)
        return {path.name: path.read_bytes() for path in sorted(output.parent.iterdir())}

    def parts(self, source: str, rows: object, segments: int = 2) -> dict[str, bytes]:
        models = self._models.halves if segments == 2 else self._models.thirds
        sources = split_chain(source, path=PATH, model_file=MODEL, split=3, segments=segments)
        given = [self.given(rows)]
        for number, (text, model) in enumerate(zip(sources, models, strict=True), 1):
            folder = self._folder / f"out-{number}"
            for path in given:  # a part runs for each file that the one before it wrote
                name = path.stem if path.name.startswith("aisprint-") else "aisprint-1"
                model_name = f"partition3_{number}.onnx"
                self.program(f"part{number}", text, model, model_name, path, folder / name)
                path.unlink()  # the next machine does not have it
            given = sorted(folder.iterdir())
        return {path.name: path.read_bytes() for path in given}
