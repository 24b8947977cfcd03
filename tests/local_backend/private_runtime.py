"""What the tests of the local back end share: a private runtime with real processes and real HTTP."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from aisprint_cli.backends.interface import (
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    Job,
    JobState,
    ResourceCapacity,
    Trace,
)
from aisprint_cli.backends.local import launch
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home

PASSWORD = "correct horse battery"
DEADLINE_S = 60.0


def resolve(reference: str) -> str:
    return {"secret://generated/password": PASSWORD, "secret://generated/local/owner": "me"}[reference]


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"still waiting for: {what}")


def cluster_item(
    name: str = "edge", *, nodes: int = 1, cores: float = 2.0, memory_mib: float = 4096.0
) -> Item:
    spec = ClusterSpec(
        "app", 1, (ResourceCapacity("node", nodes, cores, memory_mib),), "secret://generated/password"
    )
    return Item(ItemKind.CLUSTER, name, spec)


def io(path: str, *, provider: str = "minio", **rules: Any) -> dict[str, Any]:
    return {"storage_provider": provider, "path": path, **rules}


@dataclass
class Local:
    """A back end on a home of its own, with shorthands."""

    home: Home
    application: Path
    backend: LocalBackend
    notes: list[str] = field(default_factory=list)

    def cluster(self, name: str = "edge", **capacity: Any) -> None:
        self.backend.apply(cluster_item(name, **capacity), self.notes.append)

    def script(
        self,
        name: str,
        script: str,
        *,
        cluster: str = "edge",
        inputs: list[dict[str, Any]] | None = None,
        outputs: list[dict[str, Any]] | None = None,
        digest: str = "",
        **fields: Any,
    ) -> None:
        """A service that is a shell script and nothing else."""
        document = {
            "name": name,
            "image": "none",
            "script": script,
            "memory": "256Mi",
            "cpu": "1",
            "input": [io(f"{name}/input")] if inputs is None else inputs,
            "output": [io(f"{name}/output")] if outputs is None else outputs,
            **fields,
        }
        self.backend._client.put_service(cluster, name, {"service": document, "hosting": {"digest": digest}})

    def function_item(self, part: str, *, cluster: str = "edge", digest: str = "1", **fields: Any) -> Item:
        name = part.replace("_", "-")
        service = {
            "name": name,
            "image": "none",
            "script": f'#!/bin/sh\n"${{AISPRINT_ROOT:-}}/opt/{part}/script.sh"\n',
            "memory": "256Mi",
            "cpu": "1",
            "input": [io(f"{name}/input")],
            "output": [io(f"{name}/output")],
            **fields,
        }
        spec = FunctionSpec(cluster, part, "node", f"designs/{part}", digest, service)
        return Item(ItemKind.FUNCTION, name, spec, (f"cluster/{cluster}",))

    def put(self, path: str, content: str = "x", *, cluster: str = "edge") -> None:
        source = self.application / "input-file"
        source.write_text(content)
        self.backend.put(cluster, path, source)

    def text(self, path: str, *, cluster: str = "edge") -> str:
        return (self.home.buckets(cluster) / path).read_text()

    def settled(self, count: int, *, cluster: str | None = None) -> tuple[Job, ...]:
        """All runs, once there are `count` and none waits or runs."""
        ended = {JobState.SUCCEEDED, JobState.FAILED}

        def look() -> tuple[Job, ...] | None:
            jobs = self.backend.jobs(cluster)
            done = len(jobs) >= count and all(job.state in ended for job in jobs)
            return jobs if done else None

        found: tuple[Job, ...] = wait_until(look, f"{count} jobs to end")
        assert len(found) == count
        return found

    def complete(self, trace: str) -> Trace:
        view = self.backend.trace(trace, wait_s=DEADLINE_S)
        while not view.complete:
            view = self.backend.trace(trace, wait_s=DEADLINE_S)
        return view

    def kill_runtime(self) -> None:
        """SIGKILL, and wait until the process is gone."""
        address = launch.read_address(self.home)
        assert address is not None
        end_process(address.pid)


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_process(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    wait_until(lambda: not psutil.pid_exists(pid), f"process {pid} to be gone")


def processes_of(home: Home) -> list[psutil.Process]:
    """Every process that names this home in its arguments or its environment."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = [*process.cmdline(), *process.environ().values()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(home.root) in word for word in words):
                found.append(process)
    return [process for process in found if process.pid != os.getpid()]
