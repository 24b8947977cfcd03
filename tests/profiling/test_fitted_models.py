"""What holds for every fitted model."""

from __future__ import annotations

import json
import math
import random

import pytest
from campaigns import LEVELS, campaign
from hypothesis import given, settings
from hypothesis import strategies as st

from aisprint_cli.profiling.accuracy import measure_accuracy, split_by_cores, split_by_load
from aisprint_cli.profiling.families import Facts
from aisprint_cli.profiling.folds import folds_for
from aisprint_cli.profiling.measurements import Run
from aisprint_cli.profiling.model import PerformanceModel
from aisprint_cli.profiling.model_document import from_document, to_document
from aisprint_cli.profiling.selection import fit

seconds = st.floats(1, 1e4)


@st.composite
def tables(draw: st.DrawFn) -> list[Run]:
    levels = draw(st.lists(st.integers(1, 64), min_size=3, max_size=7, unique=True))
    return [Run(cores, draw(seconds)) for cores in levels for _ in range(2)]


def levels_asked(model: PerformanceModel) -> list[float]:
    low, high = model.cores_range
    return [low / 2, low, (low + high) / 2, high, 3 * high]


@settings(max_examples=25, deadline=None)
@given(tables())
def test_any_table_gives_finite_times_inside_their_interval(runs: list[Run]) -> None:
    model = fit(runs)
    for cores in levels_asked(model):
        found = model.predict(cores)
        assert 0 < found.low_s < found.value_s < found.high_s < math.inf
        assert found.is_extrapolation == (not model.cores_range[0] <= cores <= model.cores_range[1])


@settings(max_examples=15, deadline=None)
@given(tables(), st.randoms())
def test_the_order_of_rows_changes_nothing(runs: list[Run], chance: random.Random) -> None:
    shuffled = list(runs)
    chance.shuffle(shuffled)
    assert json.dumps(to_document(fit(runs))) == json.dumps(to_document(fit(shuffled)))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 1000))
def test_another_unit_of_time_scales_predictions(seed: int, factor: float) -> None:
    runs = campaign([10], seed=seed)
    scaled = [Run(run.cores, run.runtime_s * factor, run.load) for run in runs]
    one, other = fit(runs, Facts(jobs=10)), fit(scaled, Facts(jobs=10))
    for cores in levels_asked(one):
        assert other.predict(cores).value_s == pytest.approx(factor * one.predict(cores).value_s, rel=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.floats(1, 1000), st.floats(10, 10_000))
def test_a_law_is_found_again(serial_s: float, parallel_s: float) -> None:
    runs = [Run(cores, serial_s + parallel_s / cores) for cores in LEVELS]
    amdahl = next(
        member
        for _, ensemble in fit(runs).ensembles
        for member in ensemble.members
        if member.family == "amdahl"
    )
    assert amdahl.coefficients == pytest.approx((serial_s, parallel_s), rel=1e-3)


def test_more_cores_take_no_longer_under_a_law_that_falls() -> None:
    model = fit([Run(cores, 100 + 1000 / cores) for cores in LEVELS])
    times = [model.predict(cores).value_s for cores in (1, 3, 6, 10, 14, 22, 30, 32)]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("load", [None, 7.0])
def test_a_model_survives_its_file(load: float | None) -> None:
    model = fit(campaign([10] if load is None else [5, 10]))
    again = from_document(json.loads(json.dumps(to_document(model))))
    assert again == model
    assert [again.predict(cores, load) for cores in (3, 40)] == [
        model.predict(cores, load) for cores in (3, 40)
    ]


def test_the_number_of_jobs_shows_the_next_step_of_a_staircase() -> None:
    """15 jobs take two rounds on 8 and on 12 cores, and one on 16: nothing but their number says so."""
    runs = campaign([15], levels=(1, 4, 8, 12, 16, 20))
    training, test = split_by_cores(runs, (16, 20))
    known = measure_accuracy(training, test, Facts(jobs=15, per_node=4))
    unknown = measure_accuracy(training, test, Facts())
    assert known.mape < 0.1
    assert known.mape < unknown.mape


def test_held_out_levels_are_predicted() -> None:
    training, test = split_by_cores(campaign([10]), (4, 12, 20, 28))
    found = measure_accuracy(training, test, Facts(jobs=10))
    assert {run.cores for run in training} == {1, 2, 8, 16, 24, 32}
    assert [item.point.cores for item in found.tested] == [4, 12, 20, 28]
    assert found.mape < 0.1


def test_more_files_are_predicted_from_fewer_only() -> None:
    training, test = split_by_load(campaign([5, 10, 15, 20]), (15,))
    assert {run.load for run in training} == {5, 10}
    found = measure_accuracy(training, test, Facts(jobs=1))
    assert found.mape < 0.1
    assert all(item.prediction.outside == ("load",) for item in found.tested)


def test_many_levels_take_few_trials() -> None:
    places = [(float(cores), 1.0) for cores in range(1, 1001)]
    folds = folds_for(places, varied_load=False)
    assert len(folds) == 40
    assert all(0 < len(fold.held_out) <= 997 for fold in folds)


def test_two_levels_are_too_few() -> None:
    with pytest.raises(ValueError, match="3 levels of cores"):
        fit(campaign([10], levels=(1, 2)))


@pytest.mark.parametrize(("cores", "load"), [(0, 5), (-1, 5), (math.nan, 5), (4, 0), (4, None)])
def test_numbers_that_mean_nothing_are_refused(cores: float, load: float | None) -> None:
    model = fit(campaign([5, 10]))
    with pytest.raises(ValueError, match=r"load|cores"):
        model.predict(cores, load)
