"""Placement rules of an application directory: what becomes of them in its problem, and in its placement."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aisprint_cli.cli.main import app
from aisprint_cli.errors import InfeasibleError
from aisprint_cli.load.application import require_application
from aisprint_cli.placement.from_application import problem_from
from aisprint_cli.placement.measurements import read_measurements
from aisprint_cli.placement.problem import Discipline, PriceTier, Problem, Resource

RULES = """\
rules:
  - {pin: [locate], to: {layers: [1]}, reason: faces stay on site}
  - {private: [classify], within: {regions: [site]}}
  - {apart: [locate, tally], scope: region, name: one fault is not all}
  - {quota: 2, over: {resources: [ClusterNode, FaaS-arm]}}
regions: {site: [1, 2]}
percentiles: {classify: {local: 95}}
resources:
  ClusterNode: {reserved: {number: 1, cost: 0.01}, spot: {cost: 0.02}, availability: 0.9}
  EdgeServer: {idle_power: 60, busy_power: 150, green_share: 0.5}
networks: {ND1: {shared: true}}
"""
MODELS = {
    "locate": {"locate": {"EdgeBoard": {"demand": 0.1}, "EdgeServer": {"demand": 0.12}}},
    "classify": {
        "classify": {
            "EdgeServer": {"demand": 0.15, "model": "QTmulticore", "scv": 0.5},
            "ClusterNode": {"demand": 0.05, "model": "TABLE", "points": [[1, 0.05], [9, 0.2]]},
        }
    },
    "tally": {
        "tally": {"ClusterNode": {"demand": 0.005}, "FaaS-arm": {"demandWarm": 0.05, "demandCold": 1.2}}
    },
}


@pytest.fixture
def digits(examples: Path, tmp_path: Path) -> Path:
    directory = tmp_path / "digits"
    shutil.copytree(examples / "digit_reader", directory)
    (directory / "oscarp").mkdir(exist_ok=True)
    (directory / "oscarp" / "performance_models.json").write_text(json.dumps(MODELS))
    (directory / "oscarp" / "components_data_size.yaml").write_text("locate: 250\nclassify: 20\n")
    (directory / "common_config" / "placement_rules.yaml").write_text(RULES)
    return directory


def problem(directory: Path) -> Problem:
    application = require_application(directory).application
    assert application is not None
    measured, findings = read_measurements(directory)
    assert not findings
    built = problem_from(application, {}, measured, rate_per_s=2.0)
    assert built.problem is not None, built.findings
    return built.problem


def resource(directory: Path, name: str) -> Resource:
    return next(item for item in problem(directory).resources if item.name == name)


def test_rules_are_in_the_numbers_of_the_problem(digits: Path) -> None:
    found = problem(digits)
    names = [item.name for item in found.resources]
    rules = found.rules

    def allowed(number: int) -> set[str]:
        return {names[item] for item in rules.confinements[number].allowed}

    assert [item.name for item in rules.confinements] == [
        "faces stay on site",
        "keeps the input of classify on region site",
    ]
    assert allowed(0) == {item.name for item in found.resources if item.layer == 0}
    assert rules.confinements[0].words == "keeps locate on layer 1"
    assert rules.confinements[1].first_piece_only
    assert allowed(1) == {item.name for item in found.resources if found.layers[item.layer].region == "site"}
    (bond,) = rules.affinities
    assert [found.components[number].name for number in bond.components] == ["locate", "tally"]
    (quota,) = rules.quotas
    assert ({names[item] for item in quota.resources}, quota.limit) == ({"ClusterNode", "FaaS-arm"}, 2)


def test_terms_of_resources_networks_and_limits_count(digits: Path) -> None:
    node = resource(digits, "ClusterNode")
    assert node.tiers == (PriceTier(1, 0.01, "reserved"), PriceTier(node.limit, 0.02, "spot"))
    assert node.availability == 0.9
    server = resource(digits, "EdgeServer")
    assert (server.idle_w, server.busy_w, server.green_share) == (60, 150, 0.5)
    found = problem(digits)
    assert [item.name for item in found.domains if item.shared] == ["ND1"]
    limits = {found.components[item.component].name: item.percentile for item in found.local_limits}
    assert limits["classify"] == 0.95
    assert set(limits.values()) <= {0.95, None}


def test_models_say_how_service_varies_and_what_was_measured(digits: Path) -> None:
    found = problem(digits)
    assert resource(digits, "EdgeServer").discipline is Discipline.MULTI_SERVER
    classify = next(item for item in found.components if item.name == "classify")
    server, node = classify.alternatives[0].pieces[0].options
    assert (server.scv, server.curve) == (0.5, ())
    assert list(node.curve) == [(1, 0.05), (9, 0.2)]


def test_transitions_are_priced_by_the_thousand(digits: Path) -> None:
    assert resource(digits, "FaaS-arm").transition_cost == pytest.approx(0.02625 / 1000)


def test_place_and_design_keep_the_rules(digits: Path) -> None:
    runner = CliRunner()
    designed = runner.invoke(app, ["design", str(digits), "--rate", "2"])
    assert designed.exit_code == 0, designed.output
    result = runner.invoke(app, ["place", str(digits), "--rate", "2", "-o", "json", "-q"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["status"] == "optimal"
    pieces = {name: item["pieces"][name] for name, item in answer["placement"].items()}
    assert pieces["locate"]["layer"] == "computationalLayer1"
    assert pieces["tally"]["resource"] in {"ClusterNode", "FaaS-arm"}
    kinds = {item["kind"] for item in answer["constraints"]}
    assert {"placement_rule", "apart", "quota", "bandwidth"} <= kinds
    (local,) = (
        item for item in answer["constraints"] if (item["kind"], item["subject"]) == ("local", "classify")
    )
    assert local["percentile"] == 95


def test_a_rule_in_the_way_is_named_by_design(digits: Path) -> None:
    rules = digits / "common_config" / "placement_rules.yaml"
    rules.write_text("rules: [{together: [locate, tally], scope: layer, name: one rack}]\n")
    result = CliRunner().invoke(app, ["design", str(digits), "--rate", "2"])
    assert isinstance(result.exception, InfeasibleError), result.output
    assert "The rule 'one rack' (it keeps locate and tally in one layer) is in the way." in result.output
    assert "drop the rule 'one rack'" in result.output
