"""One runtime for most tests, and a private one for those on its own life; ended with all they started."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from private_runtime import Local, cluster_item, processes_of, resolve, wait_until

from aisprint_cli.backends.local import launch
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home

KEEPER = "keeper"
"""A cluster without functions: the shared runtime lives as long as it is there."""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def _end(home: Home) -> None:
    address = launch.read_address(home)
    if address is not None:
        with suppress(ProcessLookupError):
            os.kill(address.pid, signal.SIGTERM)
        with suppress(ChildProcessError):
            os.waitpid(address.pid, 0)
    wait_until(lambda: not processes_of(home), "all processes to end")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A state directory of its own; whatever was started for it is ended."""
    monkeypatch.setenv("AISPRINT_LOCAL_MAX_JOBS", "4")
    found = Home(tmp_path / "home")
    yield found
    _end(found)


@pytest.fixture
def private(home: Home, tmp_path: Path, cache: Path) -> Iterator[Local]:
    """A back end whose runtime starts and ends with the test."""
    application = tmp_path / "application"
    application.mkdir()
    with closing(LocalBackend(application, resolve, home.root, cache)) as backend:
        yield Local(home, application, backend)


@pytest.fixture(scope="session")
def _shared_home(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AISPRINT_LOCAL_MAX_JOBS", "4")
        found = Home(tmp_path_factory.mktemp("shared") / "home")
        with closing(LocalBackend(found.root.parent, resolve, found.root, cache)) as backend:
            backend.apply(cluster_item(KEEPER), lambda _: None)
        yield found
        _end(found)


@pytest.fixture
def local(_shared_home: Home, tmp_path: Path, cache: Path) -> Iterator[Local]:
    """A back end on the shared runtime, which hosts nothing before and after the test."""
    application = tmp_path / "application"
    application.mkdir()
    with closing(LocalBackend(application, resolve, _shared_home.root, cache)) as backend:
        yield Local(_shared_home, application, backend)
        for cluster in backend._client.clusters():
            if cluster["name"] != KEEPER:
                backend.remove(cluster_item(cluster["name"]), keep_data=False, progress=lambda _: None)
        shutil.rmtree(_shared_home.all_kept, ignore_errors=True)
