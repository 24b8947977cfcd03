"""Deployments by number, by name and in order."""

from __future__ import annotations

import itertools
from math import prod

import pytest
from design_models import application, applications, candidate
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aisprint_cli.design.enumeration import Wish, deployment_index, deployment_name, plan_design
from aisprint_cli.design.production import production_document
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.model.application import Application
from aisprint_cli.model.candidates import Candidate, CandidateDeployments, Container
from aisprint_cli.model.deployment import Deployment

CHAIN = [("b", "a", 1.0)]


def places(deployment: Deployment) -> list[tuple[str, int]]:
    return sorted((placed.part.name, placed.layer) for placed in deployment.placed)


def test_components_vary_alphabetically_with_the_last_fastest_and_layers_in_file_order() -> None:
    layers = {"a": [2, 1], "b": [3, 1], "b_partitionX_1": [1, 2], "b_partitionX_2": [2]}
    app = application(["b", "a"], CHAIN, layers=layers)
    design = plan_design(app, {"b": 1})
    first, second = "b_partition1_1", "b_partition1_2"
    assert [places(deployment) for deployment in design.deployments()] == [
        [("a", 2), ("b", 3)],
        [("a", 2), ("b", 1)],
        [("a", 1), ("b", 3)],
        [("a", 1), ("b", 1)],
        [("a", 2), (first, 1), (second, 2)],
        [("a", 2), (first, 2), (second, 2)],
        [("a", 1), (first, 1), (second, 2)],
        [("a", 1), (first, 2), (second, 2)],
    ]
    names = [deployment.name for deployment in design.deployments()]
    assert names == ["base", *(f"deployment{number}" for number in range(1, 8))]


def test_splits_are_ordered_by_number_beyond_nine() -> None:
    design = plan_design(application(["a"]), {"a": 12})
    order = [deployment.placed[0].part.split for deployment in design.deployments()]
    assert order == [None, *range(1, 13)]


def test_placed_parts_follow_the_graph() -> None:
    design = plan_design(application(["b", "a"], CHAIN), {"a": 1})
    last = design.deployment_at(design.count - 1)
    assert tuple(placed.part.name for placed in last.placed) == last.dag.components
    assert last.dag.components == ("b", "a_partition1_1", "a_partition1_2")


@settings(max_examples=60, deadline=None)
@given(applications())
def test_the_count_is_the_sum_over_combinations_of_the_products_of_layers(
    case: tuple[Application, dict[str, int]],
) -> None:
    app, splits = case
    design = plan_design(app, splits)

    def ways(component: str, split: int) -> int:
        names = [component] if split == 0 else [f"{component}_partitionX_{segment}" for segment in (1, 2)]
        entries = [app.candidates.get(name) for name in names]
        return prod(len(entry.layers) for entry in entries if entry is not None)

    options = [[ways(name, split) for split in range(splits[name] + 1)] for name in app.dag.components]
    assert design.count == sum(prod(choice) for choice in itertools.product(*options))


@settings(max_examples=40, deadline=None)
@given(applications(), st.data())
def test_a_deployment_by_number_equals_the_one_met_on_the_way(
    case: tuple[Application, dict[str, int]], data: st.DataObject
) -> None:
    app, splits = case
    design = plan_design(app, splits)
    seen = list(design.deployments(300))
    assert len(seen) == min(design.count, 300)
    for index in data.draw(st.lists(st.integers(0, len(seen) - 1), max_size=5)):
        assert design.deployment_at(index) == seen[index]
        assert design.deployment(seen[index].name) == seen[index]


@settings(max_examples=60, deadline=None)
@given(applications(), st.data())
def test_wishes_give_the_deployments_that_meet_them_and_no_other(
    drawn: tuple[Application, dict[str, int]], data: st.DataObject
) -> None:
    app, splits = drawn
    design = plan_design(app, splits)
    assume(design.count <= 2000)
    parts = [part.name for part in design.parts]
    layers = st.none() | st.integers(1, 3)
    wishes = data.draw(st.lists(st.builds(Wish, st.sampled_from(parts), layers), max_size=3))

    def meets(deployment: Deployment) -> bool:
        placed = {(place.part.name, place.layer) for place in deployment.placed}
        names = {name for name, _ in placed}
        return all((wish.part, wish.layer) in placed if wish.layer else wish.part in names for wish in wishes)

    assert list(design.deployments(having=wishes)) == list(filter(meets, design.deployments()))


