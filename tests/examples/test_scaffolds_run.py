from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_by_hand import run_chain

from aisprint_cli.generate.scaffold import render_scaffold
from aisprint_cli.system.tree import create_tree


@pytest.fixture(scope="module")
def applications(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An untouched application from each scaffold."""
    parent = tmp_path_factory.mktemp("scaffolds")
    for name in ("minimal", "chain", "onnx"):
        create_tree(parent / name, render_scaffold(name, name))
    return {name: parent / name for name in ("minimal", "chain", "onnx")}


def run(application: Path, sample: str, components: list[str], folder: Path) -> Path | None:
    sources = [application / "src" / name for name in components]
    return run_chain(application / "input" / sample, sources, folder)


def test_minimal_sums_a_text_up(applications: dict[str, Path], tmp_path: Path) -> None:
    result = run(applications["minimal"], "sample.txt", ["summarise"], tmp_path)
    assert result is not None
    assert json.loads(result.read_text()) == {
        "lines": 2,
        "words": 11,
        "characters": 54,
        "longest_word": "Replace",
    }


def test_chain_gives_notice_of_what_is_unusual(applications: dict[str, Path], tmp_path: Path) -> None:
    result = run(applications["chain"], "unusual.csv", ["clean", "detect", "notify"], tmp_path)
    assert result is not None
    assert result.read_text() == (
        "2 unusual measurements; 20.2 C is usual\n  08:20  31.7 C\n  09:00  12.5 C\n"
    )


def test_chain_ends_where_nothing_is_unusual(applications: dict[str, Path], tmp_path: Path) -> None:
    assert run(applications["chain"], "calm.csv", ["clean", "detect", "notify"], tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["clean.json"]


def test_onnx_names_the_flowers(applications: dict[str, Path], tmp_path: Path) -> None:
    result = run(applications["onnx"], "flowers.csv", ["classify"], tmp_path)
    assert result is not None
    flowers = json.loads(result.read_text())
    assert [flower["species"] for flower in flowers] == ["setosa", "versicolor", "virginica"]
    assert flowers[0]["measures_cm"] == [5.1, 3.5, 1.4, 0.2]
