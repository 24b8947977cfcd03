from __future__ import annotations

import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from api_double import World, api_server

sys.path.insert(0, str(Path(__file__).parents[1] / "deploy"))

if TYPE_CHECKING:
    from kubernetes_shop import Shop


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    """The address of an S3 storage: moto, a server of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with api_server(tmp_path) as made:
        yield made


@pytest.fixture
def shop(tmp_path: Path, world: World, storage: str) -> Iterator[Shop]:
    from kubernetes_shop import Shop

    made = Shop(tmp_path, world, storage, f"upper-{uuid.uuid4().hex[:8]}")
    yield made
    world.faults.clear()
    made.close()
