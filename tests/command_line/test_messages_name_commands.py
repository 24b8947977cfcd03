"""A message that says what to run can be pasted where it was shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from aisprint_cli.cli.main import app
from aisprint_cli.errors import StateError
from aisprint_cli.system.typed_commands import typed


def _mend(*arguments: str) -> str:
    error = CliRunner().invoke(app, list(arguments)).exception
    assert isinstance(error, StateError)
    return error.mend


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["new", "hello"]).exit_code == 0
    return tmp_path / "hello"


def test_an_application_elsewhere_is_named(application: Path) -> None:
    assert "`aisprint design hello`" in _mend("toscarize", "hello")
    assert "`aisprint deploy hello`" in _mend("logs", "hello")


def test_the_current_directory_is_not_named(application: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(application)
    assert "`aisprint design`" in _mend("toscarize")
    assert "`aisprint deploy`" in _mend("logs")


def test_an_application_above_is_named_in_full(application: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(application / "src")
    assert f"`aisprint design {application}`" in _mend("toscarize", "..")


def test_what_a_shell_would_split_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert typed("logs", tmp_path / "my app", "--failed") == "aisprint logs 'my app' --failed"
