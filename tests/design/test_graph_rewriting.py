"""The graph of a deployment, from the application's graph and the segments of each component."""

from __future__ import annotations

from collections import defaultdict
from math import isclose

from design_models import applications
from hypothesis import given, settings

from aisprint_cli.design.enumeration import Combination, plan_design
from aisprint_cli.design.rewriting import rewrite
from aisprint_cli.model.application import Application
from aisprint_cli.model.dag import Dag, Dependency
from aisprint_cli.model.naming import parse_part


def halves(name: str, split: int = 1) -> tuple[str, str]:
    return f"{name}_partition{split}_1", f"{name}_partition{split}_2"


DIAMOND = Dag(
    "my_app",
    ("a", "b", "c", "d"),
    (
        Dependency("a", "b", 0.3),
        Dependency("a", "c", 0.7),
        Dependency("b", "d", 1),
        Dependency("c", "d", 0.5),
    ),
)


def test_split_components_of_a_diamond_become_chains_in_the_documented_order() -> None:
    segments = {"a": halves("a"), "b": halves("b"), "c": ("c",), "d": halves("d")}
    rewritten = rewrite(DIAMOND, segments)
    assert rewritten.components == (*halves("a"), "c", *halves("b"), *halves("d"))
    assert rewritten.dependencies == (
        Dependency("a_partition1_1", "a_partition1_2", 1),
        Dependency("a_partition1_2", "b_partition1_1", 0.3),
        Dependency("a_partition1_2", "c", 0.7),
        Dependency("b_partition1_1", "b_partition1_2", 1),
        Dependency("b_partition1_2", "d_partition1_1", 1),
        Dependency("d_partition1_1", "d_partition1_2", 1),
        Dependency("c", "d_partition1_1", 0.5),
    )


def test_a_single_component_that_is_split_has_one_edge() -> None:
    rewritten = rewrite(Dag("one", ("a",)), {"a": halves("a", 10)})
    assert rewritten.components == halves("a", 10)
    assert rewritten.dependencies == (Dependency(*halves("a", 10), 1),)


def test_a_graph_with_nothing_split_keeps_its_order() -> None:
    dag = Dag("x", ("b", "a"), (Dependency("a", "b", 0.4),), {"a": ("small",)})
    rewritten = rewrite(dag, {"a": ("a",), "b": ("b",)})
    assert (rewritten.components, rewritten.dependencies) == (dag.components, dag.dependencies)
    assert not rewritten.alternatives


def some_combinations(app: Application, splits: dict[str, int]) -> list[Combination]:
    every = plan_design(app, splits)
    highest = every.combination_of(splits)
    return [highest, every.combination_of({})]


@settings(max_examples=60, deadline=None)
@given(applications())
def test_rewritten_graphs_are_acyclic_and_keep_every_transition(
    case: tuple[Application, dict[str, int]],
) -> None:
    app, splits = case
    for combination in some_combinations(app, splits):
        dag = combination.dag
        assert sorted(dag.topological_order()) == sorted(dag.components)
        assert len(set(dag.components)) == len(dag.components)
        known = frozenset(app.dag.components)
        outer: defaultdict[tuple[str, str], float] = defaultdict(float)
        for edge in dag.dependencies:
            source, target = parse_part(edge.source, known), parse_part(edge.target, known)
            assert source is not None
            assert target is not None
            if source.component == target.component:
                assert edge.probability == 1
                assert (source.segment or 0) + 1 == target.segment
            else:
                outer[source.component, target.component] += edge.probability
        assert outer == {(edge.source, edge.target): edge.probability for edge in app.dag.dependencies}


@settings(max_examples=60, deadline=None)
@given(applications())
def test_rewriting_keeps_how_often_each_component_is_reached(
    case: tuple[Application, dict[str, int]],
) -> None:
    app, splits = case

    def visits(dag: Dag) -> dict[str, float]:
        found: dict[str, float] = {}
        for name in dag.topological_order():
            arriving = dag.incoming(name)
            found[name] = sum(found[edge.source] * edge.probability for edge in arriving) if arriving else 1.0
        return found

    before = visits(app.dag)
    for combination in some_combinations(app, splits):
        for name, expected in visits(combination.dag).items():
            part = parse_part(name, frozenset(app.dag.components))
            assert part is not None
            assert isclose(expected, before[part.component])
