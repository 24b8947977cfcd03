"""Percentiles of fitted distributions, and measured tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.performance.interface import ResponseModel, percentile_s
from aisprint_cli.performance.percentiles import percentile_of
from aisprint_cli.performance.tables import MeasuredTable, Measurement


def test_an_exponential_time() -> None:
    assert percentile_of(2.0, 4.0, 0.9) == pytest.approx(2 * math.log(10))


def test_a_sum_of_two_exponential_times() -> None:
    # The median of an Erlang distribution of two phases is 1.67835 of the mean of one.
    assert percentile_of(2.0, 2.0, 0.5) == pytest.approx(1.678347, rel=1e-6)


def test_a_constant_time() -> None:
    assert percentile_of(2.0, 0.0, 0.99) == 2.0


def test_what_never_ends() -> None:
    assert percentile_of([np.inf, 0.0], [np.inf, 0.0], 0.5).tolist() == [math.inf, 0.0]


@given(scv=st.floats(0.003, 20.0), probability=st.floats(0.05, 0.99))
def test_fitted_distributions_have_the_wanted_moments(scv: float, probability: float) -> None:
    grid = np.linspace(0.0005, 0.9995, 1000)
    times = np.array([float(percentile_of(1.0, scv, float(p))) for p in grid[::100]])
    assert (np.diff(times) >= 0).all()
    higher = percentile_of(1.0, scv, min(0.995, probability + 0.005))
    assert higher >= percentile_of(1.0, scv, probability)


@pytest.mark.parametrize("scv", [0.3, 0.5, 0.8, 1.0, 1.7, 3.0])
def test_the_percentiles_average_to_the_mean(scv: float) -> None:
    grid = (np.arange(4000) + 0.5) / 4000
    times = np.array([float(percentile_of(1.0, scv, float(p))) for p in grid])
    assert times.mean() == pytest.approx(1.0, rel=0.01)
    assert times.var() == pytest.approx(scv, rel=0.08)


@pytest.mark.parametrize("probability", [0.0, 1.0, -1.0, math.nan])
def test_only_probabilities(probability: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        percentile_of(1.0, 1.0, probability)


def table() -> MeasuredTable:
    return MeasuredTable(
        {
            1: (Measurement(1.0, 0.5, 0.25), Measurement(2.0, 0.9, 0.81)),
            2: (Measurement(1.0, 0.4, 0.16), Measurement(4.0, 1.0, 1.0)),
        }
    )


def test_between_measurements_there_are_straight_lines() -> None:
    model: ResponseModel = table()
    assert model.mean_s([0.5, 1.5, 2.0], 1) == pytest.approx([0.5, 0.7, 0.9])
    assert model.mean_s(2.5, [1, 2]) == pytest.approx([math.inf, 0.7])
    assert percentile_s(model, 0.9, 1.0, 1) == pytest.approx(0.5 * math.log(10))


def test_nothing_is_made_up_beyond_the_measurements() -> None:
    assert table().mean_s(2.1, 1) == math.inf
    assert table().mean_s(1.0, 3) == math.inf
    assert table().capacity_per_s([1, 2, 3]).tolist() == [2.0, 4.0, 0.0]


def test_a_table_has_rising_rates() -> None:
    with pytest.raises(ValueError, match="rise"):
        MeasuredTable({1: (Measurement(2.0, 1.0, 1.0), Measurement(1.0, 1.0, 1.0))})
    with pytest.raises(ValueError, match="at least one"):
        MeasuredTable({1: ()})
