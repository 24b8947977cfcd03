"""The vectorised evaluator against one that follows the formulas word by word, on random problems."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import random_placement, random_problem

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import (
    CPP_SEMANTICS,
    PYTHON_SEMANTICS,
    Option,
    Piece,
    Placement,
    Problem,
    Semantics,
    Tier,
    below,
    holds,
)


def placed(problem: Problem, placement: Placement, component: int) -> list[tuple[Piece, Option]]:
    choice = placement.choices[component]
    pieces = problem.components[component].alternatives[choice.alternative].pieces
    return [
        (piece, next(option for option in piece.options if option.resource == resource))
        for piece, resource in zip(pieces, choice.resources, strict=True)
    ]


def plain_figures(  # noqa: C901  word by word, so that it can be read beside the formulas
    problem: Problem, placement: Placement
) -> tuple[float, list[float], list[float], bool]:
    """Cost, component and path times, and whether everything holds, one step after the other."""
    everything = [placed(problem, placement, c) for c in range(len(problem.components))]
    load = [0.0] * len(problem.resources)
    memory = [0.0] * len(problem.resources)
    cost = sum(n * r.cost_per_hour for n, r in zip(placement.instances, problem.resources, strict=True))
    cost *= problem.period_h
    billed: set[int] = set()
    for component, pieces in zip(problem.components, everything, strict=True):
        for piece, option in pieces:
            memory[option.resource] += option.memory_mib
            if not problem.is_function(option.resource):
                load[option.resource] += component.rate_per_s * piece.reach * option.demand_s
            elif not (problem.semantics.functions_billed_once and option.resource in billed):
                cost += problem.function_cost(component, piece, option)
                billed.add(option.resource)
    fine = True
    times = []
    for component, pieces in zip(problem.components, everything, strict=True):
        total, before = 0.0, None
        for piece, option in pieces:
            r = option.resource
            if problem.is_function(r):
                time_s = problem.function_response_s(component, piece, option)
            else:
                count = max(placement.instances[r], 1)
                stable = below(load[r], count)
                time_s = option.demand_s / (1 - load[r] / count) if stable else math.inf
            delay_s = 0.0
            if before is not None:
                delay_s = problem.delay_s(before[1].resource, r, before[0].data_size)
                fine &= not (
                    problem.tier(before[1].resource) is not Tier.EDGE and problem.tier(r) is Tier.EDGE
                )
            fine &= math.isfinite(time_s) and math.isfinite(delay_s)
            total += piece.reach * (time_s + delay_s)
            before = (piece, option)
        times.append(total)
    transfers = {}
    for source, component in enumerate(problem.components):
        for position, target in enumerate(component.successors):
            last, first = everything[source][-1][1].resource, everything[target][0][1].resource
            size = component.alternatives[placement.choices[source].alternative].sent[position]
            transfers[source, target] = problem.delay_s(last, first, size)
            fine &= math.isfinite(transfers[source, target])
            fine &= not (problem.tier(last) is not Tier.EDGE and problem.tier(first) is Tier.EDGE)
    paths = [
        sum(times[c] for c in limit.components) + sum(transfers[pair] for pair in pairwise(limit.components))
        for limit in problem.path_limits
    ]
    fine &= all(holds(times[limit.component], limit.limit_s) for limit in problem.local_limits)
    fine &= all(
        holds(time_s, limit.limit_s) for time_s, limit in zip(paths, problem.path_limits, strict=True)
    )
    used = {option.resource for pieces in everything for _, option in pieces}
    for number, resource in enumerate(problem.resources):
        if problem.is_function(number):
            fine &= holds(memory[number], resource.memory_mib)
            continue
        count = placement.instances[number]
        times_memory = max(count, 1) if problem.semantics.memory_per_instance else 1
        fine &= count <= resource.limit and (number not in used or count >= 1)
        fine &= holds(memory[number], resource.memory_mib * times_memory)
    bought = [problem.resources[number].layer for number in used if not problem.is_function(number)]
    return cost, times, paths, fine and len(set(bought)) == len(bought)


@pytest.mark.parametrize("semantics", [PYTHON_SEMANTICS, CPP_SEMANTICS], ids=["python", "cpp"])
@given(seed=st.integers(0, 10**6), components=st.integers(2, 6))
@settings(max_examples=60, deadline=None)
def test_every_figure_is_the_same(semantics: Semantics, seed: int, components: int) -> None:
    problem = random_problem(seed, components=components, semantics=semantics)
    placements = [random_placement(problem, seed + i) for i in range(8)]
    scores = Evaluator(problem).evaluate_all(placements)
    for row, placement in enumerate(placements):
        cost, times, paths, feasible = plain_figures(problem, placement)
        assert scores.cost[row] == pytest.approx(cost)
        assert scores.component_s[row] == pytest.approx(np.array(times))
        assert scores.path_s[row] == pytest.approx(np.array(paths))
        assert bool(scores.feasible[row]) is feasible
        assert assess(problem, placement).feasible is feasible


def test_random_problems_are_sometimes_feasible() -> None:
    verdicts = set()
    for seed in range(300):
        problem = random_problem(seed, components=3)
        verdicts.add(bool(Evaluator(problem).evaluate_all([random_placement(problem, seed)]).feasible[0]))
    assert verdicts == {True, False}


def test_a_long_batch_equals_its_placements_alone() -> None:
    problem = random_problem(7, components=5)
    placements = [random_placement(problem, i) for i in range(1500)]
    evaluator = Evaluator(problem)
    together = evaluator.evaluate_all(placements, pieces=True)
    for row in (0, 511, 512, 1499):
        alone = evaluator.evaluate_all([placements[row]], pieces=True)
        assert alone.cost[0] == together.cost[row]
        assert alone.piece_s is not None
        assert together.piece_s is not None
        assert np.array_equal(alone.piece_s[0], together.piece_s[row])
