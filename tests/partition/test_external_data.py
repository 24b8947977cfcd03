"""Models whose weights lie in other files: split without loading them, each half with its share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import external_data_helper
from onnx_models import chain, embedding, with_if

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.partition.split import split_model


def save_outside(proto: onnx.ModelProto, path: Path, **options: object) -> Path:
    """Every weight, however small, in a file beside the model."""
    onnx.save_model(proto, path, save_as_external_data=True, size_threshold=0, location="w.bin", **options)
    return path


def run(path: Path, name: str, array: object) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {name: array})
    return np.asarray(result)


def test_each_half_has_the_weights_it_uses_beside_it(tmp_path: Path) -> None:
    path = save_outside(chain(8, 40), tmp_path / "model.onnx")
    (split,) = split_model(path, tmp_path / "out").splits
    for segment, half in enumerate((split.first, split.second), 1):
        assert [file.name for file in split.files(segment)] == [half.name, f"{half.name}.data"]
        assert {file.name for file in half.parent.iterdir()} == {half.name, f"{half.name}.data"}
        shallow = onnx.load(half, load_external_data=False)
        assert all(external_data_helper.uses_external_data(item) for item in shallow.graph.initializer)
        onnx.checker.check_model(str(half), full_check=True)
    assert (
        sum(file.stat().st_size for s in (1, 2) for file in split.files(s)[1:]) < 4 * 40 * 40 * 4 + 5 * 4096
    )
    x = np.linspace(-1, 1, 40, dtype="float32")[None]
    through = run(split.second, split.cut.tensor, run(split.first, "x", x))
    np.testing.assert_allclose(through, run(path, "x", x), rtol=1e-5)


def test_shapes_that_lie_outside_are_told_to_come_home(tmp_path: Path) -> None:
    """onnxruntime wants the axes of Squeeze in the model's own file."""
    path = save_outside(embedding(), tmp_path / "model.onnx")
    with pytest.raises(InvalidInputError) as caught:
        split_model(path, tmp_path / "out")
    assert "size_threshold=1024" in caught.value.mend


def test_weights_inside_branches_and_constants_move_along(tmp_path: Path) -> None:
    proto = with_if()
    proto.graph.node.insert(
        0, onnx.helper.make_node("Constant", [], ["w9"], value=proto.graph.initializer[0])
    )
    proto.graph.node[1].input[1] = "w9"
    path = save_outside(proto, tmp_path / "model.onnx", convert_attribute=True)
    result = split_model(path, tmp_path / "out", max_splits=2)
    assert len(result.splits) == 2
    for split in result.splits:
        for half in (split.first, split.second):
            onnx.checker.check_model(str(half), full_check=True)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: data.unlink(), "'w.bin' cannot be read"),
        (lambda data: data.write_bytes(data.read_bytes()[:-1]), "end beyond the end of 'w.bin'"),
    ],
)
def test_missing_or_shortened_data_is_named(damage: object, words: str, tmp_path: Path) -> None:
    path = save_outside(chain(4, 40), tmp_path / "model.onnx")
    damage(tmp_path / "w.bin")  # type: ignore[operator]
    with pytest.raises(InvalidInputError, match=words):
        split_model(path, tmp_path / "out")


@pytest.mark.parametrize("location", ["../w.bin", "/w.bin", ""])
def test_data_outside_the_directory_is_refused(location: str, tmp_path: Path) -> None:
    path = save_outside(chain(4, 40), tmp_path / "model.onnx")
    proto = onnx.load(path, load_external_data=False)
    proto.graph.initializer[0].external_data[0].value = location
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(InvalidInputError, match="outside the model's directory"):
        split_model(path, tmp_path / "out")
