"""Runs of functions: Lambda's own client and the FaaS supervisor run them, CloudWatch tells of them."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest
from amazon import open_lambda
from lambda_service import LambdaService, s3_event
from shop import BUCKET, FUNCTION, LAYER, Shop

from aisprint_cli.backends.aws.run_records import runs_in
from aisprint_cli.backends.interface import JobState, Trace
from aisprint_cli.system import packaged

TRACE = "0b0e7f64-2c0e-4b43-9a35-0d1f2a3b4c5d"
REQUEST = "11111111-2222-3333-4444-555555555555"


def write_script(service: LambdaService, text: str) -> None:
    script = service.image / "opt" / "find" / "script.sh"
    script.parent.mkdir(parents=True)
    script.write_text(text)
    script.chmod(script.stat().st_mode | stat.S_IXUSR)


def settled(shop: Shop) -> Trace:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen = shop.backend.trace(TRACE, wait_s=1.0)
        if seen.complete and seen.jobs:
            return seen
    raise AssertionError(seen)


def test_an_object_sets_a_function_off_and_its_result_comes_back(
    shop: Shop, service: LambdaService, tmp_path: Path
) -> None:
    write_script(service, 'echo working; tr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/b c.txt"\n')
    shop.apply(shop.cluster(), shop.function())
    (tmp_path / "in.txt").write_text("ink")

    shop.backend.put(LAYER, f"{BUCKET}/find/input/aisprint-{TRACE} a.txt", tmp_path / "in.txt")
    (run,) = settled(shop).jobs

    assert (run.state, run.exit_code, run.function) == (JobState.SUCCEEDED, 0, "find")
    assert run.input_path == f"{BUCKET}/find/input/aisprint-{TRACE} a.txt"
    assert run.outputs == (f"{LAYER}:{BUCKET}/find/output/b c.txt",)
    shop.backend.fetch(LAYER, f"{BUCKET}/find/output/b c.txt", tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text() == "INK"
    assert "working" in shop.backend.log(run)


def test_a_failed_script_is_a_failed_run(shop: Shop, service: LambdaService, tmp_path: Path) -> None:
    write_script(service, "echo no ink; exit 3\n")
    shop.apply(shop.cluster(), shop.function())
    (tmp_path / "in.txt").write_text("ink")

    shop.backend.put(LAYER, f"{BUCKET}/find/input/aisprint-{TRACE}.txt", tmp_path / "in.txt")
    (run,) = settled(shop).jobs

    assert (run.state, run.exit_code, run.reason) == (JobState.FAILED, 3, "exit code 3")
    assert "no ink" in shop.backend.log(run)


def test_the_standard_script_sends_nothing_on_when_the_code_fails(
    shop: Shop, service: LambdaService, tmp_path: Path
) -> None:
    """Section 4.2: the supervisor sends on what a failed script had written."""
    write_script(service, (packaged.templates_directory() / "local" / "script.sh").read_text())
    code = "import sys; open(sys.argv[-1] + '.txt', 'w').write('half'); sys.exit(4)"
    (service.image / "opt" / "find" / "main.py").write_text(code)
    shop.apply(shop.cluster(), shop.function())
    (tmp_path / "in.txt").write_text("ink")

    shop.backend.put(LAYER, f"{BUCKET}/find/input/aisprint-{TRACE}.txt", tmp_path / "in.txt")
    (run,) = settled(shop).jobs

    assert (run.state, run.exit_code) == (JobState.FAILED, 4)
    assert "Contents" not in shop.amazon.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="find/output/")


def test_the_runs_of_a_service_outlive_the_command_that_fed_it(
    shop: Shop, service: LambdaService, tmp_path: Path
) -> None:
    write_script(service, "echo done\n")
    items = shop.cluster(), shop.function()
    shop.apply(*items)
    shop.amazon.client("s3").put_object(Bucket=BUCKET, Key="find/input/by hand.txt", Body=b"ink")
    answer = service.invoke(FUNCTION, s3_event(BUCKET, "find/input/by hand.txt"))
    later = open_lambda(tmp_path)
    for item in items:
        later._holdings.take(item)

    runs = later.jobs(LAYER, "find")

    assert answer["path"] == "response"
    assert answer["body"]["statusCode"] == 200
    assert {run.input_path for run in runs} == {f"{BUCKET}/find/input/by hand.txt"}
    assert runs[0].trace == ""
    assert later.jobs("nowhere") == ()


def event(message: str, at_s: float, stream: str = "s") -> dict[str, object]:
    return {"message": message + "\n", "timestamp": int(at_s * 1000), "logStreamName": stream}


@pytest.mark.parametrize(
    ("lines", "failure", "finished"),
    [
        ([], "", False),
        ([f"END RequestId: {REQUEST}"], "", False),
        ([f"REPORT RequestId: {REQUEST}\tDuration: 12.0 ms\tBilled Duration: 12 ms"], "", True),
        (
            [f"2026-01-01T00:00:00Z {REQUEST} Task timed out after 900.00 seconds"],
            "timed out after 900.00 s",
            True,
        ),
        (
            [f"REPORT RequestId: {REQUEST}\tDuration: 9.0 ms\tBilled Duration: 9 ms\tStatus: error"],
            "Lambda reports error",
            True,
        ),
        (
            [
                f"RequestId: {REQUEST} Error: Runtime exited with error: signal: killed",
                f"REPORT RequestId: {REQUEST}\tDuration: 9.0 ms\tStatus: error",
            ],
            f"RequestId: {REQUEST} Error: Runtime exited with error: signal: killed",
            True,
        ),
    ],
)
def test_a_log_tells_how_a_run_ended(lines: list[str], failure: str, finished: bool) -> None:
    events = [event(f"START RequestId: {REQUEST} Version: $LATEST", 1.0)]
    events += [event(line, 2.0) for line in lines]

    (run,) = runs_in(events)

    assert (run.failure, run.finished_s is not None) == (failure, finished)
    assert run.started_s == 1.0


def test_a_run_that_lambda_repeats_is_one_run_and_its_last_try_counts() -> None:
    events = [
        event(f"START RequestId: {REQUEST} Version: $LATEST", 1.0, "a"),
        event(f"x {REQUEST} Task timed out after 3.00 seconds", 4.0, "a"),
        event(f"START RequestId: {REQUEST} Version: $LATEST", 60.0, "b"),
        event(f"REPORT RequestId: {REQUEST}\tDuration: 12.0 ms", 61.0, "b"),
    ]

    (run,) = runs_in(events)

    assert (run.failure, run.started_s, run.finished_s) == ("", 1.0, 61.0)
