"""A first placement found soon: feasible whatever the problem, and what a search that is stopped returns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import enriched, random_problem

from aisprint_cli.placement.compiled import compile_problem
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Status, brief, cheaper, first_placement, solve


@given(seed=st.integers(0, 10**6), rich=st.booleans())
@settings(max_examples=60, deadline=None)
def test_it_is_feasible_and_never_cheaper_than_the_optimum(seed: int, rich: bool) -> None:
    problem = random_problem(seed, components=4)
    problem = enriched(problem, seed) if rich else problem
    first = first_placement(compile_problem(problem), lambda: False)
    optimum = solve(problem)
    if first is not None:
        scores = Evaluator(problem).evaluate_all([first])
        assert bool(scores.feasible[0])
        assert scores.cost[0] >= optimum.cost * (1 - 1e-9)


def test_most_feasible_problems_have_one() -> None:
    problems = [random_problem(seed, components=5) for seed in range(40)]
    feasible = [problem for problem in problems if solve(problem).status is Status.OPTIMAL]
    found = [first_placement(compile_problem(problem), lambda: False) for problem in feasible]
    assert sum(item is not None for item in found) >= 0.8 * len(feasible)


def test_there_is_none_where_nothing_fits() -> None:
    problem = random_problem(3, components=5)
    assert first_placement(compile_problem(problem.at_rate(1e5)), lambda: False) is None


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_same_each_time(seed: int) -> None:
    problem = random_problem(seed, components=5)
    found = [first_placement(compile_problem(problem), lambda: False) for _ in range(2)]
    assert found[0] == found[1]


@given(seed=st.integers(0, 10**6), rich=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_placement_below_a_cost_is_found_just_where_there_is_one(seed: int, rich: bool) -> None:
    problem = random_problem(seed, components=4)
    problem = enriched(problem, seed) if rich else problem
    optimum = solve(problem)
    assert cheaper(problem, optimum.cost, lambda: False) is None
    found = cheaper(problem, optimum.cost * 1.001, lambda: False)
    assert (found is not None) is (optimum.status is Status.OPTIMAL)
    if found is not None:
        scores = Evaluator(problem).evaluate_all([found])
        assert bool(scores.feasible[0])
        assert scores.cost[0] == pytest.approx(optimum.cost)


@given(seed=st.integers(0, 10**6), rich=st.booleans(), steps=st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_what_a_few_steps_say_is_true(seed: int, rich: bool, steps: int) -> None:
    problem = random_problem(seed, components=4)
    problem = enriched(problem, seed) if rich else problem
    left = iter(range(steps))
    said = brief(compile_problem(problem), lambda: next(left, None) is None)
    optimum = solve(problem)
    assert said.lower_bound <= optimum.cost * (1 + 1e-9)
    assert said.cost >= optimum.cost * (1 - 1e-9)
    if said.status is not Status.STOPPED:
        assert said.status is optimum.status
