"""What each component would do instead, against trying everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import BOARD, VM, enriched, random_problem, read, two_steps

from aisprint_cli.placement.conditions import forbid
from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.exact import solve
from aisprint_cli.placement.explanation import next_best
from aisprint_cli.placement.problem import Choice, Placement, Problem


def choices_of(problem: Problem, component: int) -> set[tuple[int, tuple[int, ...]]]:
    found: set[tuple[int, tuple[int, ...]]] = set()
    for number, alternative in enumerate(problem.components[component].alternatives):
        chains: list[tuple[int, ...]] = [()]
        for piece in alternative.pieces:
            chains = [(*chain, option.resource) for chain in chains for option in piece.options]
        found.update((number, chain) for chain in chains)
    return found


@given(seed=st.integers(0, 10**6), data=st.data())
@settings(max_examples=40, deadline=None)
def test_forbidding_takes_away_one_choice_and_no_other(seed: int, data: st.DataObject) -> None:
    problem = random_problem(seed, components=3)
    before = choices_of(problem, 1)
    number, resources = data.draw(st.sampled_from(sorted(before)))
    restricted = forbid(problem, 1, Choice(number, resources))
    left = set()
    if restricted is not None:
        for changed, chain in choices_of(restricted.problem, 1):
            original = restricted.restore(Choice(changed, chain))
            assert (original.alternative, original.resources) not in left, "each choice appears once"
            left.add((original.alternative, original.resources))
    assert left == before - {(number, resources)}


@pytest.mark.parametrize("rich", [False, True], ids=["plain", "rich"])
@pytest.mark.parametrize("seed", range(25))
def test_the_next_best_is_the_best_of_the_rest(seed: int, rich: bool) -> None:
    problem = random_problem(seed, components=3)
    if rich:
        problem = enriched(problem, seed)
    best = solve(problem)
    if best.placement is None:
        assert not np.isfinite(best.cost)
        return
    assessment = assess(problem, best.placement)
    for item in next_best(assessment, solve):
        component = problem.components[item.component]
        now = best.placement.choices[item.component]
        cheapest = np.inf
        for number, chain in choices_of(problem, item.component) - {(now.alternative, now.resources)}:
            pieces = tuple(
                replace(piece, options=tuple(o for o in piece.options if o.resource == resource))
                for piece, resource in zip(component.alternatives[number].pieces, chain, strict=True)
            )
            only = replace(component, alternatives=(replace(component.alternatives[number], pieces=pieces),))
            components = list(problem.components)
            components[item.component] = only
            cheapest = min(cheapest, solve(replace(problem, components=tuple(components))).cost)
        if item.placement is None:
            assert cheapest == np.inf
            continue
        assert item.extra_cost == pytest.approx(cheapest - best.cost, abs=1e-9)
        found = assess(problem, item.placement)
        assert found.feasible
        assert found.cost == pytest.approx(cheapest)
        assert item.choice != now


def test_a_component_with_one_choice_has_no_other() -> None:
    system = two_steps()
    del system["Components"]["first"]["s2"]
    problem = read(system).problem
    found = next_best(assess(problem, _placement(problem)), solve)
    assert found[0].placement is None
    assert found[0].proven
    assert found[0].to_json() == {
        "component": "first",
        "deployment": None,
        "pieces": None,
        "extra_cost": None,
        "proven": True,
    }
    assert found[1].placement is not None
    assert {BOARD, VM} & set(found[1].placement.choices[1].resources) or found[1].extra_cost is not None


def _placement(problem: Problem) -> Placement:
    placement = solve(problem).placement
    assert placement is not None
    return placement
