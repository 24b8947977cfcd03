"""The vectorised evaluator against one that follows the formulas word by word, on random problems."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import enriched, random_placement, random_problem
from plain_evaluator import plain_figures

from aisprint_cli.placement.constraints import Kind, assess
from aisprint_cli.placement.evaluation import Evaluator, Scores
from aisprint_cli.placement.problem import CPP_SEMANTICS, PYTHON_SEMANTICS, Placement, Problem, Semantics


@pytest.mark.parametrize("semantics", [PYTHON_SEMANTICS, CPP_SEMANTICS], ids=["python", "cpp"])
@given(seed=st.integers(0, 10**6), components=st.integers(2, 6))
@settings(max_examples=60, deadline=None)
def test_every_figure_is_the_same(semantics: Semantics, seed: int, components: int) -> None:
    problem = random_problem(seed, components=components, semantics=semantics)
    placements = [random_placement(problem, seed + i) for i in range(8)]
    scores = Evaluator(problem).evaluate_all(placements)
    for row, placement in enumerate(placements):
        assert_same(problem, placement, scores, row)


@pytest.mark.parametrize("semantics", [PYTHON_SEMANTICS, CPP_SEMANTICS], ids=["python", "cpp"])
@given(seed=st.integers(0, 10**6), components=st.integers(2, 6))
@settings(max_examples=120, deadline=None)
def test_every_figure_of_rich_problems_is_the_same(semantics: Semantics, seed: int, components: int) -> None:
    problem = enriched(random_problem(seed, components=components, semantics=semantics), seed)
    placements = [random_placement(problem, seed + i) for i in range(12)]
    scores = Evaluator(problem).evaluate_all(placements, pieces=True)
    for row, placement in enumerate(placements):
        assert_same(problem, placement, scores, row)


def assert_same(problem: Problem, placement: Placement, scores: Scores, row: int) -> None:
    figures = plain_figures(problem, placement)
    assert scores.cost[row] == pytest.approx(figures.cost)
    assert scores.component_s[row] == pytest.approx(np.array(figures.times))
    assert scores.path_s[row] == pytest.approx(np.array(figures.paths))
    assert scores.local_value_s[row] == pytest.approx(np.array(figures.local_s), rel=1e-5)
    assert scores.path_value_s[row] == pytest.approx(np.array(figures.paths_s), rel=1e-5)
    assert bool(scores.feasible[row]) is figures.feasible
    assessment = assess(problem, placement)
    assert assessment.feasible is figures.feasible
    for mine, plain in zip(assessment.piece_s, figures.pieces, strict=True):
        assert mine == pytest.approx(plain)
    assert sum(item.cost for item in assessment.purchases) == pytest.approx(assessment.cost)


def test_rich_problems_have_feasible_and_infeasible_placements_of_every_kind() -> None:
    holding: Counter[Kind] = Counter()
    broken: Counter[Kind] = Counter()
    verdicts = set()
    for seed in range(400):
        problem = enriched(random_problem(seed, components=3), seed)
        assessment = assess(problem, random_placement(problem, seed))
        verdicts.add(assessment.feasible)
        for item in assessment.constraints:
            (holding if item.holds else broken)[item.kind] += 1
    kinds = set(Kind) - {Kind.ENERGY}
    assert verdicts == {True, False}
    assert kinds <= set(holding)
    assert kinds <= set(broken)


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
