"""Pages of `--report`: written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisprint_cli.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

    from aisprint_cli.cli.session import Session
    from aisprint_cli.placement.conflict import Conflict


def program() -> str:
    """What made a page, as it says itself."""
    from aisprint_cli import __version__

    return f"aisprint {__version__}"


def conflict_page(
    title: str,
    parts: tuple[tuple[str, Conflict], ...],
    cpu_s: float,
    changes: tuple[str, ...],
    *,
    proven: bool,
) -> str:
    """The page of a problem without placement: by what it is about (a period, or nothing), why."""
    from aisprint_cli.report.conflict_page import ConflictReport
    from aisprint_cli.report.html import conflict_html

    return conflict_html(ConflictReport(title, program(), parts, proven, cpu_s, changes))


def write_page(session: Session, path: Path, text: str) -> None:
    """Write a page and say so.

    Raises:
        StateError: when the file cannot be written.

    """
    from aisprint_cli.system.files import write_atomic

    try:
        write_atomic(path, text)
    except OSError as error:
        raise StateError(
            f"{path} cannot be written: {error.strerror or error}.",
            mend="Check that its directory may be written to.",
        ) from error
    session.note(f"Wrote {path}.")
