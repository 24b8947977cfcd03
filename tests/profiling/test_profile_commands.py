"""`aisprint profile fit` and `aisprint predict`, from a table to predictions and demands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from campaigns import LEVELS, campaign, write_table
from typer.testing import CliRunner, Result

from aisprint_cli.cli.main import app
from aisprint_cli.errors import InvalidInputError, UsageError
from aisprint_cli.placement.measurements import read_measurements
from aisprint_cli.profiling.selection import fit


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


def values(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "-o", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "blur.csv", campaign([10]))


def problems(path: Path, *options: object) -> InvalidInputError:
    error = run("profile", "fit", path, *options).exception
    assert isinstance(error, InvalidInputError)
    return error


def test_the_error_on_test_levels_as_json(table: Path) -> None:
    found = values("profile", "fit", table, "--test-levels", "4,12,20,28", "--jobs", 10)
    assert found["schema"] == "aisprint.profile-fit/1"
    assert found["cpu_s"] >= 0
    assert found["test"]["trained_on_rows"] == 18
    points = found["test"]["points"]
    assert [point["cores"] for point in points] == [4, 12, 20, 28]
    mean = sum(abs(point["error_percent"]) for point in points) / 4
    assert found["test"]["mape_percent"] == pytest.approx(mean)
    covered = [point["low_s"] <= point["measured_s"] <= point["high_s"] for point in points]
    assert found["test"]["interval_coverage"] == sum(covered) / 4
    for chosen in found["chosen"].values():
        assert sum(member["weight"] for member in chosen["families"]) == pytest.approx(1)


def test_the_error_on_more_files(tmp_path: Path) -> None:
    table = write_table(tmp_path / "files.csv", campaign([5, 10, 15]), files=True)
    found = values("profile", "fit", table, "--test-files", "15", "--jobs", 1)
    assert found["test"]["trained_on_rows"] == 60
    assert {point["load"] for point in found["test"]["points"]} == {15}


def test_the_table_names_the_error(table: Path) -> None:
    text = run("profile", "fit", table, "--test-levels", "4,12", "--jobs", "10").stdout
    assert "MAPE" in text
    assert "inside the measured range" in text


def test_a_written_model_predicts(table: Path, tmp_path: Path) -> None:
    models = tmp_path / "models.json"
    values("profile", "fit", table, "--jobs", 10, "--out", models, "--resource", "VM1")
    values("profile", "fit", table, "--out", models, "--component", "detect", "--test-levels", "4")
    inside = values("predict", "blur", "--cores", 6, "--models", models, "--resource", "VM1")
    assert inside["schema"] == "aisprint.predict/1"
    assert inside["low_s"] < inside["value_s"] < inside["high_s"]
    assert not inside["extrapolation"]
    beyond = values("predict", "detect", "--cores", 64, "--models", models)
    assert beyond["extrapolation"]
    assert beyond["outside"] == ["cores"]
    assert beyond["valid"]["cores"] == [1, 32]


def test_what_is_written_was_fitted_to_all_rows(table: Path, tmp_path: Path) -> None:
    models = tmp_path / "models.json"
    values("profile", "fit", table, "--test-levels", "28,32", "--out", models)
    assert values("predict", "blur", "--cores", 32, "--models", models)["extrapolation"] is False


@pytest.fixture
def application(examples: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(examples / "digit_reader", tmp_path / "app"))


def target(application: Path, component: str, resource: str, *more: object) -> tuple[object, ...]:
    names = ("--component", component, "--resource", resource, "--cores", 4)
    return ("--write-models", application, *names, *more)


def test_placement_reads_the_demand(table: Path, application: Path) -> None:
    before, _ = read_measurements(application)
    options = target(application, "classify", "EdgeBoard", "--jobs", 10)
    found = values("profile", "fit", table, *options)
    predicted = values("predict", "classify", "--models", application, "--cores", 4)["value_s"]
    assert found["written"]["demand_s"] == pytest.approx(predicted / 10)
    measured, findings = read_measurements(application)
    assert not findings
    assert measured.demands["classify", "EdgeBoard"].demand_s == pytest.approx(predicted / 10)
    others = {key: value for key, value in before.demands.items() if key != ("classify", "EdgeBoard")}
    assert others == {key: measured.demands[key] for key in others}


def test_a_demand_needs_the_number_of_jobs(table: Path, application: Path) -> None:
    result = run("profile", "fit", table, *target(application, "classify", "EdgeBoard"))
    assert isinstance(result.exception, UsageError)
    assert not (application / "oscarp" / "fitted_models.json").exists()


@pytest.mark.parametrize(
    ("component", "resource", "more"),
    [
        ("clasify", "EdgeBoard", ()),
        ("classify", "EdgeBord", ()),
        ("classify", "EdgeBoard", ("--part", "locate")),
    ],
)
def test_names_the_application_does_not_have_are_refused(
    table: Path, application: Path, component: str, resource: str, more: tuple[str, ...]
) -> None:
    before = (application / "oscarp" / "performance_models.json").read_bytes()
    result = run("profile", "fit", table, *target(application, component, resource, "--jobs", 10, *more))
    assert isinstance(result.exception, UsageError)
    assert (application / "oscarp" / "performance_models.json").read_bytes() == before


def test_the_demands_of_a_function_are_not_overwritten(table: Path, application: Path) -> None:
    path = application / "oscarp" / "performance_models.json"
    document = json.loads(path.read_text())
    document["classify"]["classify"]["EdgeBoard"] = {"demandWarm": 1, "demandCold": 2}
    path.write_text(json.dumps(document))
    result = run("profile", "fit", table, *target(application, "classify", "EdgeBoard", "--jobs", 10))
    assert isinstance(result.exception, InvalidInputError)
    assert json.loads(path.read_text()) == document


def test_models_that_cannot_be_read_are_not_added_to(table: Path, tmp_path: Path) -> None:
    models = tmp_path / "models.json"
    models.write_text('{"format": "something else"}')
    error = run("profile", "fit", table, "--out", models).exception
    assert isinstance(error, InvalidInputError)
    assert models.read_text() == '{"format": "something else"}'


def test_a_damaged_model_is_named(table: Path, tmp_path: Path) -> None:
    models = tmp_path / "models.json"
    values("profile", "fit", table, "--out", models)
    models.write_text(models.read_text().replace('"kind": "share"', '"kind": "os.system"'))
    error = run("predict", "blur", "--cores", 4, "--models", models).exception
    assert isinstance(error, InvalidInputError)
    assert "os.system" in error.diagnostics[0].message


def test_every_wrong_row_is_named(tmp_path: Path) -> None:
    table = tmp_path / "bad.csv"
    table.write_text("runtime,cores,tag\n10,1,a\nfast, -2,a\n7\n,4,a\n1,nan,a\n")
    found = [(str(item.location), item.code) for item in problems(table).diagnostics]
    assert found == [
        ("bad.csv:1:15", "table.unused-column"),
        ("bad.csv:3:1", "table.number"),
        ("bad.csv:3:7", "table.number"),
        ("bad.csv:4:1", "table.row-width"),
        ("bad.csv:5:1", "table.number"),
        ("bad.csv:6:3", "table.number"),
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", {"table.empty"}),
        ("runtime,cores\n", {"table.no-rows"}),
        ("runtme,cores\n1,2\n", {"table.unknown-column", "table.missing-column"}),
        ("runtime,cores,cores\n1,2,2\n", {"table.duplicate-column"}),
        ("runtime,cores,load,number_of_files\n1,2,2,2\n", {"table.two-loads"}),
        ("runtime,cores\n1,2\n1,3\n", {"table.too-few-levels"}),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, text: str, codes: set[str]) -> None:
    table = tmp_path / "bad.csv"
    table.write_text(text)
    assert {item.code for item in problems(table).diagnostics} == codes


def test_a_table_of_bytes_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "bad.csv"
    table.write_bytes(b"runtime,cores\n\xff\xfe")
    assert [item.code for item in problems(table).diagnostics] == ["table.encoding"]


def test_a_table_of_no_campaign_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "bad.csv"
    table.write_text("runtime,cores\n" + "".join(f"1,{cores}\n" for cores in range(1, 1002)))
    assert [item.code for item in problems(table).diagnostics] == ["table.too-large"]


def test_too_many_test_levels_are_refused(table: Path) -> None:
    held = ",".join(map(str, LEVELS[2:]))
    assert problems(table, "--test-levels", held).diagnostics[0].code == "table.too-few-levels"


@pytest.mark.parametrize(
    "options",
    [
        ("--test-levels", "5"),
        ("--test-levels", "a"),
        ("--test-levels", "4", "--test-files", "5"),
        ("--test-files", "5"),
        ("--jobs", "0"),
        ("--pods-per-node", "0"),
        ("--cores", "4"),
    ],
)
def test_wrong_options_are_refused(table: Path, options: tuple[str, ...]) -> None:
    assert isinstance(run("profile", "fit", table, *options).exception, UsageError)


@pytest.mark.parametrize(
    "options",
    [
        ("blurr", "--cores", "4"),
        ("blur", "--cores", "4", "--resource", "VM2"),
        ("blur", "--cores", "0"),
        ("blur", "--cores", "4", "--application-dir", "."),
    ],
)
def test_wrong_questions_are_refused(table: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    models = tmp_path / "models.json"
    values("profile", "fit", table, "--out", models)
    assert isinstance(run("predict", *options, "--models", models).exception, UsageError)


def test_a_prediction_is_that_of_the_fit(table: Path, tmp_path: Path) -> None:
    from aisprint_cli.profiling.table_file import read_table

    models = tmp_path / "models.json"
    values("profile", "fit", table, "--out", models)
    expected = fit(read_table(table).runs).predict(6)
    found = values("predict", "blur", "--cores", 6, "--models", models)
    assert (found["value_s"], found["low_s"], found["high_s"]) == (
        expected.value_s,
        expected.low_s,
        expected.high_s,
    )
