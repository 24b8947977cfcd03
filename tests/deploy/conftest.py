from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from directory_backend import DirectoryBackend, plain_secret
from installed_command import CommandLine, make_command_line
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


@pytest.fixture
def aisprint(tmp_path: Path, designed: Path, plugins: Path) -> Iterator[CommandLine]:
    command_line = make_command_line(tmp_path, designed, plugins)
    yield command_line
    command_line("undeploy", "tiny", "--yes", "--quiet")
