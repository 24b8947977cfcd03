from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from directory_backend import DirectoryBackend, plain_secret
from tiny_chain import make_application

from aisprint_cli.deploy.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite", durable=False) as opened:
        yield opened


@pytest.fixture
def backend(tmp_path: Path) -> DirectoryBackend:
    return DirectoryBackend(tmp_path / "world", plain_secret)


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> Iterator[None]:
    """What tests start can be interrupted, also where a shell started the tests in the background.

    Such a shell has them ignore SIGINT, and a child inherits that; a handler is reset to the default.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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


@pytest.fixture(scope="session")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two-component application, designed; to be copied."""
    return make_application(tmp_path_factory.mktemp("designed") / "tiny")


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed package that brings the double as the back end `directory`."""
    folder = tmp_path_factory.mktemp("plugins")
    about = folder / "directory_backend-0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: directory-backend\nVersion: 0\n")
    (about / "entry_points.txt").write_text(
        "[aisprint.backends]\ndirectory = directory_backend:open_directory\nbroken = no_such_module:x\n"
    )
    return folder


def make_command_line(directory: Path, designed: Path, plugins: Path) -> CommandLine:
    """A copy of the application as `tiny` below a directory, and a command line with a home there."""
    shutil.copytree(designed, directory / "tiny", symlinks=True)
    places = os.pathsep.join([str(plugins), str(Path(__file__).parent)])
    environment = {**os.environ, "AISPRINT_HOME": str(directory / "home"), "PYTHONPATH": places}
    return CommandLine(directory, environment)


@pytest.fixture
def aisprint(tmp_path: Path, designed: Path, plugins: Path) -> Iterator[CommandLine]:
    command_line = make_command_line(tmp_path, designed, plugins)
    yield command_line
    command_line("undeploy", "tiny", "--yes", "--quiet")
