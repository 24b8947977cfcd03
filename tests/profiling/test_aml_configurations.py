"""Configurations of aMLLibrary in place of a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from campaigns import campaign, write_table
from typer.testing import CliRunner, Result

from aisprint_cli.cli.main import app
from aisprint_cli.errors import InvalidInputError, UsageError

CONFIG = """
[General]
techniques = ['LRRidge', 'XGBoost']
hp_selection = KFold
y = "seconds"

[DataPreparation]
input_path = "runs.csv"
rename_columns = {"slots": "cores"}
interpolation_columns = {"slots": [4, 12]}

[LRRidge]
alpha = ['loguniform(0.01,1)']
"""


def fit(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["profile", "fit", str(path), *options, "-o", "json"])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    table = write_table(tmp_path / "runs.csv", campaign([10]))
    table.write_text(table.read_text().replace("runtime,cores", "seconds,slots"))
    path = tmp_path / "aMLLibrary-config.ini"
    path.write_text(CONFIG)
    return path


def values(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def held_out_by(path: Path, *options: str) -> list[float]:
    return [point["cores"] for point in values(fit(path, *options))["test"]["points"]]


def test_the_table_and_what_is_held_out_are_followed(config: Path) -> None:
    result = fit(config)
    assert [point["cores"] for point in values(result)["test"]["points"]] == [4, 12]
    assert "aml.techniques" in result.stderr


def test_the_command_line_goes_before(config: Path) -> None:
    assert held_out_by(config, "--test-levels", "20") == [20]


def test_what_is_above_a_bound_is_held_out(config: Path) -> None:
    config.write_text(
        CONFIG.replace('interpolation_columns = {"slots": [4, 12]}', 'extrapolation_columns = {"cores": 20}')
    )
    assert held_out_by(config) == [24, 28, 32]


def test_files_above_a_bound_are_held_out(tmp_path: Path) -> None:
    write_table(tmp_path / "runs.csv", campaign([5, 10, 15]), files=True)
    path = tmp_path / "files.ini"
    path.write_text(
        '[DataPreparation]\ninput_path = runs.csv\nextrapolation_columns = {"number_of_files": 10}\n'
    )
    assert {point["load"] for point in values(fit(path))["test"]["points"]} == {15}


def test_a_bound_above_all_is_refused(config: Path) -> None:
    config.write_text(
        CONFIG.replace('interpolation_columns = {"slots": [4, 12]}', 'extrapolation_columns = {"cores": 99}')
    )
    assert isinstance(fit(config).exception, UsageError)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("[General]", "", "aml.syntax"),
        ('"runs.csv"', '"gone.csv"', "aml.value"),
        ("input_path", "path", "aml.value"),
        ('{"slots": [4, 12]}', '{"slots": 4}', "aml.value"),
        ('{"slots": [4, 12]}', '{"memory": [4]}', "aml.value"),
        ('{"slots": [4, 12]}', "[4, 12]", "aml.value"),
        ('{"slots": "cores"}', "[1]", "aml.value"),
        ('"seconds"', "3", "aml.value"),
    ],
)
def test_what_cannot_be_followed_is_named(config: Path, old: str, new: str, code: str) -> None:
    config.write_text(CONFIG.replace(old, new))
    error = fit(config).exception
    assert isinstance(error, InvalidInputError)
    assert code in {item.code for item in error.diagnostics}


def test_nothing_of_a_configuration_is_executed(config: Path, tmp_path: Path) -> None:
    config.write_text(CONFIG.replace('"seconds"', f"open({str(tmp_path / 'made')!r}, 'w')"))
    assert fit(config).exit_code != 0
    assert not (tmp_path / "made").exists()
