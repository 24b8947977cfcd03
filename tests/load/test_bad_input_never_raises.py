"""Whatever is done to the files, loading gives findings and no exception."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from load_support import CANDIDATES, DAG, FIXTURES, PHYSICAL, RESOURCES, SOLVER

from aisprint_cli.load.application import Loaded, load_application

YAML_FILES = [DAG, RESOURCES, CANDIDATES, PHYSICAL, SOLVER]
CODE_FILES = ["src/detect/main.py", "src/capture/main.py"]
ODD = st.sampled_from(
    [b"\t", b"\0", b"&a", b"*a", b"<<: ", b"'", b'"', b"[", b"}", b": ", b"- ", b"\xff", b"\n", b"~", b"!x "]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10**6)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["VM1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mutated") / "continuum"
    shutil.copytree(FIXTURES / "continuum", root)
    return root


def _load_with(directory: Path, path: str, content: bytes) -> Loaded:
    """Load with one file replaced for the moment; checks what every result must hold."""
    file = directory / path
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        loaded = load_application(directory)
    finally:
        file.write_bytes(before)
    assert (loaded.application is None) == bool(loaded.errors)
    assert all(finding.location.line >= 1 and finding.location.column >= 1 for finding in loaded.findings)
    return loaded


@SETTINGS
@given(data=st.data())
@pytest.mark.parametrize("path", [*YAML_FILES, *CODE_FILES])
def test_bytes_put_in_taken_out_or_replaced(directory: Path, path: str, data: st.DataObject) -> None:
    content = (directory / path).read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 12, len(content))))
        content = content[:start] + data.draw(ODD | st.binary(max_size=4)) + content[end:]
    _load_with(directory, path, content)


@SETTINGS
@given(data=st.data())
@pytest.mark.parametrize("path", YAML_FILES)
def test_values_of_another_kind(directory: Path, path: str, data: st.DataObject) -> None:
    document = yaml.safe_load((directory / path).read_text())
    node, key = document, data.draw(st.sampled_from(sorted(document)))
    while isinstance(node[key], dict | list) and node[key] and data.draw(st.integers(0, 4)):
        node = node[key]
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
    node[key] = data.draw(VALUES)
    _load_with(directory, path, yaml.safe_dump(document, allow_unicode=True).encode())


@SETTINGS
@given(data=st.data())
@pytest.mark.parametrize("path", YAML_FILES)
def test_keys_taken_out(directory: Path, path: str, data: st.DataObject) -> None:
    document = yaml.safe_load((directory / path).read_text())
    node, key = document, data.draw(st.sampled_from(sorted(document)))
    while isinstance(node[key], dict) and node[key] and data.draw(st.integers(0, 5)):
        node = node[key]
        key = data.draw(st.sampled_from(sorted(node)))
    del node[key]
    _load_with(directory, path, yaml.safe_dump(document).encode())


@SETTINGS
@given(value=VALUES, name=st.sampled_from(["local_time_thr", "prev_components", "global_time_thr", "x"]))
def test_arguments_of_any_value(directory: Path, value: object, name: str) -> None:
    content = (
        f"@annotation({{'component_name': {{'name': 'capture'}}, 'exec_time': {{{name!r}: {value!r}}}}})"
    )
    source = f"nan = inf = 1\n{content}\ndef main(args): ...\nmain(1)\n"
    _load_with(directory, "src/capture/main.py", source.encode("utf-8", "surrogatepass"))


@SETTINGS
@given(text=st.text(max_size=80))
def test_exits_files_of_any_text(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("exits") / "screening"
    shutil.copytree(FIXTURES / "screening", root)
    _load_with(root, "src/classify/onnx/early_exits.csv", text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("path", [*YAML_FILES, *CODE_FILES, "src/detect/onnx/detector.onnx"])
def test_directories_where_files_should_be(directory: Path, path: str, tmp_path: Path) -> None:
    root = tmp_path / "app"
    shutil.copytree(directory, root)
    (root / path).unlink()
    (root / path).mkdir()
    assert load_application(root).errors


def test_an_empty_directory_says_what_is_missing(tmp_path: Path) -> None:
    assert {finding.code for finding in load_application(tmp_path).findings} == {
        "file.missing",
        "code.no-source-directory",
    }


def test_a_file_instead_of_src(directory: Path, tmp_path: Path) -> None:
    root = tmp_path / "app"
    shutil.copytree(directory, root)
    shutil.rmtree(root / "src")
    (root / "src").write_text("")
    assert "code.no-source-directory" in {finding.code for finding in load_application(root).findings}
