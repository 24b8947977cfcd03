"""One change to an application at a time: the lock, and who holds it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.errors import StateError
from aisprint_cli.system.files import write_atomic


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock; `since_s` in seconds since the epoch."""

    pid: int
    command: str
    since_s: float

    def __str__(self) -> str:
        since = time.strftime("%H:%M:%S", time.localtime(self.since_s))
        return f"`{self.command}` (process {self.pid}, since {since})"


@contextmanager
def application_lock(
    folder: Path, command: str, *, timeout_s: float, waiting: Callable[[str], None]
) -> Iterator[None]:
    """Hold the application's lock; it dies with its process, so there are no stale locks.

    Args:
        folder: the application's state folder.
        command: what this process is doing, to be told to the others. It holds no secrets.
        timeout_s: how long to wait for another holder, in seconds.
        waiting: told once, when there is somebody to wait for.

    Raises:
        StateError: when the other one still holds it after that time, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "lock", mode=0o600)
    sidecar = folder / "lock.json"
    try:
        with _lock_errors(folder):
            lock.acquire(blocking=False)
    except Timeout:
        waiting(f"Waiting up to {timeout_s:g} s for {_holder(sidecar)} to finish.")
        _wait(lock.acquire, Timeout, sidecar, timeout_s)
    try:
        holder = {"pid": os.getpid(), "command": command, "since_s": time.time()}
        with _lock_errors(folder):
            write_atomic(sidecar, json.dumps(holder), mode=0o600)
        try:
            yield
        finally:
            sidecar.unlink(missing_ok=True)
    finally:
        lock.release()


def lock_holder(folder: Path) -> str:
    """Who holds an application's lock, in words; empty where nobody does.

    Args:
        folder: the application's state folder.

    Raises:
        StateError: when the folder cannot be used.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "lock", mode=0o600)
    try:
        with _lock_errors(folder):
            lock.acquire(blocking=False)
    except Timeout:
        return _holder(folder / "lock.json")
    lock.release()
    return ""


@contextmanager
def _lock_errors(folder: Path) -> Iterator[None]:
    """A folder that cannot be written, as an error of ours."""
    try:
        yield
    except TimeoutError:  # the lock's own: somebody else holds it
        raise
    except OSError as error:
        raise StateError(
            f"The application cannot be locked in {folder}: {error.strerror or error}.",
            why="Two changes of one application at once would undo each other; nothing was changed.",
            mend="Make that folder writable, or make room on its file system.",
        ) from error


def _wait(
    acquire: Callable[..., object], timed_out: type[Exception], sidecar: Path, timeout_s: float
) -> None:
    try:
        acquire(timeout=timeout_s, poll_interval=0.1)
    except timed_out as error:
        raise StateError(
            f"The application is locked by {_holder(sidecar)}.",
            why="Two changes of one deployment at once would undo each other.",
            mend="Let it finish, or stop it; then run this again. --lock-timeout SECONDS waits longer.",
        ) from error


def _holder(sidecar: Path) -> str:
    """Who holds it, in words; the note may be missing for a moment while the lock changes hands."""
    try:
        note = json.loads(sidecar.read_text())
        return str(Holder(int(note["pid"]), str(note["command"]), float(note["since_s"])))
    except (OSError, ValueError, KeyError, TypeError):
        return "another aisprint process"
