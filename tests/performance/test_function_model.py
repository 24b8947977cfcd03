"""Cold and warm starts: limits that are known, and the chain solved in another way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisprint_cli.performance.functions import ColdStarts, mean_response_s, stationary_state
from aisprint_cli.performance.interface import percentile_s


def chain_response_s(rate: float, warm_s: float, cold_s: float, idle_s: float, states: int = 60) -> float:
    """The same birth and death process, its equations solved as a linear system."""
    inverse, share_before, deaths = 1.0, 1.0, 0.0
    births, kills, responses = [rate / (1 + rate * cold_s)], [0.0], [cold_s]
    for count in range(1, states):
        inverse = 1 + inverse * count / (rate * warm_s)
        share = 1 / inverse
        served = rate * (share_before - share)
        share_before = share
        unseen = math.exp(-served * idle_s)
        span = idle_s + warm_s
        gap = (1 - math.exp(-served * span)) / served - span * math.exp(-served * span)
        deaths += 1 / (idle_s + (1 / unseen - 1) * gap)
        born = rate * share
        births.append(born / (1 + born * cold_s))
        kills.append(deaths)
        responses.append(share * cold_s + (1 - share) * warm_s)
    matrix = np.zeros((states, states))
    for state in range(states - 1):
        matrix[state, state + 1] = births[state]
        matrix[state + 1, state] = kills[state + 1]
    matrix -= np.diag(matrix.sum(axis=1))
    equations = np.vstack([matrix.T, np.ones(states)])
    shares = np.linalg.lstsq(equations, np.array([0.0] * states + [1.0]), rcond=None)[0]
    return float(shares @ responses)


@given(
    load=st.floats(0.05, 4.0),
    warm_s=st.floats(0.05, 3.0),
    extra=st.floats(1.0, 4.0),
    idle=st.floats(0.5, 6.0),
)
@settings(max_examples=60, deadline=None)
def test_it_solves_its_chain(load: float, warm_s: float, extra: float, idle: float) -> None:
    rate, cold_s, idle_s = load / warm_s, warm_s * extra, warm_s * idle
    expected = chain_response_s(rate, warm_s, cold_s, idle_s)
    assert mean_response_s(rate, warm_s, cold_s, idle_s) == pytest.approx(expected, rel=1e-6)


def test_without_requests_the_first_one_starts_cold() -> None:
    assert mean_response_s(0.0, 1.0, 3.0, 600.0) == 3.0


def test_rare_requests_start_cold_and_frequent_ones_warm() -> None:
    assert mean_response_s(1e-6, 1.0, 3.0, 600.0) == pytest.approx(3.0, rel=1e-2)
    assert mean_response_s(50.0, 1.0, 3.0, 600.0) == pytest.approx(1.0, rel=1e-3)


def test_hours_of_idling_and_high_rates_do_not_overflow() -> None:
    for rate in (1e-9, 1.0, 300.0, 3000.0):
        for idle_s in (0.0, 1e-6, 600.0, 1e6):
            found = mean_response_s(rate, 1.0, 3.0, idle_s)
            assert 1.0 <= found <= 3.0


@given(rate=st.floats(0.01, 20), idle_s=st.floats(1, 1000))
@settings(deadline=None)
def test_longer_idling_never_makes_more_cold_starts(rate: float, idle_s: float) -> None:
    patient = stationary_state(rate, 0.5, 1.0, idle_s * 2)
    hasty = stationary_state(rate, 0.5, 1.0, idle_s)
    assert patient.cold_share <= hasty.cold_share + 1e-12
    assert patient.warm_instances >= hasty.warm_instances - 1e-9


def test_the_model_takes_arrays() -> None:
    model = ColdStarts(1.0, 3.0, 600.0)
    rates = np.array([0.001, 1.0])
    assert model.mean_s(rates) == pytest.approx([mean_response_s(rate, 1.0, 3.0, 600.0) for rate in rates])
    assert (model.variance_s2(rates) > 0).all()
    assert model.capacity_per_s([1, 2]).tolist() == [math.inf, math.inf]
    assert percentile_s(model, 0.95, 1.0) == pytest.approx(-math.log(0.05), rel=0.02)
