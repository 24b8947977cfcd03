"""Jobs are made of new objects, once each, whatever happens to the dispatcher and to pods."""

from __future__ import annotations

import os
import signal
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from api_double import wait_until
from kubernetes_shop import CLUSTER, Shop

from aisprint_cli.backends.interface import JobState
from aisprint_cli.errors import ExternalError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("ink")
    return path


def _trace() -> str:
    return str(uuid.uuid4())


def test_a_dispatcher_that_starts_again_runs_nothing_twice(shop: Shop, source: Path) -> None:
    traces = [_trace() for _ in range(5)]
    shop.deploy()
    for trace in traces:
        shop.feed(source, f"aisprint-{trace}.txt")
    for trace in traces:
        shop.settled(trace)
    before = list(shop.world.created)

    key = ("Deployment", CLUSTER, "aisprint-dispatcher")
    document = shop.world.objects[key]
    shop.world._end(key)
    for job in before:  # as after the days for which Kubernetes keeps ended Jobs
        shop.world.delete(("Job", CLUSTER, job))
    shop.world._start_deployment(key, document)
    last = _trace()
    shop.feed(source, f"aisprint-{last}.txt")
    shop.settled(last)

    assert len(before) == 5
    assert len(shop.world.created) == 6


def test_the_same_name_with_new_content_runs_again(shop: Shop, source: Path) -> None:
    trace = _trace()
    shop.deploy()
    shop.feed(source, f"aisprint-{trace}.txt")
    shop.settled(trace)

    source.write_text("paper")
    shop.feed(source, f"aisprint-{trace}.txt")

    wait_until(lambda: len(shop.world.created) == 2)


def test_a_script_that_fails_sends_nothing_on_and_its_log_says_why(shop: Shop, source: Path) -> None:
    trace = _trace()
    script = '#!/bin/sh\necho half > "$TMP_OUTPUT_DIR/half.txt"\necho the disk is full\nexit 3\n'
    shop.function = shop.made_function(script=script)
    shop.deploy()

    shop.feed(source, f"aisprint-{trace}.txt")
    job = shop.run(trace)

    assert (job.state, job.exit_code, job.outputs) == (JobState.FAILED, 3, ())
    assert "exit code 3" in job.reason
    assert "the disk is full" in shop.backend.log(job)
    with pytest.raises(ExternalError):
        shop.backend.fetch(CLUSTER, f"{shop.bucket}/output/half.txt", source)


def test_the_log_outlives_the_pod(shop: Shop, source: Path) -> None:
    trace = _trace()
    shop.function = shop.made_function(script="#!/bin/sh\necho here I am\n")
    shop.deploy()
    shop.feed(source, f"aisprint-{trace}.txt")
    job = shop.run(trace)

    shop.world._end(("Job", CLUSTER, job.id))

    assert shop.backend.log(job) == "here I am\n"


def test_a_killed_pod_is_a_failed_run_and_is_not_repeated(shop: Shop, source: Path) -> None:
    trace = _trace()
    shop.function = shop.made_function(script="#!/bin/sh\necho begun\nexec sleep 600\n")
    shop.deploy()
    shop.feed(source, f"aisprint-{trace}.txt")
    wait_until(
        lambda: any(
            key[0] == "Job" and b"begun" in process.log.read_bytes()
            for key, process in shop.world.processes.items()
        )
    )

    (process,) = [process for key, process in shop.world.processes.items() if key[0] == "Job"]
    os.killpg(process.handle.pid, signal.SIGKILL)
    job = shop.run(trace)
    records = shop.backend._store(CLUSTER, shop.cluster.spec.access).objects
    wait_until(lambda: any(records(f"{shop.bucket}/.aisprint/upper/runs/")))

    assert job.state is JobState.FAILED
    assert job.outputs == ()
    assert len(shop.world.created) == 1


def test_no_more_runs_at_once_than_wished(shop: Shop, source: Path) -> None:
    shop.function = shop.made_function()
    access = {**shop.function.spec.access, "kubernetes.concurrency": "2"}
    shop.function = replace(shop.function, spec=replace(shop.function.spec, access=access))
    shop.world.held = True
    shop.deploy()
    traces = [_trace() for _ in range(4)]
    for trace in traces:
        shop.feed(source, f"aisprint-{trace}.txt")
    wait_until(lambda: len(shop.world.created) == 2)
    queued = {job.state for job in shop.backend.jobs()}

    shop.world.release()
    for trace in traces:
        shop.settled(trace)

    assert queued == {JobState.QUEUED}
    assert len(shop.world.created) == 4


def test_an_api_that_fails_for_a_while_delays_runs_only(shop: Shop, source: Path) -> None:
    trace = _trace()
    shop.deploy()
    shop.world.faults.extend([500] * 5)

    shop.backend._store(CLUSTER, shop.cluster.spec.access).put(
        f"{shop.bucket}/input/aisprint-{trace}.txt", source
    )
    wait_until(lambda: not shop.world.faults)

    assert shop.run(trace).state is JobState.SUCCEEDED
