"""The installed `aisprint` as its own process, in a directory with a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class CommandLine:
    """Runs the installed `aisprint` in a directory with an environment of its own."""

    directory: Path
    environment: dict[str, str]

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
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
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"exit code {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(arguments, code, out, err)

    def json(self, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self(*arguments, "-o", "json", code=code).stdout)
        return document


def make_command_line(directory: Path, designed: Path, plugins: Path) -> CommandLine:
    """A copy of the application as `tiny` below a directory, and a command line with a home there."""
    shutil.copytree(designed, directory / "tiny", symlinks=True)
    places = os.pathsep.join([str(plugins), str(Path(__file__).parent)])
    environment = {**os.environ, "AISPRINT_HOME": str(directory / "home"), "PYTHONPATH": places}
    return CommandLine(directory, environment)
