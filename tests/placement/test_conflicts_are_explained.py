"""When nothing works: which conditions conflict, and what would help."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import enriched, random_problem, read, two_steps

from aisprint_cli.placement.conditions import Condition, conditions, without
from aisprint_cli.placement.conflict import find_conflict
from aisprint_cli.placement.constraints import Kind, assess
from aisprint_cli.placement.exact import Result, Status, solve
from aisprint_cli.placement.fastest import FastSearch, lower_bound_s, shrink
from aisprint_cli.placement.problem import PathLimit, Problem


def exactly(problem: Problem) -> Result:
    return solve(problem)


def never() -> bool:
    return False


def with_path_limit(limit_s: float) -> Problem:
    problem = read(two_steps()).problem
    return replace(problem, path_limits=(PathLimit("p1", (0, 1), limit_s),))


def test_a_path_that_is_too_slow_is_named_with_the_fastest_time() -> None:
    conflict = find_conflict(with_path_limit(0.3), exactly, never)
    assert [(item.kind, item.subject) for item in conflict.members] == [(Kind.PATH, "first -> second")]
    assert conflict.proven
    # Both on the board: 0.35 s of demand, 70 % busy; alone, each would take 1 / 0.6 and 1 / 0.7 of its own.
    assert conflict.fastest_s is not None
    assert conflict.fastest_s > 0.3
    assert (
        "global limit of 0.3 s on first -> second cannot hold: no placement takes less" in conflict.sentence
    )
    (change,) = conflict.changes
    assert change.needed is not None
    assert solve(with_path_limit(change.needed * (1 + 1e-6))).status is Status.OPTIMAL
    assert solve(with_path_limit(change.needed * (1 - 2e-3))).status is Status.INFEASIBLE


def test_too_much_load_names_the_instances_and_the_load_that_works() -> None:
    problem = read(two_steps()).problem.at_rate(12.0)
    conflict = find_conflict(problem, exactly, never)
    assert conflict.proven
    assert {(item.kind, item.subject) for item in conflict.members} == {(Kind.INSTANCES, "Board")}
    assert conflict.largest_rate_per_s is not None
    assert solve(problem.at_rate(conflict.largest_rate_per_s)).status is Status.OPTIMAL
    assert "Allow 2 instances of Board instead of 1" in conflict.relaxation_sentence
    assert "lower the load to" in conflict.relaxation_sentence


def test_memory_that_is_too_small_is_named() -> None:
    system = two_steps()
    system["EdgeResources"]["computationallayer1"]["Board"]["memory"] = 50
    conflict = find_conflict(read(system).problem, exactly, never)
    assert [(item.kind, item.subject) for item in conflict.members] == [(Kind.MEMORY, "Board")]
    assert conflict.sentence == "The 50 MiB of memory of Board are in the way."
    assert "Give Board 100 MiB of memory instead of 50" in conflict.relaxation_sentence


def test_layers_without_a_network_are_named() -> None:
    system = two_steps()
    system["NetworkTechnology"]["ND1"]["computationalLayers"] = ["computationallayer2", "computationallayer3"]
    system["CompatibilityMatrix"]["second"]["h1"] = [{"resource": "VM", "memory": 1}]
    conflict = find_conflict(read(system).problem, exactly, never)
    assert [item.kind for item in conflict.members] == [Kind.NETWORK]


def test_the_way_back_to_the_edge_is_named() -> None:
    system = two_steps()
    system["CompatibilityMatrix"]["first"] = {
        piece: [{"resource": "VM", "memory": 1}] for piece in ("h1", "h2", "h3")
    }
    model = {"VM": {"demand": 0.1}}
    system["Performance"]["first"] = dict.fromkeys(("h1", "h2", "h3"), model)
    system["CompatibilityMatrix"]["second"]["h1"] = [{"resource": "Board", "memory": 1}]
    conflict = find_conflict(read(system).problem, exactly, never)
    assert [item.kind for item in conflict.members] == [Kind.RETURN]
    assert "go back to the edge" in conflict.relaxation_sentence


def patiently(problem: Problem) -> Result:
    """The exact answer, or what is known after some steps: rich problems may take too many."""
    steps = count()
    return solve(problem, cancelled=lambda: next(steps) > 300)


def some_problem(seed: int, components: int, *, rich: bool) -> Problem:
    problem = random_problem(seed, components=components)
    return enriched(problem, seed) if rich else problem


def test_what_works_is_no_conflict() -> None:
    conflict = find_conflict(read(two_steps()).problem, exactly, never)
    assert not conflict.members
    assert not conflict.proven
    assert conflict.placement is not None


def test_without_time_nothing_is_claimed() -> None:
    def stopped(problem: Problem) -> Result:
        return Result(Status.STOPPED, None, float("inf"), 0.0, 0, 0)

    problem = with_path_limit(0.71)
    bound = lower_bound_s(problem, (0, 1))
    assert bound < 0.71, "the bound alone must not prove this one"
    assert solve(problem).status is not Status.STOPPED
    conflict = find_conflict(problem, stopped, lambda: True)
    assert not conflict.proven


@pytest.mark.parametrize("asked", [0, 1, 5, 50, 500])
def test_the_search_for_the_reason_ends_soon_after_it_is_told_to(asked: int) -> None:
    """Every loop asks: so once the answer is yes, few more questions come."""
    problem = random_problem(5, components=12).at_rate(200.0)
    questions = count()
    conflict = find_conflict(problem, exactly, lambda: next(questions) >= asked)
    assert next(questions) <= asked + 4 * len(list(conditions(problem)))
    assert set(conflict.members) <= set(conditions(problem))
    if not conflict.minimal:
        assert "The time was too short" in conflict.sentence


def test_a_load_that_nothing_carries_is_told_with_the_one_that_is() -> None:
    problem = read(two_steps()).problem
    conflict = find_conflict(problem.at_rate(1e200), exactly, never)
    assert conflict.largest_rate_per_s is not None
    assert solve(problem.at_rate(conflict.largest_rate_per_s)).status is Status.OPTIMAL
    assert solve(problem.at_rate(conflict.largest_rate_per_s * 1.01)).status is Status.INFEASIBLE


@pytest.mark.parametrize("rich", [False, True], ids=["plain", "rich"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_conflicts_are_minimal(rich: bool, seed: int) -> None:
    problem = some_problem(seed, 3, rich=rich)
    judge = patiently if rich else exactly
    if judge(problem).status is not Status.INFEASIBLE:
        return
    conflict = find_conflict(problem, judge, never)
    assert conflict.proven or rich
    everything = set(conditions(problem))
    members = set(conflict.members)
    core = judge(without(problem, everything - members))
    assert core.placement is None or not conflict.proven
    for member in members if conflict.proven else ():
        # Without a limit there is no end of instances: a tight time limit may need more than load alone.
        without_it = judge(without(problem, everything - members | {member}, counted=False))
        assert without_it.status is not Status.INFEASIBLE
        assert without_it.placement is not None or rich


@pytest.mark.parametrize("rich", [False, True], ids=["plain", "rich"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_no_placement_is_faster_than_the_bound(rich: bool, seed: int) -> None:
    problem = some_problem(seed, 4, rich=rich)
    path = problem.path_limits[0].components
    free = without(problem, [item for item in conditions(problem) if item.kind in {Kind.LOCAL, Kind.PATH}])
    attempt = FastSearch(free).run()
    if attempt is None or not attempt.feasible:
        return
    taken = assess(problem, attempt.placement).path_s[0]
    assert lower_bound_s(problem, path) <= taken * (1 + 1e-9)


@pytest.mark.parametrize("rich", [False, True], ids=["plain", "rich"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_fast_search_keeps_its_word(rich: bool, seed: int) -> None:
    problem = some_problem(seed, 4, rich=rich)
    attempt = FastSearch(problem).run()
    if attempt is None or not attempt.feasible:
        return
    assert assess(problem, attempt.placement).feasible
    smaller = assess(problem, shrink(problem, attempt.placement))
    assert smaller.feasible
    assert smaller.cost <= assess(problem, attempt.placement).cost
    cheapest = patiently(problem)
    assert cheapest.lower_bound <= smaller.cost * (1 + 1e-9)


@pytest.mark.parametrize("kind", list(Kind))
def test_dropping_a_condition_never_makes_it_dearer(kind: Kind) -> None:
    for seed in range(12):
        problem = some_problem(seed, 3, rich=True)
        dropped: list[Condition] = [item for item in conditions(problem) if item.kind is kind]
        assert patiently(without(problem, dropped)).lower_bound <= patiently(problem).cost * (1 + 1e-9)
