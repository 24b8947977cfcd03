"""Each command's JSON holds what `docs/deploy.md` says it does, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from installed_command import CommandLine

COMMANDS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "tiny"),
    "deploy": ("deploy", "tiny", "--dry-run"),
    "undeploy": ("undeploy", "tiny", "--dry-run"),
    "invoke": ("invoke", "tiny", "hello.in", "--no-wait"),
    "status": ("status", "tiny", "--qos"),
    "logs": ("logs", "tiny"),
    "outputs": ("outputs", "tiny"),
    "doctor": ("doctor", "tiny"),
}


@pytest.fixture(scope="module")
def documented(checkout: Path) -> dict[str, tuple[str, set[str]]]:
    """Schema and keys of each command, from the table of the page."""
    text = (checkout / "docs" / "deploy.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(aisprint\.[\w-]+/\d+)` \| (.*) \|$", text, re.MULTILINE)
    return {command: (schema, _names(holds)) for command, schema, holds in rows}


def _names(holds: str) -> set[str]:
    """The keys of a row: names in backquotes, those in parentheses and after a semicolon left out."""
    return set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", holds.partition(";")[0])))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_document_has_the_keys_of_the_page(
    command: str, documented: dict[str, tuple[str, set[str]]], deployed: tuple[CommandLine, dict[str, Any]]
) -> None:
    schema, keys = documented[command]

    found = deployed[0].json(*COMMANDS[command])

    assert found.pop("schema") == schema
    assert set(found) == keys


def test_where_nothing_is_deployed_the_keys_are_the_same(
    documented: dict[str, tuple[str, set[str]]], aisprint: CommandLine
) -> None:
    for command in ("status", "undeploy"):
        assert set(aisprint.json(command, "tiny")) - {"schema"} == documented[command][1]
