"""The Kubernetes back end passes the contract, against a double of the API and a real S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_double import World, write_kubeconfig
from contract import ONE, TWO, BackendContract
from directory_backend import cluster, plain_secret
from kubernetes_shop import furnished, make_image

from aisprint_cli.backends.interface import Item, Place, Site
from aisprint_cli.backends.kubernetes.backend import KubernetesBackend


class TestKubernetes(BackendContract):
    @pytest.fixture(autouse=True)
    def _storage(self, storage: str) -> None:
        self.storage = storage

    def furnish(self, item: Item) -> Item:
        return furnished(item, self.storage, TWO)

    @pytest.fixture
    def place(self, tmp_path: Path, world: World) -> Iterator[Place]:
        world.images["img"] = make_image(tmp_path / "image")
        write_kubeconfig(world, tmp_path / "kubeconfig")
        backend = KubernetesBackend(Site(tmp_path, plain_secret), look_s=0.05)
        yield backend
        for item in (*reversed(self.items()), *(self.furnish(cluster(name)) for name in (ONE, TWO))):
            backend.remove(item, keep_data=False, progress=lambda _line: None)
        backend.close()
