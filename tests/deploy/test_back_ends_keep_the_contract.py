"""The double and the local back end pass the same contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contract import ONE, TWO, BackendContract
from directory_backend import DirectoryBackend, cluster, plain_secret
from tiny_chain import write_sources

from aisprint_cli.backends.interface import Place
from aisprint_cli.backends.local.backend import LocalBackend


class TestDirectoryDouble(BackendContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return DirectoryBackend(tmp_path / "world", plain_secret)


class TestLocal(BackendContract):
    @pytest.fixture
    def place(self, tmp_path: Path, home: Path) -> Iterator[Place]:
        write_sources(tmp_path / "app", where="aisprint/designs/{name}/base")
        backend = LocalBackend(tmp_path / "app", plain_secret, home)
        yield backend
        for name in (ONE, TWO):
            backend.remove(cluster(name), keep_data=False, progress=lambda _line: None)
        backend.close()
