"""The runtime starts on demand, survives its starter, goes on after a kill and ends by itself."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing

import psutil
import pytest
from private_runtime import (
    PASSWORD,
    Local,
    alive,
    cluster_item,
    io,
    processes_of,
    resolve,
    wait_until,
)

from aisprint_cli.backends.interface import ItemState, JobState
from aisprint_cli.backends.local import launch
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.errors import ExternalError, StateError

STARTER = """
import sys
from pathlib import Path
from aisprint_cli.backends.local import launch
from aisprint_cli.backends.local.layout import Home
print(launch.ensure(Home(Path(sys.argv[1]))).pid)
"""


def ignore(_: str) -> None:
    pass


def test_two_starters_at_once_get_one_process_that_outlives_them(home: Home) -> None:
    command = [sys.executable, "-c", STARTER, str(home.root)]
    starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {starter.communicate(timeout=60)[0].strip() for starter in starters}
    assert {starter.returncode for starter in starters} == {0}
    assert len(pids) == 1
    address = launch.find(home)
    assert address is not None
    assert {str(address.pid)} == pids


def test_a_process_of_a_former_version_is_replaced_and_its_state_goes_on(home: Home, private: Local) -> None:
    private.cluster()
    document = json.loads(home.address.read_text())
    home.address.write_text(json.dumps(document | {"protocol": 1}))

    with closing(LocalBackend(private.application, resolve, home.root)) as newer:
        seen = newer.observe([cluster_item("edge")])["cluster/edge"]

    assert seen.state is ItemState.READY
    assert launch.ensure(home).pid != document["pid"]
    wait_until(lambda: not alive(document["pid"]), "the former process to end")


def test_what_a_killed_removal_left_is_swept(home: Home, private: Local) -> None:
    private.cluster()
    private.kill_runtime()
    (home.cluster("gone") / "buckets" / "x").mkdir(parents=True)
    (home.bundles / "unused").mkdir()

    private.backend.remove(cluster_item("gone"), keep_data=False, progress=ignore)

    assert [path.name for path in home.all_clusters.iterdir()] == ["edge"]
    assert list(home.bundles.iterdir()) == []


def test_a_state_of_a_newer_version_is_left_alone(home: Home, private: Local) -> None:
    private.cluster()
    private.kill_runtime()
    with closing(sqlite3.connect(home.database)) as database:
        database.execute("PRAGMA user_version = 99")

    with pytest.raises(ExternalError) as caught:
        launch.ensure(home)

    assert "knows up to" in caught.value.why


def test_nothing_is_started_to_find_nothing(home: Home, private: Local) -> None:
    private.backend.remove(cluster_item("edge"), keep_data=False, progress=ignore)
    assert private.backend.observe([cluster_item("edge")])["cluster/edge"].state is ItemState.ABSENT
    assert private.backend.jobs() == ()
    assert not home.root.exists()


def test_the_process_ends_with_the_last_cluster_and_comes_back(home: Home, private: Local) -> None:
    private.cluster("edge")
    private.cluster("cloud")
    pid = launch.ensure(home).pid
    private.backend.remove(cluster_item("edge"), keep_data=False, progress=ignore)
    private.backend.remove(cluster_item("cloud"), keep_data=False, progress=ignore)
    wait_until(lambda: not alive(pid), "the runtime to end")
    assert not home.address.exists()
    assert not home.database.exists()
    private.cluster("edge")
    assert private.backend.observe([cluster_item("edge")])["cluster/edge"].state is ItemState.READY


def test_a_kill_in_mid_work_loses_nothing_and_doubles_nothing(private: Local) -> None:
    private.cluster(cores=2.0)
    tally = private.application / "tally"
    copy = 'sleep 0.1; cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH")"'
    private.script("a", copy, outputs=[io("aaa/output")], inputs=[io("aaa/input")])
    private.script("b", copy, outputs=[io("bbb/output")], inputs=[io("aaa/output")])
    private.script(
        "c",
        f'echo "$STORAGE_OBJECT_KEY" >> {tally}',
        inputs=[io("bbb/output")],
        outputs=[],
    )
    names = [f"aisprint-{uuid.uuid4()}" for _ in range(12)]
    for name in names:
        private.put(f"aaa/input/{name}", name)
    for _ in range(3):
        ended = len([job for job in private.backend.jobs() if job.state is JobState.SUCCEEDED])
        wait_until(
            lambda before=ended: (
                sum(job.state is JobState.SUCCEEDED for job in private.backend.jobs()) > before
            ),
            "some progress",
        )
        private.kill_runtime()
    jobs = private.settled(36)
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    assert sorted(set(tally.read_text().split())) == sorted(f"output/{name}" for name in names)
    assert [private.text(f"bbb/output/{name}") for name in names] == names


def test_a_running_job_of_a_killed_runtime_is_ended_and_repeated(private: Local) -> None:
    private.cluster()
    pids = private.application / "pids"
    wait_long = f"sleep 600 & echo $! >> {pids}; setsid sleep 600 & echo $! >> {pids}; wait"
    private.script("long", f'[ -e {pids} ] || {{ {wait_long}; }}; echo done > "$TMP_OUTPUT_DIR/x"')
    private.put("long/input/a")
    wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2, "the job to begin")
    first = [int(pid) for pid in pids.read_text().split()]
    private.kill_runtime()
    assert all(alive(pid) for pid in first)
    (job,) = private.settled(1)
    assert job.state is JobState.SUCCEEDED
    assert not any(alive(pid) for pid in first)
    assert private.backend.objects("edge", "long/output") == ("long/output/x",)


def test_a_runtime_told_to_end_leaves_its_jobs_to_the_next(private: Local) -> None:
    private.cluster()
    go = private.application / "go"
    private.script("wait", f"until [ -e {go} ]; do sleep 0.05; done", outputs=[])
    private.put("wait/input/a")
    wait_until(lambda: private.backend.jobs()[0].state is JobState.RUNNING, "the job to begin")
    address = launch.find(private.home)
    assert address is not None
    os.kill(address.pid, signal.SIGTERM)
    wait_until(lambda: not processes_of(private.home), "the runtime and its job to end")
    go.touch()
    (job,) = private.settled(1)
    assert job.state is JobState.SUCCEEDED


def test_clusters_services_and_passwords_survive_a_kill(private: Local) -> None:
    import requests

    private.cluster()
    private.script("kept", "true")
    private.kill_runtime()
    url = private.backend.observe([cluster_item("edge")])["cluster/edge"].outputs["endpoint"]
    answer = requests.get(f"{url}/system/services", auth=("oscar", PASSWORD), timeout=10)
    assert [service["name"] for service in answer.json()] == ["kept"]


def test_a_file_dropped_while_nothing_ran_is_found_afterwards(private: Local) -> None:
    private.cluster()
    private.script("late", "true", outputs=[])
    private.put("late/input/before")
    private.settled(1)
    private.kill_runtime()
    (private.home.buckets("edge") / "late" / "input" / "dropped").write_text("x")
    jobs = wait_until(lambda: len(private.backend.jobs()) > 1 and private.settled(2), "the file")
    assert [job.input_path for job in jobs] == ["late/input/before", "late/input/dropped"]


def test_secrets_are_in_no_argument_and_no_log_and_the_home_is_private(private: Local) -> None:
    private.cluster()
    private.script("quiet", "true")
    address = launch.find(private.home)
    assert address is not None
    words = " ".join(psutil.Process(address.pid).cmdline())
    environment = " ".join(psutil.Process(address.pid).environ().values())
    for secret in (address.token, PASSWORD):
        assert secret not in words
        assert secret not in environment
        assert secret not in private.home.log.read_text()
        assert secret not in repr(address)
    assert PASSWORD.encode() not in private.home.database.read_bytes()
    assert private.home.root.stat().st_mode & 0o777 == 0o700
    assert private.home.address.stat().st_mode & 0o777 == 0o600
    assert private.home.log.stat().st_mode & 0o077 == 0


def test_a_runtime_that_cannot_start_says_why(home: Home) -> None:
    home.prepare()
    home.database.mkdir()
    with pytest.raises(ExternalError, match="did not start") as caught:
        launch.ensure(home)
    assert "unable to open database file" in caught.value.why


def test_a_home_that_cannot_be_made_is_named(home: Home) -> None:
    home.root.parent.mkdir(exist_ok=True)
    home.root.write_text("in the way")
    with pytest.raises(StateError, match="cannot be used"):
        launch.ensure(home)


def test_several_processes_use_one_runtime(private: Local, cache: object) -> None:
    others = [LocalBackend(private.application, resolve, private.home.root) for _ in range(3)]
    clusters = [cluster_item(f"c{number}") for number in range(3)]
    for other, cluster in zip(others, clusters, strict=True):
        other.apply(cluster, ignore)
    for other in others:
        assert {state.state for state in other.observe(clusters).values()} == {ItemState.READY}
        other.close()
    assert json.loads(private.home.address.read_text())["pid"] == launch.ensure(private.home).pid
