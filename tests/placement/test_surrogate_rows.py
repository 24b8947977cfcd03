"""The weights of combined capacity rows: finite and never negative, however overfull a row is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.placement.candidates import Candidate, Configuration, PricedRow
from aisprint_cli.placement.surrogate import surrogates

WEIGHTS = st.sampled_from([0.0, 0.1, 1.0, 50.0, 1e5, 1e12])


@given(rows=st.lists(st.lists(WEIGHTS, min_size=4, max_size=4), min_size=1, max_size=5))
def test_multipliers_are_finite_whatever_the_rows_weigh(rows: list[list[float]]) -> None:
    candidates = [
        [cast(Candidate, SimpleNamespace(weights=tuple(row[place] for row in rows))) for place in pair]
        for pair in ((0, 1), (2, 3))
    ]
    priced = tuple(PricedRow(slot, (0.0, 0.0), 0.0) for slot in range(len(rows)))
    configuration = Configuration(tuple(range(len(rows))), (2,) * len(rows), priced)
    edge = [slot % 2 == 0 for slot in range(len(rows))]
    for multipliers in surrogates(candidates, configuration, edge):
        assert np.isfinite(multipliers).all()
        assert min(multipliers) >= 0
        assert sum(multipliers) * 2 == pytest.approx(1.0)
