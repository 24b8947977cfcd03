"""Closed formulas of bought instances, against cases whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.performance.interface import percentile_s
from aisprint_cli.performance.queueing import (
    MultiServer,
    ProcessorSharing,
    erlang_b,
    erlang_c,
    queue_wait_s,
    sharing_mean_s,
)


def test_processor_sharing_stretches_by_what_is_free() -> None:
    assert sharing_mean_s([0.2, 0.2, 0.2], [0.0, 0.5, 1.0]) == pytest.approx([0.2, 0.4, math.inf])


def test_instances_share_the_requests_evenly() -> None:
    model = ProcessorSharing(0.5, other_load=0.4)
    assert model.mean_s(2.0, [1, 2, 4]) == pytest.approx([math.inf, 0.5 / 0.3, 0.5 / 0.65])
    assert model.capacity_per_s(2) == pytest.approx(3.2)


def test_processor_sharing_under_light_load_is_the_demand_itself() -> None:
    model = ProcessorSharing(0.5)
    assert model.variance_s2(0.0) == pytest.approx(0.25)
    assert percentile_s(model, 0.95, 0.0) == pytest.approx(-0.5 * math.log(0.05))


def test_processor_sharing_spreads_more_than_first_come_first_served() -> None:
    rate = 0.8
    sharing, queue = ProcessorSharing(1.0), MultiServer(1.0)
    assert sharing.mean_s(rate) == pytest.approx(queue.mean_s(rate))
    assert sharing.variance_s2(rate) == pytest.approx(25 * 2.8 / 1.2)
    assert percentile_s(sharing, 0.99, rate) > percentile_s(queue, 0.99, rate)


def test_erlang_b_of_known_systems() -> None:
    assert erlang_b([1.0, 2.0, 10.0], [1, 3, 10]) == pytest.approx([0.5, 4 / 19, 0.2145823431])
    assert erlang_b(0.0, 2) == 0


def test_erlang_c_of_known_systems() -> None:
    assert erlang_c([0.7, 2.0, 3.0], [1, 3, 3]) == pytest.approx([0.7, 4 / 9, 1.0])


def test_one_exponential_server_is_exact() -> None:
    model = MultiServer(1.0)
    assert model.mean_s([0.0, 0.5, 0.9, 1.0]) == pytest.approx([1.0, 2.0, 10.0, math.inf])
    assert model.variance_s2([0.5]) == pytest.approx([4.0])
    assert percentile_s(model, 0.95, 0.5) == pytest.approx(2 * -math.log(0.05))


@given(rate=st.floats(0.01, 0.98), scv=st.floats(0.0, 6.0))
def test_one_server_follows_pollaczek_and_khinchine(rate: float, scv: float) -> None:
    wait = rate * (1 + scv) / 2 / (1 - rate)
    assert MultiServer(1.0, scv).wait_mean_s(rate) == pytest.approx(wait)


@given(rate=st.floats(0.05, 0.95), servers=st.integers(1, 30))
def test_exponential_servers_follow_erlang(rate: float, servers: int) -> None:
    load = rate * servers
    wait = float(erlang_c(load, servers)) / (servers - load)
    assert MultiServer(1.0).wait_mean_s(load, servers) == pytest.approx(wait)


@pytest.mark.parametrize(("servers", "load"), [(2, 1.6), (4, 3.6), (10, 9.0), (5, 3.5), (2, 0.8)])
def test_constant_service_waits_a_little_longer_than_predicted(servers: int, load: float) -> None:
    exact = _constant_service_wait(servers, load)
    predicted = float(MultiServer(1.0, 0.0).wait_mean_s(load, servers))
    assert 0.8 * exact < predicted <= exact
    assert 1 + predicted == pytest.approx(1 + exact, rel=0.03)


@given(
    load=st.floats(0.05, 0.9),
    more=st.floats(0.001, 0.5),
    scv=st.floats(0, 4),
    demand_s=st.floats(0.001, 3),
    servers=st.integers(1, 12),
)
def test_another_kind_of_requests_never_shortens_the_wait(
    load: float, more: float, scv: float, demand_s: float, servers: int
) -> None:
    offered = load * servers
    alone = float(queue_wait_s(offered, 2 * offered, servers))
    both = float(queue_wait_s(offered + more, 2 * offered + more * (1 + scv) * demand_s, servers))
    assert both >= alone


def test_a_mixture_of_one_kind_is_that_kind() -> None:
    halves = queue_wait_s(0.4 * 2 * 1.5, 2 * 0.4 * 1.5**2 * 3, 2)
    assert halves == pytest.approx(MultiServer(1.5, 2.0).wait_mean_s(0.8, 2))
    assert queue_wait_s([0.0, 2.0], [0.0, 4.0], [2, 2]) == pytest.approx([0.0, math.inf])


@pytest.mark.parametrize("load", [0.2, 0.5, 0.9])
def test_the_exact_sum_is_right_for_one_server(load: float) -> None:
    assert _constant_service_wait(1, load) == pytest.approx(load / 2 / (1 - load), rel=1e-4)


def _constant_service_wait(servers: int, load: float) -> float:
    """Mean wait of M/D/c in service times: Crommelin (1932), as a sum over the multiples of the service."""
    total = 0.0
    for i in range(1, 3000):
        mean, most = i * load, i * servers
        term = math.exp(-mean + most * math.log(mean) - math.lgamma(most + 1))
        tail_from, tail = most + 1, 0.0
        power = term
        for j in range(tail_from, tail_from + 4000):
            power *= mean / j
            tail += power
            if power < 1e-16:
                break
        step = (term + tail) - servers / load * tail
        total += step
        if step < 1e-14:
            break
    return total


def test_more_servers_never_make_it_slower() -> None:
    waits = MultiServer(1.0, 0.5).wait_mean_s(2.7, np.arange(3, 30))
    assert (np.diff(waits) < 0).all()
