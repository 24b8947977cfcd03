"""What programs read of our output is documented, and shells complete the commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from aisprint_cli.cli.main import app

_SHAPE = re.compile(r'"(aisprint\.[a-z0-9_.-]+/[0-9]+)"')


def test_every_json_shape_is_documented(checkout: Path) -> None:
    sources = "".join(path.read_text() for path in (checkout / "aisprint_cli").rglob("*.py"))
    pages = "".join(path.read_text() for path in (checkout / "docs").glob("*.md"))
    shapes = set(_SHAPE.findall(sources))
    assert "aisprint.validate/1" in shapes
    assert sorted(shape for shape in shapes if shape not in pages) == []


def _complete(*words: str) -> list[str]:
    environment = {
        **os.environ,
        "_AISPRINT_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["aisprint", *words]),
        "COMP_CWORD": str(len(words)),
    }
    program = [Path(sys.executable).parent / "aisprint"]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["vali"], ["validate"]),
        (["validate", "-o", ""], ["table", "json", "github"]),
        (["schema", "env"], ["environment"]),
        (["new", "x", "--template", "m"], ["minimal"]),
    ],
)
def test_bash_completes(words: list[str], expected: list[str]) -> None:
    assert _complete(*words) == expected


@pytest.mark.parametrize(
    ("shell", "mark"),
    [
        ("bash", "COMPREPLY="),
        ("zsh", "#compdef aisprint"),
        ("fish", "complete --command aisprint"),
        ("pwsh", "Register-ArgumentCompleter"),
    ],
)
def test_completion_for_a_shell_is_printed(shell: str, mark: str) -> None:
    program = [Path(sys.executable).parent / "aisprint"]
    environment = {**os.environ, "_AISPRINT_COMPLETE": f"source_{shell}"}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    assert mark in done.stdout
    assert "_AISPRINT_COMPLETE" in done.stdout


def test_every_command_is_on_the_page_of_the_command_line(checkout: Path) -> None:
    found = get_command(app).commands  # type: ignore[attr-defined]
    commands = {name for name, command in found.items() if not command.hidden}
    page = (checkout / "docs" / "cli.md").read_text()
    named = set(re.findall(r"`([a-z]+)[ `]", "".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE))))
    assert sorted(commands - named) == []
