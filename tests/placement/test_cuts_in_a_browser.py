"""A plot of a model's cuts opened in a real browser: silent, asking for nothing, its words side by side.

Needs Chromium (`make browser` installs it as root on Debian); without it these tests are skipped, and
say so.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from browser import find_browser, measurable, measured, visit

from aisprint_cli.partition.inspection import inspect_model
from aisprint_cli.report.html import cuts_html, cuts_svg

BROWSER = find_browser()
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine; `make browser` installs one"),
    pytest.mark.xdist_group("browser"),
]
MODEL = Path(__file__).resolve().parents[2] / "examples/digit_reader/src/classify/onnx/digits.onnx"


@pytest.fixture(scope="module")
def found() -> Any:
    return inspect_model(MODEL, parts=3)


def _labels(page: str, directory: Path, size: str) -> dict[str, Any]:
    path = directory / "page.html"
    path.write_text(measurable(page))
    assert BROWSER is not None
    return measured(visit(BROWSER, path, directory, f"--window-size={size}").dom)


@pytest.mark.parametrize("kind", ["svg", "html"])
def test_it_is_silent_and_asks_for_nothing(kind: str, found: Any, tmp_path: Path) -> None:
    path = tmp_path / f"cuts.{kind}"
    path.write_text((cuts_svg if kind == "svg" else cuts_html)(found, "aisprint"))
    assert BROWSER is not None
    seen = visit(BROWSER, path, tmp_path)
    assert seen.console == ()
    assert seen.requests == ()
    assert "What a cut carries" in seen.dom if kind == "html" else "worth choosing" in seen.dom


@pytest.mark.parametrize("size", ["1200,900", "400,900"])
def test_no_word_of_the_plot_lies_over_another(size: str, found: Any, tmp_path: Path) -> None:
    report = _labels(cuts_html(found, "aisprint"), tmp_path, size)
    texts = [box for box in report["boxes"] if box["text"]]
    assert len(texts) > 8
    for one, other in combinations(texts, 2):
        apart = (
            one["right"] <= other["x"] + 1
            or other["right"] <= one["x"] + 1
            or one["bottom"] <= other["y"] + 2
            or other["bottom"] <= one["y"] + 2
        )
        assert apart, (one["text"], other["text"])
    assert report["page"] <= report["window"]
