"""Small models, and the type of the fixture that runs a program."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import onnx
from onnx import TensorProto, helper

Program = Callable[..., subprocess.CompletedProcess[str]]


def save_model(path: Path, outputs: list[str], kind: int = TensorProto.FLOAT) -> None:
    nodes = [helper.make_node("Add", ["a", "b"], ["total"]), helper.make_node("Add", ["a", "a"], ["double"])]
    values = {name: helper.make_tensor_value_info(name, kind, ["n"]) for name in ("a", "b", *outputs)}
    graph = helper.make_graph(nodes, "g", [values["a"], values["b"]], [values[name] for name in outputs], [])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
