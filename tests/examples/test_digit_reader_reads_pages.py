from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from run_by_hand import start


def test_reads_the_digits_of_the_pages_in_order(
    answers: dict[str, dict[str, Any]], truth: dict[str, list[int]]
) -> None:
    wrong = {page: answer["digits"] for page, answer in answers.items() if answer["digits"] != truth[page]}
    assert wrong == {}


def test_pages_without_digits_end_the_chain_at_once(
    results: Path, answers: dict[str, dict[str, Any]], truth: dict[str, list[int]]
) -> None:
    empty = {page for page, digits in truth.items() if not digits}
    assert len(empty) == 2
    assert answers.keys() == truth.keys() - empty
    for page in empty:
        assert not list((results / Path(page).stem).iterdir())


def test_a_result_adds_up(answers: dict[str, dict[str, Any]]) -> None:
    for answer in answers.values():
        assert answer["count"] == len(answer["digits"]) == len(answer["confidences"])
        assert answer["sum"] == sum(answer["digits"])
        assert all(0 < confidence <= 1 for confidence in answer["confidences"])
        doubtful = [place for place, sure in enumerate(answer["confidences"]) if sure < 0.7]
        assert answer["doubtful"] == doubtful


def test_crops_are_what_the_model_reads(results: Path, truth: dict[str, list[int]]) -> None:
    with np.load(results / "page-1" / "locate.npz", allow_pickle=False) as located:
        assert located["crops"].shape == (len(truth["page-1.png"]), 1, 16, 16)
        assert located["crops"].dtype == np.float32
        assert float(located["crops"].max()) <= 1.0
        assert located["boxes"].shape == (len(truth["page-1.png"]), 4)


def test_what_is_no_image_is_refused_in_plain_words(digit_reader: Path, tmp_path: Path) -> None:
    text = tmp_path / "note.png"
    text.write_text("not an image")
    done = start(digit_reader / "src" / "locate", text, tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.strip() == "note.png is not an image that can be read"
    assert [path.name for path in tmp_path.iterdir()] == ["note.png"]


def test_branch_probability_is_that_of_the_sample_pages(
    digit_reader: Path, truth: dict[str, list[int]]
) -> None:
    dag = yaml.safe_load((digit_reader / "common_config" / "application_dag.yaml").read_text())
    share = sum(bool(digits) for digits in truth.values()) / len(truth)
    assert ["locate", "classify", share] in dag["System"]["dependencies"]
