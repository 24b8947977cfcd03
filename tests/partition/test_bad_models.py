"""What cannot be split says so: bad files as invalid input, models without a cut as a reason in words."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from onnx_models import chain, model, node, residual, save, value, weight

from aisprint_cli.errors import ExternalError, InvalidInputError, VerificationError
from aisprint_cli.partition.split import FAILURES_TOLERATED, split_model


def refusal(path: Path) -> InvalidInputError:
    out = path.parent / "out"
    with pytest.raises(InvalidInputError) as caught:
        split_model(path, out)
    assert not out.exists()
    assert caught.value.why
    assert caught.value.mend
    return caught.value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "no protocol buffer"),
        (chain(4).SerializeToString()[:200], "no protocol buffer"),
        (onnx.ModelProto(ir_version=8).SerializeToString(), "an operator set"),
        (model([], [value("x", [1])], [value("x", [1])]).SerializeToString(), "no operators"),
    ],
    ids=["empty", "git-lfs pointer", "cut short", "no operator set", "no operators"],
)
def test_a_file_that_is_no_model(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    error = refusal(path)
    assert str(error) == "'model.onnx' is not an ONNX model"
    assert words in error.why


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    assert "No such file" in str(refusal(tmp_path / "model.onnx"))
    assert "Is a directory" in str(refusal(tmp_path))


def test_a_file_over_two_gibibytes_is_told_to_use_external_data(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with path.open("wb") as stream:
        stream.truncate(2**31)  # a hole: takes no room on the disk
    assert "save_as_external_data=True" in refusal(path).mend


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda graph: graph.node[1].output.__setitem__(0, "a"), "'a' is defined more than once"),
        (lambda graph: graph.node[0].input.__setitem__(0, "gone"), "reads tensor 'gone'"),
        (lambda graph: graph.node[0].input.__setitem__(0, "e"), "cycle"),
        (lambda graph: graph.initializer.append(weight("w0", 8, 8)), "initialiser 'w0' is defined more"),
    ],
)
def test_a_malformed_graph_is_named(change: object, words: str, tmp_path: Path) -> None:
    proto = residual()
    change(proto.graph)  # type: ignore[operator]
    assert words in str(refusal(save(proto, tmp_path)))


def test_names_that_are_no_text_are_damage(tmp_path: Path) -> None:
    path = save(residual(), tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Relu", b"Re\xffu"))
    assert "not UTF-8" in refusal(path).why


def test_an_element_type_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    proto = residual()
    proto.graph.initializer[0].data_type = 112
    assert "cannot load" in str(refusal(save(proto, tmp_path)))


def test_an_operator_nobody_knows_is_onnxruntimes_to_refuse(tmp_path: Path) -> None:
    nodes = [node("MatMul", "x w", "a"), node("Secret", "a", "b", domain="corp"), node("Relu", "b", "y")]
    proto = model(nodes, [value("x", [1, 4])], [value("y", [1, 4])], [weight("w", 4, 4)], domains=["corp"])
    error = refusal(save(proto, tmp_path))
    assert "Secret" in error.why
    assert str(tmp_path) not in error.why


def test_a_model_without_a_cut_says_where_it_is_narrowest(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "x w", "a", name="left"),
        node("MatMul", "z w", "b", name="right"),
        node("Add", "a b", "y", name="join"),
    ]
    proto = model(nodes, [value("x", [1, 4]), value("z", [1, 4])], [value("y", [1, 4])], [weight("w", 4, 4)])
    result = split_model(save(proto, tmp_path), tmp_path / "out")
    assert result.splits == result.cuts == ()
    assert "at every place at least 2 tensors are alive" in result.reason
    assert "'left'" in result.reason
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("inputs", [[value("x", [1, 4])], []], ids=["one operator", "no input"])
def test_a_model_with_nothing_to_divide_says_so(inputs: list[onnx.ValueInfoProto], tmp_path: Path) -> None:
    nodes = [node("MatMul", "x w" if inputs else "w w", "y")]
    proto = model(nodes, inputs, [value("y", [1, 4] if inputs else [4, 4])], [weight("w", 4, 4)])
    result = split_model(save(proto, tmp_path), tmp_path / "out")
    assert result.splits == ()
    assert "no two operators in a row" in result.reason


def test_only_tensors_that_cannot_be_sent_is_a_reason(tmp_path: Path) -> None:
    nodes = [node("SplitToSequence", "x", "parts", axis=0), node("ConcatFromSequence", "parts", "y", axis=0)]
    result = split_model(
        save(model(nodes, [value("x", [2, 4])], [value("y", [2, 4])]), tmp_path), tmp_path / "out"
    )
    assert result.splits == ()
    assert [item.tensor for item in result.refused] == ["parts"]
    assert "it is a sequence, not a tensor" in result.reason


def test_an_input_that_cannot_be_fed_is_a_reason(tmp_path: Path) -> None:
    sequence = helper.make_tensor_sequence_value_info("parts", TensorProto.FLOAT, [2, 4])
    nodes = [
        node("ConcatFromSequence", "parts", "x", axis=0),
        node("MatMul", "x w", "a"),
        node("Relu", "a", "y"),
    ]
    proto = model(nodes, [sequence], [value("y", None)], [weight("w", 4, 4)])
    result = split_model(save(proto, tmp_path), tmp_path / "out")
    assert result.splits == ()
    assert "input 'parts' is of type sequence" in result.reason


def test_a_split_that_does_not_verify_is_never_written(tmp_path: Path) -> None:
    """An unseeded random operator rolls other dice at another place of a graph: nothing can be proved."""
    nodes = [
        node("MatMul", "x w", "a"),
        node("Relu", "a", "b"),
        node("MatMul", "b w", "c"),
        node("RandomNormalLike", "c", "noise"),
        node("Add", "c noise", "y"),
    ]
    proto = model(nodes, [value("x", [1, 4])], [value("y", [1, 4])], [weight("w", 4, 4)])
    with pytest.raises(VerificationError) as caught:
        split_model(save(proto, tmp_path), tmp_path / "out")
    assert "output 'y' differs by" in caught.value.why
    assert "optimisations off" in caught.value.why
    assert not (tmp_path / "out").exists()


def test_after_a_failure_the_next_in_rank_is_tried(tmp_path: Path) -> None:
    """Dice on the first side fall as in the whole, for they keep their place in the graph."""
    nodes = [
        node("MatMul", "x w", "a"),
        node("Relu", "a", "b"),
        node("RandomNormalLike", "b", "noise"),
        node("Add", "b noise", "c"),
        node("MatMul", "c w", "y"),
    ]
    proto = model(nodes, [value("x", [1, 4])], [value("y", [1, 4])], [weight("w", 4, 4)])
    result = split_model(save(proto, tmp_path), tmp_path / "out")
    assert [item.tensor for item in result.failed] == ["b"]
    assert [split.cut.tensor for split in result.splits] == ["c"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["partition1_1", "partition1_2"]


def test_the_search_ends_when_too_many_fail(tmp_path: Path) -> None:
    nodes, last = [], "x"
    for index in range(12):
        nodes.append(node("MatMul", f"{last} w", f"t{index}"))
        last = f"t{index}"
    nodes += [node("RandomNormalLike", last, "noise"), node("Add", f"{last} noise", "y")]
    proto = model(nodes, [value("x", [1, 4])], [value("y", [1, 4])], [weight("w", 4, 4)])
    with pytest.raises(VerificationError) as caught:
        split_model(save(proto, tmp_path), tmp_path / "out")
    assert caught.value.why.count("differs by") == FAILURES_TOLERATED + 1


def test_a_model_that_runs_on_no_random_input_is_unproved(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", "x shape", "flat"),
        node("Relu", "flat", "a"),
        node("MatMul", "a w", "y"),
    ]
    inputs = [value("x", [2, 3]), value("shape", [2], TensorProto.INT64)]
    proto = model(nodes, inputs, [value("y", None)], [weight("w", 6, 2)])
    with pytest.raises(VerificationError) as caught:
        split_model(save(proto, tmp_path), tmp_path / "out")
    assert "does not run on random inputs" in caught.value.why


def test_a_failed_run_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    path = save(chain(4), tmp_path)
    split_model(path, out)
    before = {file: file.read_bytes() for file in out.rglob("*.onnx")}
    path.write_bytes(b"nonsense")
    with pytest.raises(InvalidInputError):
        split_model(path, out)
    assert {file: file.read_bytes() for file in out.rglob("*.onnx")} == before


def test_an_unwritable_workspace_is_an_external_failure(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, not a folder")
    with pytest.raises(ExternalError, match="cannot be written"):
        split_model(save(chain(4), tmp_path), tmp_path / "out")
    assert {entry.name for entry in tmp_path.iterdir()} == {"model.onnx", "out"}


def test_fewer_than_one_split_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        split_model(tmp_path / "model.onnx", tmp_path / "out", max_splits=0)
