"""Queues of one resource against the formulas of queueing theory."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from queueing_problems import assert_close, one_queue

from aisprint_cli.performance.queueing import MultiServer
from aisprint_cli.placement.problem import Alternative, Choice, Component, Option, Piece, Placement
from aisprint_cli.simulation.experiment import Experiment, replicate
from aisprint_cli.simulation.facility import Discipline, Dispatch
from aisprint_cli.simulation.laws import Deterministic, Exponential, Law, Lognormal
from aisprint_cli.simulation.settings import Horizon, Settings

RATE = 0.6
HORIZON = Horizon(window_s=1200, windows=20, warm_up_s=300)


def simulate(
    settings: Settings, *, instances: int = 1, cores: float = 1.0, demand_s: float = 1.0, seed: int = 1
) -> Experiment:
    problem, placement = one_queue(RATE * instances * cores / demand_s, demand_s, instances, cores)
    return replicate(problem, placement, HORIZON, settings, seed=seed, replications=2)


@pytest.mark.parametrize("law", [Exponential(), Deterministic(), Lognormal(2.0)], ids=["M", "D", "cv2"])
def test_processor_sharing_depends_on_the_mean_demand_only(law: Law) -> None:
    experiment = simulate(Settings(service=law))
    assert_close(experiment.mean_s(lambda run: run.components[0]), 1 / (1 - RATE), 0.12)


@pytest.mark.parametrize("law", [Exponential(), Deterministic(), Lognormal(1.5)], ids=["M", "D", "cv1.5"])
def test_first_come_first_served_follows_pollaczek_and_khinchine(law: Law) -> None:
    experiment = simulate(Settings(service=law, discipline=Discipline.FCFS))
    expected = 1 + RATE * (1 + law.cv**2) / (2 * (1 - RATE))
    assert_close(experiment.mean_s(lambda run: run.components[0]), expected, 0.15)


def test_one_queue_for_several_instances_follows_erlang_c() -> None:
    settings = Settings(discipline=Discipline.FCFS, dispatch=Dispatch.CENTRAL)
    experiment = simulate(settings, instances=3)
    expected = float(MultiServer(1.0).mean_s(RATE * 3, 3))
    assert_close(experiment.mean_s(lambda run: run.components[0]), expected)


def test_cores_of_an_instance_serve_one_queue() -> None:
    settings = Settings(discipline=Discipline.FCFS, use_cores=True)
    experiment = simulate(settings, cores=2.0)
    expected = float(MultiServer(1.0, servers_per_instance=2).mean_s(RATE * 2, 1))
    assert_close(experiment.mean_s(lambda run: run.components[0]), expected)


def test_shared_cores_give_each_request_one_core_at_most() -> None:
    """With exponential demands the number present is that of M/M/c, so by Little the mean time too."""
    experiment = simulate(Settings(use_cores=True), cores=2.0)
    expected = float(MultiServer(1.0).mean_s(RATE * 2, 2))
    assert_close(experiment.mean_s(lambda run: run.components[0]), expected)


def test_blind_spreading_makes_each_instance_a_queue_of_its_own() -> None:
    experiment = simulate(Settings(), instances=3)
    assert_close(experiment.mean_s(lambda run: run.components[0]), 1 / (1 - RATE))


def test_better_spreading_is_faster_and_one_queue_fastest() -> None:
    problem, placement = one_queue(2.1, instances=3)
    means = []
    for dispatch in (Dispatch.RANDOM, Dispatch.ROUND_ROBIN, Dispatch.SHORTEST, Dispatch.CENTRAL):
        settings = Settings(discipline=Discipline.FCFS, dispatch=dispatch)
        run = replicate(problem, placement, Horizon(3000, 1, 100), settings).runs[0]
        means.append(run.components[0].totals_s.sum() / run.components[0].counts.sum())
    assert means == sorted(means, reverse=True)


def test_requests_of_different_demand_stretch_alike_on_a_shared_resource() -> None:
    problem, _ = one_queue(0.5)
    short = Component("c1", 0.5, (Alternative("s1", (Piece("h1", (Option(0, 1.0, 0.2),)),)),))
    long = Component("c2", 0.5, (Alternative("s1", (Piece("h1", (Option(0, 1.0, 1.0),)),)),))
    problem = replace(problem, components=(short, long))
    placement = Placement((Choice(0, (0,)), Choice(0, (0,))), (1,))
    experiment = replicate(problem, placement, HORIZON, seed=3, replications=2)
    assert_close(experiment.mean_s(lambda run: run.components[0]), 0.2 / 0.4, 0.1)
    assert_close(experiment.mean_s(lambda run: run.components[1]), 1.0 / 0.4, 0.1)


def test_utilisation_cost_and_percentiles_are_those_of_the_queue() -> None:
    experiment = simulate(Settings(discipline=Discipline.FCFS))
    use = experiment.ratio(lambda run: run.resources[0].busy_s, lambda run: run.resources[0].bought_s)
    assert_close(use, RATE)
    run = experiment.runs[0]
    problem, _ = one_queue()
    assert run.cost(problem).sum() == pytest.approx(HORIZON.measured_s / 1000)
    # M/M/1: response times are exponential
    mean_s = run.components[0].totals_s.sum() / run.components[0].counts.sum()
    assert run.components[0].quantile_s(0.95) == pytest.approx(mean_s * math.log(20), rel=0.1)


def test_a_queue_that_is_asked_for_too_much_grows() -> None:
    problem, placement = one_queue(1.5)
    run = replicate(problem, placement, Horizon(500, 4)).runs[0]
    assert list(run.resources[0].job_s) == sorted(run.resources[0].job_s)
    assert run.resources[0].busy_s[-1] == pytest.approx(500)
