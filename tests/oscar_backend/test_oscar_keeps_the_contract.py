"""The OSCAR back end passes the contract on clusters it finds: the local runtime's, over plain REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from contract import ONE, TWO, BackendContract
from existing_cluster import ExistingClusters, open_oscar
from tiny_chain import write_sources

from aisprint_cli.backends.interface import ClusterSpec, Item, Place


class TestOscar(BackendContract):
    access: dict[str, dict[str, str]]

    @pytest.fixture
    def place(self, tmp_path: Path, existing: ExistingClusters) -> Iterator[Place]:
        write_sources(tmp_path / "opt", where="{name}")
        existing.unpack_image("img", tmp_path / "opt")
        self.access = {name: existing.make(name) for name in (ONE, TWO)}
        with closing(open_oscar(tmp_path / "app")) as backend:
            yield backend

    def furnish(self, item: Item) -> Item:
        spec = item.spec
        name = item.name if isinstance(spec, ClusterSpec) else spec.cluster
        return replace(item, spec=replace(spec, backend="oscar", access=self.access.get(name, {})))
