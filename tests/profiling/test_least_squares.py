"""The fit against what defines it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aisprint_cli.profiling.least_squares import fit_relative


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, (7, 3), elements=st.floats(0, 10)))
def test_no_small_change_is_better(design: np.ndarray) -> None:
    """The problem is convex: where no coordinate can be improved, there is the optimum."""
    found = fit_relative(design[None], np.ones((1, 7)))[0, 0]
    assert (found >= 0).all()

    def loss(x: np.ndarray) -> float:
        return float(((design @ x - 1) ** 2).sum())

    least = loss(found)
    scale = 1 / np.maximum(np.sqrt((design**2).sum(axis=0)), 1e-3)
    for index in range(3):
        for step in (-1e-2, 1e-2):
            other = found.copy()
            other[index] = max(0.0, other[index] + step * scale[index])
            assert loss(other) >= least - 1e-6


def test_rows_that_are_held_out_do_not_count() -> None:
    design = np.array([[[1.0], [2.0]]])
    assert fit_relative(design, np.array([[1.0, 0.0], [0.0, 1.0]])).ravel().tolist() == [
        np.float64(1 / (1 + 1e-9)),
        np.float64(0.5 / (1 + 1e-9)),
    ]
