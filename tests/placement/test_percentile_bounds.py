"""What pruning takes for granted of percentiles, against the percentiles themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aisprint_cli.performance.percentiles import percentile_of
from aisprint_cli.placement.percentile_bounds import least_factor


@given(
    percentile=st.sampled_from([0.3, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]),
    low=st.one_of(st.just(0.0), st.floats(1e-3, 2)),
    width=st.one_of(st.just(np.inf), st.floats(0, 8)),
)
@settings(max_examples=80, deadline=None)
def test_no_variation_within_the_range_has_a_smaller_percentile(
    percentile: float, low: float, width: float
) -> None:
    factor = least_factor(percentile, low, low + width)
    spread = np.linspace(low, min(low + width, 1e4), 300) if width < np.inf else np.geomspace(low + 1e-4, 1e6)
    spread = spread[spread >= low]
    assert factor <= percentile_of(np.ones_like(spread), spread, percentile).min() * (1 + 1e-9)


def test_the_bound_is_sharp_where_it_matters() -> None:
    assert least_factor(0.95, 1.0, 3.0) > 2.98  # exponential: 2.996
    assert least_factor(0.95, 0.1, np.inf) > 1.49
    assert least_factor(0.95, 0.0, np.inf) > 0.999
