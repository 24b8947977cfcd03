"""The installed command, started as a person starts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Aisprint = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def aisprint(tmp_path: Path) -> Aisprint:
    """Run `aisprint ARGUMENTS...` in a fresh directory."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = "from aisprint_cli.cli.main import main; main()"
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
