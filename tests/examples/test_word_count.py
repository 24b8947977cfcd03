from __future__ import annotations

import json
from pathlib import Path

from run_by_hand import run_component


def test_counts_the_words_of_a_text(examples: Path, tmp_path: Path) -> None:
    example = examples / "word_count"
    written = run_component(example / "src" / "count", example / "input" / "harbour.txt", tmp_path / "out")
    assert written is not None
    result = json.loads(written.read_text())
    assert (result["lines"], result["words"], result["distinct"]) == (4, 29, 19)
    assert list(result["counts"].items())[:2] == [("the", 7), ("won", 3)]
    assert result["counts"]["who'd"] == 1


def test_an_empty_text_has_no_words(examples: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    written = run_component(
        examples / "word_count" / "src" / "count", tmp_path / "empty.txt", tmp_path / "out"
    )
    assert written is not None
    assert json.loads(written.read_text())["counts"] == {}
