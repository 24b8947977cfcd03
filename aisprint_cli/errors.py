"""The one family of errors, each kind with its exit code.

Every message says what happened; `why` gives the likely cause and `mend` what to do. Secrets never
enter a message: callers pass names and references, not values.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aisprint_cli.diagnostics import Diagnostic


class ExitCode(IntEnum):
    """What a finished command tells the shell; documented in docs/cli.md."""

    OK = 0
    USAGE = 2
    INVALID_INPUT = 3
    INFEASIBLE = 4
    EXTERNAL = 5
    STATE = 6
    VERIFICATION = 7
    BUG = 70
    INTERRUPTED = 130


class AisprintError(Exception):
    """The root of every error this tool raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, message: str, *, why: str = "", mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.mend = mend


class UsageError(AisprintError):
    """The command line itself is wrong: an option, or a name that does not exist."""

    exit_code = ExitCode.USAGE


class FindingsError(AisprintError):
    """What a command was given is at fault; carries every problem found.

    `directory` is where the diagnostics' paths start, when it is not the current directory.
    """

    def __init__(
        self,
        message: str,
        diagnostics: Iterable[Diagnostic] = (),
        *,
        directory: Path | None = None,
        why: str = "",
        mend: str = "",
    ) -> None:
        super().__init__(message, why=why, mend=mend)
        self.diagnostics = tuple(diagnostics)
        self.directory = directory


class InvalidInputError(FindingsError):
    """The application directory, or a file, cannot be used as it is."""

    exit_code = ExitCode.INVALID_INPUT


class InfeasibleError(FindingsError):
    """No placement meets the constraints, or there is nothing to place or nothing to place it on."""

    exit_code = ExitCode.INFEASIBLE


class Retry(StrEnum):
    """Whether doing again what failed may succeed without anybody's doing."""

    NEVER = "never"
    LATER = "later"


class ExternalError(AisprintError):
    """A tool, a service or a component's own program failed.

    `retry` says whether the same call may succeed later; `retry_after_s` is the least time to wait
    that the service asked for, in seconds.
    """

    exit_code = ExitCode.EXTERNAL

    def __init__(
        self,
        message: str,
        *,
        why: str = "",
        mend: str = "",
        retry: Retry = Retry.NEVER,
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(message, why=why, mend=mend)
        self.retry = retry
        self.retry_after_s = retry_after_s


class StateError(AisprintError):
    """The recorded state, or a lock on it, stands in the way."""

    exit_code = ExitCode.STATE


class InterruptedRunError(AisprintError):
    """The person at the keyboard stopped the run; what it had done so far is recorded."""

    exit_code = ExitCode.INTERRUPTED


class VerificationError(AisprintError):
    """Something we made does not hold up to its own check; nothing of it was written."""

    exit_code = ExitCode.VERIFICATION
