"""Items go to their own back end, data to that of its cluster, and a trace is whole across them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from contract import TWO, BackendContract
from directory_backend import DirectoryBackend, chain, cluster, plain_secret

from aisprint_cli.backends.interface import (
    Capability,
    Item,
    ItemState,
    Job,
    JobState,
    Place,
    Recorded,
    Site,
    Trace,
)
from aisprint_cli.deploy.logs import jobs_of
from aisprint_cli.deploy.routing import RoutedPlace, on_backend
from aisprint_cli.deploy.topology import Folder, topology_of
from aisprint_cli.errors import ExternalError, StateError

TRACE = "0b0e7f64-2c0e-4b43-9a35-0d1f2a3b4c5d"


class Worlds:
    """Two worlds of their own that send each other files, and what is recorded of them."""

    def __init__(self, root: Path, items: tuple[Item, ...] = ()) -> None:
        self.one, self.two = (DirectoryBackend(root / name, plain_secret) for name in ("one", "two"))
        self.one.peers, self.two.peers = [self.two], [self.one]
        self.items = items
        self.opened: list[str] = []
        self.site = Site(root, plain_secret, lambda: {item.id: Recorded(item) for item in self.items})

    def open(self, name: str, _site: Site) -> Place:
        self.opened.append(name)
        return {"one": self.one, "two": self.two}[name]

    def place(self, now: float | None = None) -> RoutedPlace:
        clock = {} if now is None else {"clock": lambda: now}
        return RoutedPlace(self.site, self.open, lambda: ("one", "two"), **clock)


def _placed(item: Item) -> Item:
    return on_backend(item, "two" if item.name.partition("/")[0] in {TWO, "shop-l2"} else "one")


class TestRouted(BackendContract):
    def furnish(self, item: Item) -> Item:
        return _placed(item)

    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Worlds(tmp_path, self.items()).place()


@pytest.fixture
def worlds(tmp_path: Path) -> Worlds:
    made = Worlds(tmp_path, tuple(map(_placed, chain())))
    for item in made.items:
        made.place().apply(item, lambda _line: None)
    return made


def test_each_item_is_made_by_its_own_back_end_only(worlds: Worlds) -> None:
    assert set(worlds.one.existing) == {"cluster/shop-l1", "function/shop-l1/find"}
    assert set(worlds.two.existing) == {"cluster/shop-l2", "function/shop-l2/read"}


def test_a_back_end_that_nothing_needs_is_not_opened(worlds: Worlds) -> None:
    worlds.opened.clear()

    worlds.place().observe([_placed(cluster("shop-l2"))])

    assert worlds.opened == ["two"]


def test_one_that_moved_is_not_seen_where_it_was(worlds: Worlds) -> None:
    moved = on_backend(chain()[0], "two")

    assert worlds.place().observe([moved])[moved.id].state is ItemState.ABSENT


def test_runs_of_all_back_ends_are_listed_in_the_order_they_were_made(worlds: Worlds, tmp_path: Path) -> None:
    place, source = worlds.place(), tmp_path / "in.txt"
    source.write_text("ink")

    place.put("shop-l1", f"find/input/aisprint-{TRACE}.txt", source)

    assert [(job.cluster, job.function) for job in place.jobs()] == [("shop-l1", "find"), ("shop-l2", "read")]
    assert [job.function for job in place.trace(TRACE).jobs] == ["find", "read"]
    assert place.trace(TRACE).complete


def test_a_cluster_that_is_not_recorded_is_told(worlds: Worlds, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nowhere"):
        worlds.place().fetch("nowhere", "a/b/c", tmp_path / "c")


class _Scripted(DirectoryBackend):
    """Runs as they are told, instead of what files set off."""

    runs: tuple[Job, ...] = ()

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        return Trace(trace, self.runs, complete=True)


def _sent_from_one(worlds: Worlds, tmp_path: Path) -> Job:
    """A run on `one` that ended at 1000 s and wrote a file for `two`."""
    worlds.one, worlds.two = (_Scripted(tmp_path / name, plain_secret) for name in ("one", "two"))
    run = Job("1", "shop-l1", "find", TRACE, JobState.SUCCEEDED, "find/input/a", 990.0, 991.0, 1000.0)
    run = replace(run, outputs=("shop-l2:find/output/a",))
    worlds.one.runs = (run,)
    return run


def test_a_trace_is_not_complete_while_a_file_is_on_its_way_to_another_back_end(
    worlds: Worlds, tmp_path: Path
) -> None:
    _sent_from_one(worlds, tmp_path)

    assert not worlds.place(now=1001.0).trace(TRACE).complete


def test_a_file_that_was_taken_up_there_completes_it(worlds: Worlds, tmp_path: Path) -> None:
    run = _sent_from_one(worlds, tmp_path)
    worlds.two.runs = (
        replace(run, id="2", cluster="shop-l2", function="read", input_path="find/output/a", outputs=()),
    )

    assert worlds.place(now=1001.0).trace(TRACE, wait_s=0.1).complete


def test_a_file_that_nobody_took_up_in_time_holds_nothing_up(worlds: Worlds, tmp_path: Path) -> None:
    _sent_from_one(worlds, tmp_path)

    assert worlds.place(now=1200.0).trace(TRACE).complete


class _Silent(DirectoryBackend):
    """One whose runs cannot be asked for."""

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        raise ExternalError("nobody answers")

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        raise ExternalError("nobody answers")


def test_a_back_end_that_an_input_cannot_come_to_need_not_answer(worlds: Worlds, tmp_path: Path) -> None:
    worlds.one = _Silent(tmp_path / "one", plain_secret)
    downstream = topology_of(worlds.items).clusters_reached([Folder("shop-l2", "find/output")])

    assert worlds.place().trace(TRACE, clusters=downstream).jobs == ()
    with pytest.raises(ExternalError, match="nobody answers"):
        worlds.place().trace(TRACE)


def test_an_input_can_come_to_every_cluster_along_the_chain(worlds: Worlds) -> None:
    reached = topology_of(worlds.items).clusters_reached([Folder("shop-l1", "find/input")])

    assert reached == {"shop-l1", "shop-l2"}


def test_runs_of_clusters_that_answer_are_listed_where_another_one_does_not(
    worlds: Worlds, tmp_path: Path
) -> None:
    source = tmp_path / "in.txt"
    source.write_text("ink")
    worlds.two.put("shop-l2", f"find/output/aisprint-{TRACE}.txt", source)
    worlds.one = _Silent(tmp_path / "one", plain_secret)
    functions = topology_of(worlds.items).functions

    jobs, silent = jobs_of(worlds.place(), functions)

    assert [job.function for job in jobs] == ["read"]
    assert {cluster: failure.message for cluster, failure in silent.items()} == {"shop-l1": "nobody answers"}
    with pytest.raises(ExternalError, match="nobody answers"):
        jobs_of(worlds.place(), [node for node in functions if node.cluster == "shop-l1"])


def test_it_can_do_what_all_of_them_can(worlds: Worlds) -> None:
    worlds.two.capabilities = frozenset({Capability.LOGS, Capability.DATA})

    assert worlds.place().capabilities == {Capability.LOGS, Capability.DATA}
