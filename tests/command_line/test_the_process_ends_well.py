"""Whatever happens to the process, a person reads a sentence and a script reads an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

AISPRINT = Path(sys.executable).parent / "aisprint"
FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["schema"], ["new", "--list", "-o", "json"]])
def test_a_full_disk_under_stdout_is_said(arguments: list[str], unbuffered: str) -> None:
    with FULL.open("w") as stream:
        result = subprocess.run(
            [AISPRINT, *arguments],
            stdout=stream,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            text=True,
            check=False,
        )
    assert result.returncode == 5
    assert result.stderr.count("No space left") == 1
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_told_by_the_exit_code_alone(unbuffered: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    result = subprocess.run(
        [AISPRINT, "schema", "application_dag"],
        stdout=writes,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        text=True,
        check=False,
    )
    os.close(writes)
    assert result.stderr == ""
    assert result.returncode == 141


def test_a_closed_stdout_is_no_bug() -> None:
    result = subprocess.run(
        ["/bin/sh", "-c", f"'{AISPRINT}' schema >&-"], stderr=subprocess.PIPE, text=True, check=False
    )
    assert result.stderr == ""


INTERRUPTED_WHILE_LOADING = """
import sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "aisprint_cli.cli.commands":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
from aisprint_cli.cli.entry import main
main()
"""


def test_an_interrupt_while_loading_leaves_no_traceback() -> None:
    result = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING], capture_output=True, text=True, check=False
    )
    assert result.returncode == 130
    assert result.stderr == ""
