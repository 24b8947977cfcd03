"""Stopped, killed or run twice at once: the commands always leave something they can go on from."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from directory_backend import DirectoryBackend, plain_secret
from installed_command import CommandLine

DOUBLE = ("--backend", "directory")


@pytest.fixture
def world(aisprint: CommandLine) -> Iterator[DirectoryBackend]:
    """The double's world, as the `directory` back end of the command line sees it."""
    world = DirectoryBackend(aisprint.directory / "world", plain_secret)
    yield world
    world.setting(delay_s=0.0, fail=[])
    aisprint("undeploy", "tiny", *DOUBLE, "--yes", "--quiet")
    assert world.existing == {}


def _line(stream: IO[str] | None, wanted: str) -> str:
    """Read up to the line that holds a text."""
    assert stream is not None
    for line in stream:
        if wanted in line:
            return line
    raise AssertionError(f"{wanted!r} was never said")


def test_ctrl_c_ends_after_the_running_steps_and_says_how_to_go_on(
    aisprint: CommandLine, world: DirectoryBackend
) -> None:
    world.setting(delay_s=2.0)
    process = aisprint.start("deploy", "tiny", "--base", *DOUBLE, "--yes", "--parallel", "1", "-v")
    _line(process.stderr, "making tiny-chain-l1")

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert "Stopping: waiting for what runs" in err
    assert "aisprint deploy tiny --deployment base" in err
    assert set(world.existing) == {"cluster/tiny-chain-l1"}
    assert out == ""
    world.setting(delay_s=0.0)
    assert aisprint.json("deploy", "tiny", *DOUBLE, "--yes")["outcome"]["complete"]
    assert len(world.existing) == 4


def test_a_second_ctrl_c_stops_at_once_and_the_ledger_knows_what_was_begun(
    aisprint: CommandLine, world: DirectoryBackend
) -> None:
    world.setting(delay_s=1000.0)
    process = aisprint.start("deploy", "tiny", "--base", *DOUBLE, "--yes", "-v")
    _line(process.stderr, "making tiny-chain")

    process.send_signal(signal.SIGINT)
    _line(process.stderr, "Stopping")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    world.setting(delay_s=0.0)
    status = aisprint.json("status", "tiny", *DOUBLE)
    assert {item["recorded"] for item in status["items"]} == {"intended"}
    assert status["drifted"]


def test_a_second_deploy_waits_for_the_first_and_then_finds_nothing_to_do(
    aisprint: CommandLine, world: DirectoryBackend
) -> None:
    world.setting(delay_s=2.0)
    first = aisprint.start("deploy", "tiny", "--base", *DOUBLE, "--yes", "-v")
    _line(first.stderr, "making tiny-chain")

    second = aisprint.start("deploy", "tiny", *DOUBLE, "--yes")
    waiting = _line(second.stderr, "Waiting")
    refused = aisprint("undeploy", "tiny", *DOUBLE, "--yes", "--lock-timeout", "0.2", code=6)
    first.communicate(timeout=60)
    out, _ = second.communicate(timeout=60)

    assert f"`aisprint deploy tiny` (process {first.pid}, since" in waiting
    assert str(first.pid) in refused.stderr
    assert (first.returncode, second.returncode) == (0, 0)
    assert "nothing to do" in out
    assert len([call for call in world.calls if call.startswith("apply")]) == 4


def test_a_refusal_ends_with_a_summary_the_others_go_on_and_no_secret_is_said(
    aisprint: CommandLine, world: DirectoryBackend
) -> None:
    world.setting(fail=["apply function/tiny-chain-l1/upper"])

    failed = aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes", "-o", "json", "-vv", code=5)

    document = json.loads(failed.stdout)
    assert document["outcome"]["failed"][0]["item"] == "function/tiny-chain-l1/upper"
    assert len(document["outcome"]["done"]) == 3
    assert "1 of 4 steps failed" in failed.stderr
    assert "(token ***)" in failed.stderr
    assert "aisprint deploy tiny --deployment base" in failed.stderr
    unfed = aisprint("invoke", "tiny", "tiny/src/upper/main.py", *DOUBLE, code=6)
    assert "Deployment base of tiny is not complete: deploying" in unfed.stderr
    world.setting(fail=[])
    again = aisprint.json("deploy", "tiny", *DOUBLE, "--yes")
    assert again["outcome"]["done"] == ["function/tiny-chain-l1/upper"]


def test_a_failed_removal_is_said_and_goes_on(aisprint: CommandLine, world: DirectoryBackend) -> None:
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    world.setting(fail=["remove function/tiny-chain-l2/sign"])

    failed = aisprint("undeploy", "tiny", *DOUBLE, "--yes", code=5)

    assert "aisprint undeploy tiny" in failed.stderr
    assert set(world.existing) == {"cluster/tiny-chain-l2", "function/tiny-chain-l2/sign"}
    assert aisprint.json("status", "tiny", *DOUBLE)["deployment"]["state"] == "removing"


def _kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("deployed_s", "fed_s", "removed_s"), [(0.8, 0.6, 0.5), (1.4, 0.9, 0.9)])
def test_the_local_back_end_is_mended_after_kills(
    aisprint: CommandLine, deployed_s: float, fed_s: float, removed_s: float
) -> None:
    """`kill_rounds.py` beside this file does the same at random moments, for as long as one likes."""
    (aisprint.directory / "hello.in").write_text("hello")
    _kill_after(aisprint.start("deploy", "tiny", "--base", "--yes"), deployed_s)
    assert aisprint.json("deploy", "tiny", "--base", "--yes")["outcome"]["complete"]
    _kill_after(aisprint.start("invoke", "tiny", "hello.in", "-d", "out"), fed_s)
    fed = aisprint.json("invoke", "tiny", "hello.in", "-d", "out")
    assert [Path(name).read_text() for name in fed["inputs"][0]["results"]] == ["hello>upper>sign"]

    _kill_after(aisprint.start("undeploy", "tiny", "--yes"), removed_s)
    aisprint("undeploy", "tiny", "--yes")

    assert [path.name for path in (aisprint.home / "clusters").iterdir()] == ["keeper"]
    assert list((aisprint.home / "bundles").iterdir()) == []
    assert aisprint.json("status", "tiny")["deployed"] is False


def test_following_logs_shows_new_lines_and_ends_well_on_ctrl_c(
    deployed: tuple[CommandLine, object],
) -> None:
    aisprint, _ = deployed
    follower = aisprint.start("logs", "tiny", "-f")
    _line(follower.stderr, "Following")
    aisprint("invoke", "tiny", "slow.in", "-d", "followed")

    first = _line(follower.stdout, "upper reads slow")
    second = _line(follower.stdout, "sign reads slow>upper")
    follower.send_signal(signal.SIGINT)
    follower.communicate(timeout=60)

    assert first.startswith("upper upper-")
    assert second.startswith("sign  sign-")
    assert follower.returncode == 0


def test_watching_status_ends_well_on_ctrl_c(deployed: tuple[CommandLine, object]) -> None:
    aisprint, _ = deployed
    watcher = aisprint.start("status", "tiny", "--watch", "--interval", "0.2")

    for _ in range(2):
        _line(watcher.stdout, "deployment base on local")
    watcher.send_signal(signal.SIGINT)
    watcher.communicate(timeout=60)

    assert watcher.returncode == 0
