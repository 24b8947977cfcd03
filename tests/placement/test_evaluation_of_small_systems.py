"""Figures that were computed by hand, under the semantics of both reference programs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from placement_systems import BOARD, FUNCTION, VM, read, two_steps

from aisprint_cli.placement.constraints import Kind, assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import (
    CPP_SEMANTICS,
    PYTHON_SEMANTICS,
    Choice,
    Placement,
    Problem,
    Semantics,
    no_cold_starts,
)


def problem(semantics: Semantics = PYTHON_SEMANTICS) -> Problem:
    return replace(read(two_steps(), semantics).problem, function_response=no_cold_starts)


def test_a_component_on_each_resource() -> None:
    found = assess(problem(), Placement((Choice(0, (BOARD,)), Choice(0, (VM,))), (1, 1, 0)))
    assert found.cost == pytest.approx(5.0)
    assert found.utilisation == pytest.approx((0.4, 0.3, 0.0))
    assert found.component_s == pytest.approx((0.2 / 0.6, 0.15 / 0.7))
    assert found.path_s == pytest.approx((0.2 / 0.6 + 0.15 / 0.7 + 0.01 + 8 * 5 / 100,))
    assert found.feasible


def test_data_is_sent_in_bytes_or_in_bits() -> None:
    placement = Placement((Choice(0, (BOARD,)), Choice(0, (VM,))), (1, 1, 0))
    found = assess(problem(CPP_SEMANTICS), placement)
    assert found.path_s == pytest.approx((0.2 / 0.6 + 0.15 / 0.7 + 0.01 + 5 / 100,))


def test_a_split_component_shares_its_machine_with_the_next() -> None:
    found = assess(problem(), Placement((Choice(1, (BOARD, VM)), Choice(0, (VM,))), (1, 2, 0)))
    assert found.utilisation == pytest.approx((0.2, 0.2, 0.0))
    # Half of the requests leave after the first piece; the transfer takes 0.01 s and 24 of 100 Mbit/s.
    assert found.component_s == pytest.approx((0.125 + 0.5 * (0.125 + 0.25), 0.15 / 0.8))
    assert found.path_s == pytest.approx((0.3125 + 0.1875,))
    assert found.piece_s[0] == pytest.approx((0.125, 0.125))
    assert found.cost == pytest.approx(6.0)


@pytest.mark.parametrize(("semantics", "memory_holds"), [(PYTHON_SEMANTICS, False), (CPP_SEMANTICS, True)])
def test_memory_of_further_instances(semantics: Semantics, memory_holds: bool) -> None:
    found = assess(problem(semantics), Placement((Choice(1, (BOARD, VM)), Choice(0, (VM,))), (1, 2, 0)))
    memory = next(item for item in found.constraints if item.kind is Kind.MEMORY and item.subject == "VM")
    assert memory.value == 1200
    assert memory.limit == (2000 if memory_holds else 1000)
    assert found.feasible is memory_holds


@pytest.mark.parametrize(("semantics", "cost"), [(PYTHON_SEMANTICS, 0.2), (CPP_SEMANTICS, 0.1)])
def test_a_function_is_billed_by_the_rate_it_sees(semantics: Semantics, cost: float) -> None:
    placement = Placement((Choice(1, (BOARD, FUNCTION)), Choice(0, (VM,))), (1, 1, 0))
    found = assess(problem(semantics), placement)
    assert found.cost == pytest.approx(5 + cost)
    assert sum(item.cost for item in found.purchases) == pytest.approx(found.cost)


@pytest.mark.parametrize(("semantics", "cost"), [(PYTHON_SEMANTICS, 0.2 + 0.3), (CPP_SEMANTICS, 0.1)])
def test_a_function_used_twice(semantics: Semantics, cost: float) -> None:
    placement = Placement((Choice(1, (BOARD, FUNCTION)), Choice(0, (FUNCTION,))), (1, 0, 0))
    found = assess(problem(semantics), placement)
    assert found.cost == pytest.approx(4 + cost)
    assert sum(item.cost for item in found.purchases) == pytest.approx(found.cost)


def test_nothing_goes_back_to_the_edge() -> None:
    placement = Placement((Choice(1, (BOARD, VM)), Choice(0, (BOARD,))), (1, 1, 0))
    found = assess(problem(), placement)
    assert [item.kind for item in found.violated] == [Kind.RETURN]


def test_a_full_queue_takes_for_ever() -> None:
    busy = problem().at_rate(6.0)
    found = assess(busy, Placement((Choice(0, (BOARD,)), Choice(0, (VM,))), (1, 1, 0)))
    assert found.component_s[0] == float("inf")
    assert {item.kind for item in found.violated} >= {Kind.UTILISATION, Kind.PATH}


def test_a_piece_needs_an_instance_that_was_bought() -> None:
    found = assess(problem(), Placement((Choice(0, (BOARD,)), Choice(0, (VM,))), (1, 0, 0)))
    assert [(item.kind, item.subject) for item in found.violated] == [(Kind.INSTANCES, "VM")]


def test_no_more_instances_than_there_are() -> None:
    found = assess(problem(), Placement((Choice(0, (BOARD,)), Choice(0, (VM,))), (1, 4, 0)))
    assert [(item.kind, item.slack) for item in found.violated] == [(Kind.INSTANCES, -1)]


def test_layers_without_a_network_are_out_of_reach() -> None:
    system = two_steps()
    system["NetworkTechnology"]["ND1"]["computationalLayers"] = ["computationallayer2", "computationallayer3"]
    placement = Placement((Choice(0, (BOARD,)), Choice(0, (VM,))), (1, 1, 0))
    found = assess(read(system).problem, placement)
    assert Kind.NETWORK in {item.kind for item in found.violated}
    assert found.path_s == (float("inf"),)


def test_one_resource_in_a_layer() -> None:
    system = two_steps()
    other = {"number": 1, "cost": 1.0, "memory": 1000}
    system["CloudResources"]["computationallayer2"]["VM2"] = other
    system["CompatibilityMatrix"]["second"]["h1"].append({"resource": "VM2", "memory": 10})
    system["Performance"]["second"]["h1"]["VM2"] = {"model": "QTcloud", "demand": 0.1}
    both = Placement((Choice(1, (BOARD, VM)), Choice(0, (2,))), (1, 1, 1, 0))
    found = assess(read(system).problem, both)
    assert [item.kind for item in found.violated] == [Kind.LAYER]


def test_counts_of_each_pieces_own() -> None:
    mixed = Placement((Choice(1, (BOARD, VM), (1, 1)), Choice(0, (VM,), (2,))), (1, 2, 0))
    found = assess(problem(CPP_SEMANTICS), mixed)
    assert found.utilisation[VM] == pytest.approx(0.1 / 1 + 0.3 / 2)
    assert found.cost == pytest.approx(6.0)


def test_a_placement_outside_the_options_is_refused() -> None:
    with pytest.raises(KeyError):
        assess(problem(), Placement((Choice(0, (VM,)), Choice(0, (VM,))), (1, 1, 0)))


def test_an_empty_batch_has_no_figures() -> None:
    assert Evaluator(problem()).evaluate_all([]).cost.shape == (0,)
