"""The back end passes what every back end promises of items, on made clusters and on existing ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from conftest import World
from contract import ONE, TWO, ItemContract
from small_templates import cluster

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, Item, Place


class TestMadeClusters(ItemContract):
    @pytest.fixture
    def place(self, world: World, place: ImBackend) -> Place:
        world.dummy(ONE, TWO)
        return place

    def furnish(self, item: Item) -> Item:
        if isinstance(item.spec, ClusterSpec):
            return replace(cluster(item.name), requires=item.requires)
        return replace(item, spec=replace(item.spec, backend="im"))


class TestExistingClusters(ItemContract):
    """Functions go to accounts of the Dummy cloud, as they would to an OSCAR that is there."""

    @pytest.fixture
    def place(self, world: World, place: ImBackend) -> Iterator[Place]:
        world.dummy(ONE, TWO)
        with closing(world.open()) as backend:
            yield backend

    def furnish(self, item: Item) -> Item:
        spec = item.spec
        if isinstance(spec, FunctionSpec):
            return replace(item, spec=replace(spec, backend="im"))
        return replace(item, spec=replace(spec, backend="im", kind="PhysicalAlreadyProvisioned"))
