"""`aisprint place` with what-if, load, fronts and a report: tables, JSON, files and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from placement_systems import two_steps
from typer.testing import CliRunner, Result

from aisprint_cli.cli.analysis_view import cost_plot
from aisprint_cli.cli.main import app
from aisprint_cli.errors import InfeasibleError, UsageError
from aisprint_cli.placement.load_range import CostLine
from aisprint_cli.placement.load_sensitivity import LoadSensitivity, Stretch


@pytest.fixture
def system(tmp_path: Path) -> Path:
    path = tmp_path / "two-steps.json"
    path.write_text(json.dumps(two_steps()))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["place", *map(str, arguments)])


def values(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "-o", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_what_if_places_the_changed_problem_and_compares(system: Path) -> None:
    plain = values(system)
    found = values(system, "--what-if", "component.second.demand@Board*=3", "--what-if", "rate*=1.1")
    assert plain["cost"] == pytest.approx(4.0)
    assert found["rate_per_s"] == pytest.approx(2.2)
    told = found["what_if"]
    assert told["changes"] == ["component.second.demand@Board*=3", "rate*=1.1"]
    assert told["comparison"]["cost_before"] == pytest.approx(plain["cost"])
    assert told["comparison"]["cost_after"] == pytest.approx(found["cost"])
    assert [move["component"] for move in told["comparison"]["moves"]] == ["second"]
    text = run(system, "--what-if", "component.second.demand@Board*=3").output
    assert "instead of 4 " in text
    assert "s1 on Board" in text


def test_what_if_without_a_placement_before(system: Path) -> None:
    impossible = two_steps()
    impossible["LocalConstraints"]["second"]["local_res_time"] = 0.01
    system.write_text(json.dumps(impossible))
    found = values(system, "--what-if", "component.second.limit=1")
    assert found["what_if"]["comparison"] is None
    assert found["feasible"] is True
    assert "no placement is known" in run(system, "--what-if", "component.second.limit=1").output


def test_what_if_may_leave_no_placement(system: Path) -> None:
    result = run(system, "--what-if", "component.second.limit=0.01")
    assert isinstance(result.exception, InfeasibleError)
    assert "second" in result.stdout


def test_a_change_that_cannot_be_read_is_a_usage_error(system: Path) -> None:
    result = run(system, "--what-if", "resource.VM.cst=1")
    assert isinstance(result.exception, UsageError)
    assert "Did you mean `cost`?" in result.exception.message
    assert result.stdout == ""


def test_load_as_json_and_as_a_table_with_a_plot(system: Path) -> None:
    found = values(system, "--load", "--load-range", "1:3")["load"]
    assert found["proven"] is True
    assert found["carries"]["high_per_s"] == pytest.approx(1.65 / 0.7, rel=1e-6)
    assert found["carries"]["high_constraint"]["kind"] == "global"
    stretches = found["stretches"]
    assert stretches[0]["low_per_s"] == 1
    assert stretches[-1]["high_per_s"] == 3
    assert stretches[0]["ends_by"]["kind"] == "global"
    assert stretches[0]["placement"]["instances"] == {"Board": 1}
    text = run(system, "--load", "--load-range", "1:3").output
    assert "carries up to 2.357143 requests/s" in text
    assert "proven" in text
    assert "(^ now)" in text


def test_the_plot_rises_with_the_cost_and_marks_what_is_impossible() -> None:
    parts = (
        Stretch(1.0, 2.0, None, CostLine(5.0, 0.0), None, 0.0),
        Stretch(2.0, 3.0, None, CostLine(9.0, 0.0), None, 0.0),
        Stretch(3.0, 4.0, None, None, None, 0.0),
    )
    lines = cost_plot(LoadSensitivity(parts, 0), 1.5)
    top, bottom = lines[0], lines[-3]
    assert top.split("|")[0].strip() == "9"
    assert bottom.split("|")[0].strip() == "5"
    assert top.split("|")[1] == " " * 20 + "=" * 20
    assert bottom.split("|")[1] == "=" * 20 + " " * 20 + "x" * 20
    assert lines[-2].count("^") == 1


def test_the_front_as_json_and_as_a_table(system: Path) -> None:
    found = values(system, "--pareto", "cost,latency")["fronts"]
    assert len(found) == 1
    assert found[0]["complete"] is True
    points = found[0]["points"]
    assert points[-1]["cost"] == pytest.approx(4.0)
    assert [point["cost"] for point in points] == sorted((p["cost"] for p in points), reverse=True)
    text = run(system, "--pareto", "cost,latency", "--path", "first->second").output
    assert "Cost against time along first -> second (complete)" in text


def test_two_objectives_give_a_front_of_three_besides(tmp_path: Path) -> None:
    powered = two_steps()
    powered["CloudResources"]["computationallayer2"]["VM"] |= {"idle_power": 100, "busy_power": 200}
    powered["FaaSResources"]["computationallayer3"]["F"]["busy_power"] = 60
    system = tmp_path / "system.json"
    system.write_text(json.dumps(powered))
    found = values(system, "--pareto", "cost,latency,energy")
    assert len(found["fronts"]) == 2
    (three,) = found["three_way_fronts"]
    assert [item["unit"] for item in three["objectives"]] == ["share of the limit", "Wh"]
    assert three["complete"] is True
    assert three["complete_up_to_cost"] is None
    assert three["open_regions"] == []
    costs = [point["cost"] for point in three["points"]]
    assert costs == sorted(costs)
    assert costs[0] == pytest.approx(found["cost"])
    text = run(system, "--pareto", "cost,latency,energy").output
    assert "Cost, largest used share of a path's limit and energy (complete)" in text
    short = run(system, "--pareto", "cost,latency,energy", "--analysis-time", "0").output
    assert "(complete up to a cost of 4)" in short


def test_a_report_is_written_with_everything_in_it(system: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    result = run(system, "--report", path)
    assert result.exit_code == 0
    page = path.read_text()
    assert "<title>Placement of two-steps</title>" in page
    for section in ("graph", "cost", "limits", "load", "front-1", "alternatives", "proof"):
        assert f'<section id="{section}"' in page or f'<section class="front" id="{section}"' in page
    assert f"Wrote {path}." in result.stderr


def test_no_time_for_analyses_still_gives_the_placement(system: Path) -> None:
    found = values(system, "--load", "--pareto", "cost,latency", "--analysis-time", "0")
    assert found["status"] == "optimal"
    assert found["load"]["proven"] is False
    assert found["fronts"][0]["complete"] is False
    assert found["fronts"][0]["points"], "the placement itself is a point"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--load-range", "3:1"], "no range of rates"),
        (["--load-range", "x"], "no range of rates"),
        (["--pareto", "cost,latncy"], "no objective `latncy`"),
        (["--pareto", "latency"], "of cost against something"),
        (["--pareto", "cost"], "of cost against something"),
        (["--pareto", "cost,latency", "--path", "third"], "no path and no component"),
        (["--report", "no/such/directory/report.html"], "There is no directory"),
        (["--load", "--evaluate", "Output.json"], "--evaluate searches nothing"),
    ],
)
def test_wrong_options_are_explained(system: Path, options: list[str], words: str) -> None:
    result = run(system, *options)
    assert isinstance(result.exception, UsageError), result.output
    assert words in result.exception.message
    assert result.stdout == ""


@pytest.mark.parametrize("objective", ["energy", "grid-energy"])
def test_an_objective_without_figures_is_refused_before_anything_is_searched(
    tmp_path: Path, objective: str
) -> None:
    path = tmp_path / "system.json"
    path.write_text(json.dumps(two_steps()))
    result = run(path, "--load", "--pareto", f"cost,latency,{objective}")
    assert isinstance(result.exception, UsageError)
    assert "No resource says what power it draws" in result.exception.message
    assert "placement_rules.yaml" in result.exception.mend
    assert "Looking for" not in result.stderr
