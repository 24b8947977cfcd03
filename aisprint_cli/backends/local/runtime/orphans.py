"""Processes that a job left behind in sessions of their own, where ending its session does not reach.

The runtime adopts what loses its parent, so that such a process is a child of its main thread, which
starts none itself. Whose it is says the JOB_UUID in its environment.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_SET_CHILD_SUBREAPER: Final = 36  # of <linux/prctl.h>
_DIES_WITHIN_S: Final = 2.0
_LOGGER = logging.getLogger(__name__)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        _LOGGER.warning("cannot adopt what jobs leave behind: %s", os.strerror(ctypes.get_errno()))


def end_orphans(job: str) -> None:
    """End the adopted processes of a job, then those that these leave, and bury what has ended."""
    while True:
        mine = [pid for pid in _adopted() if not _bury(pid) and _job_of(pid) == job]
        for pid in mine:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not mine or not _bury_all(mine):
            return


def _adopted() -> Iterator[int]:
    """Children of the main thread; none where the kernel does not list them."""
    process = os.getpid()
    with suppress(OSError):
        words = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        yield from map(int, words)


def _bury(pid: int) -> bool:
    """Whether a child has ended; its entry in the process table goes."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _bury_all(pids: list[int]) -> bool:
    """Whether children that were killed have ended within a while."""
    deadline = time.monotonic() + _DIES_WITHIN_S
    left = [pid for pid in pids if not _bury(pid)]
    while left and time.monotonic() < deadline:
        time.sleep(0.005)
        left = [pid for pid in left if not _bury(pid)]
    return not left


def _job_of(pid: int) -> str:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    found = [entry for entry in variables if entry.startswith(b"JOB_UUID=")]
    return found[0].partition(b"=")[2].decode(errors="replace") if found else ""
