"""Killed at any boundary of any step, the next deploy or undeploy mends everything."""

from __future__ import annotations

import multiprocessing
import signal
from pathlib import Path

import pytest
from directory_backend import DirectoryBackend, chain, function, plain_secret
from run_once import run, workspace

from aisprint_cli.deploy.ledger import DeploymentState
from aisprint_cli.deploy.planner import Action, RecordState

PROCESSES = multiprocessing.get_context("forkserver")  # each process begins with all imported already
PROCESSES.set_forkserver_preload(["run_once"])

WANTED = {item.id: item.digest for item in chain()}
APPLY_BOUNDARIES = len(chain()) * 3
REMOVE_BOUNDARIES = len(chain()) * 2


def _killed_run(root: Path, command: str, boundary: int) -> None:
    """Run in a process that dies at that boundary: before, within or after a change."""
    DirectoryBackend(root / "world", plain_secret).setting(kill_at=boundary)
    process = PROCESSES.Process(target=run, args=(root, command))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    DirectoryBackend(root / "world", plain_secret).setting(kill_at=None)


def _world(root: Path) -> dict[str, str]:
    return DirectoryBackend(root / "world", plain_secret).existing


def _assert_deployed(root: Path) -> None:
    assert _world(root) == WANTED
    with workspace(root) as opened:
        records = opened.records()
        current = opened.require_deployed()
    assert {name: record.item.digest for name, record in records.items()} == WANTED
    assert {record.state for record in records.values()} == {RecordState.PRESENT}
    assert current.state is DeploymentState.ACTIVE


def _assert_gone(root: Path) -> None:
    assert _world(root) == {}
    with workspace(root) as opened:
        assert {record.state for record in opened.records().values()} <= {RecordState.REMOVED}
        assert opened.current() is None


@pytest.mark.parametrize("boundary", range(1, APPLY_BOUNDARIES + 1))
def test_deploy_goes_on_after_a_deploy_was_killed(tmp_path: Path, boundary: int) -> None:
    """Section 6, 14: what was launched was noted at the end only: an early end lost every identity."""
    _killed_run(tmp_path, "deploy", boundary)
    with workspace(tmp_path) as opened:
        known = set(opened.records())
    assert set(_world(tmp_path)) <= known, "something exists that the ledger does not know"

    assert run(tmp_path, "deploy").complete

    _assert_deployed(tmp_path)
    assert run(tmp_path, "deploy").done == ()


@pytest.mark.parametrize("boundary", range(1, APPLY_BOUNDARIES + 1, 2))
def test_undeploy_sweeps_what_a_killed_deploy_left(tmp_path: Path, boundary: int) -> None:
    _killed_run(tmp_path, "deploy", boundary)

    assert run(tmp_path, "undeploy").complete

    _assert_gone(tmp_path)


@pytest.mark.parametrize("boundary", range(1, REMOVE_BOUNDARIES + 1))
def test_undeploy_goes_on_after_an_undeploy_was_killed(tmp_path: Path, boundary: int) -> None:
    run(tmp_path, "deploy")
    _killed_run(tmp_path, "undeploy", boundary)

    assert run(tmp_path, "undeploy").complete

    _assert_gone(tmp_path)


@pytest.mark.parametrize("boundary", [1, 4, REMOVE_BOUNDARIES])
def test_deploy_repairs_what_a_killed_undeploy_took(tmp_path: Path, boundary: int) -> None:
    run(tmp_path, "deploy")
    _killed_run(tmp_path, "undeploy", boundary)

    assert run(tmp_path, "deploy").complete

    _assert_deployed(tmp_path)


def test_what_was_made_before_the_kill_is_not_made_again(tmp_path: Path) -> None:
    _killed_run(tmp_path, "deploy", APPLY_BOUNDARIES)
    before = len(DirectoryBackend(tmp_path / "world", plain_secret).calls)

    outcome = run(tmp_path, "deploy")

    assert {step.action for step in outcome.done} == {Action.ADOPT}
    assert len(DirectoryBackend(tmp_path / "world", plain_secret).calls) == before


def test_generated_secrets_are_the_same_after_a_kill(tmp_path: Path) -> None:
    _killed_run(tmp_path, "deploy", APPLY_BOUNDARIES)
    with workspace(tmp_path) as opened:
        before = opened.ledger.secret_values()

    run(tmp_path, "deploy")

    with workspace(tmp_path) as opened:
        assert opened.ledger.secret_values() == before
    assert len(before) == 2


def test_what_a_replaced_function_left_goes_with_the_deployment(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    other = function("spell", "shop-l2", reads="find/output", writes=(("shop-l2", "spell/output"),))
    run(tmp_path, "deploy", (*chain()[:3], other))
    with workspace(tmp_path) as opened:
        assert opened.records()["function/shop-l2/read"].state is RecordState.KEPT

    run(tmp_path, "undeploy")

    _assert_gone(tmp_path)


def test_undeploying_twice_does_nothing_the_second_time(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    run(tmp_path, "undeploy")
    before = len(DirectoryBackend(tmp_path / "world", plain_secret).calls)

    assert run(tmp_path, "undeploy").done == ()
    assert len(DirectoryBackend(tmp_path / "world", plain_secret).calls) == before
