"""One real Infrastructure Manager for all tests of a worker; every test is another user of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from im_server import Process, free_port, infrastructure_manager, moto
from im_world import World

from aisprint_cli.backends.im.backend import ImBackend

for area in ("deploy", "generate", "oscar_backend"):
    sys.path.append(str(Path(__file__).resolve().parent.parent / area))  # their doubles serve here too


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All on one worker, so that there is one server."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("infrastructure_manager"))


@pytest.fixture(scope="session")
def aws_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def im_process(tmp_path_factory: pytest.TempPathFactory, aws_port: int) -> Iterator[tuple[str, Process]]:
    url, process = infrastructure_manager(tmp_path_factory.mktemp("im"), aws_port)
    process.start()
    yield url, process
    process.stop()


@pytest.fixture(scope="session")
def im_url(im_process: tuple[str, Process]) -> str:
    return im_process[0]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, aws_port: int) -> Iterator[str]:
    process = moto(tmp_path_factory.mktemp("moto"), aws_port)
    process.start()
    yield f"http://127.0.0.1:{aws_port}"
    process.stop()


@pytest.fixture
def world(im_url: str, tmp_path: Path) -> World:
    return World(im_url, tmp_path)


@pytest.fixture
def place(world: World) -> Iterator[ImBackend]:
    """A back end; whatever its user has at the end is removed."""
    with closing(world.open()) as backend:
        yield backend
        connection, clusters, _ = backend._parts()
        for identifier in connection.client.infrastructures():
            clusters.remove_infrastructure(identifier, identifier, lambda _line: None)
