"""Runs the command in this process, with the error handling that `main` adds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from aisprint_cli.cli import failure
from aisprint_cli.cli.main import app
from aisprint_cli.errors import AisprintError


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


def run(*arguments: str | Path) -> Outcome:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    code = result.exit_code
    if isinstance(result.exception, AisprintError):
        code = failure.explain(result.exception)
    elif result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(code, result.stdout, result.stderr)


def spoil(directory: Path, path: str, old: str, new: str) -> None:
    file = directory / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
