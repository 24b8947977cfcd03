"""Help is whole at 80 columns: nothing cut off, nothing repeated, an example for each command."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from aisprint_cli.cli.main import app

_COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def _help(*command: str) -> str:
    result = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("command", _COMMANDS)
def test_help_fits_a_narrow_terminal_and_has_an_example(command: str) -> None:
    text = _help(command)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    assert f"aisprint {command}" in text.split("Example", 1)[1]


@pytest.mark.parametrize("command", _COMMANDS)
def test_paragraphs_of_help_are_wrapped_to_the_terminal_alone(command: str) -> None:
    prose = _help(command).split("╭─", 1)[0].split("Example", 1)[0]
    lines = [line.strip() for line in prose.splitlines()]
    for line, following in pairwise(lines):
        if line and following:
            assert len(line) + 1 + len(following.split()[0]) > 76, (line, following)


def test_usage_shows_optional_arguments_once() -> None:
    assert "Usage: aisprint design [OPTIONS] [APP] " in _help("design")
    assert "Usage: aisprint invoke [OPTIONS] [APP] FILE... " in _help("invoke")
    assert "Usage: aisprint logs [OPTIONS] [APP] [COMPONENT] " in _help("logs")
    assert "Usage: aisprint deploy [OPTIONS] [APP|PLAN_FILE] " in _help("deploy")
    assert [name for name in _COMMANDS if "[[" in _help(name)] == []


def test_commands_stand_in_the_order_in_which_they_are_used() -> None:
    text = _help()
    panels = [
        text.index(f" {title} ─") for title in ("Start", "Design", "Container images", "Deploy and run")
    ]
    assert panels == sorted(panels)
    assert " Commands ─" not in text, "a command stands in no panel"
    order = [text.index(f"\n│ {name} ") for name in ("validate", "design", "toscarize", "build", "deploy")]
    assert order == sorted(order)


def test_a_wrong_choice_is_told_in_plain_words() -> None:
    result = CliRunner().invoke(app, ["validate", "--output", "xml"])
    assert result.exit_code == 2
    assert "'xml' is not one of" in result.output
    assert "Value error" not in result.output


@pytest.mark.parametrize("command", [(), *((name,) for name in _COMMANDS)])
def test_flags_show_no_type_of_value(command: tuple[str, ...]) -> None:
    assert "<bool>" not in _help(*command)


@pytest.mark.parametrize("command", _COMMANDS)
def test_options_may_be_written_with_underscores(command: str) -> None:
    """Existing scripts give `--application_dir`; whoever wrote those expects it of every option."""
    long_options = re.findall(r"--[a-z]+(?:-[a-z]+)+", _help(command).split("Options", 1)[1])
    for option in long_options:
        underscored = f"--{option[2:].replace('-', '_')}"
        result = CliRunner().invoke(app, [command, "--help", underscored])
        assert "No such option" not in result.output, option
