"""Files travel from function to function by themselves."""

from __future__ import annotations

import json
import uuid

from private_runtime import Local, io, wait_until

from aisprint_cli.backends.interface import JobState

APPEND = 'name=$(basename "$INPUT_FILE_PATH"); (cat "$INPUT_FILE_PATH"; echo {0}) > "$TMP_OUTPUT_DIR/$name"'


def test_three_scripts_run_one_after_the_other_and_share_a_trace(local: Local) -> None:
    local.cluster("edge")
    local.cluster("cloud")
    local.script("one", APPEND.format("one"), outputs=[io("one/output")])
    local.script(
        "two",
        APPEND.format("two"),
        inputs=[io("one/output")],
        outputs=[io("two/output", provider="minio.cloud")],
    )
    local.script("three", APPEND.format("three"), cluster="cloud", inputs=[io("two/output")])
    trace = str(uuid.uuid4())
    local.put(f"one/input/aisprint-{trace}.txt", "zero\n")
    view = local.complete(trace)
    assert [(job.function, job.state) for job in view.jobs] == [
        ("one", JobState.SUCCEEDED),
        ("two", JobState.SUCCEEDED),
        ("three", JobState.SUCCEEDED),
    ]
    assert {job.trace for job in view.jobs} == {trace}
    final = f"three/output/aisprint-{trace}.txt"
    assert view.jobs[-1].outputs == (f"cloud:{final}",)
    assert local.text(final, cluster="cloud") == "zero\none\ntwo\nthree\n"
    target = local.application / "results" / "answer.txt"
    local.backend.fetch("cloud", final, target)
    assert target.read_text() == "zero\none\ntwo\nthree\n"


def test_a_trace_follows_lineage_when_a_script_renames(local: Local) -> None:
    local.cluster()
    local.script("first", 'echo 1 > "$TMP_OUTPUT_DIR/other.txt"')
    local.script("second", "true", inputs=[io("first/output")], outputs=[])
    local.put("first/input/photo.png")
    jobs = local.settled(2)
    assert jobs[0].trace == jobs[1].trace
    assert jobs[1].input_path == "first/output/other.txt"


def test_each_of_many_outputs_sets_off_its_own_run(local: Local) -> None:
    local.cluster()
    fan = 'for n in 1 2 3; do echo $n > "$TMP_OUTPUT_DIR/part_$n"; done'
    local.script("fan", fan)
    local.script("left", APPEND.format("l"), inputs=[io("fan/output")])
    local.script("right", APPEND.format("r"), inputs=[io("fan/output")])
    local.put("fan/input/a")
    jobs = local.settled(7)
    assert len({job.trace for job in jobs}) == 1
    assert [local.text(f"left/output/part_{n}") for n in (1, 2, 3)] == ["1\nl\n", "2\nl\n", "3\nl\n"]
    assert [local.text(f"right/output/part_{n}") for n in (1, 2, 3)] == ["1\nr\n", "2\nr\n", "3\nr\n"]


def test_suffix_and_prefix_decide_where_a_file_goes(local: Local) -> None:
    local.cluster()
    local.script(
        "sort",
        'cd "$TMP_OUTPUT_DIR"; for f in x_NO_DRIFT x_DRIFTED keep.txt drop.txt; do echo $f > $f; done',
        outputs=[
            io("good/output", suffix=["_NO_DRIFT"]),
            io("drift/output", suffix="_DRIFTED"),
            io("kept/output", prefix=["keep"], suffix=[".txt", ".md"]),
            io("all/output"),
        ],
    )
    local.put("sort/input/a")
    (job,) = local.settled(1)
    assert sorted(job.outputs) == [
        "edge:all/output/drop.txt",
        "edge:all/output/keep.txt",
        "edge:all/output/x_DRIFTED",
        "edge:all/output/x_NO_DRIFT",
        "edge:drift/output/x_DRIFTED",
        "edge:good/output/x_NO_DRIFT",
        "edge:kept/output/keep.txt",
    ]
    assert local.text("good/output/x_NO_DRIFT") == local.text("all/output/x_NO_DRIFT") == "x_NO_DRIFT\n"


def test_an_input_rule_leaves_other_files_alone(local: Local) -> None:
    local.cluster()
    local.script("pick", "true", inputs=[io("pick/input", suffix=[".png"], prefix=["page"])], outputs=[])
    for name in ("page1.png", "page1.txt", "cover.png"):
        local.put(f"pick/input/{name}")
    (job,) = local.settled(1)
    assert job.input_path == "pick/input/page1.png"


