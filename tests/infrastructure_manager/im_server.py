"""A real Infrastructure Manager as a process of its own, and what tests ask of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from filelock import FileLock

HERE = Path(__file__).parent
ENVIRONMENT = Path(sys.prefix) / "infrastructure-manager"
_START_S = 60.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def make_environment() -> Path:
    """The Python that has the server; made once, by whoever comes first. Skips, with the reason, where it
    cannot be made."""
    uv = shutil.which("uv", path=f"{sys.prefix}/bin{os.pathsep}{os.environ.get('PATH', '')}") or "uv"
    script = HERE.parents[1] / "scripts" / "infrastructure_manager.sh"
    with FileLock(f"{ENVIRONMENT}.lock"):
        made = subprocess.run(["sh", script, ENVIRONMENT, uv], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"The Infrastructure Manager cannot be installed here: {made.stderr.strip()[-600:]}")
    return ENVIRONMENT / "bin" / "python"


@dataclass
class Process:
    """A server that answers `probe`; ended by its id."""

    command: list[str]
    directory: Path
    probe: str
    environment: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory), **self.environment}
        with (self.directory / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(
                self.command, cwd=self.directory, env=environment, stdout=output, stderr=output
            )
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            with suppress(requests.RequestException):
                if requests.get(self.probe, timeout=2).ok:
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self.stop()
        said = (self.directory / "output.txt").read_text(errors="replace")
        raise AssertionError(f"{self.command[0]} does not answer at {self.probe}: {said[-3000:]}")

    def stop(self, number: int = signal.SIGTERM) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def infrastructure_manager(directory: Path, aws_port: int) -> tuple[str, Process]:
    """Its address, and the process, not yet started."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws_port}", "AWS_DEFAULT_REGION": "us-east-1"}
    command = [str(make_environment()), str(HERE / "launcher.py"), str(port), str(directory)]
    return url, Process(command, directory, f"{url}/version", environment)


def moto(directory: Path, port: int) -> Process:
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    return Process(command, directory, f"http://127.0.0.1:{port}/moto-api/data.json")
