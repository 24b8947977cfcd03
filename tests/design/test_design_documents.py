"""The texts of the output tree, read back by an ordinary YAML reader."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from design_models import application, applications
from hypothesis import given, settings
from hypothesis import strategies as st

from aisprint_cli.design.documents import (
    annotations_text,
    dag_text,
    layer_qos_text,
    multi_cluster_entry,
    multi_cluster_head,
    partitions_text,
    scalar,
    total_qos_text,
)
from aisprint_cli.design.enumeration import plan_design
from aisprint_cli.design.views import to_dot, to_mermaid
from aisprint_cli.model.annotations import Annotations, ExecTime
from aisprint_cli.model.application import Application, ComponentSource
from aisprint_cli.model.dag import Dag, Dependency
from aisprint_cli.model.qos import GlobalConstraint, LayerQos, LocalConstraint, QosConstraints

QOS = QosConstraints(
    (
        LayerQos(1, ("b",), (LocalConstraint("b", 0.5),), (GlobalConstraint(("a", "b"), 20),), None),
        LayerQos(3, ("a",), (LocalConstraint("a", 7),), (), "a"),
    )
)


@given(st.text() | st.integers().map(float) | st.floats(allow_nan=False))
def test_any_scalar_reads_back_as_itself(value: str | float) -> None:
    assert yaml.safe_load(f"key: [{scalar(value)}, x]")["key"][0] == value


@pytest.mark.parametrize("name", ["on", "no", "null", "1e5", "010", "2024-01-01", "a: b", "# x", "été", ""])
def test_names_that_yaml_would_take_for_something_else_stay_names(name: str) -> None:
    dag = Dag(name, ("x",), ())
    assert yaml.safe_load(dag_text(dag))["System"]["name"] == name


def test_a_graph_reads_back_in_the_reference_form() -> None:
    dag = Dag("my_app", ("a", "on"), (Dependency("a", "on", 0.3),))
    assert yaml.safe_load(dag_text(dag)) == {
        "System": {"name": "my_app", "components": ["a", "on"], "dependencies": [["a", "on", 0.3]]}
    }
    assert yaml.safe_load(dag_text(Dag("one", ("a",))))["System"]["dependencies"] == []


def test_whole_numbers_are_written_without_a_fraction() -> None:
    assert "[a, b, 1]" in dag_text(Dag("x", ("a", "b"), (Dependency("a", "b", 1.0),)))


def test_the_constraints_of_a_layer_read_back_in_the_form_of_ams() -> None:
    assert yaml.safe_load(layer_qos_text("my_app", QOS.layers[0])) == {
        "system": {
            "name": "my_app",
            "local_constraints": {"local_constraint_1": {"component_name": "b", "threshold": 0.5}},
            "global_constraints": {"global_constraint_1": {"path_components": ["a", "b"], "threshold": 20}},
            "throughput_component": "",
        }
    }
    empty = yaml.safe_load(layer_qos_text("my_app", LayerQos(2, ("x",), throughput_part="x")))["system"]
    assert empty["local_constraints"] == empty["global_constraints"] == {}
    assert empty["throughput_component"] == "x"


def test_only_one_indented_line_of_an_ams_file_starts_with_name() -> None:
    assert len(re.findall(r"^\s+name:", layer_qos_text("my_app", QOS.layers[0]), re.MULTILINE)) == 1


def test_the_constraints_of_all_layers_are_under_both_spellings_with_one_numbering() -> None:
    document = yaml.safe_load(total_qos_text("my_app", QOS))
    assert document["System"] == document["system"]
    assert list(document["System"]["local_constraints"]) == ["local_constraint_1", "local_constraint_2"]
    assert "throughput_component" not in document["System"]


def test_the_multi_cluster_file_holds_each_deployment_by_layer_number() -> None:
    text = (
        multi_cluster_head()
        + multi_cluster_entry("base", QOS)
        + multi_cluster_entry("deployment1", QosConstraints())
    )
    deployments = yaml.safe_load(text)["System"]["Deployments"]
    assert deployments["deployment1"] is None
    assert list(deployments["base"]["ExecutionLayers"]) == [1, 3]
    assert deployments["base"]["ExecutionLayers"][3] == {
        "components": ["a"],
        "local_constraints": {"local_constraint_1": {"component_name": "a", "threshold": 7}},
        "global_constraints": {},
        "throughput_component": "a",
    }


@settings(max_examples=30, deadline=None)
@given(applications())
def test_what_is_written_of_a_deployment_is_what_it_is(case: tuple[Application, dict[str, int]]) -> None:
    app, splits = case
    design = plan_design(app, splits)
    last = design.deployment_at(design.count - 1)
    system: dict[str, Any] = yaml.safe_load(dag_text(last.dag))["System"]
    assert system["components"] == list(last.dag.components)
    assert [tuple(edge) for edge in system["dependencies"]] == [
        (edge.source, edge.target, edge.probability) for edge in last.dag.dependencies
    ]
    if last.qos.layers:
        written = yaml.safe_load(total_qos_text("my_app", last.qos))["system"]["global_constraints"]
        assert [tuple(item["path_components"]) for item in written.values()] == [
            constraint.path for constraint in last.qos.global_
        ]


def test_partitions_are_listed_by_component() -> None:
    text = partitions_text({"b": ["base"], "a": ["base", "partition1_1", "partition1_2"]})
    document = yaml.safe_load(text)
    assert list(document["components"]) == ["a", "b"]
    assert document["components"]["a"]["partitions"] == ["base", "partition1_1", "partition1_2"]


def test_annotations_are_keyed_by_paths_that_can_move_with_the_application() -> None:
    raw = {"exec_time": {"prev_components": ("b",), "local_time_thr": 8}, "component_name": {"name": "a"}}
    source = ComponentSource("a", "src/anywhere", Annotations(exec_time=ExecTime(8.0), raw=raw))
    text = annotations_text([source])
    assert yaml.safe_load(text) == {
        "src/anywhere/main.py": {
            "component_name": {"name": "a"},
            "exec_time": {"local_time_thr": 8, "prev_components": ["b"]},
        }
    }
    assert text.index("component_name") < text.index("exec_time")


def test_drawings_name_every_component_and_the_probabilities_that_say_something() -> None:
    dag = application(["end", "b"], [("end", "b", 0.25)]).dag
    assert '"end" -> "b" [label="0.25"];' in to_dot(dag)
    mermaid = to_mermaid(dag)
    assert 'n0["end"]' in mermaid
    assert "n0 -->|0.25| n1" in mermaid
