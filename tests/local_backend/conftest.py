"""A private runtime for each test, ended at its end with all it started."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from private_runtime import Local, processes_of, resolve, wait_until

from aisprint_cli.backends.local import launch
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A state directory; whatever was started for it is ended."""
    monkeypatch.setenv("AISPRINT_LOCAL_MAX_JOBS", "4")
    found = Home(tmp_path / "home")
    yield found
    address = launch.read_address(found)
    if address is not None:
        with suppress(ProcessLookupError):
            os.kill(address.pid, signal.SIGTERM)
        with suppress(ChildProcessError):
            os.waitpid(address.pid, 0)
    wait_until(lambda: not processes_of(found), "all processes to end")


@pytest.fixture
def local(home: Home, tmp_path: Path, cache: Path) -> Iterator[Local]:
    application = tmp_path / "application"
    application.mkdir()
    backend = LocalBackend(application, resolve, home.root, cache)
    yield Local(home, application, backend)
    backend.close()
