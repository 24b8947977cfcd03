"""`aisprint simulate` on a system file: table, JSON, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aisprint_cli.cli.main import app
from aisprint_cli.errors import InfeasibleError, InvalidInputError, UsageError

SHORT = ("--requests", "400", "--replications", "5")


def system_document() -> dict[str, Any]:
    return {
        "DirectedAcyclicGraph": {
            "c1": {"next": ["c2"], "transition_probability": [1.0]},
            "c2": {"next": [], "transition_probability": []},
        },
        "Components": {
            "c1": {"s1": {"h1": {"next": ["c2"], "data_size": [4], "early_exit_probability": 0}}},
            "c2": {"s1": {"h1": {"next": [], "data_size": [], "early_exit_probability": 0}}},
        },
        "EdgeResources": {
            "computationalLayer1": {"Drone1": {"number": 2, "cost": 4.0, "memory": 4096, "n_cores": 1}}
        },
        "CloudResources": {
            "computationalLayer2": {"VM1": {"number": 3, "cost": 0.5, "memory": 4096, "n_cores": 1}}
        },
        "FaaSResources": {
            "computationalLayer3": {"F1": {"cost": 0.9, "memory": 4096, "idle_time_before_kill": 60}}
        },
        "CompatibilityMatrix": {
            "c1": {"h1": [{"resource": "Drone1", "memory": 256}]},
            "c2": {"h1": [{"resource": "VM1", "memory": 256}, {"resource": "F1", "memory": 256}]},
        },
        "Performance": {
            "c1": {"h1": {"Drone1": {"model": "QTedge", "demand": 0.3}}},
            "c2": {
                "h1": {
                    "VM1": {"model": "QTcloud", "demand": 0.8},
                    "F1": {"model": "PACSLTK", "demandWarm": 1.0, "demandCold": 1.5},
                }
            },
        },
        "NetworkTechnology": {
            "ND1": {
                "computationalLayers": [f"computationalLayer{number}" for number in (1, 2, 3)],
                "AccessDelay": 0.01,
                "Bandwidth": 1000,
            }
        },
        "Lambda": 0.9,
        "LocalConstraints": {"c2": {"local_res_time": 8.0}},
        "GlobalConstraints": {"p1": {"components": ["c1", "c2"], "global_res_time": 10.0}},
        "Time": 1,
    }


def output_document(resource: str, layer: str, number: int) -> dict[str, Any]:
    def place(layer: str, name: str, number: int) -> dict[str, Any]:
        return {
            "s1": {"h1": {layer: {name: {"description": "", "cost": 1, "memory": 4096, "number": number}}}}
        }

    return {
        "Lambda": 0.9,
        "components": {
            "c1": place("computationalLayer1", "Drone1", 1),
            "c2": place(layer, resource, number),
        },
        "total_cost": 1.0,
    }


@pytest.fixture(name="system")
def _system(tmp_path: Path) -> Path:
    path = tmp_path / "system.json"
    path.write_text(json.dumps(system_document()))
    return path


def write_output(tmp_path: Path, resource: str, layer: str, number: int = 1) -> str:
    path = tmp_path / "Output.json"
    path.write_text(json.dumps(output_document(resource, layer, number)))
    return str(path)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)])


def data(*arguments: str | Path) -> dict[str, Any]:
    result = run(*arguments, "-o", "json")
    assert result.exit_code == 0, result
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["schema"] == "aisprint.simulate/1"
    return found


def test_a_given_placement_is_compared_with_its_prediction(system: Path, tmp_path: Path) -> None:
    solution = write_output(tmp_path, "VM1", "computationalLayer2", 2)
    found = data(system, "--placement", solution, "--requests", "4000", "--replications", "5")
    assert found["confidence"] == {"level": 0.95, "units": 5, "from": "replications"}
    assert [item["name"] for item in found["components"]] == ["c1", "c2"]
    second = found["components"][1]
    assert second["mean_s"]["predicted"] == pytest.approx(0.8 / (1 - 0.36))
    assert second["mean_s"]["verdict"] == "agrees"
    assert second["limit_s"] == 8.0
    assert second["pieces"][0]["resource"] == "VM1"
    assert second["p95_s"]["mean"] > second["mean_s"]["simulated"]["mean"]
    assert [item["instances"] for item in found["resources"]] == pytest.approx([1, 2])
    assert found["cost"]["simulated"]["mean"] == pytest.approx(5.0)
    assert found["limits_passed"] == []
    assert found["rate_per_s"] == 0.9


def test_functions_show_their_cold_starts_and_are_paid_while_busy(system: Path, tmp_path: Path) -> None:
    found = data(system, "--placement", write_output(tmp_path, "F1", "computationalLayer3"), *SHORT)
    [function] = found["functions"]
    assert 0 < function["cold_share"]["simulated"]["mean"] < 0.2
    assert found["cost"]["functions"]["mean"] == pytest.approx(0.9 * 1.0 * 0.9, rel=0.2)


def test_without_a_placement_the_cheapest_is_simulated(system: Path) -> None:
    found = data(system, *SHORT)
    assert found["placement"] is None
    assert found["cost"]["predicted"] < 5.0


def test_the_same_seed_gives_the_same_output(system: Path) -> None:
    first, again, other = (run(system, *SHORT, "--seed", seed, "-o", "json").stdout for seed in "112")
    assert first == again != other


def test_people_get_tables_and_reasons(system: Path, tmp_path: Path) -> None:
    solution = write_output(tmp_path, "VM1", "computationalLayer2", 1)
    result = run(system, "--placement", solution, "--rate", "1.6", *SHORT)
    assert result.exit_code == 0
    assert "∞" in result.stdout
    assert "c2 passes its limit of 8 s on average" in result.stdout
    assert "VM1: it is asked for 128%" in result.stdout
    assert "Cost for 1 h: 4.5 predicted" in result.stdout


def test_patterns_of_arrivals_are_played(system: Path, tmp_path: Path) -> None:
    solution = write_output(tmp_path, "VM1", "computationalLayer2", 2)
    trace = tmp_path / "trace.txt"
    trace.write_text("\n".join(str(second) for second in range(100)))
    played = data(system, "--placement", solution, "--arrivals", f"trace:{trace}", "--replications", "1")
    assert played["horizon"] == {"warm_up_s": 0.0, "measured_s": 99.0, "windows": 20}
    assert played["entered_per_s"]["simulated"]["mean"] == pytest.approx(100 / 99)
    ramp = data(system, "--placement", solution, "--arrivals", "ramp:0.1:1", "--replications", "1")
    assert ramp["entered_per_s"]["why"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--arrivals", "sometimes"), UsageError),
        (("--service", "slow"), UsageError),
        (("--hours", "0"), UsageError),
        (("--hours", "1", "--requests", "5"), UsageError),
        (("--rate", "-1"), UsageError),
        (("--rate", "100"), InfeasibleError),
        (("--arrivals", "trace:no-such-file"), InvalidInputError),
        (("--placement", "no-such-file.json"), InvalidInputError),
    ],
)
def test_what_cannot_be_simulated_is_explained(
    system: Path, arguments: tuple[str, ...], error: type[Exception]
) -> None:
    result = run(system, *arguments)
    assert isinstance(result.exception, error), result
    assert getattr(result.exception, "mend", "") or getattr(result.exception, "diagnostics", ())


def test_a_system_file_that_is_not_there_is_explained(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path / "none.json").exception, UsageError)
