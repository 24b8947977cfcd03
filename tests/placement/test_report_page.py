"""What a placement's page says, and that it needs nothing but itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from placement_systems import BOARD, read, two_steps
from report_cases import HOSTILE, full_page, hostile_page, report_of

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.exact import Result, Status, solve
from aisprint_cli.placement.problem import Choice, Placement
from aisprint_cli.report.figures import percent, plain, significant
from aisprint_cli.report.html import report_html
from aisprint_cli.report.page import make_page
from aisprint_cli.report.placement_report import PlacementReport

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Reader(HTMLParser):
    """Checks that tags are closed in order, and gathers text, attributes and identifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1] == "style"):
            self.text += data


def parsed(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("page", [full_page, hostile_page])
def test_the_page_is_well_formed_and_self_contained(page: object) -> None:
    assert callable(page)
    text = page()
    reader = parsed(text)
    used = {name for name, _ in reader.tags}
    assert used.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "video", "audio", "base"})
    for name, attributes in reader.tags:
        assert not {key for key in attributes if key.startswith("on")}, (name, attributes)
        for key in ("src", "href", "xlink:href", "srcset", "action"):
            value = attributes.get(key)
            assert value is None or value.startswith(("#", "data:,")), (name, value)
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\((?!#head\))", text)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text))
    assert addresses == set()


def test_identifiers_are_unique_and_references_meet_them() -> None:
    reader = parsed(full_page())
    names = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(set(names)) == len(names)
    for _, attributes in reader.tags:
        for key in ("aria-labelledby", "aria-describedby"):
            for name in (attributes.get(key) or "").split():
                assert name in names
        if (attributes.get("href") or "").startswith("#"):
            assert str(attributes["href"])[1:] in names


def test_readers_who_do_not_see_it_are_told() -> None:
    reader = parsed(full_page())
    assert ("html", {"lang": "en"}) in reader.tags
    for name, attributes in reader.tags:
        if name == "svg":
            assert attributes.get("role") == "img"
            assert attributes.get("aria-labelledby")
        if name == "th":
            assert attributes.get("scope") in {"col", "row"}
    tables = sum(name == "table" for name, _ in reader.tags)
    assert tables == sum(name == "caption" for name, _ in reader.tags) > 5
    levels = [int(name[1]) for name, _ in reader.tags if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}


def test_every_section_is_there() -> None:
    reader = parsed(full_page())
    sections = [attributes.get("id") for name, attributes in reader.tags if name == "section"]
    assert sections == ["graph", "cost", "limits", "what-if", "load", "front-1", "alternatives", "proof"]
    for words in ("Proven", "Carries", "resource.r10.cost*=1.5", "five steps", "aisprint 0", "requests/s"):
        assert words in reader.text, words


def test_what_was_not_asked_is_left_out() -> None:
    problem = read(two_steps()).problem
    result = solve(problem)
    assert result.placement is not None
    report = PlacementReport("plain", "aisprint 0", assess(problem, result.placement), result, 0.1)
    reader = parsed(report_html(report))
    sections = [attributes.get("id") for name, attributes in reader.tags if name == "section"]
    assert sections == ["graph", "cost", "limits", "proof"]


def test_names_cannot_become_mark_up() -> None:
    page = hostile_page()
    assert "<script>alert" not in page
    reader = parsed(page)
    assert HOSTILE in reader.text
    assert "49" not in re.findall(r"\{\{.*?\}\}", page)


def test_figures_are_those_of_the_placement() -> None:
    report = report_of(read(two_steps()).problem)
    page = make_page(report)
    assert page.total == significant(report.assessment.cost, 6)
    assert sum(item.share for item in page.slices) == pytest.approx(1)
    assert len(page.bars) + len(page.structural) == len(report.assessment.constraints)
    shares = [bar.share for bar in page.bars]
    assert shares == sorted(shares, reverse=True)
    assert len(page.alternatives) == len(report.assessment.problem.components)
    assert page.load is not None
    assert any(row.present for row in page.load.rows)
    assert page.graph.unused == ("computationallayer2 (cloud)", "computationallayer3 (functions)")
    assert "Proven" in page.verdict


def test_a_stopped_search_is_not_called_proven() -> None:
    problem = read(two_steps()).problem
    result = solve(problem)
    assert result.placement is not None
    stopped = Result(Status.STOPPED, result.placement, result.cost, 0.9 * result.cost, 3, 50)
    page = make_page(PlacementReport("s", "a", assess(problem, result.placement), stopped, 1.0))
    assert page.state == "open"
    assert "Proven" not in page.verdict
    assert "10 %" in page.verdict
    assert any("stopped" in step for step in page.proof)


def test_a_placement_that_breaks_limits_says_so() -> None:
    problem = read(two_steps()).problem.at_rate(4.0)
    bad = Placement((Choice(0, (BOARD,)), Choice(0, (BOARD,))), (1, 0, 0))
    assessment = assess(problem, bad)
    assert not assessment.feasible
    result = Result(Status.STOPPED, bad, assessment.cost, 0.0, 0, 0)
    page = make_page(PlacementReport("b", "a", assessment, result, 0.0))
    assert "breaks" in page.verdict
    assert page.binding.startswith("Broken:")
    assert any(bar.state == "broken" for bar in page.bars)
    assert "without end" in report_html(PlacementReport("b", "a", assessment, result, 0.0))


def test_the_same_report_is_the_same_page() -> None:
    report = report_of(read(two_steps()).problem)
    assert report_html(report) == report_html(report)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (11.9588, "11.96"),
        (1234567.0, "1,234,567"),
        (0.00012345, "0.0001234"),
        (1e-9, "1.000e-09"),
    ],
)
def test_numbers_read_well(value: float, text: str) -> None:
    assert significant(value) == text


def test_plain_numbers_and_shares() -> None:
    assert plain(1.8) == "1.8"
    assert plain(100.0) == "100"
    assert plain(float("inf")) == "without end"
    assert percent(0.005) == "0.5 %"
    assert percent(0.994) == "99 %"
    assert percent(1.0) == "100 %"
