"""`aisprint schema`: lists, prints and writes the schemas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import run

from aisprint_cli.load.documents import KINDS


def test_the_schemas_are_listed_with_their_files() -> None:
    lines = run("schema").out.splitlines()
    assert [line.split()[:2] for line in lines] == [[kind.name, kind.path] for kind in KINDS.values()]


def test_the_list_is_there_for_machines_too() -> None:
    data = json.loads(run("schema", "-o", "json").out)
    assert data["schema"] == "aisprint.schemas/1"
    assert [entry["name"] for entry in data["schemas"]] == list(KINDS)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_schema_is_printed_as_it_is_packaged(name: str, checkout: Path) -> None:
    outcome = run("schema", name)
    assert outcome.code == 0
    assert outcome.out == (checkout / "schemas" / f"{name}.json").read_text()


def test_an_unknown_name_is_wrong_usage_and_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema", "aplication_dag").code == 2
    assert "Did you mean `application_dag`?" in capsys.readouterr().err


def test_all_schemas_are_written(tmp_path: Path, checkout: Path) -> None:
    assert run("schema", "--write", tmp_path / "new").code == 0
    written = {path.name: path.read_text() for path in (tmp_path / "new").iterdir()}
    assert written == {path.name: path.read_text() for path in (checkout / "schemas").glob("*.json")}


def test_writing_takes_no_name(tmp_path: Path) -> None:
    assert run("schema", "security", "--write", tmp_path).code == 2


def test_a_directory_that_cannot_be_made_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run("schema", "--write", tmp_path / "file" / "below").code == 2
