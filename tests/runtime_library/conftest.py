"""Small real models and a listening UDP socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from library_programs import save_model

ROOT = Path(__file__).parents[2]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        found.settimeout(20)
        yield found


@pytest.fixture(scope="session")
def sum_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs `a`, `b` (float, n); outputs `total` = a + b and `double` = 2 a, in this order."""
    path = tmp_path_factory.mktemp("sum") / "sum.onnx"
    save_model(path, ["total", "double"])
    return path


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program that can import the library and, unless told otherwise, nothing installed."""

    def run(
        source: str, *flags: str, installed: bool = False, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / "main.py").write_text(source)
        base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            [sys.executable, *(() if installed else ("-S",)), *flags, "main.py"],
            cwd=tmp_path,
            env={**base, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            check=check,
        )

    return run
