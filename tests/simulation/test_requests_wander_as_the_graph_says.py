"""Branching, copies, early exits, transfers and paths; conservation and Little's law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queueing_problems import assert_close, network

from aisprint_cli.errors import InfeasibleError
from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.problem import (
    Alternative,
    Choice,
    NetworkDomain,
    Option,
    Piece,
    Placement,
    Problem,
)
from aisprint_cli.simulation.arrivals import Trace
from aisprint_cli.simulation.engine import Simulation
from aisprint_cli.simulation.experiment import replicate
from aisprint_cli.simulation.facility import Discipline
from aisprint_cli.simulation.laws import Deterministic
from aisprint_cli.simulation.settings import Horizon, Settings

DIAMOND = [[(1, 0.3), (2, 0.7)], [(3, 1.0)], [(3, 1.0)], []]


def test_a_network_with_branches_takes_as_long_as_predicted() -> None:
    problem, placement = network(
        [0.5, 1.0, 0.6, 0.4], DIAMOND, paths=[(0, 1, 3), (2, 3)], size=2.0, access_s=0.1, bandwidth=10.0
    )
    predicted = assess(problem, placement)
    experiment = replicate(problem, placement, Horizon(800, 20, 300), seed=2, replications=2)
    for number in range(4):
        assert_close(
            experiment.mean_s(lambda run, n=number: run.components[n]), predicted.component_s[number], 0.1
        )
    for number in range(2):
        assert_close(experiment.mean_s(lambda run, n=number: run.paths[n]), predicted.path_s[number], 0.1)


def test_no_request_is_lost_or_made() -> None:
    problem, placement = network([0.05, 0.1, 0.06, 0.04], DIAMOND)
    run = Simulation(problem, placement, seed=4).run(Horizon(5000, 1))
    first, left, right, last = (seen.counts.sum() for seen in run.components)
    assert run.entered.sum() - first <= 2
    assert abs(left + right - first) <= 2
    assert abs(last - left - right) <= 2
    assert run.ended.counts.sum() == last
    assert left / first == pytest.approx(0.3, abs=0.03)


def test_what_does_not_go_on_leaves() -> None:
    problem, placement = network([0.05, 0.1], [[(1, 0.25)], []])
    run = Simulation(problem, placement, seed=4).run(Horizon(4000, 1))
    first, second = (seen.counts.sum() for seen in run.components)
    assert second / first == pytest.approx(0.25, abs=0.03)
    assert abs(run.ended.counts.sum() - first) <= 2


def test_copies_go_to_every_successor_and_are_served_independently() -> None:
    problem, placement = network([0.01, 0.1, 0.1, 0.05], [[(1, 1.0), (2, 1.0)], [(3, 1.0)], [(3, 1.0)], []])
    run = Simulation(problem, placement, seed=4).run(Horizon(3000, 1))
    first, left, right, last = (seen.counts.sum() for seen in run.components)
    assert abs(left - first) <= 2
    assert abs(right - first) <= 2
    assert abs(last - 2 * first) <= 4
    assert run.ended.counts.sum() == last


def two_pieces(exit_probability: float) -> tuple[Problem, Placement]:
    problem, placement = network([0.2, 0.2], [[(1, 1.0)], []], paths=[(0, 1)], access_s=1.0)
    resource = replace(problem.resources[0], name="other")
    chain = (
        Piece("h1", (Option(0, 1.0, 0.2),), exit_probability=exit_probability),
        Piece("h2", (Option(2, 1.0, 0.3),), reach=1 - exit_probability),
    )
    first = replace(problem.components[0], alternatives=(Alternative("s1", chain, (0.0,)),))
    problem = replace(
        problem,
        resources=(*problem.resources, resource),
        components=(first, problem.components[1]),
    )
    return problem, Placement((Choice(0, (0, 2)), placement.choices[1]), (1, 1, 1))


def test_early_exits_skip_the_rest_of_the_component_and_go_on() -> None:
    problem, placement = two_pieces(0.4)
    run = Simulation(problem, placement, seed=4).run(Horizon(4000, 1))
    assert run.pieces[0, 0, 1].counts.sum() / run.pieces[0, 0, 0].counts.sum() == pytest.approx(0.6, abs=0.03)
    assert abs(run.components[1].counts.sum() - run.components[0].counts.sum()) <= 4


def test_each_step_takes_its_time_exactly() -> None:
    problem, placement = two_pieces(0.0)
    steady = Settings(arrivals=Trace((1.0,)), service=Deterministic())
    run = Simulation(problem, placement, steady).run(Horizon(10, 1))
    assert run.components[0].totals_s.sum() == pytest.approx(0.2 + 1.0 + 0.3)
    assert run.paths[0].totals_s.sum() == pytest.approx(0.2 + 1.0 + 0.3 + 1.0 + 0.2)
    assert run.ended.totals_s.sum() == run.paths[0].totals_s.sum()


def test_concurrent_flows_share_a_network_only_when_asked() -> None:
    problem, placement = network([0.0, 0.0], [[(1, 1.0)], []], paths=[(0, 1)], size=10.0, bandwidth=10.0)
    both_at_once = Settings(arrivals=Trace((0.0, 0.0)), service=Deterministic())
    alone = Simulation(problem, placement, both_at_once).run(Horizon(10, 1))
    shared = Simulation(problem, placement, replace(both_at_once, shared_bandwidth=True)).run(Horizon(10, 1))
    assert alone.paths[0].totals_s.sum() == pytest.approx(1 + 1)
    assert shared.paths[0].totals_s.sum() == pytest.approx(2 + 2)
    assert shared.lines[0].busy_s.sum() == pytest.approx(2)


def test_a_placement_without_a_network_or_without_instances_is_refused() -> None:
    problem, placement = network([0.1, 0.1], [[(1, 1.0)], []])
    with pytest.raises(InfeasibleError, match="c1 to c2: no network domain joins VM0 and VM1"):
        Simulation(replace(problem, domains=(NetworkDomain("ND", frozenset({0}), 0, 1),)), placement)
    with pytest.raises(InfeasibleError, match="h1 runs on VM1, of which no instance is bought"):
        Simulation(problem, replace(placement, instances=(1, 0)))
    with pytest.raises(InfeasibleError, match="h1 may not run on VM0"):
        Simulation(problem, replace(placement, choices=(Choice(0, (0,)), Choice(0, (0,)))))


@settings(max_examples=15, deadline=None)
@given(
    rate=st.floats(0.2, 1.2),
    demand=st.floats(0.05, 1.0),
    discipline=st.sampled_from(Discipline),
    instances=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
def test_littles_law_holds_for_every_run_that_ends_empty(
    rate: float, demand: float, discipline: Discipline, instances: int, seed: int
) -> None:
    """Requests come until half time and all are gone in the end: the two sums are then the same."""
    problem, placement = network([demand, demand / 2], [[(1, 0.5)], []])
    placement = replace(placement, instances=(instances, 1))
    instants = np.cumsum(np.random.default_rng(seed).exponential(1 / rate, 60))
    known = Settings(arrivals=Trace(tuple(instants)), discipline=discipline)
    run = Simulation(problem, placement, known, seed=seed).run(Horizon(instants[-1] + 500, 1))
    assert run.components[0].counts.sum() == 60
    for number in range(2):
        present_s = run.resources[number].job_s.sum()
        assert present_s == pytest.approx(run.components[number].totals_s.sum(), abs=1e-6)
