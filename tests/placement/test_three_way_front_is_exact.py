"""The front of cost, latency and energy, against trying every placement."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from brute_force import all_placements
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from placement_systems import random_problem

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.objectives import energy, latency
from aisprint_cli.placement.problem import Placement, Problem
from aisprint_cli.placement.solver import solve
from aisprint_cli.placement.surface import Surface, surface

CAREFUL = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def solver(problem: Problem, start: Placement | None) -> Result:
    return solve(problem, warm_start=start)


def powered(seed: int, components: int = 2) -> Problem:
    """A random problem whose resources draw power, under so much load that there is a choice."""
    draw = random.Random(seed)
    problem = random_problem(seed, components=components)
    resources = []
    for item in problem.resources:
        idle_w = draw.uniform(0, 50)
        resources.append(replace(item, idle_w=idle_w, busy_w=idle_w + draw.uniform(0, 300)))
    return replace(problem, resources=tuple(resources)).at_rate(1.7 * problem.entry_rate_per_s)


def explored(problem: Problem, most_solves: int = 1000) -> Surface:
    return surface((latency(problem), energy(problem)), solver, most_solves=most_solves)


def true_points(problem: Problem) -> list[tuple[float, float, float]]:
    """Cost, latency and energy of what none beats."""
    scores = Evaluator(problem).evaluate_all(list(all_placements(problem)))
    limits = np.array([limit.limit_s for limit in problem.path_limits])
    rows = np.column_stack([scores.cost, (scores.path_s / limits).max(axis=1), scores.energy_wh])
    rows = np.unique(np.round(rows[scores.feasible], 9), axis=0)
    kept = []
    for row in rows:
        as_good = (rows <= row * (1 + 2e-6)).all(axis=1)
        better = (rows < row * (1 - 2e-6)).any(axis=1)
        if not (as_good & better).any():
            kept.append(tuple(map(float, row)))
    return kept


@CAREFUL
@given(seed=st.integers(0, 5000))
def test_every_point_and_no_other_is_found(seed: int) -> None:
    problem = powered(seed)
    expected = true_points(problem)
    assume(expected)
    found = explored(problem)
    assert found.complete
    assert found.complete_up_to == float("inf")
    told = [(point.cost, *point.values) for point in found.points]
    for point in expected:
        assert any(point == pytest.approx(other, rel=4e-6) for other in told), point
    for point in told:
        assert any(other == pytest.approx(point, rel=4e-6) for other in expected), point
    assert found.solves <= 2 * len(told) + 3


def test_points_keep_every_limit_and_their_figures_are_true() -> None:
    problem = powered(1, components=3)
    found = explored(problem)
    assert len(found.points) > 2
    for point in found.points:
        figures = assess(problem, point.placement)
        assert figures.feasible
        assert figures.cost == pytest.approx(point.cost)
        assert figures.energy_wh == pytest.approx(point.values[1])


def test_an_ended_search_has_every_point_up_to_a_cost() -> None:
    problem = powered(1, components=3)
    whole = explored(problem)
    few = explored(problem, most_solves=4)
    assert not few.complete
    reached = few.complete_up_to
    told = {point.cost for point in few.points}
    missing = [point for point in whole.points if point.cost not in told]
    assert missing
    for point in missing:
        assert point.cost >= reached * (1 - 1e-9)
        assert any(
            point.values[0] <= region.most[0] and point.values[1] <= region.most[1]
            for region in few.open_regions
        )


def test_solves_without_proof_leave_their_region_open() -> None:
    problem = powered(1, components=3)

    def stopped(changed: Problem, start: Placement | None) -> Result:
        result = solve(changed, warm_start=start)
        return Result(Status.STOPPED, result.placement, result.cost, 0.0, 0, 0)

    found = surface((latency(problem), energy(problem)), stopped)
    assert found.points
    assert not found.complete


def test_nothing_feasible_gives_an_empty_front() -> None:
    problem = powered(1)
    limits = tuple(replace(limit, limit_s=1e-6) for limit in problem.path_limits)
    problem = replace(problem, path_limits=limits)
    found = explored(problem)
    assert found.points == ()
    assert found.complete
