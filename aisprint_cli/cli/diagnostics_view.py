"""Findings for people: grouped by file, each with its line, a caret, what, why and mend."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import typer

from aisprint_cli.cli.session import Session
from aisprint_cli.diagnostics import Diagnostic, Location

_WIDTH: Final = 100
_ALIKE: Final = 20
_TAB: Final = 4
_SECRET: Final = re.compile(
    r"(?P<key>[\"']?(?:ssh_key|secret_key|access_key|token|password)[\"']?\s*:\s*)(?P<value>[^,}\s].*)",
    re.IGNORECASE,
)
_SECRET_FILES: Final = ("physical_nodes.yaml", "auth.dat")
_KEY: Final = re.compile(r"\s*(?:- )?[\"']?\w+[\"']?\s*:")


def show(session: Session, findings: Sequence[Diagnostic], directory: Path) -> None:
    """Show findings on stderr, beside the result of another command.

    Args:
        session: with `quiet`, only errors are shown; with `verbose`, every finding of many alike.
        findings: what was found.
        directory: where the findings' paths start.

    """
    shown = [finding for finding in findings if finding.is_error] if session.quiet else findings
    for line in lines(shown, directory, color=session.color, everything=session.verbose > 0):
        typer.echo(line, err=True, color=None if session.color else False)


def lines(
    findings: Sequence[Diagnostic], directory: Path, *, color: bool, everything: bool = False
) -> Iterator[str]:
    """The lines that show findings, by file; of many alike in one file the rest is counted.

    Args:
        findings: what was found, in any order.
        directory: where the findings' paths start.
        color: whether to style; a terminal still decides whether the styles are kept.
        everything: whether to show every one of many findings alike.

    """
    pen = _Pen(color)
    ordered = sorted(findings, key=lambda finding: (finding.location, finding.code))
    for path, group in groupby(ordered, key=lambda finding: finding.location.path):
        text = _Excerpts(directory, path)
        counts: Counter[str] = Counter()
        yield pen.bold(path)
        for finding in group:
            counts[finding.code] += 1
            if everything or counts[finding.code] <= _ALIKE:
                yield from _finding(finding, text, pen)
        for code, count in counts.items():
            if count > _ALIKE and not everything:
                yield f"  ... and {count - _ALIKE} more of {code} in this file (-v shows all)"
                yield ""


def counts(findings: Sequence[Diagnostic]) -> str:
    """How many errors and warnings there are, in words."""
    errors = sum(finding.is_error for finding in findings)
    return f"{_plural(errors, 'error')}, {_plural(len(findings) - errors, 'warning')}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


class _Pen:
    """Styles, or none."""

    def __init__(self, color: bool) -> None:
        self._color = color

    def bold(self, text: str) -> str:
        return typer.style(text, bold=True) if self._color else text

    def dim(self, text: str) -> str:
        return typer.style(text, dim=True) if self._color else text

    def severity(self, finding: Diagnostic, text: str) -> str:
        if not self._color:
            return text
        return typer.style(text, fg="red" if finding.is_error else "yellow", bold=True)


def _finding(finding: Diagnostic, text: _Excerpts, pen: _Pen) -> Iterator[str]:
    severity = pen.severity(finding, finding.severity.value)
    yield f"  {finding.location}: {severity}: {_clean(finding.message)} {pen.dim(f'[{finding.code}]')}"
    excerpt = text.at(finding.location)
    if excerpt is not None:
        number, line, caret = excerpt
        yield f"    {pen.dim(f'{number} |')} {line}"
        yield f"    {' ' * len(number)} {pen.dim('|')} {' ' * caret}{pen.severity(finding, '^')}"
    yield f"    why:  {_clean(finding.why)}"
    yield f"    mend: {_clean(finding.mend)}"
    yield ""


def _clean(text: str) -> str:
    """Text without control characters: names in files could carry escape sequences."""
    return "".join(character if character.isprintable() else "?" for character in text)


class _Excerpts:
    """The lines of one file, read once, secrets left out."""

    def __init__(self, directory: Path, path: str) -> None:
        self._private = path.endswith(_SECRET_FILES)
        try:
            self._lines = (directory / path).read_text(encoding="utf-8-sig", errors="replace").split("\n")
        except OSError:
            self._lines = []

    def at(self, location: Location) -> tuple[str, str, int] | None:
        """The line number, the line (cut to a window) and the caret's offset in it."""
        if not 1 <= location.line <= len(self._lines):
            return None
        line = self._lines[location.line - 1].rstrip("\r")
        if not line.strip():
            return None
        caret = min(location.column - 1, len(line))
        line = self._without_secrets(line)
        caret = len(line[:caret].expandtabs(_TAB))
        line = line.expandtabs(_TAB)
        if len(line) > _WIDTH:
            start = max(0, min(caret - _WIDTH // 2, len(line) - _WIDTH))
            end = start + _WIDTH
            head, tail = "..." if start else "", "..." if end < len(line) else ""
            line, caret = f"{head}{line[start:end]}{tail}", caret - start + len(head)
        return str(location.line), _clean(line), caret

    def _without_secrets(self, line: str) -> str:
        if self._private and not _KEY.match(line):
            return "..."
        return _SECRET.sub(lambda match: f"{match['key']}***", line)