def test_a_failing_script_stops_its_chain_and_says_so(local: Local) -> None:
    local.cluster()
    local.script("bad", 'echo half > "$TMP_OUTPUT_DIR/x"; echo oh no >&2; exit 3')
    local.script("after", "true", inputs=[io("bad/output")], outputs=[])
    trace = str(uuid.uuid4())
    local.put(f"bad/input/aisprint-{trace}")
    view = local.complete(trace)
    (job,) = view.jobs
    assert (job.state, job.exit_code, job.reason, job.outputs) == (JobState.FAILED, 3, "exit code 3", ())
    assert local.backend.log(job) == "oh no\n"
    assert local.backend.objects("edge", "bad/output") == ()


def test_an_output_for_a_place_nobody_knows_fails_with_words(local: Local) -> None:
    local.cluster()
    local.script("far", "true", outputs=[io("far/output", provider="minio.mars")])
    local.script("bucket", "true", outputs=[io("far/output", provider="onedata.space")])
    local.put("far/input/a")
    local.put("bucket/input/a")
    jobs = local.settled(2)
    assert {job.state for job in jobs} == {JobState.FAILED}
    assert "'mars', which is not hosted here" in jobs[0].reason
    assert "'onedata.space'" in jobs[1].reason


def test_a_script_sees_the_contract_of_the_supervisor_and_nothing_of_the_shell(
    local: Local, monkeypatch: object
) -> None:
    local.cluster()
    local.script(
        "look",
        '#!/bin/sh\nenv > "$TMP_OUTPUT_DIR/env"; ls "$TMP_INPUT_DIR" > "$TMP_OUTPUT_DIR/input"',
        environment={"Variables": {"COMPONENT_NAME": "look"}},
    )
    local.put("look/input/deep/a b.txt", "text")
    (job,) = local.settled(1)
    seen = dict(line.split("=", 1) for line in local.text("look/output/env").splitlines() if "=" in line)
    assert seen["STORAGE_OBJECT_KEY"] == "input/deep/a b.txt"
    assert seen["INPUT_FILE_PATH"].endswith("/a b.txt")
    assert local.text("look/output/input") == "a b.txt\n"
    assert seen["JOB_UUID"] == job.id
    assert seen["RESOURCE_ID"] == "node-1"
    assert seen["COMPONENT_NAME"] == "look"
    record = json.loads(seen["EVENT"])["Records"][0]
    assert record["eventSource"] == "minio:s3"
    assert record["eventTime"] == seen["EVENT_TIME"]
    assert record["s3"]["bucket"]["name"] == "look"
    assert record["s3"]["object"]["key"] == "input%2Fdeep%2Fa%20b.txt"
    allowed = {"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PWD", "OLDPWD", "SHLVL", "_"}
    ours = {"EVENT", "EVENT_TIME", "JOB_UUID", "RESOURCE_ID", "COMPONENT_NAME", "STORAGE_OBJECT_KEY"}
    ours |= {"INPUT_FILE_PATH", "TMP_INPUT_DIR", "TMP_OUTPUT_DIR", "AISPRINT_TRACE", "AISPRINT_REPORT_FILE"}
    assert set(seen) <= allowed | ours


def test_objects_of_jobs_and_of_the_api_are_not_taken_for_dropped_ones(local: Local) -> None:
    local.cluster()
    local.script("one", APPEND.format("one"))
    local.script("two", "true", inputs=[io("one/output")], outputs=[])
    for number in range(20):
        local.put(f"one/input/{number}")
    local.put("one/input/0", "again")
    local.settled(42)
    # Once a file dropped after all of them has been found, all of them have been looked at.
    (local.home.buckets("edge") / "one" / "output" / "dropped").write_text("x")
    wait_until(lambda: len(local.backend.jobs()) > 42, "the dropped file to be seen")
    jobs = local.settled(43)
    assert jobs[-1].input_path == "one/output/dropped"
    assert local.text("one/output/0") == "againone\n"


def test_a_file_dropped_in_by_hand_sets_off_one_run(local: Local) -> None:
    local.cluster()
    local.script("drop", APPEND.format("seen"))
    folder = local.home.buckets("edge") / "drop" / "input"
    (folder / ".hidden").write_text("no")
    (folder / "upload.part").write_text("no")
    (folder / "page.txt").write_text("yes\n")
    wait_until(lambda: local.backend.jobs(), "the dropped file to be seen")
    (folder / "second.txt").write_text("yes\n")
    jobs = local.settled(2)
    assert [job.input_path for job in jobs] == ["drop/input/page.txt", "drop/input/second.txt"]
    (folder / "page.txt").write_text("changed\n")
    wait_until(lambda: len(local.backend.jobs()) == 3, "the changed file to be seen")
    local.settled(3)
    assert local.text("drop/output/page.txt") == "changed\nseen\n"
