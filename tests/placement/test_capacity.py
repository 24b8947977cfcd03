"""The proof that a load is too large: what it says is true, and it says so where nothing else is needed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import enriched, random_placement, random_problem, read, two_steps

from aisprint_cli.placement.capacity import is_overloaded
from aisprint_cli.placement.evaluation import Evaluator


@pytest.mark.parametrize(("rate_per_s", "overloaded"), [(2.8, False), (2.86, True), (2.9, True)])
def test_pieces_that_can_run_nowhere_else_add_up(rate_per_s: float, overloaded: bool) -> None:
    system = two_steps()
    del system["Components"]["first"]["s2"]
    system["CompatibilityMatrix"]["second"]["h1"] = [{"resource": "Board", "memory": 100}]
    problem = read(system).problem.at_rate(rate_per_s)
    assert is_overloaded(problem) is overloaded


def test_a_layer_counts_once_and_rules_narrow_it() -> None:
    system = two_steps()
    system["PlacementRules"] = [{"pin": ["first", "second"], "to": {"layers": ["computationallayer1"]}}]
    assert not is_overloaded(read(system).problem)
    del system["Components"]["first"]["s2"]
    assert is_overloaded(read(system).problem.at_rate(3.0))
    system["EdgeResources"]["computationallayer1"]["Board"]["number"] = 2
    assert not is_overloaded(read(system).problem.at_rate(3.0))


@pytest.mark.parametrize("rich", [False, True], ids=["plain", "rich"])
@given(seed=st.integers(0, 10**6), rate=st.floats(1, 12))
@settings(max_examples=60, deadline=None)
def test_what_is_overloaded_has_no_placement(rich: bool, seed: int, rate: float) -> None:
    problem = random_problem(seed, components=3)
    problem = (enriched(problem, seed) if rich else problem).at_rate(rate)
    placements = [random_placement(problem, seed + number) for number in range(100)]
    if is_overloaded(problem):
        assert not Evaluator(problem).evaluate_all(placements).feasible.any()
