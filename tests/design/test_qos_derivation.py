"""Constraints of a deployment, from the limits its components declare."""

from __future__ import annotations

from itertools import pairwise

from design_models import application, applications
from hypothesis import given, settings

from aisprint_cli.design.enumeration import plan_design
from aisprint_cli.model.annotations import ExecTime
from aisprint_cli.model.application import Application
from aisprint_cli.model.qos import GlobalConstraint, LayerQos, LocalConstraint, QosConstraints

EDGES = [("a", "b", 1.0), ("b", "c", 1.0)]
LIMITS = {
    "a": ExecTime(local_limit_s=5),
    "b": ExecTime(local_limit_s=10, global_limit_s=20, previous=("a",)),
    "c": ExecTime(global_limit_s=30, previous=("a", "b")),
}


def test_whole_components_carry_their_limits_on_their_own_layer() -> None:
    app = application(["a", "b", "c"], EDGES, layers={"a": [2], "b": [1], "c": [2]}, limits=LIMITS)
    assert plan_design(app, {}).deployment("base").qos == QosConstraints(
        (
            LayerQos(1, ("b",), (LocalConstraint("b", 10),), (GlobalConstraint(("a", "b"), 20),)),
            LayerQos(2, ("a", "c"), (LocalConstraint("a", 5),), (GlobalConstraint(("a", "b", "c"), 30),)),
        )
    )


def test_a_local_limit_on_a_split_component_holds_over_its_segments_where_the_last_one_runs() -> None:
    layers = {"a": [1], "b_partitionX_1": [1], "b_partitionX_2": [2], "c": [1]}
    app = application(["a", "b", "c"], EDGES, layers=layers, limits=LIMITS)
    split = plan_design(app, {"b": 1}).deployment("deployment1")
    segments = ("b_partition1_1", "b_partition1_2")
    assert split.qos == QosConstraints(
        (
            LayerQos(
                1,
                ("a", "b_partition1_1", "c"),
                (LocalConstraint("a", 5),),
                (GlobalConstraint(("a", *segments, "c"), 30),),
            ),
            LayerQos(
                2,
                ("b_partition1_2",),
                (),
                (GlobalConstraint(segments, 10), GlobalConstraint(("a", *segments), 20)),
            ),
        )
    )


def test_the_throughput_is_taken_at_the_first_layer_that_has_it_and_above() -> None:
    layers = {"a": [1], "b": [3], "b_partitionX_1": [2], "b_partitionX_2": [3], "c": [3]}
    app = application(["a", "b", "c"], EDGES, layers=layers, limits={"a": ExecTime()}, throughput=["c", "b"])
    split = plan_design(app, {"b": 1}).deployment("deployment1")
    assert [(layer.layer, layer.throughput_part) for layer in split.qos.layers] == [
        (1, None),
        (2, "b_partition1_1"),
        (3, "b_partition1_1"),
    ]


def test_an_application_that_asks_for_nothing_has_no_constraints() -> None:
    app = application(["a", "b", "c"], EDGES)
    assert plan_design(app, {}).deployment("base").qos == QosConstraints()


def test_a_component_that_is_monitored_without_limits_still_gives_its_layer() -> None:
    app = application(["a", "b", "c"], EDGES, limits={"b": ExecTime()})
    assert plan_design(app, {}).deployment("base").qos == QosConstraints((LayerQos(1, ("a", "b", "c")),))


@settings(max_examples=60, deadline=None)
@given(applications())
def test_no_limit_is_lost_and_each_is_checked_where_its_path_ends(
    case: tuple[Application, dict[str, int]],
) -> None:
    app, splits = case
    design = plan_design(app, splits)
    declared = [source.annotations.exec_time for source in app.sources.values()]
    limits = sorted(
        limit
        for times in declared
        if times is not None
        for limit in (times.local_limit_s, times.global_limit_s)
        if limit is not None
    )
    for deployment in design.deployments(40):
        qos = deployment.qos
        found = [*(item.limit_s for item in qos.local), *(item.limit_s for item in qos.global_)]
        assert sorted(found) == limits
        for layer in qos.layers:
            assert {deployment.of(item.part).layer for item in layer.local} <= {layer.layer}
            for constraint in layer.global_:
                assert deployment.of(constraint.path[-1]).layer == layer.layer
                assert all(b in deployment.dag.successors(a) for a, b in pairwise(constraint.path))
        if qos.layers:
            assert sorted(name for layer in qos.layers for name in layer.parts) == sorted(
                deployment.dag.components
            )
