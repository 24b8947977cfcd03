"""The page of each code, and all of them as docs/errors.md.

The words come from the catalogue of `load.codes` and from `later_codes`; nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final

from aisprint_cli.catalogue.example import Example
from aisprint_cli.catalogue.examples import EXAMPLES
from aisprint_cli.catalogue.later_codes import CODES as LATER_CODES
from aisprint_cli.load.codes import CODES as LOAD_CODES
from aisprint_cli.load.codes import Code

SUBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
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
        "design": "Designs",
        "placement": "Placing an application",
        "json": "JSON",
        "performance": "Performance entries",
        "output": "Output files of placement",
        "system": "System files",
        "schedule": "Schedules",
        "tosca": "TOSCA templates",
        "images": "Images",
        "deploy": "Deploying",
        "table": "Tables of measured runs",
        "aml": "Configurations of aMLLibrary",
        "fitted": "Fitted models",
    }
)
"""The first word of a code, and what it is about; in the order of the pages."""

_HEAD: Final = """\
# Every code

A message ends with its code, such as `[dag.cycle]`. `aisprint explain CODE` prints the section of it below;
`aisprint explain` lists all. Errors would give a wrong or impossible result, warnings are probably not meant.
Codes are stable: scripts may filter by them.

<!-- Made from the catalogue: python tests/catalogue/test_error_pages.py -->
"""


@dataclass(frozen=True, slots=True)
class Page:
    """All there is to say about one kind of finding."""

    code: Code
    example: Example

    @property
    def subject(self) -> str:
        """What the code is about, in words."""
        return SUBJECTS[self.code.slug.partition(".")[0]]

    def to_json(self) -> dict[str, object]:
        """The page as plain values."""
        return {
            "code": self.code.slug,
            "subject": self.subject,
            "severity": self.code.severity.value,
            "meaning": self.code.what,
            "why": self.code.why,
            "mend": self.code.mend,
            "example": {"wrong": self.example.wrong, "right": self.example.right},
        }


def _pages() -> dict[str, Page]:
    codes = (*LOAD_CODES.values(), *LATER_CODES)
    places = list(SUBJECTS)
    ordered = sorted(codes, key=lambda code: places.index(code.slug.partition(".")[0]))
    return {code.slug: Page(code, EXAMPLES[code.slug]) for code in ordered}


PAGES: Final[Mapping[str, Page]] = MappingProxyType(_pages())
"""The page of every code, by slug, subject after subject."""


def page_text(page: Page) -> str:
    """One page as Markdown, which is also what the terminal shows."""
    code, example = page.code, page.example
    return (
        f"### {code.slug}\n\n"
        f"{code.severity.value.capitalize()}. {code.what}\n\n"
        f"Why it matters: {code.why}\n\n"
        f"To mend it: {code.mend}\n\n"
        f"Wrong:\n\n{_block(example.wrong)}\n"
        f"Right:\n\n{_block(example.right)}"
    )


def _block(text: str) -> str:
    return f"```text\n{text}\n```\n"


def errors_page() -> str:
    """docs/errors.md whole."""
    parts = [_HEAD]
    for subject, group in groupby(PAGES.values(), key=lambda page: page.subject):
        parts.append(f"\n## {subject}\n")
        parts.extend(f"\n{page_text(page)}" for page in group)
    return "".join(parts)
