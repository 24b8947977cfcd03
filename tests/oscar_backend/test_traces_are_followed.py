"""A trace is followed from file names and what runs say they read and wrote; clouds that do not run here."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from aisprint_cli.backends.folders import Folder, folder_in, routes_in, trace_in
from aisprint_cli.backends.interface import Job, JobState
from aisprint_cli.backends.objects.store import StoredObject
from aisprint_cli.backends.run_log import framed, read_run_log
from aisprint_cli.backends.tracing import follow, look

TRACE = "0b0e7f64-2c0e-4b43-9a35-0d1f2a3b4c5d"
FED = f"find/input/aisprint-{TRACE}.txt"


@dataclass
class Function:
    """A function as a test says it is."""

    name: str
    reads: str
    stored: dict[str, float] = field(default_factory=dict)
    ran: list[Job] = field(default_factory=list)
    cluster: str = "edge"
    asked: int = 0

    @property
    def inputs(self) -> tuple[Folder, ...]:
        return (Folder(self.cluster, "minio", self.reads, (".txt",)),)

    def objects(self, prefix: str) -> list[StoredObject]:
        self.asked += 1
        return [StoredObject(path, 1, at) for path, at in self.stored.items() if path.startswith(prefix)]

    def runs(self, since_s: float) -> list[Job]:
        self.asked += 1
        return [job for job in self.ran if job.created_s >= since_s]


def job(name: str, reads: str, *writes: str, at: float = 100.0, state: Any = JobState.SUCCEEDED) -> Job:
    outputs = tuple(f"edge:{path}" for path in writes)
    return Job(f"{name}-{at:g}", "edge", name, "", state, reads, at, at, at + 1, 0, "", outputs)


def test_a_trace_is_complete_when_everything_of_it_was_read_and_has_ended() -> None:
    find, read = Function("find", "find/input", {FED: 100.0}), Function("read", "find/output")
    assert look([read, find], TRACE, 101.0).complete is False  # nothing has read it yet

    find.ran = [job("find", FED, state=JobState.RUNNING)]
    assert look([read, find], TRACE, 101.0).complete is False

    output = f"find/output/aisprint-{TRACE}.txt"
    find.ran, read.stored = [job("find", FED, output)], {output: 101.0}
    assert look([read, find], TRACE, 102.0).complete is False

    read.ran = [job("read", output, at=101.5)]
    seen = look([read, find], TRACE, 103.0)
    assert seen.complete is True
    assert [(run.function, run.trace) for run in seen.jobs] == [("find", TRACE), ("read", TRACE)]


def test_what_was_written_under_another_name_is_followed_too() -> None:
    find = Function("find", "find/input", {FED: 100.0}, [job("find", FED, "find/output/page 1.txt")])
    other = job("read", "find/output/somebody else.txt")
    read = Function("read", "find/output", {"find/output/page 1.txt": 101.0}, [other])
    assert look([read, find], TRACE, 102.0).complete is False

    read.ran.append(job("read", "find/output/page 1.txt", at=101.0))
    seen = look([read, find], TRACE, 102.0)

    assert [run.function for run in seen.jobs] == ["find", "read"]
    assert seen.complete is True


def test_what_no_rule_takes_is_not_waited_for() -> None:
    find = Function("find", "find/input", {FED: 100.0}, [job("find", FED, "find/output/a.png")])
    read = Function("read", "find/output", {"find/output/a.png": 101.0})

    assert look([find, read], TRACE, 102.0).complete is True


def test_an_object_that_set_nothing_off_is_not_waited_for_for_ever() -> None:
    find = Function("find", "find/input", {FED: 100.0})

    assert look([find], TRACE, 150.0).complete is False
    assert look([find], TRACE, 500.0).complete is True


def test_each_function_is_asked_little_however_long_the_chain() -> None:
    functions, path = [], FED
    for number in range(10):
        output = f"part{number}/output/aisprint-{TRACE}.txt"
        function = Function(f"part{number}", path.rpartition("/")[0], {path: 100.0 + number})
        function.ran = [job(function.name, path, output, at=100.0 + number)]
        functions.insert(0, function)
        path = output

    assert len(look(functions, TRACE, 120.0).jobs) == 10
    assert {function.asked for function in functions} == {2}


def test_waiting_ends_with_a_change() -> None:
    find = Function("find", "find/input", {FED: time.time()})
    before = look([find], TRACE, time.time())
    threading.Timer(0.2, lambda: find.ran.append(job("find", FED, at=time.time()))).start()

    seen = follow(lambda: [find], TRACE, before=before, wait_s=30.0)

    assert len(seen.jobs) == 1
    assert follow(lambda: [find], TRACE, before=seen, wait_s=0.0) == seen


def test_a_log_without_our_frame_is_read_by_the_supervisors_words() -> None:
    text = """\
2026-01-01 00:00:00,000 - supervisor - INFO - Downloading item from bucket 'find' with key 'input/a b.txt'
2026-01-01 00:00:01,000 - supervisor - WARNING - User script exited with code 2!
2026-01-01 00:00:02,000 - supervisor - INFO - Checking files for uploading to 'minio.shop-l2' on path: 'x/y'
2026-01-01 00:00:02,000 - supervisor - INFO - Uploading file 'y/c d.txt' to bucket 'x'
2026-01-01 00:00:02,000 - supervisor - INFO - Checking files for uploading to 'minio' on path: 'z'
2026-01-01 00:00:02,000 - supervisor - INFO - Uploading file 'e' to bucket 'z'
"""
    facts = read_run_log(text, "shop-l1", ())

    assert (facts.input_path, facts.exit_code) == ("find/input/a b.txt", 2)
    assert facts.outputs == ("shop-l2:x/y/c d.txt", "shop-l1:z/e")


def test_words_of_a_component_are_not_taken_for_ours() -> None:
    text = "aisprint: event {broken\naisprint: event []\naisprint: event {}\naisprint: ended with -\n"

    facts = read_run_log(text, "edge", ())

    assert (facts.input_path, facts.outputs, facts.exit_code) == ("", (), None)


def test_a_frame_keeps_a_script_as_it_is() -> None:
    script = "cat <<END\n  {braces} $(dollars) 'quotes'\nEND\n"

    assert script in framed(script)


def test_folders_are_read_as_oscar_and_the_supervisor_read_them() -> None:
    service = {
        "input": [{"path": "/a/b/", "suffix": ".png"}, {"storage_provider": "minio.default", "path": "c"}],
        "output": [
            {"storage_provider": "s3.far", "path": "d/e", "prefix": ["x"]},
            {"storage_provider": "onedata.mine", "path": "f"},
        ],
    }

    routes = routes_in("edge", service)

    assert routes.buckets("edge") == ("a", "c")
    assert [folder.key for folder in routes.inputs] == ["b/", ""]
    assert routes.inputs[0].covers("a/b/deep/x.png")
    assert not routes.inputs[0].covers("a/b/x.jpg")
    assert not routes.outputs[0].accepts("y")
    assert folder_in("edge", {"storage_provider": "s3", "path": "a/b"}).cluster == "edge"
    assert trace_in(f"a/b/aisprint-{TRACE.upper()}-1.txt") == TRACE
    assert trace_in(f"a/aisprint-{TRACE}/b.txt") == ""
