"""The back end passes what every back end promises, on clusters that are made and on existing ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import existing_cluster
import pytest
from contract import ONE, TWO, BackendContract, ItemContract
from existing_cluster import ExistingClusters
from im_world import World
from small_templates import cluster
from tiny_chain import write_sources

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, Item, ItemState, Place
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.errors import StateError


class TestMadeClusters(ItemContract):
    """On the Dummy cloud, whose clusters cannot run anything."""

    @pytest.fixture
    def place(self, world: World, place: ImBackend) -> Place:
        world.dummy(ONE, TWO)
        return place

    def furnish(self, item: Item) -> Item:
        if isinstance(item.spec, ClusterSpec):
            return replace(cluster(item.name), requires=item.requires)
        return replace(item, spec=replace(item.spec, backend="im"))


class TestExistingClusters(BackendContract):
    """On clusters of the local runtime, which the server's own OSCAR connector talks to."""

    access: dict[str, dict[str, str]]

    @pytest.fixture
    def place(self, tmp_path: Path, world: World) -> Iterator[Place]:
        write_sources(tmp_path / "opt", where="{name}")
        home = Home(tmp_path / "runtime")
        with closing(LocalBackend(tmp_path, existing_cluster.owners_value, home.root)) as owner:
            existing = ExistingClusters(home, owner)
            existing.unpack_image("img", tmp_path / "opt")
            self.access = {name: existing.make(name) for name in (ONE, TWO)}
            world.secrets |= {
                existing_cluster.PASSWORD: existing_cluster.OSCAR_PASSWORD,
                existing_cluster.MINIO_SECRET: existing_cluster.SECRET_KEY,
            }
            world.accounts(
                *(
                    f"id = {name}; type = OSCAR; host = {access['oscar.endpoint']};"
                    f" username = oscar; password = {existing_cluster.OSCAR_PASSWORD}"
                    for name, access in reversed(self.access.items())
                )
            )
            with closing(world.open()) as backend:
                yield backend
            existing.close()

    def furnish(self, item: Item) -> Item:
        spec = item.spec
        name = item.name if isinstance(spec, ClusterSpec) else spec.cluster
        access = self.access.get(name, {})
        if isinstance(spec, FunctionSpec):
            return replace(item, spec=replace(spec, backend="im", access=access))
        kind = "PhysicalAlreadyProvisioned"
        return replace(item, spec=replace(spec, backend="im", access=access, kind=kind))

    def test_data_of_a_cluster_is_kept_when_asked_comes_back_and_goes_when_asked(
        self, made: Place, tmp_path: Path
    ) -> None:
        """Not here: what cannot be kept is not removed."""
        item = self.items()[2]

        with pytest.raises(StateError, match="kept"):
            made.remove(item, keep_data=True, progress=lambda _line: None)

        assert made.observe([item])[item.id].state is ItemState.READY

    def test_a_removed_item_can_be_made_again(self, made: Place) -> None:
        item = self.items()[3]
        made.remove(item, keep_data=False, progress=lambda _line: None)

        assert made.apply(item, lambda _line: None).state is ItemState.READY
