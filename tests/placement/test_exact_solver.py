"""The exact solver against every placement there is, on small random problems."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from brute_force import all_placements
from hypothesis import given, settings
from hypothesis import strategies as st

from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Result, Status, solve
from aisprint_cli.placement.problem import (
    CPP_SEMANTICS,
    PYTHON_SEMANTICS,
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

_LAYERS = (Layer("edge", Tier.EDGE), Layer("cloud", Tier.CLOUD), Layer("functions", Tier.FUNCTIONS))


def _piece(draw: random.Random, name: str, reach: float) -> Piece:
    options = [Option(resource, draw.choice([128, 512]), draw.uniform(0.05, 0.6)) for resource in range(4)]
    options.append(Option(4, 256, draw.uniform(0.2, 0.8)))
    kept = draw.sample(options, draw.randint(1, 3))
    return Piece(name, tuple(sorted(kept, key=lambda o: o.resource)), reach, 0.0, draw.choice([1.0, 20.0]))


def _alternative(draw: random.Random, name: str, followers: int) -> Alternative:
    reach, pieces = 1.0, []
    for number in range(draw.randint(1, 2)):
        pieces.append(_piece(draw, f"{name}h{number}", reach))
        reach *= draw.uniform(0.3, 1.0)
    return Alternative(name, tuple(pieces), tuple(draw.choice([2.0, 30.0]) for _ in range(followers)))


def random_problem(seed: int) -> Problem:
    """A chain of 2 or 3 components over two edge boards, two machines and one function."""
    draw = random.Random(seed)
    count = draw.randint(2, 3)
    components = tuple(
        Component(
            f"c{index}",
            1.5,
            tuple(
                _alternative(draw, f"s{number}", int(index + 1 < count))
                for number in range(draw.randint(1, 2))
            ),
            (index + 1,) if index + 1 < count else (),
            (1.0,) if index + 1 < count else (),
        )
        for index in range(count)
    )
    resources = (
        *(Resource(f"board{i}", 0, draw.randint(1, 2), draw.uniform(2, 5), 700) for i in range(2)),
        *(Resource(f"machine{i}", 1, draw.randint(1, 3), draw.uniform(0.2, 4), 700) for i in range(2)),
        Resource("function", 2, 0, draw.uniform(0.1, 6), 4096),
    )
    return Problem(
        1.5,
        _LAYERS,
        resources,
        components,
        (NetworkDomain("all", frozenset({0, 1, 2}), 0.01, draw.choice([100.0, 2000.0])),),
        (LocalLimit(0, draw.uniform(0.3, 3.0)),),
        (PathLimit("p", tuple(range(count)), draw.uniform(0.8, 5.0)),),
        semantics=draw.choice([PYTHON_SEMANTICS, CPP_SEMANTICS]),
    )


def cheapest(problem: Problem) -> float:
    """The least cost over all feasible placements; infinite where there is none."""
    placements = list(all_placements(problem))
    if not placements:
        return float("inf")
    scores = Evaluator(problem).evaluate_all(placements)
    return min(
        (float(cost) for cost, fine in zip(scores.cost, scores.feasible, strict=True) if fine),
        default=float("inf"),
    )


def judged(problem: Problem, placement: Placement) -> tuple[bool, float]:
    """Whether the evaluator finds a placement feasible, and its cost."""
    scores = Evaluator(problem).evaluate_all([placement])
    return bool(scores.feasible[0]), float(scores.cost[0])


def _holds(problem: Problem, found: Result, best: float) -> None:
    if best == float("inf"):
        assert found.status is Status.INFEASIBLE
        assert found.placement is None
        return
    assert found.status is Status.OPTIMAL
    assert found.placement is not None
    assert found.cost == pytest.approx(best, rel=1e-7)
    assert found.lower_bound <= best * (1 + 1e-7)
    assert judged(problem, found.placement) == (True, pytest.approx(found.cost))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9))
def test_the_proven_optimum_is_the_cheapest_of_all_placements(seed: int) -> None:
    problem = random_problem(seed)
    _holds(problem, solve(problem), cheapest(problem))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_warm_start_of_any_kind_changes_no_cost(seed: int, other: int) -> None:
    problem = random_problem(seed)
    placements = list(all_placements(problem))
    start = placements[other % len(placements)] if placements else None
    _holds(problem, solve(problem, warm_start=start), cheapest(problem))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_more_instances_and_looser_limits_never_cost_more(seed: int) -> None:
    problem = random_problem(seed)
    roomier = replace(
        problem,
        resources=tuple(replace(r, limit=r.limit + 1) if r.limit else r for r in problem.resources),
        local_limits=tuple(replace(limit, limit_s=limit.limit_s * 1.5) for limit in problem.local_limits),
        path_limits=tuple(replace(limit, limit_s=limit.limit_s * 1.5) for limit in problem.path_limits),
    )
    before, after = solve(problem), solve(roomier)
    assert after.cost <= before.cost * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_a_stopped_search_still_bounds_the_optimum(seed: int, patience: int) -> None:
    problem = random_problem(seed)
    asked = iter(range(patience))
    found = solve(problem, cancelled=lambda: next(asked, None) is None)
    best = cheapest(problem)
    assert found.lower_bound <= best * (1 + 1e-7)
    if found.placement is not None:
        assert judged(problem, found.placement)[0]
        assert found.cost >= best * (1 - 1e-7)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9))
def test_the_same_problem_has_the_same_answer(seed: int) -> None:
    assert solve(random_problem(seed)) == solve(random_problem(seed))
