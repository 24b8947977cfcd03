"""Colours are for terminals, and nowhere where they are not wanted: not in help, errors or results."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

_COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(?:3[0-7]|9[0-7])m")


def _on_a_terminal(directory: Path, *arguments: str, **variables: str) -> bytes:
    """What `aisprint` writes to a terminal."""
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    terminal, its_side = pty.openpty()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("aisprint"), *arguments],
        cwd=directory,
        env={**kept, "TERM": "xterm-256color", **variables},
        stdin=its_side,
        stdout=its_side,
        stderr=its_side,
    )
    os.close(its_side)
    written = b""
    while piece := _read(terminal):
        written += piece
    os.close(terminal)
    process.wait(timeout=60)
    return written


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # what Linux says at the end of a terminal
        return b""


COMMANDS = {
    "help": ["design", "--help"],
    "a wrong option": ["design", "--no-such-option"],
    "an error": ["design", "nowhere"],
    "findings": ["validate", "."],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_colours_are_there_on_a_terminal_and_can_be_refused(arguments: list[str], tmp_path: Path) -> None:
    assert _COLOUR.search(_on_a_terminal(tmp_path, *arguments))
    assert not _COLOUR.search(_on_a_terminal(tmp_path, *arguments, NO_COLOR="1"))
    assert not _COLOUR.search(_on_a_terminal(tmp_path, arguments[0], "--no-color", *arguments[1:]))


def test_an_empty_no_color_refuses_nothing(tmp_path: Path) -> None:
    assert _COLOUR.search(_on_a_terminal(tmp_path, "design", "nowhere", NO_COLOR=""))
