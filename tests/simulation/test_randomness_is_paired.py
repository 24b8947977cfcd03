"""Seeds: the same again, another replication, the same requests under other circumstances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from queueing_problems import network, one_queue

from aisprint_cli.simulation.engine import Simulation
from aisprint_cli.simulation.experiment import replicate
from aisprint_cli.simulation.laws import Exponential
from aisprint_cli.simulation.settings import Horizon, Settings
from aisprint_cli.simulation.state import SetInstances
from aisprint_cli.simulation.streams import Streams, uniform

HORIZON = Horizon(100, 5)


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    problem, placement = network([0.5, 0.4], [[(1, 0.5)], []])
    first, again, other = (
        Simulation(problem, placement, seed=seed).run(HORIZON).components[1].totals_s for seed in (7, 7, 8)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_replications_differ_and_are_the_same_however_many_there_are() -> None:
    problem, placement = one_queue()
    few = replicate(problem, placement, HORIZON, seed=1, replications=2)
    many = replicate(problem, placement, HORIZON, seed=1, replications=3)
    totals = [tuple(run.components[0].totals_s) for run in many.runs]
    assert len(set(totals)) == 3
    assert [tuple(run.components[0].totals_s) for run in few.runs] == totals[:2]


@given(numbers=st.lists(st.integers(0, 100_000), min_size=1, max_size=30), seed=st.integers(0, 2**64))
def test_a_stream_is_a_function_of_the_number(numbers: list[int], seed: int) -> None:
    stream = Streams(seed).named("work/c1/0", Exponential().draw)
    fresh = Streams(seed).named("work/c1/0", Exponential().draw)
    values = {number: stream[number] for number in numbers}
    assert all(fresh[number] == values[number] for number in reversed(numbers))


def test_streams_of_different_names_are_independent() -> None:
    streams = Streams(0)
    one, other = (np.array([streams.named(name, uniform)[n] for n in range(4000)]) for name in ("a", "b"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05
    assert abs(one.mean() - 0.5) < 0.02


def test_requests_are_the_same_when_the_placement_is_not() -> None:
    """Arrivals, demands and branches belong to the request, whatever serves it and when."""
    problem, placement = network([0.5, 0.4, 0.3], [[(1, 0.5), (2, 0.5)], [], []])
    slow = Simulation(problem, placement, seed=3)
    fast = Simulation(problem, replace(placement, instances=(4, 4, 4)), seed=3)
    horizon = Horizon(2000, 1)
    one, other = slow.run(horizon), fast.run(horizon)
    assert one.entered.sum() == other.entered.sum()
    # what the first machine works is the sum of demands: equal up to what is still there in the end
    assert abs(one.resources[0].busy_s.sum() - other.resources[0].busy_s.sum()) < 10
    assert abs(int(one.components[1].counts.sum()) - int(other.components[1].counts.sum())) < 10


def test_pairing_makes_differences_sharper() -> None:
    problem, placement = one_queue(0.7)
    quicker = replace(problem, components=one_queue(0.7, 0.95)[0].components)
    base, paired, unpaired = (
        replicate(item, placement, HORIZON, seed=seed, replications=8)
        for item, seed in ((problem, 1), (quicker, 1), (quicker, 2))
    )

    def difference(other: object) -> float:
        assert isinstance(other, type(base))
        return base.difference(
            other, lambda run: run.components[0].totals_s, lambda run: run.components[0].counts
        ).half_width

    assert difference(paired) < difference(unpaired) / 2


def test_a_twin_goes_on_exactly_as_the_original_and_apart_from_it() -> None:
    problem, placement = network([0.8, 0.5], [[(1, 0.5)], []])
    original = Simulation(problem, placement, seed=5)
    original.run_until(300)
    twin, changed = original.fork(), original.fork()
    changed.apply(SetInstances(0, 3))
    for simulation in (changed, original, twin):
        simulation.run_until(900)
    assert twin.state() == original.state()
    assert changed.state().components[0].mean_s < original.state().components[0].mean_s
    assert original.state().resources[0].instances == 1


def test_a_twin_of_a_long_chain_is_made_without_deep_recursion() -> None:
    length = 400
    problem, placement = network([0.5] * length, [[(n + 1, 1.0)] for n in range(length - 1)] + [[]])
    original = Simulation(problem, placement, seed=5)
    original.run_until(400)
    twin = original.fork()
    original.run_until(450)
    twin.run_until(450)
    assert twin.state() == original.state()


def test_settings_do_not_shift_the_arrivals() -> None:
    problem, placement = one_queue()
    runs = [
        Simulation(problem, placement, Settings(function_limit=limit), seed=9).run(HORIZON)
        for limit in (1, 50)
    ]
    assert np.array_equal(runs[0].entered, runs[1].entered)
