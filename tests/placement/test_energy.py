"""Energy: by hand, as a limit, and as a front, against trying every placement."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from brute_force import all_placements
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import BOARD, FUNCTION, VM, random_placement, random_problem, read, two_steps

from aisprint_cli.errors import InvalidInputError, UsageError
from aisprint_cli.placement.constraints import Kind, assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Result, Status, solve
from aisprint_cli.placement.objectives import energy
from aisprint_cli.placement.pareto import pareto
from aisprint_cli.placement.problem import Choice, Placement, Problem
from aisprint_cli.placement.what_if import what_if


def powered(seed: int, components: int = 2) -> Problem:
    """A random problem whose resources draw power."""
    draw = random.Random(seed)
    problem = random_problem(seed, components=components)
    resources = []
    for item in problem.resources:
        idle_w = draw.uniform(0, 50)
        busy_w = idle_w + draw.uniform(0, 300)
        resources.append(
            replace(item, idle_w=idle_w, busy_w=busy_w, green_share=draw.choice([0.0, 0.5, 1.0]))
        )
    return replace(problem, resources=tuple(resources))


def solver(problem: Problem, start: Placement | None) -> Result:
    return solve(problem, warm_start=start)


def with_power() -> Problem:
    system = two_steps()
    system["EdgeResources"]["computationallayer1"]["Board"] |= {"idle_power": 5, "busy_power": 15}
    system["CloudResources"]["computationallayer2"]["VM"] |= {
        "idle_power": 100,
        "busy_power": 200,
        "green_share": 0.25,
    }
    system["FaaSResources"]["computationallayer3"]["F"]["busy_power"] = 60
    system["Time"] = 3
    return read(system).problem


def test_instances_draw_without_work_and_more_with_it() -> None:
    # Over 3 h: two boards' worth of 5 W, and 10 W more while busy, which is 2/s * (0.2 + 0.15) s.
    problem = with_power()
    found = assess(problem, Placement((Choice(0, (BOARD,)), Choice(0, (BOARD,))), (1, 0, 0)))
    assert found.energy_wh == pytest.approx(3 * (5 + 10 * 0.7))
    assert found.green_wh == 0


def test_early_exits_and_functions_count_what_they_run() -> None:
    # `first` leaves half of 2/s for its second piece (0.1 s on VMs); the function takes 0.3 s of each.
    problem = with_power()
    found = assess(problem, Placement((Choice(1, (BOARD, VM)), Choice(0, (FUNCTION,))), (1, 2, 0)))
    board = 5 + 10 * 2 * 0.1
    machines = 2 * 100 + 100 * 1 * 0.1
    assert found.energy_wh == pytest.approx(3 * (board + machines + 60 * 2 * 0.3))
    assert found.green_wh == pytest.approx(3 * 0.25 * machines)


def test_without_figures_nothing_is_drawn() -> None:
    problem = read(two_steps()).problem
    assert assess(problem, solve(problem).placement or pytest.fail("there is a placement")).energy_wh == 0
    with pytest.raises(UsageError, match="No resource says what power it draws"):
        energy(problem)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_energy_is_the_sum_over_resources(seed: int) -> None:
    problem = powered(seed, components=4)
    placement = random_placement(problem, seed)
    found = assess(problem, placement)
    total = 0.0
    for number, item in enumerate(problem.resources):
        busy = 0.0
        for component, choice in zip(problem.components, placement.choices, strict=True):
            pieces = component.alternatives[choice.alternative].pieces
            for piece, resource in zip(pieces, choice.resources, strict=True):
                option = next(o for o in piece.options if o.resource == resource)
                share = 1.0 if problem.is_function(number) else piece.reach
                busy += option.demand_s * component.rate_per_s * share * (resource == number)
        if problem.is_function(number):
            total += item.busy_w * busy
        else:
            total += item.idle_w * placement.instances[number] + (item.busy_w - item.idle_w) * busy
    assert found.energy_wh == pytest.approx(total * problem.period_h)
    assert 0 <= found.green_wh <= found.energy_wh * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_a_limit_on_energy_is_kept_at_the_least_cost(seed: int) -> None:
    problem = powered(seed)
    placements = list(all_placements(problem))
    scores = Evaluator(problem).evaluate_all(placements)
    if not scores.feasible.any():
        assert solve(problem).status is Status.INFEASIBLE
        return
    energies = np.sort(scores.energy_wh[scores.feasible])
    for limit in (energies[0] * 0.99, energies[0], float(np.median(energies)), energies[-1]):
        limited = replace(problem, energy_limit_wh=float(limit))
        within = scores.feasible & (scores.energy_wh <= limit * (1 + 1e-9))
        result = solve(limited)
        if not within.any():
            assert result.status is Status.INFEASIBLE
            continue
        assert result.status is Status.OPTIMAL
        assert result.cost == pytest.approx(float(scores.cost[within].min()))
        assert result.placement is not None
        figures = assess(limited, result.placement)
        assert figures.feasible
        assert Kind.ENERGY in {item.kind for item in figures.constraints}


@pytest.mark.parametrize("grid_only", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_the_front_of_cost_and_energy_is_exact(seed: int, grid_only: bool) -> None:
    problem = powered(seed)
    objective = energy(problem, grid_only=grid_only)
    front = pareto(objective, solver)
    assert front.complete
    placements = list(all_placements(problem))
    scores = Evaluator(objective.limited(float("inf"))).evaluate_all(placements)
    kept: list[tuple[float, float]] = []
    pairs = zip(
        scores.energy_wh[scores.feasible].tolist(), scores.cost[scores.feasible].tolist(), strict=True
    )
    for value, cost in sorted(pairs):
        if not kept or cost < kept[-1][1] * (1 - 1e-9):
            kept.append((value, cost))
    assert len(front.points) == len(kept)
    for point, expected in zip(front.points, kept, strict=True):
        assert (point.value, point.cost) == pytest.approx(expected, rel=3e-6)


def test_energy_that_is_not_green_leaves_the_rest_out() -> None:
    problem = with_power()
    placement = Placement((Choice(1, (BOARD, VM)), Choice(0, (FUNCTION,))), (1, 2, 0))
    figures = assess(problem, placement)
    assert energy(problem).value(placement) == pytest.approx(figures.energy_wh)
    grid = energy(problem, grid_only=True).value(placement)
    assert grid == pytest.approx(figures.energy_wh - figures.green_wh)


def test_power_and_its_limit_can_be_changed() -> None:
    problem = what_if(with_power(), ["resource.VM.busy_power*=2", "resource.F.green_share=1", "energy=500"])
    assert problem.resources[VM].busy_w == 400
    assert problem.resources[FUNCTION].green_share == 1
    assert problem.energy_limit_wh == 500
    with pytest.raises(UsageError, match="would draw 100 W idle, but 20 W busy"):
        what_if(with_power(), ["resource.VM.busy_power=20"])


def test_figures_of_power_that_make_no_sense_are_refused() -> None:
    system = two_steps()
    system["EdgeResources"]["computationallayer1"]["Board"] |= {"idle_power": 20, "busy_power": 15}
    system["CloudResources"]["computationallayer2"]["VM"]["green_share"] = 2
    with pytest.raises(InvalidInputError) as raised:
        read(system)
    words = " ".join(finding.message for finding in raised.value.diagnostics)
    assert "busy_power" in words
    assert "green_share" in words
