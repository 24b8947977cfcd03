"""A report opened in a real browser: silent, asking for nothing, nothing over anything else.

Needs Chromium (`make browser` installs it as root on Debian); without it these tests are skipped, and
say so.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import Visit, find_browser, measurable, measured, visit
from report_cases import HOSTILE, full_page, hostile_page

BROWSER = find_browser()
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine; `make browser` installs one"),
    pytest.mark.xdist_group("browser"),
]
Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Open:
    def run(page: str, *options: str) -> Visit:
        assert BROWSER is not None
        directory = tmp_path_factory.mktemp("browser")
        path = directory / "page.html"
        path.write_text(page)
        return visit(BROWSER, path, directory, *options)

    return run


@pytest.fixture(scope="module")
def boxes(opened: Open) -> dict[str, Any]:
    return measured(opened(measurable(full_page()), "--window-size=1200,900").dom)


def test_the_checks_see_what_they_look_for(opened: Open) -> None:
    """A page that does all that a report must not is caught at each of it."""
    bad = opened('<img src="http://example.invalid/a.png"><script>console.error("oh")</script>')
    assert bad.requests
    assert set(bad.requests) == {"http://example.invalid/a.png"}
    assert len(bad.console) == 1


@pytest.mark.parametrize("page", [full_page, hostile_page])
def test_nothing_is_asked_for_and_the_console_is_silent(opened: Open, page: Callable[[], str]) -> None:
    seen = opened(page())
    assert seen.console == ()
    assert seen.requests == ()


def test_the_text_is_there(opened: Open) -> None:
    seen = opened(hostile_page())
    assert "Where everything runs" in seen.dom
    assert "&lt;script&gt;alert" in seen.dom
    assert HOSTILE not in seen.dom


def test_nodes_labels_and_lanes_do_not_overlap(boxes: dict[str, Any]) -> None:
    drawn = [item for item in boxes["boxes"] if item["svg"] == 0]
    nodes = [item for item in drawn if item["kind"] == "node"]
    lanes = [item for item in drawn if item["kind"] == "lane"]
    labels = [item for item in drawn if item["kind"] == "label-room"]
    assert len(nodes) >= 5
    assert len(lanes) >= 2
    for group in (nodes, lanes):
        assert not any(overlap(one, other) for one, other in combinations(group, 2))
    assert not any(overlap(label, node) for label in labels for node in nodes)


def test_texts_stay_inside_what_they_stand_on(boxes: dict[str, Any]) -> None:
    """With this machine's fonts, which are wide: names in nodes, headings in lanes, shares in labels."""
    drawn = [item for item in boxes["boxes"] if item["svg"] == 0]
    homes = {
        "node-name": "node",
        "node-detail": "node",
        "label": "label-room",
        "lane-name": "lane",
        "lane-bought": "lane",
        "lane-kind": "lane",
    }
    texts = [item for item in drawn if item["kind"] in homes]
    assert texts
    for text in texts:
        around = [item for item in drawn if item["kind"] == homes[text["kind"]] and inside(text, item)]
        assert around, text


def test_texts_of_charts_do_not_cover_each_other(boxes: dict[str, Any]) -> None:
    charts = {item["svg"] for item in boxes["boxes"] if item["svg"] > 0}
    assert len(charts) == 2
    for chart in charts:
        texts = [item for item in boxes["boxes"] if item["svg"] == chart and item["text"]]
        clashes = [(a["text"], b["text"]) for a, b in combinations(texts, 2) if overlap(a, b)]
        assert clashes == []


def test_sections_follow_one_another(boxes: dict[str, Any]) -> None:
    sections = [
        item for item in boxes["boxes"] if item["svg"] < 0 and item["kind"] in {"section", "header", "front"}
    ]
    assert len(sections) == 9
    for one, other in pairwise(sections):
        assert one["bottom"] <= other["y"]


@pytest.mark.parametrize("width", [1200, 520])
def test_the_page_is_never_wider_than_its_window(opened: Open, width: int) -> None:
    found = measured(opened(measurable(full_page()), f"--window-size={width},900").dom)
    assert found["window"] <= width
    assert found["page"] <= found["window"]


def test_light_and_dark(opened: Open, boxes: dict[str, Any]) -> None:
    dark = measured(
        opened(measurable(full_page()), "--force-dark-mode", "--blink-settings=preferredColorScheme=0").dom
    )
    assert brightness(boxes["background"]) > 200 > 100 > brightness(boxes["ink"])
    assert brightness(dark["background"]) < 60 < 200 < brightness(dark["ink"])


def test_it_prints(tmp_path: Path, opened: Open) -> None:
    paper = tmp_path / "report.pdf"
    opened(full_page(), f"--print-to-pdf={paper}")
    assert paper.read_bytes().startswith(b"%PDF")


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(
        one["x"] < other["right"] - 0.5
        and other["x"] < one["right"] - 0.5
        and one["y"] < other["bottom"] - 0.5
        and other["y"] < one["bottom"] - 0.5
    )


def inside(small: dict[str, Any], large: dict[str, Any]) -> bool:
    return bool(
        large["x"] <= small["x"]
        and small["right"] <= large["right"]
        and large["y"] <= small["y"] + 2
        and small["bottom"] <= large["bottom"] + 2
    )


def brightness(color: str) -> float:
    parts = [float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3]]
    return sum(parts) / 3
