"""`aisprint` in a directory: as its own process where that matters, else within the tests' process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aisprint_cli.cli.main import main


@dataclass(frozen=True)
class CommandLine:
    """Runs `aisprint` in a directory with an environment of its own."""

    directory: Path
    environment: dict[str, str]

    @property
    def home(self) -> Path:
        """The home of the local runtime."""
        return Path(self.environment["AISPRINT_HOME"])

    def at_home(self, home: Path) -> CommandLine:
        """The same with another home of the local runtime."""
        return replace(self, environment=self.environment | {"AISPRINT_HOME": str(home)})

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """The installed program, as a process to be watched, interrupted or killed."""
        return subprocess.Popen(
            [Path(sys.executable).with_name("aisprint"), *arguments],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """A whole command, run here: the same entry point, without the start of a process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            _command([str(argument) for argument in arguments], self.environment),
            contextlib.chdir(self.directory),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            ended = _exit_code()
        assert ended == code, f"exit code {ended}\n{out.getvalue()}\n{err.getvalue()}"
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

    def json(self, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self(*arguments, "-o", "json", code=code).stdout)
        return document


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@contextlib.contextmanager
def _command(arguments: list[str], environment: dict[str, str]) -> Iterator[None]:
    before, words = os.environ.copy(), sys.argv
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["aisprint", *arguments]
    try:
        yield
    finally:
        sys.argv = words
        os.environ.clear()
        os.environ.update(before)


def make_command_line(directory: Path, designed: Path, plugins: Path, home: Path) -> CommandLine:
    """A copy of the application as `tiny` below a directory, and a command line with that home."""
    shutil.copytree(designed, directory / "tiny", symlinks=True)
    places = os.pathsep.join([str(plugins), str(Path(__file__).parent)])
    return CommandLine(directory, {**os.environ, "AISPRINT_HOME": str(home), "PYTHONPATH": places})
