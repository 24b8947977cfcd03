"""The exact solver where limits, networks and capacity leave little or nothing, and where it is stopped."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from brute_force import all_placements
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import random_problem

from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Result, Status, solve
from aisprint_cli.placement.problem import (
    CPP_SEMANTICS,
    PYTHON_SEMANTICS,
    LocalLimit,
    Problem,
    Resource,
    Semantics,
)

SEEDS = st.integers(0, 10**6)


def tight_problem(seed: int, components: int, semantics: Semantics = PYTHON_SEMANTICS) -> Problem:
    """A random problem under any load, with limits from hopeless to idle."""
    draw = random.Random(seed)
    problem = random_problem(seed, components=components, semantics=semantics)
    strictness = draw.choice([1.0, 0.5, 0.3, 0.15])
    return replace(
        problem.at_rate(draw.choice([1, 2, 4, 6, 8])),
        local_limits=tuple(
            LocalLimit(number, draw.uniform(0.4, 5) * strictness)
            for number in range(components)
            if draw.random() < 0.6
        ),
        path_limits=tuple(replace(item, limit_s=item.limit_s * strictness) for item in problem.path_limits),
    )


def cheapest_cost(problem: Problem) -> float | None:
    """The cost of the cheapest feasible placement, by trying all; None when there is none."""
    placements = list(all_placements(problem))
    if not placements:
        return None
    scores = Evaluator(problem).evaluate_all(placements)
    costs = scores.cost[scores.feasible]
    return float(costs.min()) if len(costs) else None


def assert_proven(problem: Problem, result: Result) -> None:
    """The answer is feasible for the evaluator, costs what it says, and its bound is its cost."""
    assert result.status is Status.OPTIMAL
    assert result.placement is not None
    scores = Evaluator(problem).evaluate_all([result.placement])
    assert bool(scores.feasible[0])
    assert scores.cost[0] == pytest.approx(result.cost, rel=1e-12)
    assert result.lower_bound == result.cost
    assert result.gap == 0


@pytest.mark.parametrize("semantics", [PYTHON_SEMANTICS, CPP_SEMANTICS], ids=["python", "cpp"])
@given(seed=SEEDS, components=st.integers(2, 3))
@settings(max_examples=250, deadline=None)
def test_it_finds_what_trying_everything_finds(semantics: Semantics, seed: int, components: int) -> None:
    problem = tight_problem(seed, components, semantics)
    expected = cheapest_cost(problem)
    result = solve(problem)
    if expected is None:
        assert result.status is Status.INFEASIBLE
        assert result.placement is None
    else:
        assert_proven(problem, result)
        assert result.cost == pytest.approx(expected, rel=1e-9)


@given(seed=SEEDS, price=st.floats(0.05, 3))
@settings(max_examples=40, deadline=None)
def test_one_more_resource_never_costs_more(seed: int, price: float) -> None:
    problem = tight_problem(seed, 4)
    added = Resource("more", 1, 2, price, 2000.0)
    components = tuple(
        replace(
            component,
            alternatives=tuple(
                replace(
                    alternative,
                    pieces=tuple(
                        replace(
                            piece,
                            options=(
                                *piece.options,
                                replace(piece.options[0], resource=len(problem.resources)),
                            ),
                        )
                        for piece in alternative.pieces
                    ),
                )
                for alternative in component.alternatives
            ),
        )
        for component in problem.components
    )
    wider = replace(problem, resources=(*problem.resources, added), components=components)
    assert solve(wider).cost <= solve(problem).cost * (1 + 1e-9)


@given(seed=SEEDS, change=st.sampled_from([0.7, 0.9, 1.1, 1.5]))
@settings(max_examples=60, deadline=None)
def test_a_known_placement_of_another_load_does_not_change_the_cost(seed: int, change: float) -> None:
    problem = tight_problem(seed, 4)
    known = solve(problem).placement
    changed = problem.at_rate(problem.entry_rate_per_s * change)
    fresh = solve(changed)
    again = solve(changed, warm_start=known)
    assert again.status is fresh.status
    assert again.cost == pytest.approx(fresh.cost, rel=1e-9)


def stop_after(looks: int) -> Callable[[], bool]:
    """A condition that comes true when it was asked so often."""
    asked = count()
    return lambda: next(asked) >= looks


@given(seed=SEEDS, looks=st.integers(0, 12))
@settings(max_examples=80, deadline=None)
def test_stopped_at_any_moment_its_bound_and_placement_hold(seed: int, looks: int) -> None:
    problem = tight_problem(seed, 4)
    optimum = solve(problem)
    stopped = solve(problem, cancelled=stop_after(looks))
    assert stopped.lower_bound <= optimum.cost * (1 + 1e-9)
    assert stopped.cost >= optimum.cost * (1 - 1e-9)
    if stopped.placement is not None:
        assert bool(Evaluator(problem).evaluate_all([stopped.placement]).feasible[0])
        assert stopped.gap >= (stopped.cost - optimum.cost) / stopped.cost - 1e-9


def test_the_time_limit_is_taken_from_the_clock_that_is_given() -> None:
    ticks = count()
    result = solve(random_problem(7, components=6), time_limit_s=0.0, clock=lambda: float(next(ticks)))
    assert result.status is Status.STOPPED
    assert result.placement is None
    assert 0 < result.lower_bound < float("inf")


def test_a_warm_start_is_what_a_stopped_search_returns() -> None:
    problem = random_problem(7, components=6)
    known = solve(problem).placement
    stopped = solve(problem, warm_start=known, cancelled=lambda: True)
    assert stopped.placement is not None
    assert bool(Evaluator(problem).evaluate_all([stopped.placement]).feasible[0])


def test_no_placement_within_an_impossible_limit() -> None:
    problem = random_problem(7, components=3)
    result = solve(replace(problem, local_limits=(LocalLimit(0, 1e-6),)))
    assert result.status is Status.INFEASIBLE
    assert result.lower_bound == float("inf")


def test_no_placement_at_an_overload() -> None:
    problem = random_problem(7, components=3)
    bought = tuple(
        replace(
            component,
            alternatives=tuple(
                replace(
                    alternative,
                    pieces=tuple(
                        replace(
                            piece,
                            options=tuple(
                                option for option in piece.options if not problem.is_function(option.resource)
                            ),
                        )
                        for piece in alternative.pieces
                    ),
                )
                for alternative in component.alternatives
            ),
        )
        for component in problem.components
    )
    assert solve(replace(problem, components=bought).at_rate(1e4)).status is Status.INFEASIBLE
