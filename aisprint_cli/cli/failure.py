"""How errors look to a person, and the report that a bug of ours leaves behind."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from aisprint_cli.cli.session import Session
from aisprint_cli.errors import AisprintError, ExitCode, ExternalError, FindingsError

if TYPE_CHECKING:
    from rich.console import Console


def _stderr() -> Console:
    from rich.console import Console

    return Console(stderr=True, no_color=_is_plain(), highlight=False, soft_wrap=True)


def _is_plain() -> bool:
    return bool(os.environ.get("NO_COLOR"))


def explain(error: AisprintError) -> int:
    """Print an error of ours as what, why and mend; gives the exit code."""
    from rich.markup import escape

    console = _stderr()
    if isinstance(error, FindingsError) and error.diagnostics:
        _show_findings(error)
    console.print(f"[bold red]error:[/] {escape(error.message)}")
    if error.why:
        console.print(f"  [bold]why:[/]  {escape(error.why)}")
    if error.mend:
        console.print(f"  [bold]mend:[/] {escape(error.mend)}")
    return int(error.exit_code)


def _show_findings(error: FindingsError) -> None:
    from aisprint_cli.cli.diagnostics_view import show

    show(Session(color=not _is_plain()), error.diagnostics, error.directory or Path())


def from_system(error: OSError) -> ExternalError:
    """What the operating system refused, where nothing nearer to it had a better word for it."""
    place = f"{error.filename}: " if error.filename else "A file or the output could not be used: "
    return ExternalError(
        f"{place}{error.strerror or error}.",
        why="The operating system refused it.",
        mend="Check the disk's free space and the permissions, then run the command again.",
    )


def report_bug(error: BaseException) -> int:
    """Keep the traceback in a private file and say where it is; gives the exit code."""
    handle, name = tempfile.mkstemp(prefix="aisprint-bug-", suffix=".txt")
    with os.fdopen(handle, "w") as stream:
        traceback.print_exception(error, file=stream)
    console = _stderr()
    console.print(f"[bold red]This is a bug in aisprint:[/] {type(error).__name__}", markup=True)
    console.print(f"  The details are in {Path(name)}; please report it with them.", markup=False)
    return int(ExitCode.BUG)
