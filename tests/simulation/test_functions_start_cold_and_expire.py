"""Functions: warm pools, cold starts, expiry, against the model and where the answer is exact."""

from __future__ import annotations

import pytest
from queueing_problems import one_function

from aisprint_cli.performance.functions import stationary_state
from aisprint_cli.simulation.arrivals import Trace
from aisprint_cli.simulation.engine import Simulation
from aisprint_cli.simulation.experiment import replicate
from aisprint_cli.simulation.laws import Deterministic
from aisprint_cli.simulation.settings import Horizon, Settings


def play(instants_s: tuple[float, ...], *, idle_s: float, limit: int = 1000) -> Simulation:
    problem, placement = one_function(1.0, 1.0, 3.0, idle_s)
    settings = Settings(arrivals=Trace(instants_s), service=Deterministic(), function_limit=limit)
    return Simulation(problem, placement, settings)


def test_an_instance_is_warm_until_it_was_idle_for_its_time() -> None:
    # cold until 3, idle until 13; warm at 12.9, until 13.9, idle until 23.9; cold at 24
    run = play((0.0, 12.9, 24.0), idle_s=10.0).run(Horizon(40, 1))
    use = next(iter(run.functions.values()))
    assert use.requests.sum() == 3
    assert use.cold_starts.sum() == 2
    assert use.busy_s.sum() == pytest.approx(3 + 1 + 3)
    assert use.alive_s.sum() == pytest.approx(23.9 + 3 + 10)


def test_a_busy_instance_means_another_one_starts() -> None:
    run = play((0.0, 1.0, 3.5), idle_s=10.0).run(Horizon(20, 1))
    use = next(iter(run.functions.values()))
    assert use.cold_starts.sum() == 2
    assert run.components[0].totals_s.sum() == pytest.approx(3 + 3 + 1)


def test_the_newest_idle_instance_serves_so_the_oldest_expires() -> None:
    simulation = play((0.0, 0.1, 8.0, 15.0, 22.0), idle_s=10.0)
    simulation.run_until(9.5)
    assert simulation.state().functions[0].instances == 2
    simulation.run_until(13.05)  # the first one was last used until 3.0
    assert simulation.state().functions[0].instances == 1
    simulation.run_until(25)
    assert simulation.state().functions[0].cold_share == 0


def test_requests_beyond_the_limit_wait_for_an_instance() -> None:
    run = play((0.0, 0.0, 0.0), idle_s=10.0, limit=1).run(Horizon(20, 1))
    use = next(iter(run.functions.values()))
    assert use.cold_starts.sum() == 1
    assert run.components[0].totals_s.sum() == pytest.approx(3 + 4 + 5)
    assert use.job_s.sum() == pytest.approx(3 + 4 + 5)


@pytest.mark.parametrize(
    ("rate_per_s", "warm_s", "cold_s", "idle_s"), [(0.05, 2.0, 4.0, 30.0), (0.9, 2.0, 3.0, 60.0)]
)
def test_cold_starts_are_near_the_model_of_mahmoudi_and_khazaei(
    rate_per_s: float, warm_s: float, cold_s: float, idle_s: float
) -> None:
    problem, placement = one_function(rate_per_s, warm_s, cold_s, idle_s)
    horizon = Horizon(1000 / rate_per_s, 20, 200 / rate_per_s)
    experiment = replicate(problem, placement, horizon, seed=5)
    cold = experiment.ratio(
        lambda run: run.functions[0, 0, 0, 0].cold_starts, lambda run: run.functions[0, 0, 0, 0].requests
    )
    predicted = stationary_state(rate_per_s, warm_s, cold_s, idle_s).cold_share
    # The model is an approximation: SimFaaS differs from it as much (docs/simulation.md).
    assert abs(cold.mean - predicted) < 0.25 * predicted + 1.5 * cold.half_width
    response = experiment.mean_s(lambda run: run.components[0])
    assert response.mean == pytest.approx(cold_s * predicted + warm_s * (1 - predicted), rel=0.06)


def test_without_idle_time_every_request_starts_cold() -> None:
    problem, placement = one_function(1.0, 1.0, 2.0, 0.0)
    run = replicate(problem, placement, Horizon(500, 1), Settings(service=Deterministic())).runs[0]
    use = run.functions[0, 0, 0, 0]
    assert use.cold_starts.sum() == use.requests.sum() > 400
