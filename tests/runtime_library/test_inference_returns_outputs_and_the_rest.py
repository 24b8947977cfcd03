from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from library_programs import save_model
from onnx import TensorProto

from aisprint.errors import InferenceError, MissingInputError
from aisprint.onnx_inference import _model, load_and_inference
from aisprint.segments import Inputs

A = np.array([1, 2], np.float32)
B = np.array([10, 20], np.float32)


def test_outputs_in_graph_order_then_what_is_forwarded(sum_model: Path) -> None:
    label = object()
    given = {"label": label, "b": B, "a": A, "total": "hidden"}
    return_dict, result = load_and_inference(str(sum_model), given)
    assert [value.tolist() for value in result] == [[11, 22], [2, 4]]
    assert list(return_dict) == ["total", "double", "label"]
    assert return_dict["double"] is result[1]
    assert return_dict["label"] is label
    assert list(given) == ["label", "b", "a", "total"]


@pytest.mark.parametrize(
    ("keep", "kept"), [(True, True), (1, True), (np.ones(3), True), (0, False), (None, False)]
)
def test_keep_returns_the_inputs_too(sum_model: Path, keep: object, kept: bool) -> None:
    return_dict, _ = load_and_inference(sum_model, {"a": A, "b": B, "keep": keep})
    assert list(return_dict) == ["total", "double", "keep", *(["a", "b"] if kept else [])]
    if kept:
        assert return_dict["a"] is A


def test_tensors_of_the_cut_are_not_kept(sum_model: Path) -> None:
    given = Inputs(a=A, b=B, keep=True)
    given.internal = ("a",)
    assert list(load_and_inference(sum_model, given)[0]) == ["total", "double", "keep", "b"]


def test_a_missing_input_is_named(sum_model: Path) -> None:
    with pytest.raises(MissingInputError, match=r"needs the input 'b'.* it holds 'a', 'c'") as caught:
        load_and_inference(sum_model, {"a": A, "c": 1})
    assert isinstance(caught.value, KeyError)


def test_plain_numbers_take_the_type_of_the_model_where_nothing_is_lost(
    sum_model: Path, tmp_path: Path
) -> None:
    _, result = load_and_inference(sum_model, {"a": [1, 2], "b": (0.5, np.float16(1))})
    assert result[0].dtype == np.float32
    assert result[0].tolist() == [1.5, 3]
    _, result = load_and_inference(sum_model, {"a": np.int16([1, 2]), "b": B})
    assert result[0].tolist() == [11, 22]
    save_model(tmp_path / "int.onnx", ["total"], TensorProto.INT32)
    assert load_and_inference(tmp_path / "int.onnx", {"a": [1], "b": [2]})[1][0].tolist() == [3]
    for lossy in ([1.5], [2**40], np.array([1.0])):
        with pytest.raises(InferenceError, match="cannot run on a "):
            load_and_inference(tmp_path / "int.onnx", {"a": lossy, "b": [2]})
    with pytest.raises(InferenceError, match=r"float64\[2\]"):
        load_and_inference(sum_model, {"a": A.astype(np.float64), "b": B})


def test_a_session_lives_as_long_as_its_file(
    sum_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.onnx"
    shutil.copy(sum_model, path)
    first = _model(str(path)).session
    monkeypatch.chdir(tmp_path)
    assert _model("m.onnx").session is first
    save_model(path, ["double"])
    assert len(load_and_inference(path, {"a": A, "b": B})[1]) == 1
    assert _model(str(path)).session is not first


@pytest.mark.parametrize(("units", "threads"), [("0.4", 1), ("2.9", 2), ("1", 1), (None, 0), ("many", 0)])
def test_computing_units_limit_the_threads(
    sum_model: Path, monkeypatch: pytest.MonkeyPatch, units: str | None, threads: int
) -> None:
    monkeypatch.delenv("COMPUTING_UNITS", raising=False)
    if units is not None:
        monkeypatch.setenv("COMPUTING_UNITS", units)
    options = _model(str(sum_model)).session.get_session_options()
    assert options.intra_op_num_threads == threads


def test_files_that_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_and_inference(tmp_path / "absent.onnx", {})
    (tmp_path / "m.onnx").write_text("text")
    with pytest.raises(InferenceError, match=r"m\.onnx cannot be loaded as an ONNX model"):
        load_and_inference(tmp_path / "m.onnx", {})


def test_exit_outputs_are_the_result_and_the_rest_is_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    save_model(path, ["total", "double"])
    (tmp_path / "exit_node.df").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    (tmp_path / "exit_nodes.json").write_text(json.dumps({"exit_nodes": ["double"]}))
    return_dict, result = load_and_inference(path, {"a": A, "b": B, "more": 1})
    assert [value.tolist() for value in result] == [[2, 4]]
    assert {name: np.asarray(value).tolist() for name, value in return_dict.items()} == {
        "total": [11, 22],
        "more": 1,
    }


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"exit_nodes": ["nope"]}', '{"exit_nodes": 5}'])
def test_a_wrong_list_of_exits_is_named(tmp_path: Path, content: str) -> None:
    save_model(tmp_path / "m.onnx", ["total"])
    (tmp_path / "exit_nodes.json").write_text(content)
    with pytest.raises(InferenceError, match=r"exit_nodes\.json"):
        load_and_inference(tmp_path / "m.onnx", {"a": A, "b": B})
