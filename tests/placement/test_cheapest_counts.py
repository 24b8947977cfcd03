"""The instances bought for given choices, against every number of instances there is."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import enriched, random_placement, random_problem

from aisprint_cli.placement.counts import cheapest_counts
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import Placement


@given(seed=st.integers(0, 10**6), rich=st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_cheaper_numbers_of_instances_are_feasible(seed: int, rich: bool) -> None:
    problem = random_problem(seed, components=2)
    problem = enriched(problem, seed) if rich else problem
    choices = random_placement(problem, seed).choices
    used = {resource for choice in choices for resource in choice.resources}
    ranges = [
        range(1, item.limit + 1) if number in used and not problem.is_function(number) else range(1)
        for number, item in enumerate(problem.resources)
    ]
    placements = [Placement(choices, counts) for counts in product(*ranges)]
    scores = Evaluator(problem).evaluate_all(placements)
    costs = scores.cost[scores.feasible]
    found = cheapest_counts(problem, choices)
    if not len(costs):
        assert found is None
        return
    assert found is not None
    assert found[1] == pytest.approx(costs.min(), rel=1e-12)
    assert bool(Evaluator(problem).evaluate_all([found[0]]).feasible[0])
