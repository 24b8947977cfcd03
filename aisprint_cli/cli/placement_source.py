"""Where the placement problem of a command comes from: a system file, or a designed application."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from aisprint_cli.errors import InfeasibleError, InvalidInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from aisprint_cli.cli.session import Session
    from aisprint_cli.placement.problem import Semantics
    from aisprint_cli.placement.system_file import SystemFile


class Program(StrEnum):
    """The reference program that is followed where its two programs differ."""

    PYTHON = "python"
    CPP = "cpp"


def check_rate(rate_per_s: float | None) -> None:
    """Refuse requests per second that nothing can be placed for.

    Raises:
        InfeasibleError: when it is 0, so that there is nothing to place.
        UsageError: when it makes no sense.

    """
    if rate_per_s == 0:
        raise InfeasibleError(
            "There is no placement for 0 requests per second.",
            why="Without requests nothing has to run, and no placement is better than another.",
            mend="Give a --rate above 0.",
        )
    if rate_per_s is not None and not 0 < rate_per_s < float("inf"):
        raise UsageError(
            f"A rate of {rate_per_s} requests per second makes no sense.", mend="Give one above 0."
        )


def read_problem(session: Session, system: Path, rate_per_s: float | None, semantics: Program) -> SystemFile:
    """The problem of a system file, or of a designed application; what is odd about it goes to stderr.

    Args:
        session: where to say it.
        system: the file, or the application directory.
        rate_per_s: requests per second that enter; None: what the file or the application says.
        semantics: which reference program to follow.

    Raises:
        InvalidInputError: when it cannot be used; carries every problem found.
        StateError: when the application is not designed, or has changed since.
        InfeasibleError: when there is nothing to place, or nowhere to place it.
        UsageError: when there is no file, or the rate makes no sense.

    """
    from aisprint_cli.placement.report import SEMANTICS

    check_rate(rate_per_s)
    if not system.exists():
        raise UsageError(
            f"There is no {system}.", mend="Give a system file (JSON) or an application directory."
        )
    chosen = SEMANTICS[semantics.value]
    if system.is_dir():
        file, directory = _of_application(system.resolve(), rate_per_s, chosen), system
    else:
        from aisprint_cli.placement.system_file import read_system

        file, directory = read_system(system, rate_per_s=rate_per_s, semantics=chosen), system.parent
    if file.warnings and not session.quiet:
        from aisprint_cli.cli.diagnostics_view import show

        show(session, file.warnings, directory)
    return file


def _of_application(directory: Path, rate_per_s: float | None, semantics: Semantics) -> SystemFile:
    from aisprint_cli.design.current import open_design
    from aisprint_cli.design.optimal import placement_problem
    from aisprint_cli.placement.system_file import SystemFile

    built = placement_problem(open_design(directory), rate_per_s=rate_per_s, semantics=semantics)
    if built.problem is None:
        raise InvalidInputError(
            "The application cannot be placed as it is.", built.findings, directory=directory
        )
    return SystemFile(built.problem, built.findings)


def interruptible(session: Session) -> AbstractContextManager[Callable[[], bool]]:
    """While inside, the first Ctrl-C asks for the best so far; the second one stops at once."""
    from aisprint_cli.deploy.interruption import two_strokes

    return two_strokes(lambda: session.note("Stopping with the best placement so far."))
