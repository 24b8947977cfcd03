"""What later stages see of a design, and which deployment they get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from design_runs import Designer

from aisprint_cli.design.current import open_design, select
from aisprint_cli.errors import InvalidInputError, StateError, UsageError

OPTIMAL = "aisprint/deployments/optimal_deployment/production_deployment.yaml"
HALVES = ("second_partition1_1", "second_partition1_2")


def placement(name: str | None = "deployment3", **changes: Any) -> dict[str, Any]:
    """The file placement writes for `deployment3`: the first component on layer 2, the second split."""
    places = {"first": (2, "VM2"), HALVES[0]: (1, "VM1"), HALVES[1]: (2, "VM2"), **changes}
    components = {
        f"component{index}": {
            "name": part,
            "executionLayer": layer,
            "Containers": {"container1": {"memorySize": 512, "selectedExecutionResource": resource}},
        }
        for index, (part, (layer, resource)) in enumerate(places.items(), 1)
    }
    layer = {"name": "L", "number": 2, "Resources": {"resource1": {"name": "VM2", "totalNodes": 3}}}
    domains = {"ND1": {"name": "d", "ComputationalLayers": {"computationalLayer2": layer}}}
    system = {"name": "Resources", "NetworkDomains": domains, "Components": components}
    return {"System": system | ({"DeploymentName": name} if name else {})}


def write(directory: Path, document: Any) -> None:
    path = directory / OPTIMAL
    path.unlink()
    path.write_text(yaml.safe_dump(document))


def test_a_design_opens_with_its_deployments(designed_template: Path) -> None:
    opened = open_design(designed_template)
    assert opened.design.count == 6
    assert opened.deployments_dir == designed_template / "aisprint/deployments"
    for name in ("base", "deployment5"):
        deployment = select(opened, choice=name).deployment
        written = yaml.safe_load((opened.deployments_dir / name / "application_dag.yaml").read_text())
        assert list(deployment.dag.components) == written["System"]["components"]


def test_an_application_that_was_never_designed_says_what_to_run(undesigned: Path) -> None:
    with pytest.raises(StateError, match="not been designed") as caught:
        open_design(undesigned)
    assert "aisprint design" in caught.value.mend


@pytest.mark.parametrize(
    "name", ["src/second/labels.txt", "src/first/new.txt", "common_config/candidate_resources.yaml"]
)
def test_a_design_whose_inputs_changed_is_out_of_date(designed: Path, design: Designer, name: str) -> None:
    with (designed / name).open("a") as stream:
        stream.write("# changed\n")
    with pytest.raises(StateError, match="out of date") as caught:
        open_design(designed)
    assert name in caught.value.why
    design(designed)
    open_design(designed)


def test_an_invalid_application_does_not_open(designed: Path) -> None:
    (designed / "common_config/application_dag.yaml").write_text("System: [")
    with pytest.raises(InvalidInputError):
        open_design(designed)


def test_a_name_that_is_no_deployment_lists_those_there_are(designed_template: Path) -> None:
    with pytest.raises(UsageError) as caught:
        select(open_design(designed_template), choice="deployment6")
    assert "deployment5" in caught.value.mend


def test_the_optimal_deployment_is_base_until_one_is_placed(designed_template: Path) -> None:
    opened = open_design(designed_template)
    assert select(opened, choice="optimal").deployment == select(opened, choice="base").deployment


@pytest.mark.parametrize("name", ["deployment3", None])
def test_a_placement_gives_parts_layers_resources_and_nodes(designed: Path, name: str | None) -> None:
    write(designed, placement(name))
    selection = select(open_design(designed), choice="optimal")
    deployment = selection.deployment
    assert deployment.name == (name or "optimal_deployment")
    assert deployment.dag.components == ("first", *HALVES)
    assert [(placed.layer, placed.resource) for placed in deployment.placed] == [
        (2, "VM2"),
        (1, "VM1"),
        (2, "VM2"),
    ]
    chosen = selection.application.catalogue
    nodes = {name: resource.nodes for name in ("VM1", "VM2") if (resource := chosen.resource(name))}
    assert nodes == {"VM1": 5, "VM2": 3}


def test_a_placement_has_the_constraints_of_where_it_runs(designed: Path) -> None:
    write(designed, placement("deployment2", first=(1, "VM1")))
    qos = select(open_design(designed), choice="optimal").deployment.qos
    assert [layer.layer for layer in qos.layers] == [1, 2]
    assert [constraint.path for constraint in qos.layers[1].global_] == [HALVES, ("first", *HALVES)]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "not a mapping"),
        ({"System": {}}, "Components"),
        (placement("deployment77"), "no deployment deployment77"),
        (placement("base"), "not those of base"),
        (placement(first=(3, "VM1")), "layer 3 is no candidate"),
        (placement(first=(1, "VM2")), "no resource VM2 in layer 1"),
        (placement(other=(1, "VM1")), "other is no part"),
        (placement(second=(2, "VM2")), "no whole application"),
        (placement(second_partition9_1=(1, "VM1")), "second_partition9_1 is no part"),
        (placement(first=("2", "VM2")), "executionLayer"),
        (placement(first=(2, None)), "selectedExecutionResource"),
    ],
)
def test_a_placement_that_does_not_fit_is_refused_with_the_reason(
    designed: Path, document: Any, reason: str
) -> None:
    write(designed, document)
    with pytest.raises(InvalidInputError, match=reason):
        select(open_design(designed), choice="optimal")


def test_a_placement_that_is_no_yaml_is_refused(designed: Path) -> None:
    path = designed / OPTIMAL
    path.unlink()
    path.write_text("System: [")
    with pytest.raises(InvalidInputError):
        select(open_design(designed), choice="optimal")


def test_a_placement_that_was_removed_is_a_state_error(designed: Path) -> None:
    (designed / OPTIMAL).unlink()
    with pytest.raises(StateError, match=r"production_deployment\.yaml"):
        select(open_design(designed), choice="optimal")
