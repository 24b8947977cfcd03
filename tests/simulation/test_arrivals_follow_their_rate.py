"""Arrival processes: rates over time, gaps, traces, and how they are written."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aisprint_cli.errors import UsageError
from aisprint_cli.simulation.arrivals import ConstantRate, Ramp, Rate, Renewal, Schedule, Trace
from aisprint_cli.simulation.laws import Deterministic, Lognormal
from aisprint_cli.simulation.spellings import arrivals_from, service_from, trace_from
from aisprint_cli.simulation.streams import Streams

RATES = st.floats(0.01, 20)
PROFILES = st.one_of(
    RATES.map(ConstantRate),
    st.builds(Ramp, RATES, RATES, st.floats(1, 5000)),
    st.lists(RATES, min_size=1, max_size=6).map(lambda rates: Schedule(tuple(rates), 50.0)),
)


def rate_at(profile: Rate, time_s: float) -> float:
    if isinstance(profile, ConstantRate):
        return profile.rate_per_s
    if isinstance(profile, Ramp):
        share = min(1.0, time_s / profile.duration_s)
        return profile.start_per_s + share * (profile.end_per_s - profile.start_per_s)
    assert isinstance(profile, Schedule)
    return profile.rates_per_s[int(time_s // profile.step_s) % len(profile.rates_per_s)]


def accumulated(profile: Rate, first_s: float, second_s: float) -> float:
    """The rate summed over a time: exactly, as between two bends it is a straight line."""
    bends: list[float] = []
    if isinstance(profile, Ramp):
        bends = [profile.duration_s]
    elif isinstance(profile, Schedule):
        bends = [
            number * profile.step_s
            for number in range(int(first_s // profile.step_s), int(second_s // profile.step_s) + 1)
        ]
    points = [first_s, *(bend for bend in bends if first_s < bend < second_s), second_s]
    return sum(rate_at(profile, (begin + end) / 2) * (end - begin) for begin, end in pairwise(points))


@given(profile=PROFILES, operational=st.floats(0, 500), step=st.floats(1e-4, 5))
@example(profile=Schedule((0.015625, 3.0), 50.0), operational=0.0, step=1.0)
def test_between_two_instants_the_rate_adds_up_to_their_distance(
    profile: Rate, operational: float, step: float
) -> None:
    first, second = profile.instant_s(operational), profile.instant_s(operational + step)
    assert first < second
    assert accumulated(profile, first, second) == pytest.approx(step, rel=1e-6, abs=1e-6)


def instants(process: Renewal | Trace, end_s: float) -> list[float]:
    source = process.source(Streams(1), "c1")
    found = [source.next_s()]
    while found[-1] < end_s:
        found.append(source.next_s())
    return found[:-1]


def test_regular_arrivals_come_at_even_distances() -> None:
    assert instants(Renewal(ConstantRate(0.5), Deterministic()), 9) == [2.0, 4.0, 6.0, 8.0]


def test_bursts_have_the_rate_and_more_scatter() -> None:
    gaps = np.diff(instants(Renewal(ConstantRate(2.0), Lognormal(2.0)), 10_000))
    assert gaps.mean() == pytest.approx(0.5, rel=0.05)
    assert gaps.std() / gaps.mean() == pytest.approx(2.0, rel=0.2)


def test_a_schedule_repeats_and_rests_where_its_rate_is_zero() -> None:
    found = np.array(instants(Renewal(Schedule((2.0, 0.0, 1.0), 100)), 6000))
    hours = np.bincount((found % 300 // 100).astype(int), minlength=3) / 20
    assert hours[1] == 0
    assert hours[0] == pytest.approx(200, rel=0.1)
    assert hours[2] == pytest.approx(100, rel=0.1)


def test_a_ramp_to_nothing_ends() -> None:
    ramp = Ramp(2.0, 0.0, 100.0)
    assert ramp.instant_s(100.0) == pytest.approx(100.0)
    assert ramp.instant_s(101.0) == math.inf


def test_a_trace_is_played_as_it_is() -> None:
    trace = trace_from("3.5\n1, 2\n", "t")
    assert instants(trace, 10) == [1.0, 2.0, 3.5]
    assert trace.time_of(2) == 2.0
    assert trace.time_of(4) == math.inf
    assert trace.span_s == 3.5


def test_patterns_are_read_as_written() -> None:
    assert arrivals_from("poisson", 2.0) == Renewal(ConstantRate(2.0))
    assert arrivals_from("regular", 2.0) == Renewal(ConstantRate(2.0), Deterministic())
    assert arrivals_from("bursts:3", 2.0) == Renewal(ConstantRate(2.0), Lognormal(3.0))
    assert arrivals_from("ramp:1:4:2", 2.0) == Renewal(Ramp(1.0, 4.0, 7200.0))
    assert arrivals_from("hourly:1,0,2", 2.0) == Renewal(Schedule((1.0, 0.0, 2.0)))
    assert service_from("lognormal:0.5") == Lognormal(0.5)


@pytest.mark.parametrize(
    "text",
    ["", "poisson:1", "bursts", "bursts:0", "ramp:1", "ramp:0:0", "ramp:1:2:0", "hourly:", "hourly:0,0", "x"],
)
def test_other_patterns_are_refused_with_a_list_of_what_there_is(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        arrivals_from(text, 1.0)
    assert caught.value.mend


@pytest.mark.parametrize("text", ["", "1 two", "-1", "inf", "nan"])
def test_a_trace_of_anything_but_times_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        trace_from(text, "trace.txt")


@pytest.mark.parametrize("text", ["", "lognormal", "lognormal:-1", "normal", "exponential:2"])
def test_other_service_times_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        service_from(text)
