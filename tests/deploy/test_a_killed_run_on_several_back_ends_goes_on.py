"""Killed at any boundary on either back end, the next run ends it: each step once, nothing twice or lost."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from pathlib import Path

import pytest
from directory_backend import DirectoryBackend
from routed_once import run, spread, workspace, world

from aisprint_cli.backends.interface import Item
from aisprint_cli.deploy.ledger import DeploymentState
from aisprint_cli.deploy.planner import RecordState

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["routed_once"])

HERE = {"cluster/shop-l1", "function/shop-l1/find"}
THERE = {"cluster/shop-l2", "function/shop-l2/read"}
APPLYING = range(1, 3 * len(HERE) + 1)  # before, within and after each of two items
REMOVING = range(1, 2 * len(HERE) + 1)


def _killed(
    root: Path, where: str, boundary: int, command: str, items: tuple[Item, ...] | None = None
) -> None:
    world(root, where).setting(kill_at=boundary)
    process = PROCESSES.Process(target=run, args=(root, command, items))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    world(root, where).setting(kill_at=None)


def _calls(*worlds: DirectoryBackend) -> Counter[str]:
    return Counter(call for one in worlds for call in one.calls)


def _assert_as_recorded(root: Path, wanted: tuple[Item, ...]) -> None:
    with workspace(root) as found:
        records = found.records()
        assert found.require_complete().state is DeploymentState.ACTIVE
    assert {name: entry.item.spec.backend for name, entry in records.items()} == {
        item.id: item.spec.backend for item in wanted
    }
    assert {entry.state for entry in records.values()} == {RecordState.PRESENT}


@pytest.mark.parametrize("where", ["one", "two"])
@pytest.mark.parametrize("boundary", APPLYING)
def test_deploy_goes_on(tmp_path: Path, where: str, boundary: int) -> None:
    _killed(tmp_path, where, boundary, "deploy")

    assert run(tmp_path, "deploy").complete

    one, two = world(tmp_path, "one"), world(tmp_path, "two")
    assert (set(one.existing), set(two.existing)) == (HERE, THERE)
    _assert_as_recorded(tmp_path, spread())
    again = [call for call, times in _calls(one, two).items() if times > 1]
    assert len(again) <= 1, "only the step that was killed may be called a second time"
    assert run(tmp_path, "deploy").done == ()


@pytest.mark.parametrize("where", ["one", "two"])
@pytest.mark.parametrize("boundary", REMOVING)
def test_undeploy_goes_on(tmp_path: Path, where: str, boundary: int) -> None:
    run(tmp_path, "deploy")
    _killed(tmp_path, where, boundary, "undeploy")

    assert run(tmp_path, "undeploy").complete

    assert world(tmp_path, "one").existing == world(tmp_path, "two").existing == {}
    with workspace(tmp_path) as found:
        assert found.current() is None


@pytest.mark.parametrize(
    ("where", "boundary"),
    [*(("one", boundary) for boundary in REMOVING), *(("two", boundary) for boundary in APPLYING)],
)
def test_a_move_goes_on_and_leaves_nothing_where_it_was(tmp_path: Path, where: str, boundary: int) -> None:
    run(tmp_path, "deploy")
    moved = spread(first="two")
    _killed(tmp_path, where, boundary, "deploy", moved)

    assert run(tmp_path, "deploy", moved).complete

    assert world(tmp_path, "one").existing == {}
    assert set(world(tmp_path, "two").existing) == HERE | THERE
    _assert_as_recorded(tmp_path, moved)
    applied = _calls(world(tmp_path, "two"))
    assert all(applied[f"apply {name}"] == 1 for name in THERE)
    assert sum(applied[f"apply {name}"] for name in HERE) <= len(HERE) + 1


@pytest.mark.parametrize("boundary", [*REMOVING])
def test_undeploy_finds_both_ends_of_a_move_that_was_killed(tmp_path: Path, boundary: int) -> None:
    run(tmp_path, "deploy")
    _killed(tmp_path, "one", boundary, "deploy", spread(first="two"))

    assert run(tmp_path, "undeploy").complete

    assert world(tmp_path, "one").existing == world(tmp_path, "two").existing == {}
