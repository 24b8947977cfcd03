"""Programs that build: run to their end, every line kept in a log and told, ended with all they started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TAIL = 20
_LOOK_S = 0.2
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit code, what it wrote to stdout, and its last lines."""

    code: int
    output: str
    last: tuple[str, ...]


def run(
    command: Sequence[str],
    *,
    log: Path,
    line: Callable[[str], None],
    stopped: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program; its stdout and stderr go to the log together.

    Raises:
        KeyboardInterrupt: when stopped; the program is ended first.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(os.environ) | dict(environment or {}),
        process_group=0,  # the terminal's Ctrl-C is ours to pass on
    )
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(process, stopped, done), daemon=True)
    watch.start()
    last: deque[str] = deque(maxlen=_TAIL)
    output: list[str] = []
    with log.open("ab") as stream, process:
        for raw in process.stdout or ():
            text = _CREDENTIALS.sub("***@", raw.decode(errors="replace"))
            stream.write(text.encode())
            output.append(text)
            if text.strip():
                last.append(text.rstrip())
                line(text.rstrip())
    done.set()
    watch.join()
    if stopped():
        raise KeyboardInterrupt
    return Finished(process.returncode, "".join(output), tuple(last))


def _watch(process: subprocess.Popen[bytes], stopped: Callable[[], bool], done: threading.Event) -> None:
    while not done.wait(_LOOK_S):
        if stopped():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            if not done.wait(5):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            return


def ask(command: Sequence[str], timeout_s: float = 20.0) -> str | None:
    """What a program answers at once; None when it is not there, fails or hangs."""
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            list(command),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout if done.returncode == 0 else None
    return None
