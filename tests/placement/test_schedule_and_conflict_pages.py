"""What the pages of schedules, three-way fronts and conflicts say, and how they stand in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from browser import Visit, find_browser, measurable, measured, visit
from page_cases import (
    conflict_page,
    hostile_conflict_page,
    hostile_schedule_page,
    schedule_page,
    three_way_page,
)
from placement_systems import two_steps
from report_cases import HOSTILE
from typer.testing import CliRunner

from aisprint_cli.cli.main import app
from aisprint_cli.errors import InfeasibleError

BROWSER = find_browser()
in_browser = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine; `make browser` installs one"),
    pytest.mark.xdist_group("browser"),
]
Open = Callable[..., Visit]
PAGES = [schedule_page, three_way_page, conflict_page]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Open:
    def run(page: str, *options: str) -> Visit:
        assert BROWSER is not None
        directory = tmp_path_factory.mktemp("browser")
        path = directory / "page.html"
        path.write_text(page)
        return visit(BROWSER, path, directory, *options)

    return run


def test_a_schedule_page_tells_what_happens_when() -> None:
    page = schedule_page()
    assert "<title>Schedule of a day</title>" in page
    for section in ("day", "timeline", "cost", "proof"):
        assert f'<section id="{section}"' in page
    assert "Proven: no schedule that keeps every limit costs less." in page
    assert "1 Board reserved" in page
    assert "Saved against one placement" in page
    assert "second: s1 on F" in page


def test_a_front_of_three_is_drawn_and_listed() -> None:
    page = three_way_page()
    assert '<section class="front" id="surface-1"' in page
    assert "It is the whole front" in page
    assert 'class="swatch shade-1"' in page


def test_a_conflict_page_tells_why_and_what_would_help() -> None:
    page = conflict_page()
    assert "<title>No placement of no way</title>" in page
    assert "No placement keeps every limit in rush hour." in page
    assert "rush hour: Why there is none at 2 requests/s" in page
    assert "raise the limit" in page.lower()


@pytest.mark.parametrize("page", [hostile_schedule_page, hostile_conflict_page])
def test_names_cannot_become_mark_up(page: Callable[[], str]) -> None:
    assert HOSTILE not in page()
    assert "&lt;script&gt;alert" in page()


def test_a_problem_without_placement_still_gets_its_page(tmp_path: Path) -> None:
    system = tmp_path / "system.json"
    impossible = two_steps()
    impossible["LocalConstraints"]["second"]["local_res_time"] = 0.01
    system.write_text(json.dumps(impossible))
    page = tmp_path / "page.html"
    result = CliRunner().invoke(app, ["place", str(system), "--report", str(page)])
    assert isinstance(result.exception, InfeasibleError)
    assert "No placement of system" in page.read_text()
    assert "second" in page.read_text()


def test_analyses_of_nothing_are_told(tmp_path: Path) -> None:
    system = tmp_path / "system.json"
    system.write_text(json.dumps(two_steps()))
    arguments = [
        "place",
        str(system),
        "--what-if",
        "component.second.limit=0.01",
        "--load",
        "--pareto",
        "cost,latency",
    ]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InfeasibleError)
    assert "--load and --pareto" in result.exception.why
    assert "without, the cheapest costs 4." in result.stdout
    told = CliRunner().invoke(app, [*arguments, "-o", "json"])
    found = json.loads(told.stdout)
    assert found["what_if"] == {
        "changes": ["component.second.limit=0.01"],
        "comparison": None,
        "cost_before": pytest.approx(4.0),
    }


def test_schedules_get_their_pages(tmp_path: Path) -> None:
    system, periods, page = tmp_path / "system.json", tmp_path / "day.yaml", tmp_path / "page.html"
    system.write_text(json.dumps(two_steps()))
    periods.write_text("hourly: {rate: [1, 2, 3]}")
    arguments = ["place", str(system), "--schedule", str(periods), "--report", str(page)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert "Schedule of system" in page.read_text()
    periods.write_text("hourly: {rate: [1, 2, 900]}")
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InfeasibleError)
    assert "No placement keeps every limit in 02-03 h." in page.read_text()


class TestInABrowser:
    pytestmark = in_browser

    @pytest.mark.parametrize("page", PAGES)
    def test_nothing_is_asked_for_and_the_console_is_silent(
        self, opened: Open, page: Callable[[], str]
    ) -> None:
        seen = opened(page())
        assert seen.console == ()
        assert seen.requests == ()

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize("width", [1200, 520])
    def test_the_page_is_never_wider_than_its_window(
        self, opened: Open, page: Callable[[], str], width: int
    ) -> None:
        found = measured(opened(measurable(page()), f"--window-size={width},900").dom)
        assert found["window"] <= width
        assert found["page"] <= found["window"]

    @pytest.mark.parametrize("page", [schedule_page, three_way_page])
    def test_texts_of_drawings_do_not_cover_each_other(self, opened: Open, page: Callable[[], str]) -> None:
        boxes = measured(opened(measurable(page()), "--window-size=1200,900").dom)["boxes"]
        charts = {item["svg"] for item in boxes if item["svg"] >= 0}
        assert len(charts) >= 3
        for chart in charts:
            texts = [item for item in boxes if item["svg"] == chart and item["text"]]
            assert [(a["text"], b["text"]) for a, b in combinations(texts, 2) if overlap(a, b)] == []


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(
        one["x"] < other["right"] - 0.5
        and other["x"] < one["right"] - 0.5
        and one["y"] < other["bottom"] - 0.5
        and other["y"] < one["bottom"] - 0.5
    )
