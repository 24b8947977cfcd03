"""What every check needs: positions, and someone to tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.documents import DocumentKind
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.source_map import SourceMap
from aisprint_cli.load.suggestions import Suggester


@dataclass(frozen=True, slots=True)
class Checker:
    """Reports what a check finds, at a place given by document and key path."""

    reporter: Reporter
    sources: SourceMap
    suggester: Suggester = field(default_factory=Suggester)

    def value(
        self, code: str, kind: DocumentKind, keys: Iterable[str | int], message: str, mend: str = ""
    ) -> None:
        """Report at the value of a key path."""
        self.reporter.report(code, self.sources.locate(kind.path, *keys), message, mend=mend)

    def key(
        self, code: str, kind: DocumentKind, keys: Iterable[str | int], message: str, mend: str = ""
    ) -> None:
        """Report at the last key of a key path."""
        self.reporter.report(code, self.sources.locate_key(kind.path, *keys), message, mend=mend)

    def argument(
        self,
        code: str,
        component: str,
        annotation: str,
        keys: Iterable[str | int],
        message: str,
        mend: str = "",
    ) -> None:
        """Report at an argument of an annotation, or at the annotation when `keys` is empty."""
        location = self.sources.argument(component, annotation, *keys)
        self.reporter.report(code, location, message, mend=mend)

    def at(self, code: str, location: Location, message: str, mend: str = "") -> None:
        """Report at a place that is already known."""
        self.reporter.report(code, location, message, mend=mend)

    def did_you_mean(self, name: str, known: Iterable[str]) -> str:
        """The advice that names the nearest known word, or nothing."""
        meant = self.suggester.closest(name, known)
        return f"Did you mean `{meant}`?" if meant else ""
