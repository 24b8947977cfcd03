"""A layer of native cloud functions runs here too: no bounds but the machine's, and S3 for storage."""

from __future__ import annotations

import json
import uuid

import pytest
import requests
from private_runtime import PASSWORD, Local, cluster_item, io, wait_until

from aisprint_cli.backends.interface import JobState
from aisprint_cli.errors import ExternalError

PASS = '#!/bin/sh\nprintf "%s" "$EVENT" > "$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH")"'


def test_files_go_from_a_cluster_to_functions_and_back(local: Local) -> None:
    local.cluster("edge")
    local.cluster("cloud", cores=0.0, memory_mib=1024.0)
    local.script("one", PASS, outputs=[io("cloud/one/output", provider="s3.cloud")])
    here = io("cloud/one/output", provider="s3")
    local.script(
        "two", PASS, cluster="cloud", inputs=[here], outputs=[io("two/output", provider="minio.edge")]
    )
    local.script("three", PASS, inputs=[io("two/output")], outputs=[io("three/output")])
    trace = str(uuid.uuid4())
    local.put(f"one/input/aisprint-{trace}")

    jobs = local.complete(trace).jobs

    assert [(job.cluster, job.function, job.state) for job in jobs] == [
        ("edge", "one", JobState.SUCCEEDED),
        ("cloud", "two", JobState.SUCCEEDED),
        ("edge", "three", JobState.SUCCEEDED),
    ]
    assert jobs[0].outputs == (f"cloud:cloud/one/output/aisprint-{trace}",)


def test_a_function_is_told_of_its_object_as_s3_tells(local: Local) -> None:
    local.cluster("cloud", cores=0.0)
    local.script(
        "look",
        PASS,
        cluster="cloud",
        inputs=[io("bucket/look/input", provider="s3")],
        outputs=[io("bucket/look/output", provider="s3")],
    )
    local.put("bucket/look/input/a b+c.txt", cluster="cloud")
    local.settled(1)

    event = json.loads(local.text("bucket/look/output/a b+c.txt", cluster="cloud"))

    (record,) = event["Records"]
    assert set(event) == {"Records"}
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert record["s3"]["bucket"]["name"] == "bucket"
    assert record["s3"]["object"]["key"] == "look/input/a+b%2Bc.txt"


def test_runs_of_functions_are_bounded_by_the_machine_alone(local: Local) -> None:
    local.cluster("cloud", cores=0.0, memory_mib=64.0)
    gate = local.application / "gate"
    local.script("wait", f"until [ -e {gate} ]; do sleep 0.02; done", cluster="cloud", cpu="4", outputs=[])
    for number in range(3):
        local.put(f"wait/input/{number}", cluster="cloud")

    def running() -> bool:
        return sum(job.state is JobState.RUNNING for job in local.backend.jobs()) == 3

    wait_until(running, "three runs that each ask for more than the resource names")
    endpoint = local.backend.observe([cluster_item("cloud")])["cluster/cloud"].outputs["endpoint"]
    status = requests.get(f"{endpoint}/system/status", auth=("oscar", PASSWORD), timeout=30).json()
    gate.touch()
    local.settled(3)

    (node,) = status["detail"]
    assert int(node["cpuUsage"]) <= int(node["cpuCapacity"]) == 4000
    assert status["cpuFreeTotal"] == 0


def test_fewer_than_no_cores_are_refused(local: Local) -> None:
    with pytest.raises(ExternalError, match="offers nothing"):
        local.cluster("cloud", cores=-1.0)
