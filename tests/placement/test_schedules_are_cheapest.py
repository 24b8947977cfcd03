"""Schedules against every sequence of placements, and what must hold of their costs and bounds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from placement_systems import BOARD, VM, random_problem, read, two_steps
from schedule_cases import cheapest_by_trying, random_schedule, schedule_of, solver

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.exact import Status
from aisprint_cli.placement.schedule.problem import Reservable, ScheduleProblem, Switching
from aisprint_cli.placement.schedule.ranking import Ranking
from aisprint_cli.placement.schedule.search import Schedule, solve_schedule

CAREFUL = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def small(schedule: ScheduleProblem) -> bool:
    """Whether trying every sequence takes no longer than a moment."""
    from brute_force import all_placements

    return all(sum(1 for _ in all_placements(problem)) < 80 for problem in schedule.kinds)


@CAREFUL
@given(seed=st.integers(0, 10_000), reserve=st.booleans())
def test_none_of_all_sequences_is_cheaper(seed: int, reserve: bool) -> None:
    schedule = random_schedule(seed, reserve=reserve)
    assume(small(schedule))
    found = solve_schedule(schedule, solver)
    best = cheapest_by_trying(schedule)
    if best == float("inf"):
        assert found.status is Status.INFEASIBLE
        assert found.impossible
        return
    assert found.status is Status.OPTIMAL
    assert found.cost == pytest.approx(best, rel=1e-7)
    assert found.lower_bound <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", [0, 1, 4, 7, 9, 16])
def test_a_schedule_is_what_it_says(seed: int) -> None:
    schedule = random_schedule(seed, reserve=True)
    found = solve_schedule(schedule, solver)
    assert found.placements
    for period, placement, cost in zip(schedule.periods, found.placements, found.running, strict=True):
        figures = assess(schedule.with_reserved(period.problem, found.reserved), placement)
        assert figures.feasible
        assert figures.cost == pytest.approx(cost)
    assert found.fixed is None or found.cost <= found.fixed * (1 + 1e-9)
    assert found.following is not None
    assert found.cost <= found.following * (1 + 1e-9)


def test_an_ended_search_keeps_a_schedule_and_a_true_bound() -> None:
    base = random_problem(0, components=5)
    loads = [(0.5, 4.0), (1.0, 4.0), (1.6, 2.0), (0.8, 6.0)]
    schedule = schedule_of(base, loads, Switching(0.4, 0.2))
    best = solve_schedule(schedule, solver)
    assert best.status is Status.OPTIMAL
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 1

    ended = solve_schedule(schedule, solver, cancelled=cancelled)
    assert ended.placements
    assert ended.lower_bound <= best.cost * (1 + 1e-9)
    assert ended.cost >= best.cost * (1 - 1e-9)
    assert 0 <= ended.gap < 1


def two_loads(moved: float, low: float = 1.0, reservable: tuple[Reservable, ...] = ()) -> Schedule:
    """Two steps: the board alone carries 1 request/s; at 3 `second` runs on a VM besides."""
    base = read(two_steps()).problem
    return solve_schedule(schedule_of(base, [(low, 20.0), (3.0, 4.0)], Switching(moved), reservable), solver)


def test_dear_switching_keeps_components_where_they_are() -> None:
    cheap, dear = two_loads(0.1), two_loads(1000.0)
    assert cheap.placements[0].choices != cheap.placements[1].choices
    assert cheap.placements[0].instances[VM] == 0
    assert sum(cheap.switching) == pytest.approx(0.2)
    assert dear.placements[0].choices == dear.placements[1].choices
    assert sum(dear.switching) == 0.0
    assert dear.status is Status.OPTIMAL
    assert cheap.cost < dear.cost


def test_an_instance_is_reserved_where_that_is_cheaper_over_all_hours() -> None:
    offer = (Reservable(BOARD, 3.0, 1),)
    found = two_loads(0.1, reservable=offer)
    assert found.reserved == (1,)
    assert found.reservation == pytest.approx(3.0 * 24)
    assert found.cost == pytest.approx(two_loads(0.1).cost - 24 * (4.0 - 3.0))
    assert two_loads(0.1, reservable=(Reservable(VM, 0.9, 3),)).reserved == (0,)


def test_a_period_without_placement_is_named() -> None:
    base = read(two_steps()).problem
    found = solve_schedule(schedule_of(base, [(1.0, 1.0), (900.0, 1.0)], Switching()), solver)
    assert found.status is Status.INFEASIBLE
    assert found.impossible == (1,)
    assert not found.placements


def test_ways_to_place_come_in_the_order_of_their_cost() -> None:
    problem = random_problem(3, components=3)
    ranking = Ranking(problem, solver)
    seen = set()
    before = 0.0
    for _ in range(12):
        choices = ranking.next()
        if choices is None:
            break
        assert choices not in seen
        seen.add(choices)
        assert ranking.bound >= before * (1 - 1e-9)
        before = ranking.bound
    assert len(seen) > 2
