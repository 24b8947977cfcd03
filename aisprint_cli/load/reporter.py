"""How `load` records a finding: by its code, whose severity, reason and cure the catalogue knows."""

from __future__ import annotations

from dataclasses import dataclass

from aisprint_cli.diagnostics import Diagnostic, Findings, Location
from aisprint_cli.load.codes import CODES


@dataclass(frozen=True, slots=True)
class Reporter:
    """Turns a code, a place and a message into a finding."""

    findings: Findings

    def report(self, code: str, location: Location, message: str, *, mend: str = "") -> None:
        """Record a finding; `mend` replaces the catalogue's general advice where more is known.

        Raises:
            KeyError: when the catalogue does not hold the code.

        """
        entry = CODES[code]
        self.findings.extend(
            [Diagnostic(code, entry.severity, message, entry.why, mend or entry.mend, location)]
        )
