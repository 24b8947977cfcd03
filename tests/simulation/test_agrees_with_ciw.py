"""The same queues in ciw, an independent simulator: both means within the intervals of both."""

from __future__ import annotations

import math
from collections.abc import Sequence

import ciw
import numpy as np
import pytest
from ciw.dists import Deterministic as CiwDeterministic
from ciw.dists import Distribution, Lognormal
from ciw.dists import Exponential as CiwExponential
from queueing_problems import network, one_queue

from aisprint_cli.simulation import laws
from aisprint_cli.simulation.estimates import Estimate, mean_estimate
from aisprint_cli.simulation.experiment import replicate
from aisprint_cli.simulation.facility import Discipline, Dispatch
from aisprint_cli.simulation.settings import Horizon, Settings

WARM_UP_S, MEASURED_S, TRIALS = 100.0, 1000.0, 8


def ciw_means(model: ciw.network.Network, nodes: int) -> list[Estimate]:
    """Mean times at each node, over trials of the same length as ours."""
    means = np.zeros((nodes, TRIALS))
    for trial in range(TRIALS):
        ciw.seed(trial)
        simulation = ciw.Simulation(model)
        simulation.simulate_until_max_time(WARM_UP_S + MEASURED_S)
        records = [item for item in simulation.get_all_records() if item.exit_date > WARM_UP_S]
        for node in range(nodes):
            times = [item.exit_date - item.arrival_date for item in records if item.node == node + 1]
            means[node, trial] = np.mean(times)
    return [mean_estimate(row) for row in means]


def assert_agree(mine: Estimate, other: Estimate) -> None:
    """Two estimates of one value: the difference within three standard errors of it."""
    spread = math.hypot(mine.half_width, other.half_width)
    assert spread < 0.35 * mine.mean
    assert abs(mine.mean - other.mean) < 1.5 * spread


def lognormal(cv: float) -> Distribution:
    variance = math.log1p(cv**2)
    return Lognormal(-variance / 2, math.sqrt(variance))


@pytest.mark.parametrize(
    ("law", "other"),
    [(laws.Deterministic(), CiwDeterministic(1.0)), (laws.Lognormal(1.2), lognormal(1.2))],
    ids=["deterministic", "lognormal"],
)
def test_one_server_with_general_service(law: laws.Law, other: Distribution) -> None:
    problem, placement = one_queue(0.6)
    settings = Settings(service=law, discipline=Discipline.FCFS)
    mine = replicate(
        problem, placement, Horizon(MEASURED_S, 1, WARM_UP_S), settings, seed=1, replications=TRIALS
    )
    model = ciw.create_network(
        arrival_distributions=[CiwExponential(0.6)], service_distributions=[other], number_of_servers=[1]
    )
    assert_agree(mine.mean_s(lambda run: run.components[0]), ciw_means(model, 1)[0])


def test_several_servers_with_one_queue() -> None:
    problem, placement = one_queue(2.1, instances=3)
    settings = Settings(discipline=Discipline.FCFS, dispatch=Dispatch.CENTRAL)
    mine = replicate(
        problem, placement, Horizon(MEASURED_S, 1, WARM_UP_S), settings, seed=1, replications=TRIALS
    )
    model = ciw.create_network(
        arrival_distributions=[CiwExponential(2.1)],
        service_distributions=[CiwExponential(1.0)],
        number_of_servers=[3],
    )
    assert_agree(mine.mean_s(lambda run: run.components[0]), ciw_means(model, 1)[0])


def test_a_network_with_branches_and_constant_service() -> None:
    """No product form: neither of the two can lean on a formula."""
    demands: Sequence[float] = (0.6, 1.2, 0.5)
    problem, placement = network(demands, [[(1, 0.5), (2, 0.5)], [(2, 0.4)], []])
    settings = Settings(service=laws.Deterministic(), discipline=Discipline.FCFS)
    mine = replicate(
        problem, placement, Horizon(MEASURED_S, 1, WARM_UP_S), settings, seed=1, replications=TRIALS
    )
    model = ciw.create_network(
        arrival_distributions=[CiwExponential(1.0), None, None],
        service_distributions=[CiwDeterministic(demand) for demand in demands],
        number_of_servers=[1, 1, 1],
        routing=[[0.0, 0.5, 0.5], [0.0, 0.0, 0.4], [0.0, 0.0, 0.0]],
    )
    for number, other in enumerate(ciw_means(model, 3)):
        assert_agree(mine.mean_s(lambda run, n=number: run.components[n]), other)
