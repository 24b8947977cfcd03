"""Design places what was measured, writes the optimum, and does not search twice for the same."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from design_directories import snapshot, times, write_application
from design_runs import Designer, run_design, silent

from aisprint_cli.design.choice import default_choice
from aisprint_cli.design.current import open_design, select
from aisprint_cli.design.placing import PlacingSettings, PlacingStatus
from aisprint_cli.design.report import DesignReport, Outcome
from aisprint_cli.design.run import DesignSettings, design_application
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.placement.measurements import read_measurements
from aisprint_cli.placement.output_file import read_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AISPRINT = Path(sys.executable).with_name("aisprint")
OPTIMAL = "aisprint/deployments/optimal_deployment/production_deployment.yaml"
OUTPUT = "aisprint/deployments/optimal_deployment/Output.json"
HALVES = ("second_partition1_1", "second_partition1_2")


def models(*, first: float = 0.1, second: float = 0.1, halves: float = 0.02) -> dict[str, Any]:
    """Demands in seconds, the same wherever a part may run."""
    return {
        "first": {"first": {"VM1": {"demand": first}, "VM2": {"demand": first}}},
        "second": {
            "second": {"VM2": {"model": "QTcloud", "demand": second}},
            HALVES[0]: {"VM1": {"model": "QTedge", "demand": halves}},
            HALVES[1]: {"VM2": {"model": "QTcloud", "demand": halves}},
        },
    }


def give(directory: Path, document: Any) -> None:
    """Give an application performance models and the sizes of what its parts send."""
    (directory / "oscarp").mkdir(exist_ok=True)
    (directory / "oscarp/performance_models.json").write_text(json.dumps(document))
    sizes = "".join(f"{part}: 10\n" for part in ("first", "second", *HALVES))
    (directory / "oscarp/components_data_size.yaml").write_text(sizes)


@pytest.fixture(scope="module")
def placed_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An application that was measured, and designed for one request per second."""
    directory = write_application(tmp_path_factory.mktemp("placed") / "my_app")
    give(directory, models())
    place(directory)
    return directory


@pytest.fixture
def placed(placed_template: Path, tmp_path: Path) -> Path:
    """A copy of its own of the placed application."""
    import shutil

    return Path(shutil.copytree(placed_template, tmp_path / "my_app", symlinks=True))


def place(
    directory: Path, *, rate: float | None = 1.0, time_limit_s: float = 60.0, **settings: Any
) -> DesignReport:
    """Design and place at that rate."""
    placing = PlacingSettings(rate_per_s=rate, time_limit_s=time_limit_s)
    return run_design(directory, placing=placing, **settings)


def production(directory: Path) -> dict[str, Any]:
    """What the production file holds below `System`."""
    document: dict[str, Any] = yaml.safe_load((directory / OPTIMAL).read_text())
    return dict(document["System"])


def test_the_optimum_is_written_in_both_forms(placed: Path) -> None:
    system = production(placed)
    # One node of layer 2 carries everything, and the alternatives need one of layer 1 as well.
    assert system["DeploymentName"] == "deployment1"
    chosen = {entry["name"]: entry["executionLayer"] for entry in system["Components"].values()}
    assert chosen == {"first": 2, "second": 2}
    containers = [entry["Containers"]["container1"] for entry in system["Components"].values()]
    assert {container["selectedExecutionResource"] for container in containers} == {"VM2"}
    (layer,) = system["NetworkDomains"]["ND1"]["ComputationalLayers"].values()
    assert [entry["totalNodes"] for entry in layer["Resources"].values()] == [1]
    output = json.loads((placed / OUTPUT).read_text())
    assert output["feasible"] is True
    assert output["total_cost"] == pytest.approx(1.0)
    assert output["components"]["first"]["base"]["first"]["computationalLayer2"]["VM2"]["number"] == 1


def test_the_named_deployment_has_exactly_these_parts_and_layers(placed: Path) -> None:
    opened = open_design(placed)
    chosen = select(opened, choice="optimal").deployment
    named = opened.design.deployment(production(placed)["DeploymentName"])
    assert [(item.part, item.layer) for item in chosen.placed] == [
        (item.part, item.layer) for item in named.placed
    ]


def test_the_output_file_is_of_the_problem_and_agrees_with_it(placed: Path) -> None:
    report = place(placed)
    assert report.placing.solution is not None
    assessment = report.placing.solution.assessment
    stated = read_output(placed / OUTPUT, assessment.problem)
    assert stated.cost == pytest.approx(assessment.cost)
    assert stated.placement.instances == assessment.placement.instances


def test_designing_again_changes_nothing_and_does_not_search(placed: Path) -> None:
    before = times(placed)
    said: list[str] = []
    settings = DesignSettings(placing=PlacingSettings(rate_per_s=1.0))
    report = design_application(placed, settings, said.append)
    assert report.outcome is Outcome.UNCHANGED
    assert report.placing.status is PlacingStatus.OPTIMAL
    assert report.placing.solution is not None
    assert report.placing.solution.reused
    assert times(placed) == before
    assert not any("placement" in text for text in said)


