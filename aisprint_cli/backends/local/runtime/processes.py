"""One job's process: started in a session of its own, watched, and ended with all its children."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from aisprint_cli.backends.local.runtime.joblog import JobLog

_MIB: Final = 2**20
_SAMPLE_S: Final = 0.05
_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended; `reason` is empty when it ended by itself with `exit_code`."""

    exit_code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, where, and within which bounds.

    `after` is asked once it has ended or was stopped, with how it ended; it may know better.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    memory_mib: float
    timeout_s: float | None = None
    after: Callable[[Ending], Ending] | None = None


@dataclass
class Watched:
    """A running process; `stop` ends it from another thread and gives the reason."""

    pid: int
    memory_mib: float
    reason: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: bool = False

    def stop(self, reason: str) -> None:
        """Kill the process and its children, unless it has ended; the first reason stays."""
        with self._lock:
            if self._over:
                return
            self.reason = self.reason or reason
            _end_with_descendants(self.pid)

    def close(self) -> None:
        """Kill what the process left behind; afterwards `stop` does nothing."""
        with self._lock:
            self._over = True
            end_session(self.pid)


class MemoryGuard:
    """Samples the memory of running jobs and ends the one that takes more than it may.

    Resident memory is summed over the process's session; where that is above the limit, shared pages
    are counted once (proportional set size) before anything is killed.
    """

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        self._change = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._loop, name="memory-guard", daemon=True)
        self._thread.start()

    def add(self, watched: Watched) -> None:
        """Watch a process."""
        with self._change:
            self._watched[watched.pid] = watched
            self._change.notify()

    def discard(self, watched: Watched) -> None:
        """Watch it no more."""
        with self._change:
            self._watched.pop(watched.pid, None)

    def stop(self) -> None:
        """End the sampling."""
        with self._change:
            self._stopped = True
            self._change.notify()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._stopped or self._watched)
                if self._stopped:
                    return
                present = dict(self._watched)
            began = time.monotonic()
            self._sample(present)
            time.sleep(max(_SAMPLE_S, 10 * (time.monotonic() - began)))

    def _sample(self, watched: Mapping[int, Watched]) -> None:
        members = _members(set(watched))
        for session, pids in members.items():
            limit = watched[session].memory_mib
            if _memory_mib(pids, shared_once=False) > limit:
                used = _memory_mib(pids, shared_once=True)
                if used > limit:
                    watched[session].stop(memory_reason(used, limit))


def memory_reason(used_mib: float, limit_mib: float) -> str:
    """What is said of a job that took too much."""
    return f"out of memory: used {used_mib:.0f} MiB, limit {limit_mib:.0f} MiB"


def run(command: Command, log: JobLog, guard: MemoryGuard, on_start: Callable[[Watched], None]) -> Ending:
    """Run a command to its end, its output going to `log`.

    `on_start` gets the process as soon as there is one.

    Raises:
        OSError: when the program cannot be started.
    """
    own_peak_mib = _peak_mib()
    process = subprocess.Popen(
        list(command.arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(command.environment),
        cwd=command.directory,
        start_new_session=True,
    )
    watched = Watched(process.pid, command.memory_mib)
    guard.add(watched)
    try:
        on_start(watched)
        _follow(process, watched, log, command.timeout_s)
    except BaseException:
        watched.stop("the runtime failed")
        raise
    finally:
        guard.discard(watched)
        exit_code, peak_mib = _reap(process, watched, log)
    # The kernel hands a child its parent's peak, so only a higher one is the job's own.
    if not watched.reason and peak_mib > max(command.memory_mib, own_peak_mib, _peak_mib()):
        watched.reason = memory_reason(peak_mib, command.memory_mib)
    ending = Ending(exit_code, watched.reason)
    return command.after(ending) if command.after is not None else ending


def _follow(process: subprocess.Popen[bytes], watched: Watched, log: JobLog, timeout_s: float | None) -> None:
    """Copy output until the process itself ends; its children do not hold the job up."""
    assert process.stdout is not None  # noqa: S101  it was asked for
    pipe = process.stdout.fileno()
    deadline = time.monotonic() + timeout_s if timeout_s else None
    ended = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            selector.register(ended, selectors.EVENT_READ)
            while True:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                ready = {key.fd for key, _ in selector.select(left)}
                if ended in ready:
                    return
                if pipe in ready:
                    data = os.read(pipe, _CHUNK)
                    log.write(data)
                    if not data:
                        selector.unregister(pipe)
                elif left == 0.0:
                    deadline = None
                    watched.stop(f"ran longer than its {timeout_s:g} s")
    finally:
        os.close(ended)


def _reap(process: subprocess.Popen[bytes], watched: Watched, log: JobLog) -> tuple[int, float]:
    """Exit code and peak memory (MiB); the session is ended first, while the number is still ours."""
    assert process.stdout is not None  # noqa: S101  it was asked for
    watched.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    with process.stdout as rest:
        os.set_blocking(rest.fileno(), False)
        while data := rest.read(_CHUNK):
            log.write(data)
    return process.returncode, usage.ru_maxrss / 1024


def end_session(session: int) -> None:
    """Kill every process of a session."""
    with suppress(OSError):
        os.killpg(session, signal.SIGKILL)
    for pid in _members({session}).get(session, []):
        if pid != session:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _end_with_descendants(session: int) -> None:
    """Kill a session and, while their parents still lead to them, those that left it."""
    descendants: list[psutil.Process] = []
    with suppress(psutil.Error):
        descendants = psutil.Process(session).children(recursive=True)
    end_session(session)
    for process in descendants:
        with suppress(psutil.Error):
            process.kill()


def end_leftovers(jobs: Iterable[tuple[str, int | None, float | None]]) -> None:
    """Kill what jobs of a dead runtime left running.

    Each job is its identifier, its process id and that process's start (s since the epoch). A process
    counts when it is the recorded one, of its session, or carries the job's JOB_UUID.
    """
    known = list(jobs)
    identifiers = {identifier for identifier, _, _ in known}
    for _, pid, started_s in known:
        if pid is not None and started_s is not None and _is_same(pid, started_s):
            end_session(pid)
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.uids().real == os.getuid() and process.environ().get("JOB_UUID") in identifiers:
                process.kill()


def process_start_s(pid: int) -> float | None:
    """When a process began, in seconds since the epoch; None when it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _is_same(pid: int, started_s: float) -> bool:
    found = process_start_s(pid)
    return found is not None and abs(found - started_s) < 1.0


def _members(sessions: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for pid in psutil.pids():
        try:
            session = os.getsid(pid)
        except OSError:
            continue
        if session in sessions:
            found.setdefault(session, []).append(pid)
    return found


def _memory_mib(pids: Iterable[int], *, shared_once: bool) -> float:
    total = 0
    for pid in pids:
        with suppress(psutil.Error, OSError):
            process = psutil.Process(pid)
            total += process.memory_full_info().pss if shared_once else process.memory_info().rss
    return total / _MIB


def _peak_mib() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