def test_a_few_are_found_among_any_number() -> None:
    components = [f"c{index:02}" for index in range(40)]
    edges = [(before, after, 1.0) for before, after in itertools.pairwise(components)]
    design = plan_design(application(components, edges, layers={name: [1, 2, 3] for name in components}), {})
    (last,) = design.deployments(having=[Wish(name, 3) for name in components])
    assert last == design.deployment_at(3**40 - 1)


def test_a_wish_that_nothing_meets_is_known_at_once() -> None:
    components = [f"c{index:02}" for index in range(40)]
    design = plan_design(application(components), dict.fromkeys(components, 2))
    assert list(design.deployments(having=[Wish("c39", 9)])) == []


def test_a_deployment_far_out_needs_none_of_those_before_it() -> None:
    names = [f"c{index:02}" for index in range(30)]
    edges = [(before, after, 1.0) for before, after in itertools.pairwise(names)]
    design = plan_design(application(names, edges, layers={name: [1, 2, 3] for name in names}), {})
    assert design.count == 3**30
    last = design.deployment_at(design.count - 1)
    assert {placed.layer for placed in last.placed} == {3}
    assert design.deployment_at(1).of("c29").layer == 2


@given(st.integers(0, 10**12))
def test_names_and_numbers_of_deployments_belong_together(index: int) -> None:
    assert deployment_index(deployment_name(index)) == index


@pytest.mark.parametrize("name", ["", "deployment0", "deployment01", "deployment2", "Base", "deployment-1"])
def test_a_name_that_is_no_deployment_is_refused(name: str) -> None:
    design = plan_design(application(["a"], layers={"a": [1, 2]}), {})
    assert design.count == 2
    with pytest.raises(KeyError):
        design.deployment(name)
    with pytest.raises(IndexError):
        design.deployment_at(2)


def test_the_resource_of_a_part_is_the_first_that_lives_in_its_layer() -> None:
    base = application(["a"], layers={"a": [1, 2]})
    entries = (candidate("a", [2, 1], ["R1", "S2", "R2"]),)
    app = Application(base.dag, base.catalogue, CandidateDeployments(entries), base.sources)
    chosen = [deployment.placed[0].resource for deployment in plan_design(app, {}).deployments()]
    assert chosen == ["S2", "R1"]


def test_a_part_goes_to_the_container_that_lists_the_resource_and_to_a_resource_that_holds_it() -> None:
    base = application(["a"], layers={"a": [1, 2]})
    containers = (
        Container("container1", (), 64_000, 1, ("R1", "R2")),  # more memory than any resource has
        Container("container2", (), 512, 1, ("S1",)),
    )
    entry = Candidate("key_a", "a", (1, 2), containers)
    app = Application(base.dag, base.catalogue, CandidateDeployments((entry,)), base.sources)
    chosen = [deployment.placed[0] for deployment in plan_design(app, {}).deployments()]
    assert [(placed.resource, placed.container.key) for placed in chosen] == [
        ("S1", "container2"),
        ("R2", "container1"),
    ]
    written = production_document(app, plan_design(app, {}).deployment("base"))["System"]["Components"]
    assert list(written["key_a"]["Containers"]) == ["container1"]


def test_every_part_without_a_place_is_named_at_once() -> None:
    base = application(["a", "b"], [("a", "b", 1.0)], layers={"a": [1, 2]})
    entries = (candidate("a", [1, 2], ["R1"]), candidate("b", [1]))
    app = Application(base.dag, base.catalogue, CandidateDeployments(entries), base.sources)
    with pytest.raises(InvalidInputError) as caught:
        plan_design(app, {"b": 1})
    messages = " ".join(finding.message for finding in caught.value.diagnostics)
    assert "layer 2" in messages
    assert "b_partition1_1" in messages
    assert "b_partition1_2" in messages
    assert "b_partitionX_2" in " ".join(finding.mend for finding in caught.value.diagnostics)
