"""docs/errors.md and `aisprint explain` say the same, about every code that any stage uses.

Run as a program, this rewrites the page.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aisprint_cli.catalogue.examples import EXAMPLES, components, documents, graph, later, resources
from aisprint_cli.catalogue.later_codes import CODES as LATER_CODES
from aisprint_cli.catalogue.pages import PAGES, SUBJECTS, errors_page, page_text
from aisprint_cli.cli.main import app
from aisprint_cli.diagnostics import Findings, Severity
from aisprint_cli.errors import UsageError
from aisprint_cli.load.codes import CODES as LOAD_CODES
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.yaml_source import compose

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "errors.md"
SLUG = re.compile(r"[a-z]+\.[a-z]+(-[a-z]+)*")
REPORTS = {"error", "warning", "_error", "_warning", "report", "Fault", "Diagnostic"}


def test_the_page_is_what_the_catalogue_says() -> None:
    assert DOCUMENT.read_text() == errors_page(), "run: python tests/catalogue/test_error_pages.py"


def _used() -> Iterator[tuple[str, Severity | None]]:
    """Every code that is reported somewhere in the sources; its severity where the call says it."""
    for path in sorted((ROOT / "aisprint_cli").rglob("*.py")):
        if path.parent.name == "codes" or "catalogue" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            code = node.args[0]
            if name in REPORTS and isinstance(code, ast.Constant) and SLUG.fullmatch(str(code.value)):
                warns = "warning" in name or "WARNING" in ast.unparse(node)
                known = None if name == "report" else Severity.WARNING if warns else Severity.ERROR
                yield str(code.value), known


def test_every_code_of_the_sources_has_a_page_and_no_page_is_of_a_code_that_is_gone() -> None:
    used = {code for code, _ in _used()}
    assert used <= set(PAGES), "add them to aisprint_cli/catalogue/later_codes.py, with an example"
    assert {code.slug for code in LATER_CODES} <= used


def test_severities_are_those_that_the_stages_report() -> None:
    for slug, severity in _used():
        if severity is not None:
            assert PAGES[slug].code.severity is severity, slug


def test_every_page_has_words_of_its_own_and_an_example_that_differs() -> None:
    assert set(PAGES) == set(EXAMPLES) == {*LOAD_CODES, *(code.slug for code in LATER_CODES)}
    assert len(EXAMPLES) == sum(len(m.EXAMPLES) for m in (components, documents, graph, later, resources))
    for slug, page in PAGES.items():
        assert page.example.wrong != page.example.right, slug
        assert all(text.endswith(".") for text in (page.code.what, page.code.why, page.code.mend)), slug
    assert {slug.partition(".")[0] for slug in PAGES} == set(SUBJECTS)


_SYNTAX = ("syntax", "tab", "merge-conflict", "several-documents", "undefined-alias")


@pytest.mark.parametrize("slug", [f"yaml.{word}" for word in _SYNTAX])
def test_wrong_yaml_is_found_and_right_yaml_is_not(slug: str) -> None:
    example = PAGES[slug].example
    assert slug in _yaml_codes(example.wrong)
    assert not _yaml_codes(example.right)


def _yaml_codes(text: str) -> set[str]:
    findings = Findings()
    compose("file.yaml", text.encode(), Reporter(findings))
    return {item.code for item in findings}


def test_explain_prints_the_page() -> None:
    done = CliRunner().invoke(app, ["explain", "[dag.cycle]"])
    page = page_text(PAGES["dag.cycle"]).removeprefix("### ").replace("```text\n", "").replace("```\n", "")
    assert done.exit_code == 0
    assert done.stdout.split() == page.split()


def test_explain_gives_json() -> None:
    done = CliRunner().invoke(app, ["explain", "tosca.memory", "-o", "json"])
    found = json.loads(done.stdout)
    assert found == {"schema": "aisprint.explain/1", **PAGES["tosca.memory"].to_json()}


def test_explain_lists_all_or_one_subject() -> None:
    every = json.loads(CliRunner().invoke(app, ["explain", "-o", "json"]).stdout)["codes"]
    assert [entry["code"] for entry in every] == list(PAGES)
    yaml = CliRunner().invoke(app, ["explain", "yaml"]).stdout.splitlines()[1:]
    assert [line.split()[0] for line in yaml] == [slug for slug in PAGES if slug.startswith("yaml.")]


@pytest.mark.parametrize(
    ("typed", "meant"), [("dag.cycel", "dag.cycle"), ("cycle", "dag.cycle"), ("yml", "yaml")]
)
def test_a_code_that_is_nearly_one_is_suggested(typed: str, meant: str) -> None:
    done = CliRunner().invoke(app, ["explain", typed])
    assert isinstance(done.exception, UsageError)
    assert f"Did you mean {meant}?" in str(done.exception.mend)


if __name__ == "__main__":
    DOCUMENT.write_text(errors_page())
