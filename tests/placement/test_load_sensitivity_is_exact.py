"""Which placement is cheapest at which rate, against trying every placement."""

from __future__ import annotations

import numpy as np
import pytest
from brute_force import all_placements
from placement_systems import BOARD, random_problem, read, two_steps

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Result, Status, solve
from aisprint_cli.placement.load_sensitivity import LoadSensitivity, load_sensitivity
from aisprint_cli.placement.problem import Placement, Problem


def solver(problem: Problem, start: Placement | None) -> Result:
    return solve(problem, warm_start=start)


def cheapest(problem: Problem, placements: list[Placement], rate: float) -> float:
    scores = Evaluator(problem.at_rate(rate)).evaluate_all(placements)
    return float(np.where(scores.feasible, scores.cost, np.inf).min())


def cost_at(found: LoadSensitivity, rate: float) -> tuple[float, float]:
    """The cost told for a rate, and the gap told with it."""
    for item in found.stretches:
        if item.low <= rate <= item.high:
            return (item.line.at(rate) if item.line is not None else np.inf), item.gap
    return np.nan, np.nan


@pytest.mark.parametrize("seed", range(8))
def test_every_rate_has_its_cheapest_placement(seed: int) -> None:
    problem = random_problem(seed, components=2)
    placements = list(all_placements(problem))
    low, high = 0.3, 4.0
    found = load_sensitivity(problem, solver, low, high)
    assert found.proven
    assert found.stretches[0].low == low
    assert found.stretches[-1].high == high
    for rate in np.random.default_rng(seed).uniform(low, high, 25):
        told, gap = cost_at(found, float(rate))
        if np.isnan(told):
            continue  # between the last rate that surely holds and the first that surely does not
        best = cheapest(problem, placements, float(rate))
        if np.isinf(best):
            assert np.isinf(told), rate
        else:
            assert best * (1 - 1e-7) <= told <= best / max(1 - gap, 1e-12) * (1 + 1e-7), rate


@pytest.mark.parametrize("seed", range(5))
def test_stretches_follow_one_another_and_their_placements_hold(seed: int) -> None:
    problem = random_problem(seed, components=2)
    found = load_sensitivity(problem, solver, 0.3, 4.0)
    for one, other in zip(found.stretches, found.stretches[1:], strict=False):
        assert 0 <= other.low - one.high <= 2e-6 * other.low
    for item in found.stretches:
        for rate in (item.low, (item.low + item.high) / 2, item.high):
            if item.placement is not None and item.line is not None:
                figures = assess(problem.at_rate(rate), item.placement)
                assert figures.feasible
                assert figures.cost == pytest.approx(item.line.at(rate))


def test_breakpoints_are_where_they_are_computed_to_be() -> None:
    # The board alone carries 1.65 / 0.7 requests/s (see the test of ranges). Beyond, `second` moves to
    # a VM, which costs 1.0 more; `first` alone then fills the board at 5 requests/s.
    problem = read(two_steps()).problem
    found = load_sensitivity(problem, solver, 1.0, 3.0)
    first = found.stretches[0]
    assert first.placement is not None
    assert first.placement.instances[BOARD] == 1
    assert first.high == pytest.approx(1.65 / 0.7, rel=1e-6)
    assert first.ends_by is not None
    assert first.ends_by.subject.startswith("p1")
    assert found.stretches[1].line is not None
    assert first.line is not None
    assert found.stretches[1].line.at(2.5) > first.line.at(2.3)


def test_an_ended_search_says_what_is_not_settled() -> None:
    problem = read(two_steps()).problem
    few = load_sensitivity(problem, solver, 0.5, 8.0, most_solves=3)
    assert few.solves <= 3
    assert not few.proven
    assert few.stretches[0].low == 0.5
    assert few.stretches[-1].high == 8.0
    none = load_sensitivity(problem, solver, 0.5, 8.0, cancelled=lambda: True)
    assert none.solves == 0
    assert all(item.gap == np.inf for item in none.stretches)


def test_solves_without_proof_prove_nothing() -> None:
    problem = read(two_steps()).problem

    def stopped(changed: Problem, start: Placement | None) -> Result:
        result = solve(changed, warm_start=start)
        return Result(Status.STOPPED, result.placement, result.cost, 0.0, 0, 0)

    found = load_sensitivity(problem, stopped, 0.5, 2.0)
    assert not found.proven


def test_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match="no range"):
        load_sensitivity(read(two_steps()).problem, solver, 2.0, 1.0)


def test_what_solves_gave_up_is_tried_harder_at_the_end() -> None:
    problem = random_problem(1, components=2)
    rounds = 0

    def hasty(changed: Problem, start: Placement | None) -> Result:
        if rounds or changed.entry_rate_per_s < 2:
            return solve(changed, warm_start=start)
        return Result(Status.STOPPED, None, float("inf"), 0.0, 0, 0)

    def harder() -> bool:
        nonlocal rounds
        rounds += 1
        return rounds == 1

    assert not load_sensitivity(problem, hasty, 0.3, 4.0).proven
    found = load_sensitivity(problem, hasty, 0.3, 4.0, harder=harder)
    whole = load_sensitivity(problem, solver, 0.3, 4.0)
    assert found.proven
    for rate in (0.5, 1.5, 2.5, 3.5):
        assert cost_at(found, rate)[0] == pytest.approx(cost_at(whole, rate)[0])
