"""`aisprint diff` says what differs between two deployments of one application."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

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


def _diff(one: str, other: str, directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_run("diff", one, other, str(directory), "-o", "json").stdout)
    return found


def _with(directory: Path, *wanted: str) -> str:
    options = [text for part in wanted for text in ("--with", part)]
    found = json.loads(_run("deployments", str(directory), *options, "-o", "json").stdout)
    return str(found["deployments"][0]["name"])


def test_a_split_moves_the_bytes_of_its_cut_between_the_layers(designed: Path) -> None:
    split = _with(designed, "classify_partition1_1@1", "classify_partition1_2@2")
    found = _diff("base", split, designed)
    manifest = json.loads((designed / "aisprint" / ".design.json").read_text())
    (component,) = [item for item in found["components"] if item["component"] == "classify"]
    (cut,) = [item for item in found["after"]["transfers"] if item["source"] == "classify_partition1_1"]
    assert component["differs_in"] == "parts"
    assert [place["part"] for place in component["before"]] == ["classify"]
    assert [place["layer"] for place in component["after"]] == [1, 2]
    assert cut["layers"] == [1, 2]
    assert cut["bytes"] in {
        manifest["splits"]["classify"]["cuts"][0]["bytes"],
        *_measured(designed, "classify_partition1_1"),
    }


def _measured(directory: Path, part: str) -> list[float]:
    """What components_data_size.yaml says of a part, in bytes."""
    path = directory / "oscarp" / "components_data_size.yaml"
    lines = path.read_text().splitlines() if path.exists() else []
    return [float(line.split(":")[1].split("#")[0]) * 1000 for line in lines if line.startswith(f"{part}:")]


def test_constraints_follow_the_parts(designed: Path) -> None:
    split = _with(designed, "classify_partition1_1@1")
    subjects = {item["subject"] for item in _diff("base", split, designed)["constraints"]}
    assert any("classify_partition1_2" in subject for subject in subjects)


def test_cost_is_that_of_the_nodes_in_use(designed: Path) -> None:
    split = _with(designed, "locate@1", "classify_partition1_1@1", "classify_partition1_2@2", "tally@1")
    found = _diff("base", split, designed)
    boards, cluster = 2 * 0.02, 4 * 0.2  # totalNodes x cost of EdgeBoard and ClusterNode
    assert found["before"]["cost_hourly"] == pytest.approx(boards)
    assert found["after"]["cost_hourly"] == pytest.approx(boards + cluster)


def test_bytes_moved_count_how_often_each_way_is_taken(designed: Path) -> None:
    split = _with(designed, "classify_partition1_1@1", "classify_partition1_2@2")
    after = _diff("base", split, designed)["after"]
    assert after["transfers"]
    assert all(0 < item["share"] <= 1 for item in after["transfers"])
    expected = sum(item["bytes"] * item["share"] for item in after["transfers"])
    assert after["moved_bytes"] == pytest.approx(expected)


def test_a_deployment_does_not_differ_from_itself(designed: Path) -> None:
    found = _diff("base", "base", designed)
    assert not found["differ"]
    assert not found["components"]
    assert "are the same" in _run("diff", "base", "base", str(designed)).stdout


def test_differences_change_the_exit_code_only_when_asked(designed: Path) -> None:
    assert _run("diff", "base", "deployment1", str(designed)).exit_code == 0
    assert _run("diff", "base", "deployment1", str(designed), "--exit-code").exit_code == 1
    assert _run("diff", "base", "base", str(designed), "--exit-code").exit_code == 0


def test_there_is_a_table_for_people(designed: Path) -> None:
    shown = _run("diff", "base", _with(designed, "classify_partition1_1@1"), str(designed)).stdout
    assert "classify_partition1_1 on layer 1" in shown
    assert "bytes moved" in shown
    assert "cost per hour" in shown


def test_an_unknown_deployment_is_named(designed: Path) -> None:
    done = _run("diff", "base", "deployment99999", str(designed))
    assert isinstance(done.exception, UsageError)
    assert "deployment99999" in str(done.exception)
