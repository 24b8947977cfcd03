"""Heuristics and bounds for large problems, held to the exact solver and the evaluator."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from brute_force import all_placements
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import enriched, random_problem

from aisprint_cli.placement import exact, solver
from aisprint_cli.placement.compiled import compile_problem
from aisprint_cli.placement.decomposition import LayerDecomposition, Prices
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Status
from aisprint_cli.placement.layer_branching import LayerBranching
from aisprint_cli.placement.neighbourhood import improve, narrowed
from aisprint_cli.placement.problem import (
    Alternative,
    Component,
    Layer,
    LocalLimit,
    NetworkDomain,
    Option,
    PathLimit,
    Piece,
    Placement,
    Problem,
    Resource,
    Tier,
)
from aisprint_cli.placement.rules import Affinity, Bond, Confinement, Quota, Rules, Scope


def chain(components: int, seed: int) -> Problem:
    """A chain over one edge layer, two cloud layers and functions, with limits that weigh."""
    draw = random.Random(seed)
    layers = (
        Layer("edge", Tier.EDGE),
        Layer("cloud1", Tier.CLOUD),
        Layer("cloud2", Tier.CLOUD),
        Layer("functions", Tier.FUNCTIONS),
    )
    many = max(2, components // 4)
    bought = tuple(
        Resource(f"r{i}", i % 3, many, draw.uniform(3, 5) if i % 3 == 0 else draw.uniform(0.3, 2), 4096)
        for i in range(6)
    )
    functions = tuple(Resource(f"f{i}", 3, 0, draw.uniform(0.2, 1), 4096) for i in range(components))
    values = tuple(
        Component(
            f"c{i}",
            1.8,
            tuple(_alternative(draw, i, number, components) for number in range(draw.randint(1, 2))),
            (i + 1,) if i + 1 < components else (),
            (1.0,) if i + 1 < components else (),
        )
        for i in range(components)
    )
    half = tuple(range(components // 2))
    return Problem(
        1.8,
        layers,
        (*bought, *functions),
        values,
        (NetworkDomain("all", frozenset(range(4)), 0.001, 1000.0),),
        (LocalLimit(0, 3.0), LocalLimit(components - 1, 2.5)),
        (PathLimit("half", half, 1.5 * len(half) + 1),),
    )


def _alternative(draw: random.Random, component: int, number: int, components: int) -> Alternative:
    def piece(name: str, exits: float, reach: float) -> Piece:
        demands = [(r, draw.uniform(0.1, 0.6)) for r in draw.sample(range(6), 4)]
        options = [Option(r, 64, demand) for r, demand in demands]
        warm = draw.uniform(0.5, 2)
        return Piece(name, (*options, Option(6 + component, 64, warm, 1.5 * warm)), reach, exits, 3.0)

    sent = (4.0,) if component + 1 < components else ()
    if number == 0:
        return Alternative("whole", (piece("whole", 0.0, 1.0),), sent)
    return Alternative("split", (piece("first", 0.4, 1.0), piece("second", 0.0, 0.6)), sent)


@pytest.mark.parametrize("seed", range(8))
def test_no_prices_lift_the_bound_above_the_optimum(seed: int) -> None:
    problem = chain(5, seed)
    optimum = exact.solve(problem)
    assert optimum.status is Status.OPTIMAL
    decomposition = LayerDecomposition(compile_problem(problem))
    scope, start = decomposition.everything, decomposition.start()
    random_numbers = np.random.default_rng(seed)
    for scale in (0.0, 0.1, 1.0, 10.0):
        prices = Prices(
            start.pieces * random_numbers.uniform(0.5, 3, len(start.pieces)),
            scale * random_numbers.uniform(0, 1, len(start.limits)),
        )
        bound, _ = decomposition.bound(prices, scope)
        assert bound.value <= optimum.cost * (1 + 1e-9)
    first, _ = decomposition.bound(start, scope)
    best = decomposition.climb(start, scope, target=optimum.cost, rounds=100, pause=lambda: False)
    assert first.value <= best.value <= optimum.cost * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_bound_and_placement_enclose_the_optimum_whenever_branching_is_stopped(seed: int) -> None:
    problem = chain(5, seed)
    optimum = exact.solve(problem)
    branching = LayerBranching(compile_problem(problem), 1e-9)
    last = 0.0
    for _ in range(8):
        branching.run(lambda: False, most_nodes=3)
        assert last <= branching.lower_bound <= optimum.cost * (1 + 1e-9)
        last = branching.lower_bound
    assert branching.best is not None
    assert branching.best.cost >= optimum.cost * (1 - 1e-9)
    assert Evaluator(problem).evaluate_all([branching.best.placement]).feasible[0]


def test_a_search_stopped_at_once_still_has_a_valid_bound() -> None:
    problem = chain(5, 1)
    branching = LayerBranching(compile_problem(problem), 1e-9)
    branching.run(lambda: True)
    assert branching.best is None
    assert 0 < branching.lower_bound <= exact.solve(problem).cost


def test_freeing_all_components_finds_the_optimum_and_freeing_none_changes_no_choice() -> None:
    problem = chain(5, 2)
    optimum = exact.solve(problem)
    branching = LayerBranching(compile_problem(problem), 1e-9)
    branching.run(lambda: False, most_nodes=1)
    assert branching.best is not None
    placement = branching.best.placement
    better = improve(problem, placement, _placement_of, sizes=(5,), rounds=1, patience=1, stop=lambda: False)
    assert Evaluator(problem).evaluate_all([better]).cost[0] == pytest.approx(optimum.cost)
    kept = narrowed(problem, placement, ())
    assert all(len(item.alternatives) == 1 for item in kept.components)
    same = _placement_of(kept, float("inf"))
    assert same is not None
    assert [c.resources for c in same.choices] == [c.resources for c in placement.choices]


@given(seed=st.integers(0, 10**6), plain=st.booleans())
@settings(max_examples=12, deadline=None)
def test_bound_and_placement_enclose_the_optimum_of_every_kind_of_problem(seed: int, plain: bool) -> None:
    problem = random_problem(seed, components=3)
    problem = problem if plain else enriched(problem, seed)
    optimum = exact.solve(problem)
    compiled = compile_problem(problem)
    if not compiled.feasible:
        assert optimum.status is Status.INFEASIBLE
        return
    branching = LayerBranching(compiled, 1e-9)
    branching.run(lambda: False, most_nodes=3)
    if optimum.status is Status.OPTIMAL:
        assert branching.lower_bound <= optimum.cost * (1 + 1e-9)
    if branching.best is not None:
        assert branching.best.cost >= optimum.cost * (1 - 1e-9)
        scores = Evaluator(problem).evaluate_all([branching.best.placement])
        assert scores.feasible[0]
        assert branching.best.cost == pytest.approx(float(scores.cost[0]))


@pytest.mark.parametrize("percentile", [0.5, 0.6, 0.7, 0.8, 0.86, 0.9, 0.99])
@given(seed=st.integers(0, 10**6), rich=st.booleans())
@settings(max_examples=15, deadline=None)
def test_bounds_hold_under_limits_on_percentiles(percentile: float, seed: int, rich: bool) -> None:
    draw = random.Random(seed)
    problem = random_problem(seed, components=2)
    problem = enriched(problem, seed) if rich else problem
    tightness = draw.choice([0.1, 0.2, 0.4, 0.8])
    problem = replace(
        problem,
        local_limits=tuple(
            replace(item, limit_s=2 * tightness * item.limit_s, percentile=percentile)
            for item in problem.local_limits
        ),
        path_limits=tuple(
            replace(item, limit_s=tightness * item.limit_s, percentile=percentile)
            for item in problem.path_limits
        ),
    )
    cheapest = _cheapest(problem)
    compiled = compile_problem(problem)
    if not compiled.feasible:
        assert cheapest == float("inf")
        return
    decomposition = LayerDecomposition(compiled)
    root = decomposition.climb(
        decomposition.start(), decomposition.everything, target=cheapest, rounds=40, pause=lambda: False
    )
    assert root.value <= cheapest * (1 + 1e-9)
    branching = LayerBranching(compiled, 1e-9)
    branching.run(lambda: False, most_nodes=3)
    assert branching.lower_bound <= cheapest * (1 + 1e-9)


def _cheapest(problem: Problem) -> float:
    """The least cost of all feasible placements, by trying every one; infinite without any."""
    placements = list(all_placements(problem))
    if not placements:
        return float("inf")
    scores = Evaluator(problem).evaluate_all(placements)
    return float(min(scores.cost[scores.feasible], default=np.inf))


def test_rules_hold_in_large_placements() -> None:
    problem = chain(60, 3)
    rules = Rules(
        confinements=(Confinement("functions only", 7, frozenset(range(6, len(problem.resources)))),),
        affinities=(
            Affinity("apart", (10, 20), Bond.APART, Scope.LAYER),
            Affinity("together", (30, 31, 40), Bond.TOGETHER, Scope.LAYER),
        ),
        quotas=(Quota("rack", frozenset({1, 2, 4, 5}), 28),),
    )
    ticks = itertools.count()
    ruled = replace(problem, rules=rules)
    result = solver.solve(ruled, time_limit_s=4000, clock=lambda: float(next(ticks)))
    assert result.placement is not None
    assert Evaluator(ruled).evaluate_all([result.placement]).feasible[0]
    assert result.lower_bound <= result.cost


def test_a_cancelled_search_hands_over_what_it_has() -> None:
    asked = itertools.count()
    result = solver.solve(chain(60, 3), cancelled=lambda: next(asked) > 1500)
    assert result.status is Status.STOPPED
    assert result.placement is not None
    assert 0 < result.lower_bound <= result.cost
    assert next(asked) < 1600


def test_too_much_load_for_all_that_can_be_bought_is_proven_infeasible() -> None:
    problem = chain(60, 3)
    bought = [resource for resource in problem.resources if resource.layer < 3]
    few = tuple(replace(resource, limit=1) for resource in bought)
    problem = replace(problem, resources=(*few, *problem.resources[len(few) :]))
    confined = tuple(
        Confinement("not on functions", number, frozenset(range(len(few)))) for number in range(60)
    )
    result = solver.solve(replace(problem, rules=Rules(confinements=confined)))
    assert result.status is Status.INFEASIBLE


def test_a_thousand_components_get_a_placement_and_a_bound_in_so_many_steps() -> None:
    problem = chain(1000, 1)
    easy = replace(problem, path_limits=())  # memory stays tight: no resource holds more than 64 pieces
    ticks = itertools.count()
    result = solver.solve(easy, time_limit_s=1500, clock=lambda: float(next(ticks)))
    assert result.placement is not None
    assert Evaluator(easy).evaluate_all([result.placement]).feasible[0]
    assert 0 < result.lower_bound <= result.cost
    assert result.gap < 0.6


def _placement_of(problem: Problem, cost: float) -> Placement | None:
    return exact.cheaper(problem, cost, lambda: False)


def test_large_problems_get_a_feasible_placement_and_a_gap_and_the_same_again() -> None:
    problem = chain(60, 3)

    def run() -> exact.Result:
        ticks = itertools.count()
        return solver.solve(problem, time_limit_s=4000, clock=lambda: float(next(ticks)))

    result, again = run(), run()
    assert result == again
    assert result.placement is not None
    scores = Evaluator(problem).evaluate_all([result.placement])
    assert scores.feasible[0]
    assert result.cost == pytest.approx(float(scores.cost[0]))
    assert 0 < result.lower_bound <= result.cost
    assert result.gap < 0.5


def test_small_problems_are_proven() -> None:
    assert solver.solve(chain(5, 4)).status is Status.OPTIMAL


@pytest.mark.parametrize("seed", [1, 2])
def test_problems_between_small_and_large_are_proven_like_small_ones(seed: int) -> None:
    problem = chain(16, seed)
    found, optimum = solver.solve(problem), exact.solve(problem)
    assert found.status is optimum.status is Status.OPTIMAL
    assert found.cost == pytest.approx(optimum.cost, rel=1e-8)
    again = solver.solve(problem, warm_start=optimum.placement)
    assert again.cost == pytest.approx(optimum.cost, rel=1e-8)


def test_a_large_problem_with_a_component_that_fits_nowhere_is_infeasible() -> None:
    problem = chain(30, 5)
    impossible = replace(problem, local_limits=(LocalLimit(3, 1e-6),))
    assert solver.solve(impossible).status is Status.INFEASIBLE
