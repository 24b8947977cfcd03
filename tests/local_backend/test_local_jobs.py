"""How many run at once, what they may take, and how they are ended."""

from __future__ import annotations

from private_runtime import Local, alive, io, wait_until

from aisprint_cli.backends.interface import Job, JobState

MEET = """
mkdir -p {place}; touch {place}/$JOB_UUID
while [ $(ls {place} | wc -l) -lt {count} ]; do sleep 0.02; done
"""


def overlap(jobs: tuple[Job, ...]) -> int:
    """The most runs that were under way at one moment."""
    moments = [(job.started_s, 1) for job in jobs] + [(job.finished_s, -1) for job in jobs]
    most = present = 0
    for _, change in sorted(moments):
        present += change
        most = max(most, present)
    return most


def test_as_many_run_at_once_as_nodes_and_cores_allow(local: Local) -> None:
    local.cluster(nodes=3, cores=1.0)
    place = local.application / "meeting"
    local.script("meet", MEET.format(place=place, count=3), outputs=[])
    for number in range(6):
        local.put(f"meet/input/{number}")
    jobs = local.settled(6)
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    assert overlap(jobs) == 3


def test_memory_of_a_node_limits_what_runs_there(local: Local) -> None:
    local.cluster(nodes=1, cores=8.0, memory_mib=512.0)
    local.script("big", "sleep 0.1", outputs=[], memory="300Mi", cpu="0.1")
    for number in range(3):
        local.put(f"big/input/{number}")
    assert overlap(local.settled(3)) == 1


def test_services_take_turns(local: Local) -> None:
    local.cluster(cores=1.0)
    local.script("gate", "sleep 1", outputs=[])
    local.script("busy", "sleep 0.05", outputs=[])
    local.script("small", "true", outputs=[])
    local.put("gate/input/0")
    for number in range(5):
        local.put(f"busy/input/{number}")
    local.put("small/input/0")
    jobs = sorted(local.settled(7), key=lambda job: job.started_s or 0.0)
    assert [job.function for job in jobs].index("small") < 6
    assert [job.input_path for job in jobs if job.function == "busy"] == [
        f"busy/input/{number}" for number in range(5)
    ]


def test_a_job_that_takes_too_much_memory_is_ended_with_the_reason(local: Local) -> None:
    local.cluster()
    grab = "import time\nx = bytearray(400 * 2**20)\ntime.sleep(30)"
    local.script("grab", f"#!/usr/bin/env python3\n{grab}", outputs=[], memory="128Mi")
    local.script("child", f"python3 -c '{grab}' & wait; echo survived", outputs=[], memory="128Mi")
    local.script("modest", "true", outputs=[], memory="128Mi")
    for name in ("grab", "child", "modest"):
        local.put(f"{name}/input/a")
    jobs = {job.function: job for job in local.settled(3)}
    for name in ("grab", "child"):
        assert jobs[name].state is JobState.FAILED
        assert jobs[name].reason.startswith("out of memory: used ")
        assert jobs[name].reason.endswith(" MiB, limit 128 MiB")
        assert jobs[name].reason in local.backend.log(jobs[name])
    assert jobs["modest"].state is JobState.SUCCEEDED


def test_a_short_peak_of_memory_counts_too(local: Local) -> None:
    local.cluster()
    peak = "x = bytearray(600 * 2**20)\nimport os\nos._exit(0)"
    local.script("peak", f"#!/usr/bin/env python3\n{peak}", memory="64Mi")
    local.put("peak/input/a")
    (job,) = local.settled(1)
    assert job.state is JobState.FAILED
    assert "limit 64 MiB" in job.reason


def test_a_time_limit_ends_the_job_and_its_children(local: Local) -> None:
    local.cluster()
    pid_file = local.application / "pid"
    local.script(
        "slow",
        f"sleep 600 & echo $! > {pid_file}; wait",
        outputs=[],
        annotations={"aisprint.timeout_s": "0.5"},
    )
    local.put("slow/input/a")
    (job,) = local.settled(1)
    assert (job.state, job.reason) == (JobState.FAILED, "ran longer than its 0.5 s")
    wait_until(lambda: not alive(int(pid_file.read_text())), "the child to end")


def test_removing_a_service_ends_its_jobs(local: Local) -> None:
    local.cluster(cores=1.0)
    pid_file = local.application / "pid"
    local.script("slow", f"echo $$ > {pid_file}; sleep 600", outputs=[])
    for number in range(3):
        local.put(f"slow/input/{number}")
    pid = int(wait_until(lambda: pid_file.exists() and pid_file.read_text(), "the job to begin"))
    local.backend._client.remove_service("edge", "slow", keep_data=True)
    assert not alive(pid)
    assert local.backend.jobs() == ()
    assert len(local.backend.objects("edge", "slow/input")) == 3


def test_what_a_job_leaves_in_the_background_ends_with_it(local: Local) -> None:
    local.cluster()
    pid_file = local.application / "pid"
    local.script("leave", f"sleep 600 & echo $! > {pid_file}; exit 0", outputs=[])
    local.put("leave/input/a")
    (job,) = local.settled(1)
    assert job.state is JobState.SUCCEEDED
    wait_until(lambda: not alive(int(pid_file.read_text())), "the background process to end")


def test_what_a_job_leaves_in_another_session_ends_with_it(local: Local) -> None:
    local.cluster()
    pids = local.application / "pids"
    pids.mkdir()
    hidden = f"sh -c 'echo > {pids}/$$; sh -c \"echo > {pids}/\\$\\$; exec sleep 600\" & exec sleep 600'"
    local.script("leave", f"(setsid {hidden} &); until [ $(ls {pids} | wc -l) = 2 ]; do sleep 0.02; done")
    local.put("leave/input/a")
    (job,) = local.settled(1)
    assert job.state is JobState.SUCCEEDED
    for name in pids.iterdir():
        wait_until(lambda pid=int(name.name): not alive(pid), "the hidden process to end")


def test_a_long_log_keeps_its_beginning_and_its_end(local: Local) -> None:
    local.cluster()
    local.script("talk", "echo first; yes 0123456789 | head -c 3000000; echo last", outputs=[])
    local.put("talk/input/a")
    (job,) = local.settled(1)
    text = local.backend.log(job)
    assert text.startswith("first\n")
    assert text.endswith("last\n")
    assert "bytes left out]" in text
    assert len(text) < 1_300_000


def test_an_interpreter_that_is_not_there_is_named(local: Local) -> None:
    local.cluster()
    local.script("odd", "#!/no/such/thing\n", outputs=[])
    local.put("odd/input/a")
    (job,) = local.settled(1)
    assert job.reason == "cannot start /no/such/thing: No such file or directory"


def test_a_report_is_kept_with_its_job(local: Local) -> None:
    local.cluster()
    local.script("measure", 'echo "execution_time x=1" > "$AISPRINT_REPORT_FILE"', outputs=[])
    local.put("measure/input/a")
    (job,) = local.settled(1)
    assert local.backend.report(job) == "execution_time x=1\n"


def test_output_for_two_clusters_arrives_in_both(local: Local) -> None:
    local.cluster("edge")
    local.cluster("cloud")
    outputs = [io("both/output"), io("both/output", provider="minio.cloud")]
    local.script("both", 'echo hi > "$TMP_OUTPUT_DIR/x"', outputs=outputs)
    local.put("both/input/a")
    local.settled(1)
    assert local.text("both/output/x") == local.text("both/output/x", cluster="cloud") == "hi\n"
