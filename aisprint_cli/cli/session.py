"""What every command shares: where output goes, how much of it, and in which form.

stdout carries the result only; progress, warnings and errors go to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


class OutputFormat(StrEnum):
    """The form of the result on stdout."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True)
class Session:
    """The output side of one command."""

    output: OutputFormat = OutputFormat.TABLE
    quiet: bool = False
    verbose: int = 0
    color: bool = True

    @cached_property
    def out(self) -> Console:
        """The console of results; plain text when stdout is no terminal."""
        from rich.console import Console

        return Console(no_color=not self.color, highlight=False, soft_wrap=not sys.stdout.isatty())

    @cached_property
    def err(self) -> Console:
        """The console of everything else."""
        from rich.console import Console

        return Console(
            stderr=True, no_color=not self.color, highlight=False, quiet=self.quiet, soft_wrap=True
        )

    def note(self, text: str) -> None:
        """Say what is going on, on stderr, unless quiet."""
        self.err.print(text, markup=False)

    def detail(self, text: str) -> None:
        """Say what only `-v` wants to know."""
        if self.verbose:
            self.note(text)

    def emit(self, schema: str, data: Mapping[str, Any], human: Callable[[Console], None]) -> None:
        """Print the result: as JSON under the versioned name `schema`, or as `human` renders it."""
        if self.output is OutputFormat.JSON:
            print(json.dumps({"schema": schema, **data}, indent=2, ensure_ascii=False))  # noqa: T201
        else:
            human(self.out)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone.

        Raises:
            UsageError: when there is no terminal to ask at, or the answer is no.
        """
        if yes:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError(
                f"{question} There is no terminal to ask at.", mend="Give --yes to go on without being asked."
            )
        if not typer.confirm(question, err=True):
            raise UsageError("Stopped: the answer was no.")


_COMMON = "Common options"

Directory = Annotated[
    Path | None,
    typer.Argument(metavar="APP", help="The application directory.", show_default="the current directory"),
]
DirectoryOption = Annotated[
    Path | None,
    typer.Option(
        "--application-dir",
        metavar="DIR",
        help="The same, as existing scripts give it (also --application_dir).",
        rich_help_panel=_COMMON,
    ),
]
Output = Annotated[
    OutputFormat,
    typer.Option("--output", "-o", help="The form of the result on stdout.", rich_help_panel=_COMMON),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Only the result and errors.", rich_help_panel=_COMMON)
]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose", "-v", count=True, help="Say more, such as each step and file.", rich_help_panel=_COMMON
    ),
]
NoColor = Annotated[
    bool,
    typer.Option("--no-color", help="No colours; NO_COLOR does the same.", rich_help_panel=_COMMON),
]


def open_session(output: OutputFormat, quiet: bool, verbose: int, no_color: bool) -> Session:
    """The session that the common options describe."""
    color = not no_color and not os.environ.get("NO_COLOR")
    return Session(output=output, quiet=quiet, verbose=verbose, color=color)


def application_directory(positional: Path | None, option: Path | None) -> Path:
    """The application directory of a command line.

    Raises:
        UsageError: when both forms are given and differ, or the directory does not exist.
    """
    if positional is not None and option is not None and positional.resolve() != option.resolve():
        raise UsageError(f"Two application directories: {positional} and {option}.", mend="Give one of them.")
    directory = positional or option or Path()
    if not directory.is_dir():
        raise UsageError(
            f"There is no directory {directory}.",
            mend="Give an application directory; `aisprint new NAME` makes one.",
        )
    return directory.resolve()
