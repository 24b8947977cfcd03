"""Load, fronts and schedules with rules, percentiles, price tiers, queues, shared networks and curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import all_placements
from hypothesis import given
from hypothesis import strategies as st
from placement_systems import enriched, random_placement, random_problem
from schedule_cases import cheapest_by_trying, schedule_of, solver

from aisprint_cli.placement.between_rates import window, worst_between
from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Status
from aisprint_cli.placement.load_range import load_range
from aisprint_cli.placement.load_sensitivity import load_sensitivity
from aisprint_cli.placement.objectives import latency
from aisprint_cli.placement.pareto import pareto
from aisprint_cli.placement.problem import Layer, Problem
from aisprint_cli.placement.schedule.problem import Reservable, Switching
from aisprint_cli.placement.schedule.search import solve_schedule


def rich(seed: int) -> Problem:
    problem = enriched(random_problem(seed, components=2), seed)
    return replace(
        problem, resources=tuple(replace(item, limit=min(item.limit, 2)) for item in problem.resources)
    )


@pytest.mark.parametrize("seed", [3, 5, 16, 21])
def test_every_rate_has_its_cheapest_placement(seed: int) -> None:
    problem = rich(seed)
    placements = list(all_placements(problem))
    found = load_sensitivity(problem, solver, 0.4, 3.0, most_solves=150)
    for rate in np.random.default_rng(seed).uniform(0.4, 3.0, 8):
        stretch = next((item for item in found.stretches if item.low <= rate <= item.high), None)
        if stretch is None:
            continue  # between the last rate that surely holds and the first that surely does not
        scores = Evaluator(problem.at_rate(float(rate))).evaluate_all(placements)
        best = float(np.where(scores.feasible, scores.cost, np.inf).min())
        told = np.inf if stretch.line is None else stretch.line.at(float(rate))
        if np.isinf(best):
            assert np.isinf(told) or stretch.gap == np.inf
        elif stretch.gap < np.inf:
            assert best * (1 - 1e-7) <= told <= best / max(1 - stretch.gap, 1e-12) * (1 + 1e-7), rate


@pytest.mark.parametrize("seed", [3, 4, 5, 16, 17, 28])
def test_what_a_placement_carries_holds_at_every_rate_between(seed: int) -> None:
    problem = rich(seed)
    placement = solver(problem, None).placement
    assert placement is not None
    span = load_range(problem, placement)
    assert span is not None
    high = min(span.high, 20.0)
    for rate in np.linspace(max(span.low, 1e-3), high, 30):
        assert assess(problem.at_rate(float(rate)), placement).feasible, rate


@pytest.mark.parametrize("seed", [3, 5, 11, 21, 28, 41])
def test_fronts_are_of_what_limits_are_about(seed: int) -> None:
    problem = rich(seed)
    placements = list(all_placements(problem))
    scores = Evaluator(problem).evaluate_all(placements)
    limits = np.array([limit.limit_s for limit in problem.path_limits])
    values = (scores.path_value_s / limits).max(axis=1)[scores.feasible]
    costs = scores.cost[scores.feasible]
    front = pareto(latency(problem), solver)
    assert front.complete
    for value, cost in zip(values.tolist(), costs.tolist(), strict=True):
        assert any(
            point.value <= value * (1 + 3e-6) and point.cost <= cost * (1 + 1e-7) for point in front.points
        )
    for point in front.points:
        assert not ((values < point.value * (1 - 3e-6)) & (costs <= point.cost * (1 + 1e-9))).any()


@pytest.mark.parametrize("seed", [3, 5, 13, 20, 26])
def test_no_sequence_is_cheaper_than_a_schedule(seed: int) -> None:
    problem = rich(seed)
    loads = [(0.6, 3.0), (1.4, 2.0), (0.9, 1.0)]
    offered = (Reservable(2 + seed % 4, 0.4, 1),)
    schedule = schedule_of(problem, loads, Switching(0.2, 0.1, 300), offered, repeats=bool(seed % 2))
    found = solve_schedule(schedule, solver)
    best = cheapest_by_trying(schedule)
    if best == float("inf"):
        assert found.status is Status.INFEASIBLE
    else:
        assert found.status is Status.OPTIMAL
        assert found.cost == pytest.approx(best, rel=1e-7)


def test_the_price_of_requests_follows_the_load() -> None:
    problem = random_problem(2, components=2)
    layers = tuple(replace(item, transition_cost=2e-4) for item in problem.layers)
    problem = replace(problem, layers=layers)
    placements = list(all_placements(problem))
    found = load_sensitivity(problem, solver, 0.4, 3.0)
    assert found.proven
    for rate in (0.5, 0.9, 1.4, 2.2, 2.9):
        scores = Evaluator(problem.at_rate(rate)).evaluate_all(placements)
        best = float(np.where(scores.feasible, scores.cost, np.inf).min())
        stretch = next(item for item in found.stretches if item.low <= rate <= item.high)
        told = np.inf if stretch.line is None else stretch.line.at(rate)
        assert told == pytest.approx(best, rel=1e-6 + stretch.gap)
    assert isinstance(layers[0], Layer)


@given(
    times=st.lists(st.floats(0.1, 5), min_size=2, max_size=6),
    low=st.floats(0.3, 1.0),
    rate=st.floats(0.01, 6),
)
def test_a_window_over_a_curve_is_nowhere_too_low_or_too_high(
    times: list[float], low: float, rate: float
) -> None:
    curve = tuple((float(place + 1), time) for place, time in enumerate(times))
    rates, given_times = zip(*curve, strict=True)
    rate = min(rate, rates[-1])
    inside = np.interp(np.linspace(low * rate, rate, 60), rates, given_times)
    largest = np.interp(rate, *zip(*window(curve, (low, 1.0), max), strict=True))
    assert largest >= inside.max() - 1e-9
    inside = np.interp(np.linspace(rate, min(rate / low, rates[-1]), 60), rates, given_times)
    least = np.interp(rate, *zip(*window(curve, (1.0, 1 / low), min), strict=True))
    assert least <= inside.min() + 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_the_worst_between_two_rates_is_no_better_than_any_of_them(seed: int) -> None:
    problem = rich(seed)
    placements = [random_placement(problem, number) for number in range(20)]
    worst = Evaluator(worst_between(problem, 0.5, 0.8)).evaluate_all(placements)
    for rate in (0.5, 0.6, 0.7, 0.8):
        scores = Evaluator(problem.at_rate(rate)).evaluate_all(placements)
        assert (scores.component_s <= worst.component_s * (1 + 1e-9)).all()
