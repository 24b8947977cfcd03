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


class Installers:
    """Runs installers apart from the terminal's Ctrl-C, which lets steps that run end; thread-safe."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def run(self, command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> tuple[int, str]:
        """Run one to its end; its exit code and what it said."""
        process = subprocess.Popen(
            list(command),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        with self._lock:
            self._running.add(process)
        try:
            said, _ = process.communicate()
        finally:
            with self._lock:
                self._running.discard(process)
        return process.returncode, said.decode(errors="replace")

    def end(self) -> None:
        """End all of them."""
        with self._lock:
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
