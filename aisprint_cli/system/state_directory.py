"""The application's private `.aisprint/` folder: the lock, the ledger, work in progress."""

from __future__ import annotations

from pathlib import Path

from aisprint_cli.errors import StateError
from aisprint_cli.system.files import write_atomic

NAME = ".aisprint"


def ledger_path(application: Path) -> Path:
    """Where an application's ledger is, whether it exists or not."""
    return application / NAME / "ledger.sqlite"


def state_directory(application: Path) -> Path:
    """Make sure the folder exists, is private, and is ignored by git.

    Raises:
        StateError: when it cannot be made.
    """
    folder = application / NAME
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            write_atomic(ignore, "*\n")
    except OSError as error:
        raise StateError(
            f"The state folder {folder} cannot be made: {error.strerror}.",
            why="The lock, the ledger of what is deployed and work in progress live there.",
            mend="Make the application directory writable.",
        ) from error
    return folder
