"""The processes that build environments: apart from the terminal, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

_ENDS_WITHIN_S: Final = 5.0
_AT_ONCE: Final = 16


class Installers:
    """Runs installers apart from the terminal's Ctrl-C, which lets steps that run end; thread-safe.

    Args:
        at_once: how many run at the same time, whoever asks: they share this machine.
    """

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._places = threading.BoundedSemaphore(at_once)
        self._is_over = False
        self._lock = threading.Lock()

    def run(self, command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> tuple[int, str]:
        """Run one to its end; its exit code and what it said."""
        with self._places:
            process = self._start(command, directory, environment)
            if process is None:
                return -signal.SIGKILL, ""
            try:
                said, _ = process.communicate()
            finally:
                with self._lock:
                    self._running.discard(process)
            return process.returncode, said.decode(errors="replace")

    def _start(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes] | None:
        """Start one, unless all were ended."""
        with self._lock:
            if self._is_over:
                return None
            process = subprocess.Popen(
                list(command),
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
            self._running.add(process)
            return process

    def end(self) -> None:
        """End all of them, and begin no other."""
        with self._lock:
            self._is_over = True
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def end_former(target: Path) -> None:
    """End the installer that a killed command left at work in an environment; no other process is there.

    Call it under the environment's lock.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and any(str(target) in word for word in process.cmdline()):
                process.kill()
                process.wait(_ENDS_WITHIN_S)
