"""`aisprint inspect` shows where a model can be cut, verifies it on demand and draws it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner, Result

from aisprint_cli.cli.main import app
from aisprint_cli.errors import InvalidInputError, UsageError


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stages, a classifier after each: an early output."""
    nodes, weights, last = [], [], "x"
    for stage in range(2):
        for name, shape in ((f"w{stage}", (8, 8)), (f"h{stage}", (8, 2))):
            values = np.random.default_rng(stage).standard_normal(shape).astype("float32")
            weights.append(numpy_helper.from_array(values, name))
        nodes.append(helper.make_node("MatMul", [last, f"w{stage}"], [f"m{stage}"]))
        nodes.append(helper.make_node("Relu", [f"m{stage}"], [f"r{stage}"]))
        nodes.append(helper.make_node("MatMul", [f"r{stage}", f"h{stage}"], [f"out{stage}"]))
        last = f"r{stage}"
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 2]) for n in ("out0", "out1")]
    begin = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8])]
    graph = helper.make_graph(nodes, "graph", begin, ends, weights)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path_factory.mktemp("models") / "two<stages>.onnx"
    onnx.save(proto, path)
    return path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["inspect", *arguments])


def _found(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_run(*arguments, "-o", "json").stdout)
    return found


def test_json_has_the_cuts_the_exits_and_what_was_verified(model: Path) -> None:
    found = _found(str(model), "--tensors", "2", "--verify")
    assert found["schema"] == "aisprint.inspect/1"
    assert found["complete"]
    assert {"m0"} in [set(cut["tensors"]) for cut in found["cuts"]]
    assert all(cut["verified"]["bit_exact"] for cut in found["cuts"] if cut["on_front"])
    assert [item["outputs"] for item in found["exits"]] == [["out0"]]


def test_chains_are_verified_when_asked_for(model: Path) -> None:
    found = _found(str(model), "--tensors", "2", "--segments", "3", "--verify")
    assert found["chains"]
    assert all(chain["verified"]["equal"] and len(chain["work"]) == 3 for chain in found["chains"])


def test_the_table_names_cuts_and_early_outputs(model: Path) -> None:
    shown = _run(str(model), "--tensors", "2").stdout
    assert "r0" in shown
    assert "early outputs" in shown


def test_only_the_front_is_listed_when_asked_for(model: Path) -> None:
    assert all(cut["on_front"] for cut in _found(str(model), "--tensors", "2", "--front")["cuts"])


def test_an_svg_stands_alone(model: Path, tmp_path: Path) -> None:
    plot = tmp_path / "cuts.svg"
    assert _run(str(model), "--tensors", "2", "--plot", str(plot)).exit_code == 0
    text = plot.read_text()
    root = ET.fromstring(text)
    points = [item for item in root.iter() if "point" in item.get("class", "").split()]
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(points) > len(_found(str(model), "--tensors", "2")["cuts"])  # and those of the legend
    assert "href" not in text
    assert "url(" not in text


def test_a_page_stands_alone_and_has_the_figures(model: Path, tmp_path: Path) -> None:
    page = tmp_path / "cuts.html"
    assert _run(str(model), "--tensors", "2", "--segments", "3", "--plot", str(page)).exit_code == 0
    text = page.read_text()
    assert "two&lt;stages&gt;.onnx" in text
    assert "<script" not in text
    for heading in ("The front", "Chains of segments", "Early outputs"):
        assert heading in text


def test_limits_that_leave_nothing_are_told(model: Path, tmp_path: Path) -> None:
    plot = tmp_path / "none.svg"
    done = _run(str(model), "--max-bytes", "0", "--plot", str(plot))
    assert done.exit_code == 0
    assert "no place where the model can be cut" in done.stdout
    ET.fromstring(plot.read_text())


def test_another_kind_of_plot_is_refused(model: Path) -> None:
    assert isinstance(_run(str(model), "--plot", "cuts.png").exception, UsageError)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.onnx"
    path.write_text("no model")
    assert isinstance(_run(str(path)).exception, InvalidInputError)
