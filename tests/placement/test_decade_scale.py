"""Plots in decades: round marks inside the frame, equal ratios equally far apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.report.charts import Decades, decade_frame


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (40, 700, ["50", "100", "200", "500"]),
        (1, 1_000_000, ["1", "10", "100", "1,000", "10,000", "100,000", "1,000,000"]),
        (210, 640, [str(size) for size in range(250, 640, 50)]),
    ],
)
def test_marks_are_round(low: float, high: float, labels: list[str]) -> None:
    assert [tick.label for tick in Decades(low, high, 0, 100).ticks] == labels


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=5))
def test_everything_lies_in_the_frame_and_there_are_a_few_marks(sizes: list[int]) -> None:
    plot = decade_frame([float(size) for size in sizes])
    places = [plot.y(float(size)) for size in sizes] + [tick.at for tick in plot.y.ticks]
    assert all(plot.top - 1e-6 <= place <= plot.bottom + 1e-6 for place in places)
    assert 2 <= len(plot.y.ticks) <= 12


def test_equal_ratios_are_equally_far_apart() -> None:
    scale = Decades(1, 100, 0, 100)
    assert scale(10) - scale(1) == pytest.approx(scale(100) - scale(10))
