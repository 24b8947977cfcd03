"""The front of cost against latency, against trying every placement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import all_placements
from placement_systems import random_problem, read, two_steps

from aisprint_cli.errors import UsageError
from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Result, Status, solve
from aisprint_cli.placement.objectives import MOST_PATHS, latency
from aisprint_cli.placement.pareto import pareto
from aisprint_cli.placement.problem import Alternative, Component, Piece, Placement, Problem


def solver(problem: Problem, start: Placement | None) -> Result:
    return solve(problem, warm_start=start)


def true_front(problem: Problem) -> list[tuple[float, float]]:
    """Points of (largest share of a path limit, cost)."""
    placements = list(all_placements(problem))
    scores = Evaluator(problem).evaluate_all(placements)
    limits = np.array([limit.limit_s for limit in problem.path_limits])
    values = (scores.path_s / limits).max(axis=1)[scores.feasible]
    kept: list[tuple[float, float]] = []
    for value, cost in sorted(zip(values.tolist(), scores.cost[scores.feasible].tolist(), strict=True)):
        if not kept or cost < kept[-1][1] * (1 - 1e-9):
            kept.append((value, cost))
    return kept


@pytest.mark.parametrize("seed", range(10))
def test_every_point_and_no_other_is_found(seed: int) -> None:
    problem = random_problem(seed, components=2)
    problem = problem.at_rate(1.7 * problem.entry_rate_per_s)
    objective = latency(problem)
    front = pareto(objective, solver)
    assert front.complete
    found = [(point.value, point.cost) for point in front.points]
    expected = true_front(problem)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=3e-6)


@pytest.mark.parametrize("seed", range(5))
def test_points_keep_every_limit_and_none_beats_another(seed: int) -> None:
    problem = random_problem(seed, components=3)
    front = pareto(latency(problem), solver)
    for point in front.points:
        figures = assess(problem, point.placement)
        assert figures.feasible
        assert figures.cost == pytest.approx(point.cost)
    for one, other in zip(front.points, front.points[1:], strict=False):
        assert one.value < other.value
        assert one.cost > other.cost


def test_an_ended_search_tells_where_points_may_be_missing() -> None:
    problem = next(
        item
        for item in (random_problem(seed, components=2) for seed in range(40))
        if len(true_front(item)) >= 3
    )
    objective = latency(problem)
    expected = true_front(problem)
    few = pareto(objective, solver, most_solves=2)
    assert not few.complete
    for value, cost in expected:
        told = any(point.value == pytest.approx(value, rel=3e-6) for point in few.points)
        possible = any(low <= value <= high for low, high in few.open_gaps)
        assert told or possible, (value, cost)


def test_nothing_feasible_gives_an_empty_front() -> None:
    system = two_steps()
    system["GlobalConstraints"]["p1"]["global_res_time"] = 0.01
    problem = read(system).problem
    front = pareto(latency(problem), solver)
    assert front.points == ()
    assert front.complete


def test_latency_is_the_largest_share_of_a_limit() -> None:
    problem = read(two_steps()).problem
    placement = solve(problem).placement or pytest.fail("there is a placement")
    objective = latency(problem)
    assert objective.value(placement) == pytest.approx(assess(problem, placement).path_s[0] / 2.0)
    assert not solve(objective.limited(1e-6)).placement


def test_latency_along_a_chosen_path() -> None:
    problem = read(two_steps()).problem
    placement = solve(problem).placement or pytest.fail("there is a placement")
    time_s = assess(problem, placement).path_s[0]
    assert latency(problem, "p1").value(placement) == pytest.approx(time_s)
    assert latency(problem, "first->second").value(placement) == pytest.approx(time_s)
    assert latency(problem, "first").value(placement) == pytest.approx(
        assess(problem, placement).component_s[0]
    )


def test_without_limits_the_longest_way_counts() -> None:
    problem = replace(read(two_steps()).problem, path_limits=())
    placement = solve(problem).placement or pytest.fail("there is a placement")
    objective = latency(problem)
    assert objective.unit == "s"
    assert np.isclose(objective.value(placement), sum(assess(problem, placement).component_s))


@pytest.mark.parametrize(
    ("path", "words"),
    [("p2", "no path and no component"), ("second->first", "No edge leads from second to first")],
)
def test_a_path_that_is_none_is_refused(path: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        latency(read(two_steps()).problem, path)


def test_too_many_ways_are_refused() -> None:
    alternative = Alternative("s", (Piece("h", ()),))
    count = 2 * MOST_PATHS.bit_length() + 4
    ladder = tuple(
        Component(f"c{i}", 1.0, (alternative,), tuple(j for j in (i + 1, i + 2) if j < count))
        for i in range(count)
    )
    problem = replace(read(two_steps()).problem, components=ladder, path_limits=(), local_limits=())
    with pytest.raises(UsageError, match="more than 500 ways"):
        latency(problem)


def test_what_solves_gave_up_is_tried_harder_at_the_end() -> None:
    problem = random_problem(3, components=2).at_rate(1.7)
    patient = False

    def hasty(changed: Problem, start: Placement | None) -> Result:
        result = solve(changed, warm_start=start)
        return result if patient else Result(Status.STOPPED, None, float("inf"), 0.0, 0, 0)

    def harder() -> bool:
        nonlocal patient
        patient, before = True, patient
        return not before

    start = solve(problem)
    assert not pareto(latency(problem), hasty, start=start).complete
    front = pareto(latency(problem), hasty, start=start, harder=harder)
    assert front.complete
    assert [point.cost for point in front.points] == pytest.approx(
        [point.cost for point in pareto(latency(problem), solver).points]
    )
