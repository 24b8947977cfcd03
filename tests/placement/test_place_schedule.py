"""`aisprint place --schedule`: tables, JSON, and exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from placement_systems import CHECKOUT, two_steps
from typer.testing import CliRunner, Result

from aisprint_cli.cli.main import app
from aisprint_cli.errors import InfeasibleError, InvalidInputError, UsageError

PERIODS = """
periods:
  - {name: night, hours: 16, rate: 1}
  - {name: day, hours: 8, rate: 3, changes: {resource.F.cost: 5}}
switching: {component_moved: 0.1}
reserve: [{resource: Board, cost: 3}]
"""


@pytest.fixture
def system(tmp_path: Path) -> Path:
    path = tmp_path / "two-steps.json"
    path.write_text(json.dumps(two_steps()))
    (tmp_path / "day.yaml").write_text(PERIODS)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["place", *map(str, arguments)])


def values(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_schedule_as_json(system: Path) -> None:
    result = run(system, "--schedule", system.parent / "day.yaml", "-o", "json")
    assert result.exit_code == 0, result.output
    found = values(result)
    assert found["schema"] == "aisprint.place/1"
    assert (found["status"], found["feasible"], found["period_h"]) == ("optimal", True, 24)
    told = found["schedule"]
    parts = told["running_cost"] + told["switching_cost"] + told["reservation_cost"]
    assert found["cost"] == pytest.approx(parts)
    assert found["lower_bound"] == pytest.approx(found["cost"])
    assert told["reserved"] == [
        {"resource": "Board", "instances": 1, "available": 1, "cost_per_hour": 3, "cost": 72}
    ]
    night, day = told["periods"]
    assert (night["name"], night["hours"], night["rate_per_s"]) == ("night", 16, 1)
    assert [move["component"] for move in day["moves"]] == ["second"]
    assert day["started"] == {"VM": 1}
    assert night["ended"] == {"VM": 1}
    assert day["switching_cost"] == pytest.approx(0.1)
    assert day["placement"]["second"]["pieces"]["h1"]["resource"] == "VM"
    assert told["fixed_cost"] > found["cost"]
    assert told["following_cost"] >= found["cost"]


def test_a_schedule_as_a_table(system: Path) -> None:
    text = run(system, "--schedule", system.parent / "day.yaml").output
    assert "second: s1 on VM; +1 VM" in text
    assert "reserved: 1 Board" in text
    assert "proven optimal: no schedule that keeps the limits costs less" in text
    assert "One placement for all periods costs" in text


def test_no_time_still_gives_a_schedule_with_its_gap(system: Path) -> None:
    result = run(system, "--schedule", system.parent / "day.yaml", "--time-limit", "0", "-o", "json")
    assert result.exit_code == 0, result.output
    found = values(result)
    assert found["status"] == "stopped"
    assert found["gap"] > 0
    text = run(system, "--schedule", system.parent / "day.yaml", "--time-limit", "0").output
    assert "no schedule costs less than" in text


def test_periods_without_placement_are_explained(system: Path) -> None:
    (system.parent / "day.yaml").write_text(
        "periods: [{name: calm, hours: 1, rate: 1}, {name: rush, hours: 1, rate: 900}]"
    )
    result = run(system, "--schedule", system.parent / "day.yaml")
    assert isinstance(result.exception, InfeasibleError)
    assert "rush:\nNo placement keeps every limit at 900 requests/s." in result.stdout
    assert "calm" not in result.stdout
    found = values(run(system, "--schedule", system.parent / "day.yaml", "-o", "json"))
    assert found["status"] == "infeasible"
    assert found["schedule"]["impossible"] == ["rush"]
    assert found["conflicts"][0]["period"] == "rush"
    assert found["conflicts"][0]["sentence"]


def test_a_faulty_schedule_is_invalid_input(system: Path) -> None:
    (system.parent / "day.yaml").write_text("periods: [{hours: 1}]")
    result = run(system, "--schedule", system.parent / "day.yaml")
    assert isinstance(result.exception, InvalidInputError)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--schedule", "none.yaml"], "There is no schedule none.yaml"),
        (["--schedule", "none.yaml", "--explain", "--load"], "Not with a schedule: --explain, --load"),
        (["--schedule", "none.yaml", "--evaluate", "Output.json"], "--evaluate"),
    ],
)
def test_what_does_not_go_together_is_refused(system: Path, options: list[str], words: str) -> None:
    result = run(system, *options)
    assert isinstance(result.exception, UsageError), result.output
    assert words in result.exception.message


def test_the_example_has_a_schedule(tmp_path: Path) -> None:
    directory = tmp_path / "digit_reader"
    shutil.copytree(
        CHECKOUT / "examples" / "digit_reader", directory, ignore=shutil.ignore_patterns("aisprint")
    )
    designed = CliRunner().invoke(app, ["design", str(directory), "--no-place"])
    assert designed.exit_code == 0, designed.output
    found = values(run(directory, "--schedule", "load_schedule.yaml", "-o", "json"))
    assert found["status"] == "optimal"
    assert found["cost"] < found["schedule"]["following_cost"] < found["schedule"]["fixed_cost"]
