"""The digit reader, run by hand over all its sample pages once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from run_by_hand import run_chain


@pytest.fixture(scope="session")
def digit_reader(examples: Path) -> Path:
    """The digit reader's application directory."""
    return examples / "digit_reader"


@pytest.fixture(scope="session")
def truth(digit_reader: Path) -> dict[str, list[int]]:
    """The digits on each sample page, in reading order."""
    rows: dict[str, list[list[int]]] = json.loads((digit_reader / "truth.json").read_text())
    return {page: [digit for row in on_page for digit in row] for page, on_page in rows.items()}


@pytest.fixture(scope="session")
def results(
    digit_reader: Path, truth: dict[str, list[int]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with what the chain, run by hand, made of every sample page; `tally.json` where it ended."""
    folder = tmp_path_factory.mktemp("digits")
    components = [digit_reader / "src" / name for name in ("locate", "classify", "tally")]
    for page in truth:
        run_chain(digit_reader / "input" / page, components, folder / Path(page).stem)
    return folder


@pytest.fixture(scope="session")
def answers(results: Path) -> dict[str, dict[str, Any]]:
    """The final results, by page name."""
    found = sorted(results.glob("*/tally.json"))
    return {f"{path.parent.name}.png": json.loads(path.read_text()) for path in found}
