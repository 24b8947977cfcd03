"""The FaaS supervisor that OSCAR runs in its jobs, with a script as we send it and moto for MinIO."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from amazon import ACCESS, REGION, SECRET, Amazon, start_moto
from lambda_service import make_runtime

from aisprint_cli.backends.folders import folder_in
from aisprint_cli.backends.run_log import RunFacts, framed, read_run_log

INPUT = "input/aisprint-0b0e7f64-2c0e-4b43-9a35-0d1f2a3b4c5d a+b.txt"
OUTPUTS = [
    {"storage_provider": "minio.shop-l2", "path": "find/output", "suffix": ["_NO_DRIFT"]},
    {"storage_provider": "minio.shop-l2", "path": "find/drifted", "suffix": ["_DRIFTED"]},
]
Run = Callable[[str], tuple[RunFacts, str]]


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runtime(tmp_path_factory.mktemp("supervisor"))


@pytest.fixture(scope="module")
def amazon() -> Iterator[Amazon]:
    with start_moto() as url:
        found = Amazon(url)
        region = {"LocationConstraint": REGION}
        found.client("s3").create_bucket(Bucket="find", CreateBucketConfiguration=region)
        found.client("s3").put_object(Bucket="find", Key=INPUT, Body=b"ink")
        yield found


@pytest.fixture
def run(interpreter: Path, amazon: Amazon, tmp_path: Path) -> Run:
    """Runs a script as a job of `find` on shop-l1; what its log tells, and the log."""
    storage = {"endpoint": amazon.url, "access_key": ACCESS, "secret_key": SECRET, "region": REGION}
    config: dict[str, Any] = {
        "name": "find",
        "input": [{"storage_provider": "minio.shop-l2", "path": "find/input"}],
        "output": OUTPUTS,
        "storage_providers": {"minio": {"shop-l2": storage}},
    }
    record = {
        "eventSource": "minio:s3",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "s3": {"bucket": {"name": "find", "arn": "arn:aws:s3:::find"}, "object": {"key": quote_plus(INPUT)}},
    }
    event = {"Key": f"find/{INPUT}", "Records": [record]}

    def act(script: str) -> tuple[RunFacts, str]:
        done = subprocess.run(
            [interpreter, "-W", "ignore", "-m", "faassupervisor.supervisor"],
            input=json.dumps({"event": json.dumps(event), "storage_provider": "shop-l2"}),
            env={
                "PATH": os.environ["PATH"],
                "SCRIPT": base64.b64encode(framed(script).encode()).decode(),
                "FUNCTION_CONFIG": base64.b64encode(json.dumps(config).encode()).decode(),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        log = done.stderr + done.stdout
        return read_run_log(log, "shop-l1", [folder_in("shop-l1", entry) for entry in OUTPUTS]), log

    return act


def stored(amazon: Amazon, prefix: str) -> list[str]:
    listed = amazon.client("s3").list_objects_v2(Bucket="find", Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def test_a_run_tells_what_it_read_and_wrote_and_each_file_goes_where_its_name_says(
    run: Run, amazon: Amazon
) -> None:
    """Section 4.2: a rule that was no list sent a drifted file to both folders."""
    facts, log = run(
        'echo working on "$INPUT_FILE_PATH"; cd "$TMP_OUTPUT_DIR"\n'
        'cat "$INPUT_FILE_PATH" > a_NO_DRIFT; echo > "b c_DRIFTED"; echo > neither'
    )

    assert "working on" in log
    assert facts.exit_code == 0
    assert facts.input_path == f"find/{INPUT}"
    assert set(facts.outputs) == {"shop-l2:find/output/a_NO_DRIFT", "shop-l2:find/drifted/b c_DRIFTED"}
    assert stored(amazon, "output") == ["output/a_NO_DRIFT"]
    assert stored(amazon, "drifted") == ["drifted/b c_DRIFTED"]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('echo > "$TMP_OUTPUT_DIR/half_NO_DRIFT"; exit 3', 3),
        ('echo > "$TMP_OUTPUT_DIR/half_NO_DRIFT"\nkill -9 $$', 137),
        ('set -e; echo > "$TMP_OUTPUT_DIR/half_NO_DRIFT"; false; echo not here', 1),
        ("/opt/find/script.sh", 127),
    ],
)
def test_a_script_that_fails_sends_nothing_on_though_the_supervisor_ends_well(
    run: Run, amazon: Amazon, script: str, code: int
) -> None:
    """Section 4.2: the supervisor ignored how a script ended, and the chain went on."""
    before = stored(amazon, "output")

    facts, _log = run(f"({script})" if "kill" not in script else f"sh -c '{script}'")

    assert (facts.exit_code, facts.outputs) == (code, ())
    assert stored(amazon, "output") == before
