from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from library_programs import Program

from aisprint import annotations as ann

KEYWORD = [
    ann.component_name(name="c"),
    ann.exec_time(local_time_thr=1, global_time_thr=2.5, prev_components=["b"]),
    ann.expected_throughput(rate=3),
    ann.partitionable_model(onnx_file="m.onnx", num_partitions=2),
    ann.early_exits_model(onnx_file="m.onnx", condition_function="stop", transition_probabilities=[0.5]),
    ann.device_constraints(ram=1, vram=2, use_gpu_for=["dnn"]),
    ann.model_performance(metric="f1", metric_thr=0.5, filtered_class="x"),
    ann.detect_metric_drift(metric="m", field="f", statistical_test="t", test_threshold=0.1),
    ann.security(trustedExecution=True, networkShield=False),
]
POSITIONAL = [
    ann.component_name("c"),
    ann.exec_time(1, 2.5, ["b"]),
    ann.expected_throughput(3),
    ann.partitionable_model("m.onnx", 2),
    ann.early_exits_model("m.onnx", "stop", [0.5]),
    ann.device_constraints(1, 2, ["dnn"]),
    ann.model_performance("f1", 0.5, "x"),
    ann.detect_metric_drift("m", "f", "t", 0.1),
    ann.security(True, False),
]
TOGETHER = ann.annotation(
    {
        "component_name": {"name": "c"},
        "exec_time": {"local_time_thr": 1, "global_time_thr": 2.5, "prev_components": ["b"]},
        "expected_throughput": {"rate": 3},
        "partitionable_model": {"onnx_file": "m.onnx", "num_partitions": 2},
        "early_exits_model": {
            "onnx_file": "m.onnx",
            "condition_function": "stop",
            "transition_probabilities": [0.5],
        },
        "device_constraints": {"ram": 1, "vram": 2, "use_gpu_for": ["dnn"]},
        "model_performance": {"metric": "f1", "metric_thr": 0.5, "filtered_class": "x"},
        "detect_metric_drift": {"metric": "m", "field": "f", "statistical_test": "t", "test_threshold": 0.1},
        "security": {"trustedExecution": True, "networkShield": False},
    }
)


def decorated(decorators: list[Callable[[Any], Any]]) -> Callable[..., Any]:
    def main(args: int, *more: int, key: str = "") -> tuple[object, ...]:
        """What it does."""
        if args < 0:
            raise LookupError(args)
        return args, more, key

    found: Any = main
    for decorator in decorators:
        found = decorator(found)
    return found


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONIT_HOST", "127.0.0.1")


def test_every_form_declares_the_same() -> None:
    forms = [ann.declared(decorated(list(form))) for form in (KEYWORD, POSITIONAL, [TOGETHER])]
    assert forms[0] == forms[1] == forms[2]
    assert len(forms[0]) == len(KEYWORD)


@pytest.mark.parametrize("chosen", list(itertools.permutations([*KEYWORD[:2], TOGETHER])))
def test_stacked_in_any_order_main_stays_what_it_was(chosen: tuple[Callable[[Any], Any], ...]) -> None:
    main = decorated(list(chosen))
    assert main(1, 2, key="k") == (1, (2,), "k")
    assert (main.__name__, main.__doc__) == ("main", "What it does.")
    with pytest.raises(LookupError):
        main(-1)


def test_only_exec_time_wraps() -> None:
    def main() -> None: ...

    for decorator in [*KEYWORD[:1], *KEYWORD[2:]]:
        assert decorator(main) is main
    assert ann.exec_time(main).__wrapped__ is main
    assert ann.exec_time()(ann.exec_time(3)(main)).__wrapped__ is main


def test_a_main_that_is_a_coroutine_is_still_one() -> None:
    @ann.exec_time(local_time_thr=1)
    async def main(value: int) -> int:
        await asyncio.sleep(0)
        return value

    assert asyncio.iscoroutinefunction(main)
    assert asyncio.run(main(4)) == 4


PROGRAM = """
import asyncio, sys
from aisprint.annotations import annotation, exec_time, component_name
{decorators}
{kind}def main():
    {body}
{call}
"""


def fields(line: str) -> dict[str, float]:
    head, values, _ = line.split(" ")
    assert head.split(",")[0] == "execution_time"
    return {name: float(value) for name, value in (pair.split("=") for pair in values.split(","))}


@pytest.mark.parametrize(
    ("decorators", "kind", "body", "call", "returncode"),
    [
        ("@exec_time()", "", "pass", "main()", 0),
        ("@annotation({'exec_time': {}})", "", "raise ValueError('mine')", "main()", 1),
        ("@exec_time(3)\n@component_name('c')", "", "sys.exit(7)", "main()", 7),
        ("@exec_time\n@annotation({'exec_time': {}})", "async ", "1/0", "asyncio.run(main())", 1),
    ],
)
def test_each_run_of_main_is_reported_once(
    program: Program, tmp_path: Path, decorators: str, kind: str, body: str, call: str, returncode: int
) -> None:
    event = '{"Records": [{"eventTime": "2020-01-02T03:04:05.250Z"}]}'
    report = tmp_path / "report"
    done = program(
        PROGRAM.format(decorators=decorators, kind=kind, body=body, call=call),
        check=False,
        AISPRINT_REPORT_FILE=str(report),
        EVENT=event,
        KCI="a cluster",
        RESOURCE_ID="vm,1",
        COMPONENT_NAME="c",
        UUID="u=1",
    )
    assert done.returncode == returncode
    (line,) = report.read_text().splitlines()
    line = line.replace("\\ ", "_")
    assert line.startswith(
        "execution_time,component_name=c,kubernetes_cluster_id=a_cluster,resource_id=vm\\,1,session_id=u\\=1 "
    )
    found = fields(line)
    assert found["job_start_time"] == 1577934245.25
    assert found["function_duration"] == found["job_end_time"] - found["function_start_time"]
    assert found["job_duration"] == found["job_end_time"] - found["job_start_time"]
    assert found["job_overhead"] == found["function_start_time"] - found["job_start_time"]


def test_without_an_event_the_job_starts_with_main(program: Program, tmp_path: Path) -> None:
    report = tmp_path / "report"
    source = PROGRAM.format(decorators="@exec_time()", kind="", body="pass", call="main()")
    program(source, AISPRINT_REPORT_FILE=str(report), EVENT="not an event")
    found = fields(report.read_text().strip())
    assert found["job_start_time"] == found["function_start_time"]
    assert found["job_overhead"] == 0