def test_what_is_taken_over_says_the_same_as_what_was_found(placed: Path, tmp_path: Path) -> None:
    directory = write_application(tmp_path / "again" / "my_app")
    give(directory, models())
    found, again = place(directory).to_json()["placement"], place(directory).to_json()["placement"]
    assert (found["reused"], again["reused"]) == (False, True)
    for values in (found, again):
        del values["reused"], values["cpu_s"]
    assert found == again
    assert snapshot(directory) == snapshot(placed)


def test_another_rate_is_placed_anew(placed: Path) -> None:
    place(placed, rate=12.0)
    (layer,) = [
        layer
        for layer in production(placed)["NetworkDomains"]["ND1"]["ComputationalLayers"].values()
        if layer["number"] == 2
    ]
    assert [entry["totalNodes"] for entry in layer["Resources"].values()] == [2]
    assert json.loads((placed / OUTPUT).read_text())["Lambda"] == 12


def test_other_figures_make_the_design_out_of_date_and_move_the_optimum(placed: Path) -> None:
    # Whole, the second component is too slow for its limit of 10 s; in halves it is not.
    give(placed, models(second=11.0))
    report = place(placed, rate=0.02)
    assert "oscarp/performance_models.json" in report.inputs
    assert {entry["name"] for entry in production(placed)["Components"].values()} == {"first", *HALVES}


def test_an_optimum_above_the_cap_is_written_too(placed: Path) -> None:
    give(placed, models(second=11.0))
    report = place(placed, rate=0.02, maximum=1)
    name = production(placed)["DeploymentName"]
    assert name not in {"base", "deployment1"}
    folders = {path.name for path in (placed / "aisprint/deployments").iterdir() if path.is_dir()}
    assert folders == {"base", name, "optimal_deployment"}
    assert (placed / f"aisprint/deployments/{name}/src/{HALVES[0]}/main.py").is_file()
    assert report.written == 1
    assert place(placed, rate=0.02, maximum=1).outcome is Outcome.UNCHANGED
    # Another optimum, and the directory goes.
    give(placed, models())
    place(placed, maximum=1)
    assert not (placed / f"aisprint/deployments/{name}").exists()


def test_without_models_it_is_base_and_says_why(tmp_path: Path) -> None:
    directory = write_application(tmp_path / "my_app", splittable=False)
    report = place(directory)
    assert report.placing.status is PlacingStatus.NOT_MEASURED
    assert "oscarp/performance_models.json" in report.placing.reason
    assert production(directory)["DeploymentName"] == "base"
    assert not (directory / OUTPUT).exists()
    assert report.findings == ()
    assert default_choice(open_design(directory)) == "base"


@pytest.mark.parametrize(
    "document",
    [
        {"first": models()["first"]},
        {"first": {"first": {"VM1": {"model": "CoreBasedPredictor", "regressor_file": "best.pickle"}}}},
    ],
)
def test_figures_that_are_not_complete_are_no_error(placed: Path, document: Any) -> None:
    give(placed, document)
    report = place(placed)
    assert report.placing.status is PlacingStatus.NOT_MEASURED
    assert report.placing.reason
    assert production(placed)["DeploymentName"] == "base"
    assert not (placed / OUTPUT).exists()


def test_without_a_rate_it_asks_for_one(placed: Path) -> None:
    report = place(placed, rate=None)
    assert report.placing.status is PlacingStatus.NOT_MEASURED
    assert "requests per second" in report.placing.reason


def test_faulty_figures_are_an_error_that_names_them(placed: Path) -> None:
    before = snapshot(placed)
    (placed / "oscarp/performance_models.json").write_text('{"first": {"first": {"VM1": {"demand": -1}}}}')
    with pytest.raises(InvalidInputError) as caught:
        place(placed)
    assert [item.location.path for item in caught.value.diagnostics if item.is_error] == [
        "oscarp/performance_models.json"
    ]
    after = snapshot(placed)
    assert {path for path in before if before[path] != after[path]} == {"oscarp/performance_models.json"}


def test_no_place_leaves_base(placed: Path) -> None:
    report = run_design(placed, placing=PlacingSettings(wanted=False))
    assert report.placing.status is PlacingStatus.OFF
    assert production(placed)["DeploymentName"] == "base"
    assert not (placed / OUTPUT).exists()


def test_what_cannot_be_placed_is_designed_without_an_optimum(placed: Path) -> None:
    give(placed, models(first=9.0))  # the limit is 8 s
    report = place(placed, rate=0.01)
    assert report.placing.status is PlacingStatus.INFEASIBLE
    assert report.placing.conflict is not None
    assert "first" in report.placing.conflict.sentence
    assert report.outcome is Outcome.WRITTEN
    assert not (placed / OPTIMAL).exists()
    assert not (placed / OUTPUT).exists()
    assert (placed / "aisprint/deployments/deployment3/application_dag.yaml").is_file()
    assert default_choice(open_design(placed)) == "base"
    # Again the same, and nothing is written.
    before = times(placed)
    assert place(placed, rate=0.01).outcome is Outcome.UNCHANGED
    assert times(placed) == before
    # Mended, and it is there again.
    give(placed, models())
    assert place(placed).placing.status is PlacingStatus.OPTIMAL
    assert production(placed)["DeploymentName"] == "deployment1"


