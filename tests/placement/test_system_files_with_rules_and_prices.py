"""What system files say beyond the reference: rules, prices, queues, tables, percentiles, shared networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from placement_systems import BOARD, FUNCTION, VM, read, two_steps

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.placement.problem import Discipline, PriceTier, Resource
from aisprint_cli.placement.rules import Affinity, Bond, Quota, Scope

System = dict[str, Any]


def vm(system: System) -> dict[str, Any]:
    found: dict[str, Any] = system["CloudResources"]["computationallayer2"]["VM"]
    return found


def on_vm(system: System) -> dict[str, Any]:
    found: dict[str, Any] = system["Performance"]["second"]["h1"]["VM"]
    return found


def with_rules(*rules: dict[str, Any]) -> System:
    system = two_steps()
    system["Regions"] = {"site": ["computationalLayer1"], "cloud": ["computationalLayer2"]}
    system["PlacementRules"] = list(rules)
    return system


def read_vm(change: Callable[[dict[str, Any]], object]) -> Resource:
    system = two_steps()
    change(vm(system))
    return read(system).problem.resources[VM]


def test_instances_may_be_reserved_and_the_others_spot() -> None:
    resource = read_vm(
        lambda item: item.update(reserved={"number": 1, "cost": 0.2}, spot={"cost": 0.3, "availability": 0.9})
    )
    assert resource.tiers == (PriceTier(1, 0.2, "reserved"), PriceTier(3, 0.3, "spot"))
    assert resource.availability == 0.9
    assert [resource.hourly_cost(count) for count in range(4)] == pytest.approx([0, 0.2, 0.5, 0.8])


def test_prices_may_be_listed() -> None:
    resource = read_vm(lambda item: item.update(price_tiers=[{"number": 2, "cost": 0.1, "name": "ours"}]))
    assert resource.tiers == (PriceTier(2, 0.1, "ours"),)
    assert resource.hourly_cost(3) == pytest.approx(1.2)


def test_a_resource_may_have_queues() -> None:
    assert read_vm(lambda item: item.update(discipline="multi_server")).discipline is Discipline.MULTI_SERVER


def test_a_model_says_that_its_resource_has_queues_and_how_service_varies() -> None:
    system = two_steps()
    on_vm(system).update(model="QTmulticore", scv=0.25)
    system["Performance"]["first"]["h3"]["VM"]["model"] = "QTmulticore"
    problem = read(system).problem
    queued = [item.discipline is Discipline.MULTI_SERVER for item in problem.resources]
    assert queued == [False, True, False]
    assert [item.scv for item in problem.components[1].alternatives[0].pieces[0].options] == [1, 0.25, 1]


def test_a_table_is_read_with_its_demand() -> None:
    system = two_steps()
    on_vm(system).update(model="TABLE", points=[[0.5, 0.2], [2, 0.6]])
    system["Performance"]["second"]["h1"]["F"] = {
        "model": "TABLE",
        "demandWarm": 0.3,
        "points": [[1, 0.4], [3, 0.5]],
    }
    _, measured, function = read(system).problem.components[1].alternatives[0].pieces[0].options
    assert list(measured.curve) == [(0.5, 0.2), (2, 0.6)]
    assert [measured.measured_s(rate) for rate in (0.1, 0.5, 1.25, 2, 2.1)] == pytest.approx(
        [0.2, 0.2, 0.4, 0.6, float("inf")]
    )
    assert function.measured_s(2) == pytest.approx(0.45)


def test_limits_may_be_about_percentiles_and_networks_shared() -> None:
    system = two_steps()
    system["LocalConstraints"]["second"]["percentile"] = 95
    system["GlobalConstraints"]["p1"]["percentile"] = 99
    system["NetworkTechnology"]["ND1"]["shared"] = True
    problem = read(system).problem
    assert [item.percentile for item in problem.local_limits] == [0.95]
    assert [item.percentile for item in problem.path_limits] == [0.99]
    assert [item.shared for item in problem.domains] == [True]


def test_rules_are_read_with_their_words() -> None:
    rules = read(
        with_rules(
            {"pin": ["first"], "to": {"layers": ["computationallayer1"]}, "reason": "faces stay on site"},
            {"keep_off": ["second"], "from": {"resources": ["VM"], "regions": ["site"]}},
            {"private": ["first", "second"], "within": {"regions": ["site"]}, "name": "raw"},
            {"private": ["first"], "within": {"regions": ["site"]}, "all_pieces": True},
        )
    ).problem.rules
    assert [(item.name, item.component, item.first_piece_only) for item in rules.confinements] == [
        ("faces stay on site", 0, False),
        ("keeps second off VM, region site", 1, False),
        ("raw (first)", 0, True),
        ("raw (second)", 1, True),
        ("keeps first on region site", 0, False),
    ]
    assert [sorted(item.allowed) for item in rules.confinements] == [
        [BOARD], [FUNCTION], [BOARD], [BOARD], [BOARD]
    ]  # fmt: skip
    assert rules.confinements[2].words == "keeps the input of first on region site"


def test_bonds_and_quotas_are_read() -> None:
    rules = read(
        with_rules(
            {"together": ["first", "second"], "scope": "layer"},
            {"apart": ["second", "first"]},
            {"quota": 2, "over": {"layers": ["computationallayer2"], "resources": ["F"]}, "name": "account"},
        )
    ).problem.rules
    layer = "keeps first and second in one layer"
    apart = "keeps second and first on different resources"
    assert rules.affinities == (
        Affinity(layer, (0, 1), Bond.TOGETHER, Scope.LAYER, words=layer),
        Affinity(apart, (1, 0), Bond.APART, Scope.RESOURCE, words=apart),
    )
    words = "allows at most 2 instances over computationallayer2, F"
    assert rules.quotas == (Quota("account", frozenset({VM}), 2, words=words),)


def _change(*path: str) -> Callable[[System, Any], None]:
    def change(system: System, value: Any) -> None:
        at = system
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


VM_PATH = ("CloudResources", "computationallayer2", "VM")
FUNCTION_PATH = ("FaaSResources", "computationallayer3", "F")
MODEL = ("Performance", "second", "h1", "VM")

WRONG = [
    ((*VM_PATH, "availability"), 1.5, "structure.out-of-range"),
    ((*VM_PATH, "availabilty"), 0.5, "structure.misspelt-key"),
    ((*VM_PATH, "discipline"), "fifo", "system.unknown-word"),
    ((*VM_PATH, "reserved"), {"number": 1}, "structure.missing-key"),
    ((*VM_PATH, "reserved"), {"number": 1, "price": 2, "cost": 1}, "structure.misspelt-key"),
    ((*VM_PATH, "reserved"), 3, "structure.wrong-type"),
    ((*VM_PATH, "price_tiers"), [{"number": 0, "cost": 1}], "structure.out-of-range"),
    ((*FUNCTION_PATH, "spot"), {"cost": 1}, "system.contradiction"),
    ((*MODEL, "scv"), -1, "structure.out-of-range"),
    ((*MODEL, "points"), [[2, 1], [1, 2]], "system.table"),
    ((*MODEL, "points"), [], "system.table"),
    ((*MODEL, "points"), [[1, 2, 3]], "system.table"),
    (("LocalConstraints", "second", "percentile"), 0.95, "structure.out-of-range"),
    (("LocalConstraints", "second", "percentil"), 95, "structure.misspelt-key"),
    (("NetworkTechnology", "ND1", "shared"), "yes", "structure.wrong-type"),
    (("PlacementRule",), [], "structure.misspelt-key"),
    (("Regions",), {"eu": ["computationalLayer9"]}, "system.unknown-name"),
    (("Regions",), {"a": ["computationalLayer1"], "b": ["computationalLayer1"]}, "system.duplicate-name"),
    (("PlacementRules",), [{"pin": ["first"]}], "structure.missing-key"),
    (("PlacementRules",), [{"pinn": ["first"]}], "system.rule"),
    (("PlacementRules",), ["pin"], "structure.wrong-type"),
    (("PlacementRules",), [{"pin": ["frist"], "to": {"resources": ["VM"]}}], "system.unknown-name"),
    (("PlacementRules",), [{"pin": ["first"], "to": {"resources": ["VN"]}}], "system.unknown-name"),
    (("PlacementRules",), [{"pin": ["first"], "to": {"regions": ["eu"]}}], "system.unknown-name"),
    (("PlacementRules",), [{"pin": ["first"], "to": {}}], "system.rule"),
    (("PlacementRules",), [{"pin": [], "to": {"resources": ["VM"]}}], "system.rule"),
    (("PlacementRules",), [{"pin": ["first"], "over": {"resources": ["VM"]}}], "structure.missing-key"),
    (("PlacementRules",), [{"apart": ["first"]}], "system.rule"),
    (("PlacementRules",), [{"apart": ["first", "second"], "scope": "rack"}], "system.unknown-word"),
    (("PlacementRules",), [{"quota": -1, "over": {"resources": ["VM"]}}], "structure.out-of-range"),
    (("PlacementRules",), [{"pin": ["first"], "apart": ["first", "second"]}], "system.rule"),
]


@pytest.mark.parametrize(
    ("path", "value", "code"), WRONG, ids=[f"{i}-{case[2]}" for i, case in enumerate(WRONG)]
)
def test_what_is_wrong_is_named(path: tuple[str, ...], value: Any, code: str) -> None:
    system = two_steps()
    _change(*path)(system, value)
    if path[-1] == "points":
        on_vm(system)["model"] = "TABLE"
    with pytest.raises(InvalidInputError) as caught:
        read(system)
    assert code in [item.code for item in caught.value.diagnostics]
    assert all(item.location.line > 1 for item in caught.value.diagnostics if item.code == code)


def test_models_of_one_resource_have_to_agree_on_how_it_serves() -> None:
    system = two_steps()
    on_vm(system)["model"] = "QTmulticore"
    with pytest.raises(InvalidInputError) as caught:
        read(system)
    assert [item.code for item in caught.value.diagnostics] == ["system.contradiction"]
    vm(system)["discipline"] = "multi_server"
    assert read(system).problem.resources[VM].discipline is Discipline.MULTI_SERVER
    vm(system)["discipline"] = "processor_sharing"
    with pytest.raises(InvalidInputError):
        read(system)


def test_prices_are_given_in_one_way() -> None:
    system = two_steps()
    vm(system).update(price_tiers=[{"number": 1, "cost": 1}], spot={"cost": 1})
    with pytest.raises(InvalidInputError) as caught:
        read(system)
    assert [item.code for item in caught.value.diagnostics] == ["system.contradiction"]
