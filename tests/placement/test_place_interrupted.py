"""The first Ctrl-C ends a search with what it has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from placement_systems import two_steps

PROGRAM = """
import signal
from aisprint_cli.cli import main

install = signal.signal

def install_and_press(number, handler):
    before = install(number, handler)
    if number == signal.SIGINT and callable(before):
        signal.raise_signal(signal.SIGINT)
        signal.signal = install
    return before

signal.signal = install_and_press
main.main()
"""
"""Presses Ctrl-C the moment somebody begins to listen for it."""


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind exist on POSIX systems only")
def test_the_best_so_far_is_the_result(tmp_path: Path) -> None:
    path = tmp_path / "system.json"
    path.write_text(json.dumps(two_steps()))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "place", str(path), "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["feasible"]
    assert found["lower_bound"] <= found["cost"]
    assert "best placement so far" in done.stderr
