"""The exact solver with rules, price tiers, queues, curves, shared networks and percentiles.

Held against every placement there is, scored by the one evaluator: each feature alone, and all mixed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from brute_force import all_placements
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import enriched, random_problem

from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Result, Status, solve
from aisprint_cli.placement.problem import PathLimit, Problem

SEEDS = st.integers(0, 10**6)
Feature = Callable[[Problem, Problem], Problem]


def _resources(*names: str) -> Feature:
    """Take some fields of all resources from the richer problem."""

    def feature(plain: Problem, rich: Problem) -> Problem:
        pairs = zip(plain.resources, rich.resources, strict=True)
        taken = (replace(a, **{name: getattr(b, name) for name in names}) for a, b in pairs)
        return replace(plain, resources=tuple(taken))

    return feature


def _fields(*names: str) -> Feature:
    """Take some fields of the problem from the richer one."""
    return lambda plain, rich: replace(plain, **{name: getattr(rich, name) for name in names})


FEATURES: dict[str, Feature] = {
    "prices in tiers": _resources("tiers"),
    "availability": _resources("availability"),
    "queues": lambda plain, rich: replace(
        _resources("discipline", "cores")(plain, rich), components=_without_curves(rich).components
    ),
    "curves": _fields("components"),
    "shared networks": _fields("domains"),
    "percentiles": _fields("local_limits", "path_limits"),
    "transitions": _fields("layers"),
    "rules": _fields("rules", "layers"),
    "everything": lambda _, rich: rich,
}


def _without_curves(problem: Problem) -> Problem:
    components = tuple(
        replace(
            component,
            alternatives=tuple(
                replace(
                    item,
                    pieces=tuple(
                        replace(piece, options=tuple(replace(o, curve=()) for o in piece.options))
                        for piece in item.pieces
                    ),
                )
                for item in component.alternatives
            ),
        )
        for component in problem.components
    )
    return replace(problem, components=components)


def rich_problem(seed: int, feature: str, components: int = 2) -> Problem:
    """A random problem with a feature, under any load, with limits from tight to idle."""
    draw = random.Random(seed)
    plain = random_problem(seed, components=components)
    problem = FEATURES[feature](plain, enriched(plain, seed))
    strictness = draw.choice([0.3, 0.6, 1.0, 2.0])
    paths = tuple(replace(item, limit_s=item.limit_s * strictness) for item in problem.path_limits)
    return replace(problem, path_limits=paths).at_rate(draw.choice([1, 2, 4]))


def cheapest_cost(problem: Problem) -> float | None:
    """The cost of the cheapest feasible placement, by trying all; None when there is none."""
    placements = list(all_placements(problem))
    if not placements:
        return None
    scores = Evaluator(problem).evaluate_all(placements)
    costs = scores.cost[scores.feasible]
    return float(costs.min()) if len(costs) else None


def assert_feasible(problem: Problem, result: Result) -> None:
    """The evaluator finds no constraint violated, and the same cost."""
    assert result.placement is not None
    scores = Evaluator(problem).evaluate_all([result.placement])
    assert bool(scores.feasible[0])
    assert scores.cost[0] == pytest.approx(result.cost, rel=1e-9)


@pytest.mark.parametrize("feature", FEATURES)
@given(seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_it_finds_what_trying_everything_finds(feature: str, seed: int) -> None:
    problem = rich_problem(seed, feature)
    expected = cheapest_cost(problem)
    result = solve(problem)
    if expected is None:
        assert result.status is Status.INFEASIBLE
        assert result.placement is None
    else:
        assert result.status is Status.OPTIMAL
        assert_feasible(problem, result)
        assert result.cost == pytest.approx(expected, rel=1e-9)
        assert result.lower_bound == result.cost


@given(seed=SEEDS)
@settings(max_examples=12, deadline=None)
def test_three_components_with_everything(seed: int) -> None:
    problem = rich_problem(seed, "everything", components=3)
    expected = cheapest_cost(problem)
    result = solve(problem)
    assert (result.placement is None) is (expected is None)
    if expected is not None:
        assert_feasible(problem, result)
        assert result.cost == pytest.approx(expected, rel=1e-9)


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_fewer_rules_and_looser_limits_never_cost_more(seed: int) -> None:
    problem = rich_problem(seed, "everything")
    rules = problem.rules
    looser = replace(
        problem,
        rules=replace(
            rules,
            confinements=(),
            affinities=(),
            quotas=tuple(replace(item, limit=item.limit + 1) for item in rules.quotas),
        ),
        path_limits=tuple(replace(item, limit_s=1.5 * item.limit_s) for item in problem.path_limits),
    )
    assert solve(looser).cost <= solve(problem).cost * (1 + 1e-9)


@given(seed=SEEDS, looks=st.integers(0, 10))
@settings(max_examples=25, deadline=None)
def test_stopped_at_any_moment_its_bound_and_placement_hold(seed: int, looks: int) -> None:
    problem = rich_problem(seed, "everything", components=3)
    optimum = solve(problem)
    asked = count()
    stopped = solve(problem, cancelled=lambda: next(asked) >= looks)
    assert stopped.lower_bound <= optimum.cost * (1 + 1e-9)
    if stopped.placement is not None:
        assert_feasible(problem, stopped)
        assert stopped.gap >= (stopped.cost - optimum.cost) / stopped.cost - 1e-9


@given(seed=SEEDS, change=st.sampled_from([0.8, 1.25]))
@settings(max_examples=25, deadline=None)
def test_a_known_placement_of_another_load_does_not_change_the_cost(seed: int, change: float) -> None:
    problem = rich_problem(seed, "everything")
    known = solve(problem).placement
    changed = problem.at_rate(problem.entry_rate_per_s * change)
    assert solve(changed, warm_start=known).cost == pytest.approx(solve(changed).cost, rel=1e-9)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_the_same_problem_has_the_same_answer(seed: int) -> None:
    assert solve(rich_problem(seed, "everything")) == solve(rich_problem(seed, "everything"))


@pytest.mark.parametrize("percentile", [0.5, 0.7, 0.9, 0.95, 0.99])
def test_a_percentile_limit_is_never_looser_than_the_mean_it_implies(percentile: float) -> None:
    """What pruning takes for granted of a percentile loses no placement."""
    for seed in range(12):
        problem = random_problem(seed, components=2)
        limited = replace(problem, path_limits=(PathLimit("p", (0, 1), 1.5, percentile),))
        result, expected = solve(limited), cheapest_cost(limited)
        assert (result.placement is None) is (expected is None)
        if expected is not None:
            assert result.cost == pytest.approx(expected, rel=1e-9)
