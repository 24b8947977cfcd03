"""`aisprint place` from a file to tables, JSON, output files and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from placement_systems import two_steps
from typer.testing import CliRunner, Result

from aisprint_cli.cli.main import app
from aisprint_cli.errors import InfeasibleError, InvalidInputError, UsageError

Write = Callable[[dict[str, Any]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(system: dict[str, Any]) -> Path:
        path = tmp_path / "system.json"
        path.write_text(json.dumps(system))
        return path

    return written


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["place", *map(str, arguments)])


def values(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "-o", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_result_as_json(write: Write) -> None:
    found = values(write(two_steps()))
    assert found["schema"] == "aisprint.place/1"
    assert found["status"] == "optimal"
    assert found["semantics"] == "python"
    assert found["feasible"] is True
    assert found["gap"] == 0
    assert found["lower_bound"] == pytest.approx(found["cost"])
    assert found["cpu_s"] >= 0
    assert set(found["placement"]) == {"first", "second"}
    # All on the board, which has to be bought anyway.
    assert found["cost"] == pytest.approx(4.0)
    assert found["placement"]["second"]["pieces"]["h1"]["resource"] == "Board"
    kinds = {item["kind"] for item in found["constraints"]}
    assert kinds >= {"local", "global", "utilisation", "instances", "memory", "network"}
    assert all(item["slack"] == item["limit"] - item["value"] for item in found["constraints"])
    assert sum(item["cost"] for item in found["resources"]) == pytest.approx(found["cost"])


def test_the_rate_decides(write: Write) -> None:
    path = write(two_steps())
    busy = values(path, "--rate", "4")
    assert busy["rate_per_s"] == 4
    assert busy["placement"]["second"]["pieces"]["h1"]["resource"] != "Board"


def test_semantics_change_the_figures(write: Write) -> None:
    system = two_steps()
    system["CompatibilityMatrix"]["second"]["h1"] = [{"resource": "VM", "memory": 800}]
    path = write(system)
    python, cpp = (values(path, "--semantics", name) for name in ("python", "cpp"))
    assert cpp["semantics"] == "cpp"
    of_path = [next(c for c in found["constraints"] if c["kind"] == "global") for found in (python, cpp)]
    assert of_path[0]["value"] > of_path[1]["value"]


def test_a_table_for_people(write: Write) -> None:
    result = run(write(two_steps()), "--explain")
    assert result.exit_code == 0
    assert "proven optimal" in result.stdout
    assert "Board" in result.stdout
    assert "instead" in result.stdout


def test_what_is_written_can_be_evaluated(write: Write, tmp_path: Path) -> None:
    path, output = write(two_steps()), tmp_path / "out" / "Output.json"
    found = values(path, "--rate", "4", "--write", output)
    again = values(path, "--evaluate", output)
    assert again["status"] == "evaluated"
    assert again["rate_per_s"] == 4
    assert again["cost"] == found["cost"]
    assert again["placement"] == found["placement"]
    assert len(again["stated"]) == 4
    assert all(item["agrees"] for item in again["stated"])
    assert "figures that the file states are right" in run(path, "--evaluate", output).stdout


def test_a_placement_that_breaks_a_limit_ends_with_4(write: Write, tmp_path: Path) -> None:
    system, output = two_steps(), tmp_path / "Output.json"
    values(write(system), "--write", output)
    system["GlobalConstraints"]["p1"]["global_res_time"] = 0.2
    result = run(write(system), "--evaluate", output)
    assert result.exit_code == 4
    assert "1 constraint does not hold" in result.stdout
    assert "broken" in result.stdout


def test_figures_that_a_file_states_wrongly_are_shown(write: Write, tmp_path: Path) -> None:
    path, output = write(two_steps()), tmp_path / "Output.json"
    values(path, "--write", output)
    document = json.loads(output.read_text())
    document["total_cost"] = "1.5"
    output.write_text(json.dumps(document))
    found = values(path, "--evaluate", output)
    assert [item["what"] for item in found["stated"] if not item["agrees"]] == ["total cost"]
    assert "stated otherwise" in run(path, "--evaluate", output).stdout


def test_what_cannot_be_placed_is_explained_and_ends_with_4(write: Write) -> None:
    system = two_steps()
    system["GlobalConstraints"]["p1"]["global_res_time"] = 0.3
    path = write(system)
    result = run(path, "-o", "json")
    assert isinstance(result.exception, InfeasibleError)
    found = json.loads(result.stdout)
    assert found["status"] == "infeasible"
    assert found["placement"] is None
    assert found["conflict"]["conditions"] == [{"kind": "global", "subject": "first -> second", "limit": 0.3}]
    assert "raise the limit on first -> second" in run(path).stdout


def test_no_time_at_all_still_gives_a_placement_and_its_gap(write: Write) -> None:
    found = values(write(two_steps()), "--time-limit", "0")
    assert found["status"] in {"stopped", "optimal"}
    assert found["feasible"]
    assert found["lower_bound"] <= found["cost"]
    assert 0 <= found["gap"] < 1


@pytest.mark.parametrize("rate", ["-1", "inf", "nan"])
def test_rates_that_make_no_sense(write: Write, rate: str) -> None:
    assert isinstance(run(write(two_steps()), "--rate", rate).exception, UsageError)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path / "none.json").exception, UsageError)


def test_a_broken_file_names_its_problems(write: Write) -> None:
    system = two_steps()
    system["Lambda"], system["Time"] = "x", 0
    result = run(write(system))
    assert isinstance(result.exception, InvalidInputError)
    assert {item.location.path for item in result.exception.diagnostics} == {"system.json"}
    assert len(result.exception.diagnostics) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda output: output.pop("components"), "structure.missing-key"),
        (lambda output: output["components"].pop("first"), "output.not-placed"),
        (lambda output: output["components"].update(third={}), "output.not-of-the-system"),
        (lambda output: output["components"].update(first={"s9": {}}), "output.not-of-the-system"),
        (
            lambda output: output["components"]["second"].update(s1={"h1": {"l": {"VM9": {"number": 1}}}}),
            "output.not-of-the-system",
        ),
        (
            lambda output: output["components"]["second"].update(s1={"h1": {"l": {"VM": {"number": 0}}}}),
            "structure.out-of-range",
        ),
    ],
)
def test_outputs_of_other_systems_are_refused(
    write: Write, tmp_path: Path, change: Callable[[dict[str, Any]], Any], code: str
) -> None:
    path, output = write(two_steps()), tmp_path / "Output.json"
    values(path, "--write", output)
    document = json.loads(output.read_text())
    change(document)
    output.write_text(json.dumps(document))
    result = run(path, "--evaluate", output)
    assert isinstance(result.exception, InvalidInputError)
    assert code in {item.code for item in result.exception.diagnostics}
