"""The local runtime as an OSCAR that is there already, and a double of MinIO in front of its buckets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "deploy"))

from bucket_server import BucketServer
from double_cluster import Shop
from existing_cluster import ExistingClusters, open_oscar, owners_value
from oscar_double import OscarDouble

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


@pytest.fixture(params=["v3.2.0", "v3.6.1", "v4.1.2"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(version: str, tmp_path: Path) -> Iterator[Shop]:
    """A cluster of some version with a storage, taken into use."""
    oscar = OscarDouble(version, tmp_path / "buckets")
    minio = BucketServer(oscar.buckets)
    with closing(oscar), closing(minio), closing(open_oscar(tmp_path / "app")) as backend:
        found = Shop(oscar, minio, backend, tmp_path / "app", [])
        found.apply(found.cluster())
        yield found
