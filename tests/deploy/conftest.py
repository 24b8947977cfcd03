from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from directory_backend import DirectoryBackend, plain_secret

from aisprint_cli.deploy.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite", durable=False) as opened:
        yield opened


@pytest.fixture
def backend(tmp_path: Path) -> DirectoryBackend:
    return DirectoryBackend(tmp_path / "world", plain_secret)


@pytest.fixture
def silent() -> Callable[[object], None]:
    return lambda _event: None
