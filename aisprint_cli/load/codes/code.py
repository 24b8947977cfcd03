"""What the catalogue knows of one kind of finding."""

from __future__ import annotations

from dataclasses import dataclass

from aisprint_cli.diagnostics import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: its stable slug, and what, why and mend in general words."""

    slug: str
    severity: Severity
    what: str
    why: str
    mend: str


def error(slug: str, what: str, why: str, mend: str) -> Code:
    """A kind of finding that would give a wrong or impossible deployment."""
    return Code(slug, Severity.ERROR, what, why, mend)


def warning(slug: str, what: str, why: str, mend: str) -> Code:
    """A kind of finding that works but is probably not meant."""
    return Code(slug, Severity.WARNING, what, why, mend)
