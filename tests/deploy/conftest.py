from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from directory_backend import DirectoryBackend, cluster, plain_secret
from installed_command import CommandLine, make_command_line
from tiny_chain import make_application, write_inputs

from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.deploy.ledger import Ledger

KEEPER = "keeper"
Deployed = tuple[CommandLine, dict[str, Any]]


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
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installed package that brings the double as the back end `directory`."""
    folder = tmp_path_factory.mktemp("plugins")
    about = folder / "directory_backend-0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: directory-backend\nVersion: 0\n")
    (about / "entry_points.txt").write_text(
        "[aisprint.backends]\ndirectory = directory_backend:open_directory\nbroken = no_such_module:x\n"
    )
    with pytest.MonkeyPatch.context() as path:
        path.syspath_prepend(folder)
        yield folder


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that tests share one after the other; a cluster without functions keeps its runtime alive."""
    found = tmp_path_factory.mktemp("deploy") / "home"
    with closing(LocalBackend(found.parent, plain_secret, found)) as place:
        place.apply(cluster(KEEPER), lambda _line: None)
        yield found
        place.remove(cluster(KEEPER), keep_data=False, progress=lambda _line: None)


@pytest.fixture
def aisprint(tmp_path: Path, designed: Path, plugins: Path, home: Path) -> Iterator[CommandLine]:
    """A copy of the application, not yet deployed."""
    command_line = make_command_line(tmp_path, designed, plugins, home)
    yield command_line
    command_line("undeploy", "tiny", "--yes", "--delete-kept", "--quiet")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, designed: Path, plugins: Path) -> Iterator[Deployed]:
    """The base design deployed, three inputs fed; what `invoke` said of them. To be looked at only."""
    directory = tmp_path_factory.mktemp("life")
    command_line = make_command_line(directory, designed, plugins, directory / "home")
    command_line("deploy", "tiny", "--base", "--yes")
    files = write_inputs(directory, hello="hello", boom="boom", skip="skip", slow="slow")
    said = command_line.json("invoke", "tiny", *files[:3], "-d", "results", code=5)
    yield command_line, said
    command_line("undeploy", "tiny", "--yes", "--quiet")
