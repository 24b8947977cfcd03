"""The parts of a component, run one after the other as programs, write what the whole one writes."""

from __future__ import annotations

import pytest
from component_runner import Runner, component

ROWS = [[0.5, -1.25, 3.0, 2.0], [1.0, 0.0, -2.0, 0.75]]
STYLES = (
    "dictionary", "namespace", "parsed_inside", "changing_globals",
    "parameters", "helpers", "pages", "read_before",
)  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_two_halves(runner: Runner, style: str) -> None:
    source = component(style)
    assert runner.parts(source, ROWS) == runner.whole(source, ROWS)


@pytest.mark.parametrize("style", ["namespace", "changing_globals", "pages", "read_before"])
def test_a_chain_of_three(runner: Runner, style: str) -> None:
    source = component(style)
    assert runner.parts(source, ROWS, segments=3) == runner.whole(source, ROWS)


def test_an_early_result_passes_through_every_part(runner: Runner) -> None:
    source = component("changing_globals")
    assert runner.parts(source, [], segments=3) == runner.whole(source, [])
