from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any


def check(digit_reader: Path, *folders: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(digit_reader / "check.py"), *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def altered(results: Path, copy: Path, folder: str, **values: object) -> Path:
    shutil.copytree(results, copy)
    file = copy / folder / "tally.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    return copy


def test_right_results_pass_with_a_table(digit_reader: Path, results: Path) -> None:
    done = check(digit_reader, results)
    assert done.returncode == 0, done.stdout
    assert "page-3.png   (none)               (none)               yes" in done.stdout
    assert "74 of 74 digits right, 100.0%; 95% are required" in done.stdout


def test_too_many_wrong_digits_fail(digit_reader: Path, results: Path, tmp_path: Path) -> None:
    bad = altered(results, tmp_path / "bad", "page-4", digits=[0] * 17)
    done = check(digit_reader, bad)
    assert done.returncode == 1
    assert "NO" in done.stdout


def test_missing_results_fail(digit_reader: Path, results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "some")
    (tmp_path / "some" / "page-1" / "tally.json").unlink()
    assert check(digit_reader, tmp_path / "some").returncode == 1


def test_a_result_for_a_page_that_is_not_there_fails(
    digit_reader: Path, results: Path, tmp_path: Path
) -> None:
    shutil.copytree(results, tmp_path / "more")
    shutil.copytree(results / "page-1", tmp_path / "more" / "page-77")
    done = check(digit_reader, tmp_path / "more")
    assert done.returncode == 1
    assert "page-77/tally.json (no such page)" in done.stdout


def test_a_result_for_a_page_without_digits_fails(digit_reader: Path, results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "more")
    shutil.copytree(results / "page-1", tmp_path / "more" / "page-3", dirs_exist_ok=True)
    done = check(digit_reader, tmp_path / "more")
    assert done.returncode == 1
    assert "page-3.png   (none)               61627993550013       NO" in done.stdout


def test_results_may_lie_together_named_after_their_pages(
    digit_reader: Path, answers: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    for page, answer in answers.items():
        (tmp_path / page).with_suffix(".json").write_text(json.dumps(answer))
    assert check(digit_reader, tmp_path).returncode == 0


def test_two_results_of_one_page_are_not_mixed(digit_reader: Path, results: Path, tmp_path: Path) -> None:
    altered(results, tmp_path / "runs" / "one", "page-1", digits=[1])
    shutil.copytree(results, tmp_path / "runs" / "two")
    done = check(digit_reader, tmp_path / "runs")
    assert done.returncode == 1
    assert "two different results of page-1.png" in done.stderr


def test_equal_runs_agree_and_last_bits_do_not_matter(
    digit_reader: Path, results: Path, tmp_path: Path
) -> None:
    answer = json.loads((results / "page-5" / "tally.json").read_text())
    nearly = [confidence - 5e-4 for confidence in answer["confidences"]]
    other = altered(results, tmp_path / "other", "page-5", confidences=nearly)
    done = check(digit_reader, results, other)
    assert done.returncode == 0
    assert "Both runs give the same answers for 6 pages." in done.stdout


def test_runs_that_differ_fail(digit_reader: Path, results: Path, tmp_path: Path) -> None:
    other = altered(results, tmp_path / "other", "page-5", digits=[9, 7, 0, 4, 2, 3, 8])
    done = check(digit_reader, results, other)
    assert done.returncode == 1
    assert "page-5.png: the two runs differ" in done.stdout


def test_a_folder_that_is_not_there_is_named(digit_reader: Path, tmp_path: Path) -> None:
    done = check(digit_reader, tmp_path / "nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("There is no folder")
