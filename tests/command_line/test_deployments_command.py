"""`aisprint deployments` says what runs where in each deployment, and finds those with a part."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aisprint_cli.cli.main import app
from aisprint_cli.errors import UsageError

pytestmark = pytest.mark.xdist_group("designed")


@pytest.fixture(scope="module")
def designed(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("apps") / "digit_reader"
    shutil.copytree(examples / "digit_reader", directory)
    assert _run("design", str(directory)).exit_code == 0
    return directory


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def _listed(*arguments: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(_run("deployments", *arguments, "-o", "json").stdout)
    return found


def test_every_deployment_is_listed_with_the_layer_of_each_part(designed: Path) -> None:
    found = _listed(str(designed))
    names = [row["name"] for row in found["deployments"]]
    assert found["schema"] == "aisprint.deployments/1"
    assert names == ["base", *(f"deployment{number}" for number in range(1, found["count"]))]
    assert found["deployments"][0]["parts"][0] == {"name": "locate", "layer": 1, "resource": "EdgeBoard"}


def test_with_keeps_only_deployments_that_have_the_part_on_the_layer(designed: Path) -> None:
    found = _listed(str(designed), "--with", "classify_partition1_1@1", "--with", "classify_partition1_2@2")
    assert found["deployments"]
    for row in found["deployments"]:
        placed = {(part["name"], part["layer"]) for part in row["parts"]}
        assert {("classify_partition1_1", 1), ("classify_partition1_2", 2)} <= placed


def test_limit_says_that_there_are_more(designed: Path) -> None:
    found = _listed(str(designed), "--limit", "2")
    assert len(found["deployments"]) == 2
    assert found["more"] is True


def test_a_part_that_no_deployment_has_is_said(designed: Path) -> None:
    assert "None of the 12 deployments" in _run("deployments", str(designed), "--with", "locate@9").stdout


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("clasify", "no part clasify"), ("locate@edge", "names no layer"), ("locate@", "names no layer")],
)
def test_what_is_no_part_or_no_layer_is_a_usage_error(designed: Path, wanted: str, said: str) -> None:
    outcome = _run("deployments", str(designed), "--with", wanted)
    assert isinstance(outcome.exception, UsageError)
    assert said in outcome.exception.message
