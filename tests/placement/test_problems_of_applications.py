"""From an application directory to its placement problem, and from its solution to a production file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aisprint_cli.cli.main import app
from aisprint_cli.design.current import open_design, select
from aisprint_cli.design.enumeration import plan_design
from aisprint_cli.design.optimal import find_deployment, production_text
from aisprint_cli.design.placement import place
from aisprint_cli.design.production import read_production
from aisprint_cli.errors import InfeasibleError, InvalidInputError, UsageError
from aisprint_cli.load.application import require_application
from aisprint_cli.model.application import Application
from aisprint_cli.placement.exact import solve
from aisprint_cli.placement.from_application import ApplicationProblem, problem_from
from aisprint_cli.placement.measurements import read_measurements
from aisprint_cli.placement.problem import Tier

MODELS: dict[str, Any] = {
    "locate": {"locate": {"EdgeBoard": {"demand": 0.3}, "EdgeServer": {"model": "QTedge", "demand": 0.12}}},
    "classify": {
        "classify": {"EdgeBoard": {"demand": 0.35}, "ClusterNode": {"demand": 0.05}},
        "classify_partition1_1": {"EdgeBoard": {"demand": 0.1}, "EdgeServer": {"demand": 0.05}},
        "classify_partition1_2": {"ClusterNode": {"demand": 0.03}},
    },
    "tally": {
        "tally": {
            "EdgeBoard": {"demand": 0.02},
            "ClusterNode": {"demand": 0.005},
            "FaaS-arm": {"demandWarm": 0.05, "demandCold": 1.2},
        }
    },
}


@pytest.fixture
def digits(examples: Path, tmp_path: Path) -> Path:
    directory = tmp_path / "digits"
    shutil.copytree(examples / "digit_reader", directory)
    (directory / "oscarp").mkdir(exist_ok=True)
    (directory / "oscarp" / "performance_models.json").write_text(json.dumps(MODELS))
    (directory / "oscarp" / "components_data_size.yaml").write_text("locate: 250\nclassify: 20\n")
    return directory


def loaded(directory: Path) -> Application:
    application = require_application(directory).application
    assert application is not None
    return application


def built(directory: Path, *, rate_per_s: float | None = 2.0) -> ApplicationProblem:
    measured, findings = read_measurements(directory)
    assert findings == ()
    return problem_from(loaded(directory), {"classify": 2}, measured, rate_per_s=rate_per_s)


def test_everything_is_taken_over(digits: Path) -> None:
    problem = built(digits).problem
    assert problem is not None
    assert [component.name for component in problem.components] == ["locate", "classify", "tally"]
    assert [component.rate_per_s for component in problem.components] == [2.0, 1.5, 1.5]
    assert [layer.tier for layer in problem.layers] == [Tier.EDGE, Tier.CLOUD, Tier.FUNCTIONS]
    classify = problem.components[1]
    assert [item.name for item in classify.alternatives] == ["base", "partition1"]
    assert [piece.name for piece in classify.alternatives[1].pieces] == [
        "classify_partition1_1",
        "classify_partition1_2",
    ]
    assert [problem.resources[o.resource].name for o in classify.alternatives[0].pieces[0].options] == [
        "EdgeBoard",
        "ClusterNode",
    ]
    assert {(item.component, item.limit_s) for item in problem.local_limits} >= {(0, 8.0), (1, 10.0)}
    assert [(item.components, item.limit_s) for item in problem.path_limits] == [((0, 1, 2), 30.0)]
    function = next(item for item in problem.resources if item.name == "FaaS-arm")
    assert function.idle_before_kill_s == 600


def test_transfers_take_what_the_network_says(digits: Path) -> None:
    problem = built(digits).problem
    assert problem is not None
    names = {item.name: number for number, item in enumerate(problem.resources)}
    sent = problem.components[0].alternatives[0].sent[0]
    # 250 KB over the campus network, which holds both sites: 100 Mbit/s and 8 ms.
    assert problem.delay_s(names["EdgeBoard"], names["ClusterNode"], sent) == pytest.approx(0.008 + 0.02)
    assert problem.delay_s(names["EdgeBoard"], names["EdgeServer"], sent) == pytest.approx(0.001 + 0.002)


def test_what_is_not_predicted_is_left_out_and_told(digits: Path) -> None:
    messages = [item.message for item in built(digits).findings]
    assert "The split 2 of classify has no prediction for each of its parts." in messages
    assert "classify on EdgeServer has no prediction and is not considered." in messages
    assert "The size of what classify_partition1_1 sends is not known." in messages


def test_a_component_without_prediction_stops_it(digits: Path) -> None:
    models = {name: parts for name, parts in MODELS.items() if name != "tally"}
    (digits / "oscarp" / "performance_models.json").write_text(json.dumps(models))
    found = built(digits)
    assert found.problem is None
    assert found.unpredicted
    assert [item.code for item in found.findings if item.is_error] == ["placement.no-prediction"]


def test_without_models_nothing_is_guessed(digits: Path) -> None:
    (digits / "oscarp" / "performance_models.json").unlink()
    found = built(digits)
    assert found.problem is None
    assert found.unpredicted
    (finding,) = [item for item in found.findings if item.is_error]
    assert "locate, classify, tally" in finding.message
    assert "performance_models.json" in finding.mend


def test_the_expected_throughput_is_the_rate(digits: Path) -> None:
    problem = built(digits, rate_per_s=None).problem
    assert problem is not None
    assert problem.entry_rate_per_s == loaded(digits).sources["locate"].annotations.expected_throughput_hz


def test_without_a_rate_it_says_so(digits: Path) -> None:
    main = digits / "src" / "locate" / "main.py"
    lines = main.read_text().split("\n")
    main.write_text("\n".join(line for line in lines if not line.startswith("@expected_throughput")))
    found = built(digits, rate_per_s=None)
    assert found.problem is None
    assert not found.unpredicted
    assert [item.code for item in found.findings if item.is_error] == ["placement.no-rate"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"locate": {"locate": {"EdgeBoard": {"model": "CoreBasedPredictor"}}}}', "performance.no-demand"),
        ('{"locate": {"locate": {"EdgeBoard": 5}}}', "structure.wrong-type"),
        ('{"locate": {"locate": {"EdgeBoard": {"demand": -1}}}}', "structure.out-of-range"),
        ('{"locate": ', "json.syntax"),
    ],
)
def test_broken_models_are_named_with_their_place(digits: Path, text: str, code: str) -> None:
    (digits / "oscarp" / "performance_models.json").write_text(text)
    _, findings = read_measurements(digits)
    assert [item.code for item in findings] == [code]
    assert findings[0].location.path == "oscarp/performance_models.json"


def test_broken_sizes_are_named_with_their_place(digits: Path) -> None:
    (digits / "oscarp" / "components_data_size.yaml").write_text("locate: much\n")
    _, findings = read_measurements(digits)
    assert [(item.location.path, item.location.line) for item in findings] == [
        ("oscarp/components_data_size.yaml", 1)
    ]


def test_a_solution_becomes_a_deployment_and_a_production_file(digits: Path) -> None:
    problem = built(digits).problem
    assert problem is not None
    placement = solve(problem.at_rate(8.0)).placement
    assert placement is not None
    design = plan_design(loaded(digits), {"classify": 2})
    deployment = find_deployment(design, problem, placement)
    assert design.deployment(deployment.name).layers == deployment.layers
    import yaml

    production = read_production(yaml.safe_load(production_text(design, problem, placement)))
    assert production.deployment == deployment.name
    assert place(design, production) == deployment
    bought = {
        problem.resources[number].name: count for number, count in enumerate(placement.instances) if count
    }
    assert {name: count for (_, name), count in production.nodes.items() if name in bought} == bought


def test_an_application_is_placed_and_the_placement_applied(examples: Path, tmp_path: Path) -> None:
    directory = tmp_path / "words"
    shutil.copytree(examples / "word_count", directory)
    runner = CliRunner()
    assert runner.invoke(app, ["design", str(directory), "-q"]).exit_code == 0
    refused = runner.invoke(app, ["place", str(directory), "--rate", "2"])
    assert isinstance(refused.exception, InvalidInputError)
    assert [item.code for item in refused.exception.diagnostics] == ["placement.no-predictions"]
    (directory / "oscarp").mkdir(exist_ok=True)
    models = {"count": {"count": {"OfficeVM": {"model": "QTcloud", "demand": 0.4}}}}
    (directory / "oscarp" / "performance_models.json").write_text(json.dumps(models))
    assert runner.invoke(app, ["design", str(directory), "-q"]).exit_code == 0
    result = runner.invoke(app, ["place", str(directory), "--rate", "2", "--apply", "-o", "json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["cost"] == pytest.approx(0.05)
    chosen = select(open_design(directory), choice="optimal")
    (resource,) = next(iter(chosen.application.catalogue)).resources
    assert resource.nodes == 1
    too_much = runner.invoke(app, ["place", str(directory), "--rate", "6", "--apply"])
    assert isinstance(too_much.exception, InfeasibleError)
    assert "OfficeVM" in too_much.stdout


def test_only_applications_can_have_a_placement_applied(tmp_path: Path) -> None:
    path = tmp_path / "system.json"
    path.write_text("{}")
    result = CliRunner().invoke(app, ["place", str(path), "--apply"])
    assert isinstance(result.exception, UsageError)
