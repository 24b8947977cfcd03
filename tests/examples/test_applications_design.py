from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from applications import EXAMPLES, SCAFFOLDS, place
from run_by_hand import run_chain

DEPLOYMENTS = {"digit_reader": 12, "word_count": 1, "minimal": 1, "chain": 2, "onnx": 4}


def design(application: Path) -> dict[str, Any]:
    program = "from aisprint_cli.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "design", str(application), "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def snapshot(application: Path) -> dict[str, tuple[int, int, int]]:
    """Every file below, by what changes when it is written: its inode, its size and its time."""
    found = {}
    for path in sorted(application.rglob("*")):
        if ".aisprint" not in path.parts:
            facts = path.lstat()
            found[str(path)] = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
    return found


@pytest.fixture(scope="session")
def designed(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A designed copy of every application."""
    parent = tmp_path_factory.mktemp("designed")
    copies = {name: place(name, examples, parent) for name in (*EXAMPLES, *SCAFFOLDS)}
    for copy in copies.values():
        design(copy)
    return copies


@pytest.mark.parametrize("name", [*EXAMPLES, *SCAFFOLDS])
def test_designing_twice_changes_nothing(name: str, designed: dict[str, Path]) -> None:
    before = snapshot(designed[name])
    design(designed[name])
    assert snapshot(designed[name]) == before


@pytest.mark.parametrize("name", [*EXAMPLES, *SCAFFOLDS])
def test_every_choice_is_a_deployment(name: str, designed: dict[str, Path]) -> None:
    folders = [path.name for path in (designed[name] / "aisprint" / "deployments").iterdir() if path.is_dir()]
    assert len(folders) == DEPLOYMENTS[name] + 1  # and optimal_deployment
    assert "base" in folders


@pytest.mark.parametrize("split", [1, 2])
def test_halves_of_the_classifier_give_the_same_answers(
    split: int, designed: dict[str, Path], answers: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    designs = designed["digit_reader"] / "aisprint" / "designs"
    parts = ["locate/base", f"classify/partition{split}_1", f"classify/partition{split}_2", "tally/base"]
    page = designed["digit_reader"] / "input" / "page-1.png"
    result = run_chain(page, [designs / part for part in parts], tmp_path)
    assert result is not None
    answer = json.loads(result.read_text())
    whole = answers["page-1.png"]
    assert answer["digits"] == whole["digits"]
    assert answer["confidences"] == pytest.approx(whole["confidences"], abs=1e-3)


@pytest.mark.parametrize("split", [1, 2])
def test_halves_of_the_scaffolded_model_give_the_same_answers(
    split: int, designed: dict[str, Path], tmp_path: Path
) -> None:
    designs = designed["onnx"] / "aisprint" / "designs" / "classify"
    sample = designed["onnx"] / "input" / "flowers.csv"
    whole = run_chain(sample, [designs / "base"], tmp_path / "whole")
    halves = [designs / f"partition{split}_{segment}" for segment in (1, 2)]
    split_run = run_chain(sample, halves, tmp_path / "split")
    assert whole is not None
    assert split_run is not None
    read, expected = json.loads(split_run.read_text()), json.loads(whole.read_text())
    assert [flower["species"] for flower in read] == [flower["species"] for flower in expected]
    assert [flower["measures_cm"] for flower in read] == [flower["measures_cm"] for flower in expected]
