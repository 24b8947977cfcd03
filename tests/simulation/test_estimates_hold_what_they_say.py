"""Confidence intervals, percentiles, horizons."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from queueing_problems import one_function, one_queue
from scipy.stats import t as student

from aisprint_cli.errors import UsageError
from aisprint_cli.simulation.arrivals import ConstantRate, Ramp, Renewal, Trace
from aisprint_cli.simulation.estimates import mean_estimate, ratio_estimate, student_quantile
from aisprint_cli.simulation.experiment import replicate
from aisprint_cli.simulation.measures import Series
from aisprint_cli.simulation.settings import Horizon, Settings, horizon_for


@given(probability=st.floats(0.6, 0.9999), freedom=st.integers(1, 500))
def test_students_quantile_is_that_of_scipy(probability: float, freedom: int) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(
        student.ppf(probability, freedom), rel=2e-4
    )


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        counts = generator.poisson(50, 10).astype(float)
        totals = np.array([generator.exponential(2.0, int(count)).sum() for count in counts])
        held += ratio_estimate(totals, counts).holds(2.0)
    assert 0.93 < held / 1000 < 0.97


def test_one_unit_tells_no_interval_and_none_no_mean() -> None:
    assert ratio_estimate(np.array([4.0]), np.array([2.0])).half_width == math.inf
    assert math.isnan(ratio_estimate(np.array([0.0, 0.0]), np.array([0.0, 0.0])).mean)
    assert mean_estimate(np.array([1.0, math.nan, 3.0])).mean == 2.0


@given(values=st.lists(st.floats(1e-4, 1e4), min_size=1, max_size=200), share=st.floats(0.01, 0.99))
def test_percentiles_are_exact_to_one_percent(values: list[float], share: float) -> None:
    series = Series()
    series.values.extend(values)
    series.close_window()
    found = series.observations(1).quantile_s(share)
    ordered = np.sort(values)
    exact = ordered[min(len(values) - 1, math.ceil(share * len(values) - 1e-9) - 1)]
    assert found == pytest.approx(exact, rel=0.011)


def test_few_replications_use_windows_and_many_use_replications() -> None:
    problem, placement = one_queue()
    few = replicate(problem, placement, Horizon(20, 6), replications=2)
    many = replicate(problem, placement, Horizon(20, 6), replications=5)
    assert (few.by_replication, few.units) == (False, 12)
    assert (many.by_replication, many.units) == (True, 5)
    assert few.mean_s(lambda run: run.components[0]).units == 12


def test_windows_are_no_units_where_the_rate_changes() -> None:
    problem, placement = one_queue()
    settings = Settings(arrivals=Renewal(Ramp(0.1, 0.6, 100.0)))
    one, two = (
        replicate(problem, placement, Horizon(20, 6), settings, replications=count) for count in (1, 2)
    )
    assert one.mean_s(lambda run: run.components[0]).half_width == math.inf
    assert two.mean_s(lambda run: run.components[0]).units == 2


def test_a_horizon_gives_queues_and_functions_time_to_settle() -> None:
    steady = Renewal(ConstantRate(2.0))
    problem, placement = one_function(2.0, 1.0, 2.0, 600.0)
    assert horizon_for(problem, placement, steady).warm_up_s == 1200
    problem, placement = one_queue(0.81)
    horizon = horizon_for(problem, placement, steady, requests=1000, windows=10)
    assert (horizon.measured_s, horizon.windows) == (500, 10)
    assert horizon.warm_up_s == pytest.approx(300)


def test_a_pattern_is_seen_once_from_its_start() -> None:
    problem, placement = one_queue()
    horizon = horizon_for(problem, placement, Renewal(Ramp(1, 2, 100.0)))
    assert (horizon.measured_s, horizon.warm_up_s) == (100, 0)


def test_requests_that_never_come_are_no_length() -> None:
    problem, placement = one_queue()
    with pytest.raises(UsageError, match="never come"):
        horizon_for(problem, placement, Trace((1.0,)), requests=5)
    with pytest.raises(UsageError, match="nothing to simulate"):
        horizon_for(problem, placement, Trace((0.0,)))
