"""Failures of a run as a whole."""

from __future__ import annotations

from typing import ClassVar

from aisprint_cli.errors import AisprintError, ExitCode


class InterruptedRunError(AisprintError):
    """The person at the keyboard stopped the run; the ledger says where it stands."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERRUPTED
