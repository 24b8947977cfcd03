"""Prediction and simulation side by side: verdicts and reasons."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from queueing_problems import network, one_function, one_queue

from aisprint_cli.performance.functions import mean_response_s
from aisprint_cli.placement.problem import (
    PYTHON_SEMANTICS,
    Alternative,
    Choice,
    LocalLimit,
    Option,
    Piece,
    Placement,
    Problem,
)
from aisprint_cli.simulation.arrivals import ConstantRate, Ramp, Renewal
from aisprint_cli.simulation.comparison import Comparison, Verdict, compare
from aisprint_cli.simulation.experiment import replicate
from aisprint_cli.simulation.facility import Discipline, Dispatch
from aisprint_cli.simulation.laws import Deterministic, Lognormal
from aisprint_cli.simulation.settings import Horizon, Settings

HORIZON = Horizon(200, 10, 100)


def compared(
    problem: Problem, placement: Placement, settings: Settings | None = None, horizon: Horizon = HORIZON
) -> Comparison:
    known = settings or Settings()
    experiment = replicate(problem, placement, horizon, known, seed=1, replications=5)
    return compare(problem, placement, known, experiment)


def test_what_the_model_assumes_agrees_with_it() -> None:
    problem, placement = network([0.3, 0.4, 0.2], [[(1, 0.5), (2, 0.5)], [(2, 1.0)], []], paths=[(0, 1)])
    found = compared(problem, placement)
    rows = (*found.components, *found.paths, found.whole)
    assert {row.mean.verdict for row in rows} == {Verdict.AGREES}
    assert {row.utilisation.verdict for row in found.resources} == {Verdict.AGREES}
    assert found.cost.simulated.mean == pytest.approx(found.cost.predicted) == 3 * 3.6
    assert found.components[0].where == ("VM0",)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(service=Deterministic(), discipline=Discipline.FCFS), "scatter of service times"),
        (Settings(dispatch=Dispatch.CENTRAL), "spreads requests better (central)"),
        (Settings(use_cores=True), "its 4 cores count"),
        (Settings(arrivals=Renewal(ConstantRate(1.2), Lognormal(2.5))), "no Poisson process"),
        (Settings(arrivals=Renewal(Ramp(0.1, 0.9, 4000))), "rate of requests changes"),
    ],
)
def test_assumptions_that_differ_are_named(settings: Settings, words: str) -> None:
    problem, placement = one_queue(1.2, instances=2, cores=4.0)
    [row] = compared(problem, placement, settings).components
    assert row.mean.verdict is Verdict.OFF
    assert any(words in reason for reason in row.mean.why)


def test_a_queue_without_end_is_called_unstable() -> None:
    problem, placement = one_queue(1.2)
    problem = replace(problem, local_limits=(LocalLimit(0, 5.0),))
    found = compared(problem, placement)
    [row] = found.components
    assert row.mean.predicted == math.inf
    assert row.mean.verdict is Verdict.UNSTABLE
    assert any("asked for 120%" in reason for reason in row.mean.why)
    assert list(found.late) == [row]
    assert row.late is not None
    assert row.late.mean > 0.9
    assert row.windows_above == 1.0


def test_cold_starts_explain_response_and_cost() -> None:
    problem, placement = one_function(0.05, 2.0, 20.0, 30.0)
    problem = replace(problem, function_response=mean_response_s)
    found = compared(problem, placement, horizon=Horizon(4000, 10, 100))
    assert any("start cold" in reason for reason in found.components[0].mean.why)
    assert any("paid while it starts" in reason for reason in found.cost.why)
    assert found.functions[0].cold_share.simulated.mean < found.functions[0].cold_share.predicted


def test_the_python_programs_rate_of_functions_is_named() -> None:
    problem, placement = one_function(0.3, 1.0, 2.0, 5.0)
    problem = replace(problem, semantics=PYTHON_SEMANTICS, function_response=mean_response_s)
    component = problem.components[0]
    first = component.alternatives[0].pieces[0]
    chain = (replace(first, exit_probability=0.8), replace(first, name="h2", reach=0.2))
    alternative = replace(component.alternatives[0], pieces=chain)
    problem = replace(problem, components=(replace(component, alternatives=(alternative,)),))
    placement = replace(placement, choices=(replace(placement.choices[0], resources=(0, 0)),))
    found = compared(problem, placement)
    assert any("early exits" in reason for reason in found.cost.why)


def test_too_short_a_simulation_is_called_unclear() -> None:
    problem, placement = one_queue(0.95)
    [row] = compared(problem, placement, horizon=Horizon(20, 3)).components
    assert row.mean.verdict in {Verdict.UNCLEAR, Verdict.OFF}
    problem, placement = network([0.1, 0.1], [[(1, 1e-7)], []])
    unseen = compared(problem, placement, horizon=Horizon(20, 3)).components[1]
    assert unseen.mean.verdict is Verdict.UNSEEN
    assert not unseen.mean.why


def test_copies_have_no_predicted_end_to_end_time() -> None:
    problem, placement = network([0.1, 0.1, 0.1], [[(1, 1.0), (2, 1.0)], [], []])
    found = compared(problem, placement, horizon=Horizon(50, 3))
    assert found.whole.mean.verdict is Verdict.UNPREDICTED


def test_early_exits_explain_a_transfer_that_was_not_predicted() -> None:
    """The last piece runs where the next component does; who leaves before has to be sent there."""
    problem, placement = network([0.2, 0.2], [[(1, 1.0)], []], paths=[(0, 1)], access_s=1.0)
    chain = (
        Piece("h1", (Option(0, 1.0, 0.2),), exit_probability=0.8),
        Piece("h2", (Option(1, 1.0, 0.2),), reach=0.2),
    )
    first = replace(problem.components[0], alternatives=(Alternative("s1", chain, (0.0,)),))
    problem = replace(problem, components=(first, problem.components[1]))
    placement = replace(placement, choices=(Choice(0, (0, 1)), placement.choices[1]))
    found = compared(problem, placement)
    assert found.components[0].mean.verdict is Verdict.AGREES
    assert found.paths[0].mean.verdict is Verdict.OFF
    [reason] = found.paths[0].mean.why
    assert reason == "requests that leave c1 early are sent on from where they are, not from its end"