def test_a_production_file_of_another_tool_stays_and_is_not_searched_for(
    placed: Path, design: Designer
) -> None:
    text = (placed / "aisprint/deployments/base/production_deployment.yaml").read_text()
    path = placed / OPTIMAL
    path.unlink()
    path.write_text(text)
    report = place(placed)
    assert report.placing.status is PlacingStatus.KEPT
    assert path.read_text() == text
    assert not (placed / OUTPUT).exists()  # its figures would be those of another placement
    assert design(placed).outcome is Outcome.UNCHANGED
    path.unlink()
    assert place(placed).placing.status is PlacingStatus.OPTIMAL


def test_an_edited_output_file_is_not_overwritten(placed: Path) -> None:
    (placed / OUTPUT).write_text("{}")
    with pytest.raises(InvalidInputError) as caught:
        place(placed)
    assert [item.location.path for item in caught.value.diagnostics] == [OUTPUT]
    place(placed, force=True)
    assert (placed / f"{OUTPUT}.orig").read_text() == "{}"
    assert json.loads((placed / OUTPUT).read_text())["feasible"]


def test_a_search_that_was_stopped_goes_on_next_time(tmp_path: Path) -> None:
    directory = write_application(tmp_path / "my_app", splittable=False)
    give(directory, models())

    @contextmanager
    def stopped() -> Iterator[Callable[[], bool]]:
        yield lambda: True

    settings = DesignSettings(placing=PlacingSettings(rate_per_s=1.0, interruptible=stopped))
    report = design_application(directory, settings, silent)
    assert report.placing.status is PlacingStatus.STOPPED
    assert report.placing.solution is not None
    assert report.placing.solution.assessment.feasible
    assert report.placing.solution.record.lower_bound <= report.placing.solution.assessment.cost
    assert place(directory).placing.status is PlacingStatus.OPTIMAL


def test_deploying_takes_the_optimum_when_one_was_placed(placed: Path) -> None:
    assert default_choice(open_design(placed)) == "optimal"


def test_the_size_at_the_cut_stands_in_for_one_that_was_not_measured(placed: Path) -> None:
    (placed / "oscarp/components_data_size.yaml").write_text("first: 10\nsecond: 10\n")
    assert HALVES[0] not in read_measurements(placed)[0].sent_mb
    report = place(placed)
    assert report.placing.solution is not None
    problem = report.placing.solution.assessment.problem
    cut = next(item for item in report.components if item.name == "second").cuts[0]
    piece = problem.components[1].alternatives[1].pieces[0]
    assert piece.data_size == pytest.approx(cut["bytes"] / 1e6)


def aisprint(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([AISPRINT, *arguments], capture_output=True, text=True, check=False)


def test_the_command_prints_the_placement_and_its_proof(placed: Path) -> None:
    finished = aisprint("design", placed, "--rate", "1")
    assert finished.returncode == 0, finished.stderr
    for expected in (
        "optimal deployment: deployment1",
        "VM2",
        "proven optimal",
        "would run as",
        "Nothing changed",
    ):
        assert expected in finished.stdout
    found = json.loads(aisprint("design", placed, "--rate", "1", "-o", "json").stdout)["placement"]
    assert (found["status"], found["deployment"], found["proven"]) == ("optimal", "deployment1", True)
    assert found["lower_bound"] == found["cost"]
    assert {item["component"] for item in found["next_best"]} == {"first", "second"}
    assert all(item["slack"] == item["limit"] - item["value"] for item in found["constraints"])


def test_the_other_commands_take_the_placement_from_the_design(placed: Path) -> None:
    evaluated = aisprint("place", placed, "--evaluate", placed / OUTPUT, "-o", "json")
    assert evaluated.returncode == 0, evaluated.stderr
    found = json.loads(evaluated.stdout)
    assert found["feasible"]
    assert all(item["agrees"] for item in found["stated"])
    # Without --placement it plays the one of the design, at the rate it was made for.
    played = aisprint("simulate", placed, "--requests", "200", "--replications", "2", "-o", "json")
    assert played.returncode == 0, played.stderr
    values = json.loads(played.stdout)
    assert (values["system"], values["placement"], values["rate_per_s"]) == ("my_app", "Output.json", 1.0)


def test_the_command_ends_with_4_and_the_reason(placed: Path) -> None:
    give(placed, models(first=9.0))
    finished = aisprint("design", placed, "--rate", "0.01", "-o", "json")
    assert finished.returncode == 4
    found = json.loads(finished.stdout)["placement"]
    assert (found["status"], found["deployment"], found["feasible"]) == ("infeasible", None, False)
    assert "first" in found["conflict"]["sentence"]
    assert "--no-place" in finished.stderr
    said = aisprint("design", placed, "--rate", "0.01").stdout
    assert "raise the limit on first" in said
    assert aisprint("design", placed, "--no-place").returncode == 0
    assert aisprint("design", placed, "--rate", "-1").returncode == 2
    assert aisprint("design", placed, "--rate", "0").returncode == 4
