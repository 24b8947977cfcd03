"""docs/validation.md describes every kind of finding, in the words of the catalogue.

Run as a program, this rewrites that part of the page.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from aisprint_cli.load.codes import CODES
from aisprint_cli.load.documents import INPUTS

MARK = "<!-- The rest is made from the catalogue: python tests/load/test_validation_docs.py -->\n"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation.md"
TITLES = {
    "file": "Files",
    "yaml": "YAML",
    "structure": "Structure",
    "dag": "The component graph",
    "name": "Names",
    "resources": "Resources",
    "units": "Units",
    "candidates": "Candidate deployments",
    "physical": "Physical nodes",
    "solver": "The solver's file",
    "rules": "Placement rules",
    "code": "Code",
    "environment": "Environment variables",
    "annotation": "Annotations",
    "model": "Models",
    "exits": "Early exits",
    "qos": "Quality of service",
}


def render() -> str:
    parts = [MARK]
    for subject, group in groupby(CODES.values(), key=lambda code: code.slug.partition(".")[0]):
        parts.append(f"\n### {TITLES[subject]}\n\n| code | | what | why | mend |\n|---|---|---|---|---|\n")
        for code in group:
            cells = [f"`{code.slug}`", code.severity.value, code.what, code.why, code.mend]
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(parts)


def test_the_page_describes_every_finding() -> None:
    _, mark, rest = PAGE.read_text().partition(MARK)
    assert mark + rest == render(), "run: python tests/load/test_validation_docs.py"


def test_each_subject_has_one_table() -> None:
    subjects = [subject for subject, _ in groupby(CODES, key=lambda slug: slug.partition(".")[0])]
    assert sorted(subjects) == sorted(TITLES)


def test_the_page_names_every_file() -> None:
    text = PAGE.read_text()
    assert all(f"`{kind.path}`" in text for kind in INPUTS)


if __name__ == "__main__":
    head = PAGE.read_text().partition(MARK)[0]
    PAGE.write_text(head + render())
