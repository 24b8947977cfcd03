"""The rates between which one placement keeps every limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from placement_systems import BOARD, FUNCTION, VM, random_placement, random_problem, read, two_steps

from aisprint_cli.placement.constraints import Kind, assess
from aisprint_cli.placement.exact import solve
from aisprint_cli.placement.load_range import MOST, cost_line, load_range
from aisprint_cli.placement.problem import Choice, Placement

ALL_ON_BOARD = Placement((Choice(0, (BOARD,)), Choice(0, (BOARD,))), (1, 0, 0))


def test_the_rate_that_fills_the_limit_is_found() -> None:
    # 0.2 s and 0.15 s on one board; `second` may take 1 s: 0.15 / (1 - 0.35 r) = 1, so r = 0.85 / 0.35.
    # The path may take 2 s: 0.35 / (1 - 0.35 r) = 2, so r = 1.65 / 0.7, which is less.
    problem = read(two_steps()).problem
    found = load_range(problem, ALL_ON_BOARD)
    assert found is not None
    assert found.high == pytest.approx(1.65 / 0.7, rel=1e-6)
    assert found.high_constraint is not None
    assert found.high_constraint.kind is Kind.PATH
    assert found.low == 0
    assert found.low_constraint is None


def test_without_limits_the_board_itself_is_the_end() -> None:
    problem = replace(read(two_steps()).problem, local_limits=(), path_limits=())
    found = load_range(problem, ALL_ON_BOARD)
    assert found is not None
    assert found.high == pytest.approx(1 / 0.35, rel=1e-6)
    assert found.high_constraint is not None
    assert found.high_constraint.kind is Kind.UTILISATION


def test_what_does_not_hold_now_carries_nothing() -> None:
    problem = read(two_steps()).problem.at_rate(5.0)
    assert load_range(problem, ALL_ON_BOARD) is None


def test_functions_alone_have_no_end() -> None:
    system = two_steps()
    for piece in ("h1", "h2"):
        system["CompatibilityMatrix"]["first"][piece] = [{"resource": "F", "memory": 100}]
        system["Performance"]["first"][piece]["F"] = {
            "model": "PACSLTK",
            "demandWarm": 0.1,
            "demandCold": 0.2,
        }
    problem = read(system).problem
    found = load_range(problem, Placement((Choice(0, (FUNCTION,)), Choice(0, (FUNCTION,))), (0, 0, 0)))
    assert found is not None
    assert found.high == MOST * problem.entry_rate_per_s
    assert found.high_constraint is None


def test_cold_starts_end_the_range_below() -> None:
    # Seldom used, the function is cold: its response goes from 0.3 s towards 1 s, past a limit of 0.6 s.
    system = two_steps()
    system["LocalConstraints"]["second"]["local_res_time"] = 0.6
    problem = read(system).problem
    placement = Placement((Choice(0, (BOARD,)), Choice(0, (FUNCTION,))), (1, 0, 0))
    found = load_range(problem, placement)
    assert found is not None
    assert 0 < found.low < problem.entry_rate_per_s
    assert found.low_constraint is not None
    assert found.low_constraint.subject == "second"
    assert assess(problem.at_rate(found.low), placement).feasible
    assert not assess(problem.at_rate(found.low * 0.999), placement).feasible


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_inside_all_holds_and_just_outside_something_breaks(seed: int) -> None:
    problem = random_problem(seed, components=3)
    placement = solve(problem).placement
    assume(placement is not None)
    assert placement is not None
    found = load_range(problem, placement)
    assert found is not None
    for part in range(6):
        rate = found.low + (found.high - found.low) * part / 5
        if rate > 0:
            assert assess(problem.at_rate(rate), placement).feasible, rate
    if found.high_constraint is not None:
        beyond = assess(problem.at_rate(found.fails_at * (1 + 1e-6)), placement)
        assert not beyond.feasible
        broken = {(item.kind, item.subject) for item in beyond.violated}
        assert (found.high_constraint.kind, found.high_constraint.subject) in broken
        assert found.fails_at - found.high <= 1e-6 * found.high


@given(seed=st.integers(0, 10**6), factor=st.floats(0.2, 4))
@settings(max_examples=40, deadline=None)
def test_cost_is_a_line_over_the_rate(seed: int, factor: float) -> None:
    problem = random_problem(seed)
    placement = random_placement(problem, seed)
    line = cost_line(problem, placement)
    assert line.at(factor) == pytest.approx(assess(problem.at_rate(factor), placement).cost)


def test_used_resources_beyond_their_number_are_never_feasible() -> None:
    problem = read(two_steps()).problem
    assert load_range(problem, Placement((Choice(0, (BOARD,)), Choice(0, (VM,))), (1, 4, 0))) is None
