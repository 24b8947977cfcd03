"""Queues, shared networks, percentiles and prices: what the simulation sees and what is predicted."""

from __future__ import annotations

from dataclasses import replace

import ciw
import pytest
from ciw.dists import Deterministic, Exponential
from queueing_problems import assert_close, network, one_queue

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.problem import Discipline, LocalLimit, Option, Placement, PriceTier, Problem
from aisprint_cli.simulation.comparison import Comparison, Verdict, compare
from aisprint_cli.simulation.experiment import Experiment, replicate
from aisprint_cli.simulation.settings import Horizon, Settings

HORIZON = Horizon(window_s=1500, windows=20, warm_up_s=300)


def queues(problem: Problem, cores: float = 2.0) -> Problem:
    """The problem with a queue before the cores of each instance."""
    resources = tuple(
        replace(item, discipline=Discipline.MULTI_SERVER, cores=cores) for item in problem.resources
    )
    return replace(problem, resources=resources)


def with_scv(problem: Problem, scv: float) -> Problem:
    def change(option: Option) -> Option:
        return replace(option, scv=scv)

    return problem.with_options(change)


def simulated(problem: Problem, placement: Placement, replications: int = 6) -> Experiment:
    return replicate(problem, placement, HORIZON, Settings(), seed=3, replications=replications)


def compared(problem: Problem, placement: Placement, replications: int = 6) -> Comparison:
    return compare(problem, placement, Settings(), simulated(problem, placement, replications))


@pytest.mark.parametrize("scv", [0.0, 1.0, 2.25])
def test_queues_before_several_cores_wait_as_predicted(scv: float) -> None:
    problem, placement = one_queue(rate_per_s=2.8, instances=2)
    problem = with_scv(queues(problem), scv)
    predicted = assess(problem, placement)
    seen = simulated(problem, placement).mean_s(lambda run: run.components[0])
    assert predicted.utilisation[0] == pytest.approx(0.7)
    assert seen.mean == pytest.approx(predicted.component_s[0], rel=0.06)


def test_kinds_of_requests_that_share_a_queue_wait_alike() -> None:
    """Two kinds, one ten times as long as the other, in ciw: the mean wait of each is the predicted one."""
    problem, placement = network((0.2, 2.0), [[], []], rate_per_s=0.7)
    one = replace(problem.resources[0], discipline=Discipline.MULTI_SERVER, cores=2.0)
    problem = replace(problem, resources=(one, *problem.resources[1:]))
    problem = problem.with_options(lambda option: replace(option, resource=0))
    choices = tuple(replace(choice, resources=(0,)) for choice in placement.choices)
    predicted = assess(problem, Placement(choices, (1, 0)))
    model = ciw.create_network(
        arrival_distributions={"short": [Exponential(0.7)], "long": [Exponential(0.7)]},
        service_distributions={"short": [Exponential(1 / 0.2)], "long": [Exponential(1 / 2.0)]},
        number_of_servers=[2],
    )
    ciw.seed(5)
    simulation = ciw.Simulation(model)
    simulation.simulate_until_max_time(30_000)
    records = [item for item in simulation.get_all_records() if item.exit_date > 500]
    waited = sum(item.waiting_time for item in records) / len(records)
    wait_s = predicted.component_s[0] - 0.2
    assert wait_s == pytest.approx(predicted.component_s[1] - 2.0)
    assert waited == pytest.approx(wait_s, rel=0.12)


def test_percentiles_of_a_queue_are_those_of_ciw() -> None:
    problem, placement = one_queue(rate_per_s=0.6)
    problem = replace(queues(problem, 1.0), local_limits=(LocalLimit(0, 9.0, 0.95),))
    problem = with_scv(problem, 0.0)
    predicted = assess(problem, placement).local_value_s[0]
    model = ciw.create_network(
        arrival_distributions=[Exponential(0.6)],
        service_distributions=[Deterministic(1.0)],
        number_of_servers=[1],
    )
    ciw.seed(2)
    simulation = ciw.Simulation(model)
    simulation.simulate_until_max_time(40_000)
    times = sorted(item.exit_date - item.arrival_date for item in simulation.get_all_records())
    assert predicted == pytest.approx(times[int(0.95 * len(times))], rel=0.06)


def test_a_percentile_stands_beside_the_one_seen() -> None:
    problem, placement = one_queue(rate_per_s=0.6)
    problem = replace(problem, local_limits=(LocalLimit(0, 5.0, 0.95),))
    (row,) = compared(problem, placement).components
    assert row.percentile == 0.95
    assert row.held is not None
    assert row.held.simulated.mean == pytest.approx(row.p95.mean)
    assert row.held.predicted == pytest.approx(row.p95.mean, rel=0.1)
    assert row in list(compared(problem, placement).late)


def test_transfers_share_the_bandwidth_as_predicted() -> None:
    problem, placement = network(
        (0.1, 0.1), [[(1, 1.0)], []], rate_per_s=1.2, paths=[(0, 1)], size=1.0, bandwidth=2.0, access_s=0.1
    )
    shared = replace(problem, domains=tuple(replace(item, shared=True) for item in problem.domains))
    plain, busy = assess(problem, placement).path_s[0], assess(shared, placement).path_s[0]
    assert busy - plain == pytest.approx(0.5 / (1 - 0.6) - 0.5)
    comparison = compared(shared, placement)
    assert_close(comparison.paths[0].mean.simulated, busy)
    assert_close(comparison.whole.mean.simulated, busy)
    assert comparison.whole.mean.predicted == pytest.approx(busy)


def test_prices_in_tiers_cost_what_is_predicted() -> None:
    problem, placement = one_queue(rate_per_s=1.2, instances=3)
    priced = replace(problem.resources[0], tiers=(PriceTier(2, 1.0, "reserved"),))
    problem = replace(problem, resources=(priced,))
    cost = compared(problem, placement, 2).cost
    assert cost.predicted == pytest.approx(2 * 1.0 + 3.6)
    assert cost.simulated.mean == pytest.approx(cost.predicted)


def test_what_is_not_played_is_said() -> None:
    problem, placement = one_queue(rate_per_s=0.6)
    absent = replace(problem, resources=(replace(problem.resources[0], availability=0.75),))
    (row,) = compared(absent, placement, 2).components
    assert row.mean.verdict is Verdict.OFF
    assert any("the prediction has it 0.75 of the time" in reason for reason in row.mean.why)
    measured = problem.with_options(lambda option: replace(option, curve=((0.5, 8.0), (1.0, 9.0))))
    (row,) = compared(measured, placement, 2).components
    assert row.mean.verdict is Verdict.OFF
    assert any("its measured response is not simulated" in reason for reason in row.mean.why)
