"""One real Infrastructure Manager for all tests of a worker; every test is another user of it."""

from __future__ import annotations

import hashlib
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from im_server import Process, free_port, infrastructure_manager, moto

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.backends.im.settings import Settings
from aisprint_cli.backends.im.waiting import Patience
from aisprint_cli.backends.interface import Item, Recorded, Site

for area in ("deploy", "generate", "oscar_backend"):
    sys.path.append(str(Path(__file__).resolve().parent.parent / area))  # their doubles serve here too

QUICK = Patience(nothing_s=20, configured_s=60, gone_s=30)


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


@dataclass
class World:
    """One user with an application directory, and a ledger that tests write by hand."""

    url: str
    application: Path
    user: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:8]}")
    recorded: dict[str, Recorded] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def accounts(self, *lines: str) -> Path:
        """Write the credentials: the user's own line, and these."""
        own = f"type = InfrastructureManager; username = {self.user}; password = 'pass;{self.user}'"
        path = self.application / "im" / "auth.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["# who we are", own, *lines, ""]))
        path.chmod(0o600)
        return path

    def dummy(self, *names: str) -> Path:
        return self.accounts(*(f"id = {name}; type = Dummy" for name in names))

    def resolve(self, reference: str) -> str:
        """A value for every reference, another one for each test."""
        made = hashlib.sha256(f"{self.user} {reference}".encode()).hexdigest()[:24]
        return self.secrets.setdefault(reference, made)

    def site(self) -> Site:
        return Site(self.application, self.resolve, lambda: self.recorded)

    def open(self, *, url: str = "", patience: Patience = QUICK) -> ImBackend:
        settings = Settings(self.application / "im" / "auth.dat", url or self.url, timeout_s=30)
        return ImBackend(self.site(), settings, patience)

    def note(self, *items: Item) -> None:
        """Write items into the ledger."""
        self.recorded |= {item.id: Recorded(item) for item in items}


def left_behind(place: ImBackend) -> tuple[str, ...]:
    """The infrastructures that stay; the server lists a removed one for a moment longer."""
    client, deadline = place._parts()[0].client, time.monotonic() + 10
    while client.infrastructures() and time.monotonic() < deadline:
        time.sleep(0.05)
    return client.infrastructures()


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
