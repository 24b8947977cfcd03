"""The local runtime as an OSCAR that is there already, and a double of MinIO in front of its buckets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "deploy"))

from existing_cluster import ExistingClusters, owners_value

from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home


@pytest.fixture
def existing(tmp_path: Path) -> Iterator[ExistingClusters]:
    """A runtime of its own, which hosts no cluster until one is asked for."""
    home = Home(tmp_path / "runtime")
    with closing(LocalBackend(tmp_path, owners_value, home.root)) as backend:
        found = ExistingClusters(home, backend)
        yield found
        found.close()
