"""Finds the runtime process of a home, and starts it where there is none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import filelock
import requests

import aisprint_cli
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.backends.local.runtime.transfer import PROTOCOL
from aisprint_cli.errors import ExternalError, StateError

START_S: Final = 30.0
_PASSED_ON: Final = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_OWN_PREFIX: Final = "AISPRINT_"
_LOG_LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach a running process, and which protocol it speaks; the token appears in no text of it."""

    port: int
    pid: int
    token: str = field(repr=False)
    protocol: int = PROTOCOL

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def find(home: Home) -> Address | None:
    """The process that hosts a home now, None when there is none that answers."""
    address = read_address(home)
    if address is None:
        return None
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{address.url}/health", timeout=5)
        alive = answer.status_code == 200 and answer.json().get("pid") == address.pid
    except (requests.RequestException, ValueError):
        return None
    return address if alive else None


def read_address(home: Home) -> Address | None:
    """What the last process wrote about itself, None when it ended in order."""
    try:
        document = json.loads(home.address.read_text())
        port, pid, token = int(document["port"]), int(document["pid"]), str(document["token"])
        return Address(port, pid, token, int(document.get("protocol", 1)))
    except (OSError, ValueError, KeyError):
        return None


def ensure(home: Home) -> Address:
    """The process that hosts a home, started if need be; two callers get the same one.

    One that a former version of this package has started is ended first: its state goes on in the new one.

    Raises:
        ExternalError: when it cannot be started; the message carries its last log lines.
        StateError: when the home cannot be used, or another start takes too long.
    """
    found = find(home)
    if found is not None and found.protocol == PROTOCOL:
        return found
    try:
        home.prepare()
        with filelock.FileLock(home.root / "start.lock", timeout=2 * START_S):
            found = find(home)
            if found is not None and found.protocol != PROTOCOL:
                _end(home, found)
                found = None
            return found or _start(home)
    except filelock.Timeout:
        raise StateError(
            "Another command has been starting the local runtime for a long time.",
            mend=f"Look at {home.log}; end the command that hangs.",
        ) from None
    except OSError as error:
        raise StateError(
            f"The local runtime's directory {home.root} cannot be used: {error.strerror or error}.",
            mend="Give another one in AISPRINT_HOME.",
        ) from error


def _end(home: Home, address: Address) -> None:
    """Ask a process to end, which leaves its runs to the next one, and wait for it.

    Raises:
        ExternalError: when it does not.
    """
    with suppress(ProcessLookupError):
        os.kill(address.pid, signal.SIGTERM)
    deadline = time.monotonic() + START_S
    while find(home) is not None:
        if time.monotonic() > deadline:
            raise ExternalError(
                f"The local runtime of another version of aisprint, process {address.pid}, does not end.",
                mend=f"End it with `kill {address.pid}`, then run this again.",
            )
        time.sleep(0.05)


def _start(home: Home) -> Address:
    log_start = home.log.stat().st_size if home.log.exists() else 0
    descriptor = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "aisprint_cli.backends.local.runtime", "--home", str(home.root)],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            cwd=home.root,
            env=_environment(),
        )
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + START_S
    pause_s = 0.02
    while time.monotonic() < deadline and process.poll() is None:
        found = find(home)
        if found is not None:
            process.returncode = 0  # it outlives us on purpose: no warning when the object goes
            return found
        time.sleep(pause_s)
        pause_s = min(0.2, 1.5 * pause_s)
    if process.poll() is None:
        process.kill()
        process.wait()
    raise ExternalError(
        "The local runtime did not start.",
        why=_last_lines(home.log, log_start) or "It ended without a word.",
        mend=f"The whole log is {home.log}.",
    )


def _environment() -> dict[str, str]:
    """Little of the user's shell: nothing secret may reach a job through this process."""
    found = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith(_OWN_PREFIX)
    }
    found["PYTHONPATH"] = str(Path(aisprint_cli.__file__).resolve().parent.parent)
    return found


def _last_lines(log: Path, start: int) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(start)
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-_LOG_LINES:])
