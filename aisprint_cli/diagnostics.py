"""What is wrong with an input, where, why it matters and how to mend it.

A diagnostic is a value. Stages collect many of them and go on; only the command line renders them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is: an error gives a wrong or impossible deployment, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file. `path` is relative to the application directory; line and column count from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `code` is a stable slug such as `dag.cycle`; `message` says what is wrong, `why` what it would
    lead to, `mend` what to do about it.
    """

    code: str
    severity: Severity
    message: str
    why: str
    mend: str
    location: Location

    @property
    def is_error(self) -> bool:
        """Whether this finding stops the run."""
        return self.severity is Severity.ERROR


@dataclass(slots=True)
class Findings:
    """A collector of diagnostics; the only mutable thing here, owned by the stage that fills it."""

    _items: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, location: Location, message: str, *, why: str, mend: str) -> None:
        """Record something that would give a wrong or impossible deployment."""
        self._items.append(Diagnostic(code, Severity.ERROR, message, why, mend, location))

    def warning(self, code: str, location: Location, message: str, *, why: str, mend: str) -> None:
        """Record something that works but is probably not meant."""
        self._items.append(Diagnostic(code, Severity.WARNING, message, why, mend, location))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take over what another stage found."""
        self._items.extend(diagnostics)

    @property
    def has_errors(self) -> bool:
        """Whether any finding is an error."""
        return any(item.is_error for item in self._items)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All findings by place, each once."""
        unique = dict.fromkeys(self._items)
        return tuple(sorted(unique, key=lambda item: (item.location, item.code, item.message)))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._items)
