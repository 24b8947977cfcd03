"""Policies: what they see, what they change, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from queueing_problems import network, one_queue

from aisprint_cli.errors import InfeasibleError, UsageError
from aisprint_cli.placement.problem import Alternative, Choice, LocalLimit, Option, Piece, Placement, Problem
from aisprint_cli.simulation.arrivals import Renewal, Schedule, Trace
from aisprint_cli.simulation.engine import Simulation
from aisprint_cli.simulation.facility import Dispatch
from aisprint_cli.simulation.laws import Deterministic
from aisprint_cli.simulation.settings import Horizon, Settings
from aisprint_cli.simulation.state import Action, Move, SetInstances, Share, Split, State, Static


class Band:
    """Keeps the utilisation of the first resource between two values, an instance at a time."""

    def __init__(self) -> None:
        self.seen: list[State] = []

    def decide(self, state: State) -> Sequence[Action]:
        self.seen.append(state)
        now = state.resources[0]
        have = now.instances + now.starting
        limit = state.problem.resources[0].limit
        if now.utilisation > 0.8 and have < limit:
            return (SetInstances(0, have + 1),)
        if now.utilisation < 0.4 and have > 1:
            return (SetInstances(0, have - 1),)
        return ()


def test_a_policy_follows_the_load_and_pays_for_what_it_uses() -> None:
    problem, placement = one_queue(0.5)
    problem = replace(problem, local_limits=(LocalLimit(0, 5.0),))
    tide = Settings(arrivals=Renewal(Schedule((0.4, 3.0, 0.4), 2000)), epoch_s=50, startup_s=70)
    horizon = Horizon(2000, 3)
    policy = Band()
    steered = Simulation(problem, placement, tide, seed=1, policy=policy).run(horizon)
    alone = Simulation(problem, placement, tide, seed=1, policy=Static()).run(horizon)
    bought = steered.resources[0].bought_s / 2000
    assert bought[0] < 2 < bought[1]
    assert bought[2] < bought[1]
    assert steered.entered.sum() == alone.entered.sum()
    assert steered.components[0].totals_s.sum() < alone.components[0].totals_s.sum() / 10
    assert steered.components[0].counts.sum() > alone.components[0].counts.sum()
    assert len(policy.seen) == 120
    assert any(state.resources[0].starting for state in policy.seen)
    busiest = max(policy.seen, key=lambda state: state.components[0].arrived_per_s)
    assert 2000 < busiest.time_s <= 4050
    assert busiest.cost_per_h >= 3.6


def test_flows_are_those_since_the_last_decision() -> None:
    problem, placement = one_queue()
    problem = replace(problem, local_limits=(LocalLimit(0, 1.5),))
    policy = Band()
    settings = Settings(arrivals=Trace((1.0, 12.0, 12.0)), service=Deterministic(), epoch_s=10)
    Simulation(problem, placement, settings, policy=policy).run(Horizon(7, 5))
    flows = [state.components[0] for state in policy.seen]
    assert [flow.ended for flow in flows] == [1, 2, 0]
    assert [flow.mean_s for flow in flows] == pytest.approx([1.0, 2.0, 0.0])
    assert [flow.late_share for flow in flows] == [0.0, 1.0, 0.0]
    assert [flow.arrived_per_s for flow in flows] == [0.1, 0.2, 0.0]
    assert [state.resources[0].utilisation for state in policy.seen] == pytest.approx([0.1, 0.2, 0.0])


@pytest.mark.parametrize("dispatch", [Dispatch.RANDOM, Dispatch.CENTRAL])
def test_instances_that_go_finish_their_requests(dispatch: Dispatch) -> None:
    problem, placement = one_queue(2.0, instances=4)
    simulation = Simulation(problem, placement, Settings(dispatch=dispatch), seed=2)
    simulation.run_until(300)
    before = simulation.state().resources[0]
    simulation.apply(SetInstances(0, 1))
    after = simulation.state().resources[0]
    assert after.present == before.present
    assert after.instances == 1
    assert after.draining == (0 if dispatch is Dispatch.CENTRAL else 3) or before.present < 4
    simulation.apply(SetInstances(0, 4))
    simulation.run_until(900)
    assert simulation.state().resources[0].draining == 0


def test_instances_that_start_are_paid_and_do_not_serve_yet() -> None:
    problem, placement = one_queue()
    simulation = Simulation(problem, placement, Settings(startup_s=100))
    simulation.apply(SetInstances(0, 3))
    simulation.run_until(50)
    state = simulation.state()
    assert (state.resources[0].instances, state.resources[0].starting) == (1, 2)
    assert state.cost_per_h == pytest.approx(3 * 3.6)
    assert state.placement.instances == (3,)
    simulation.apply(SetInstances(0, 2))
    simulation.run_until(150)
    assert (simulation.state().resources[0].instances, simulation.state().resources[0].starting) == (2, 0)


def two_places() -> tuple[Problem, Placement]:
    problem, placement = network([0.2, 0.2], [[(1, 1.0)], []], access_s=0.5)
    options = (Option(0, 1.0, 0.2), Option(1, 1.0, 0.4))
    first = replace(problem.components[0], alternatives=(Alternative("s1", (Piece("h1", options),), (0.0,)),))
    return replace(problem, components=(first, problem.components[1])), placement


def test_a_moved_component_serves_new_requests_elsewhere() -> None:
    problem, placement = two_places()
    simulation = Simulation(problem, placement, seed=1)
    simulation.run_until(500)
    simulation.apply(Move(0, Choice(0, (1,))))
    simulation.apply(SetInstances(0, 0))
    simulation.run_until(520)
    simulation.state()
    simulation.run_until(1000)
    state = simulation.state()
    assert state.placement.choices[0] == Choice(0, (1,))
    assert state.resources[0].utilisation == 0
    assert state.resources[1].utilisation == pytest.approx(0.6, abs=0.1)


def test_a_split_shares_requests_by_weight() -> None:
    problem, placement = two_places()
    simulation = Simulation(problem, placement, seed=1)
    simulation.apply(Split(0, (Share(Choice(0, (0,)), 3.0), Share(Choice(0, (1,)), 1.0))))
    simulation.run_until(3000)
    state = simulation.state()
    assert state.shares[0][0].weight == 0.75
    assert state.resources[0].utilisation == pytest.approx(0.75 * 0.2, abs=0.02)
    assert state.resources[1].utilisation == pytest.approx(0.2 + 0.25 * 0.4, abs=0.03)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (SetInstances(0, 0), "components still run on it"),
        (SetInstances(0, 5), "there are 4"),
        (SetInstances(0, -1), "cannot have -1"),
        (Move(1, Choice(0, (0,))), "may not run on VM0"),
        (Split(0, (Share(Choice(0, (0,)), 0.0),)), "weights"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(action: Action, words: str) -> None:
    problem, placement = two_places()
    simulation = Simulation(problem, placement, seed=1)
    before = simulation.state()
    with pytest.raises(InfeasibleError, match=words):
        simulation.apply(action)
    assert simulation.state() == before


def test_requests_on_their_way_to_a_resource_that_went_are_still_served() -> None:
    problem, placement = network([0.2, 0.2], [[(1, 1.0)], []], access_s=5.0)
    options = (Option(1, 1.0, 0.2), Option(0, 1.0, 0.2))
    second = replace(problem.components[1], alternatives=(Alternative("s1", (Piece("h1", options),)),))
    problem = replace(problem, components=(problem.components[0], second))
    settings = Settings(arrivals=Trace((1.0,)), service=Deterministic())
    simulation = Simulation(problem, placement, settings)
    simulation.run_until(3.0)
    simulation.apply(Move(1, Choice(0, (0,))))
    simulation.apply(SetInstances(1, 0))
    simulation.run_until(10.0)
    assert simulation.state().components[1].ended == 1
    assert simulation.state().resources[1].draining == 0


def test_a_simulation_runs_once() -> None:
    problem, placement = one_queue()
    simulation = Simulation(problem, placement)
    simulation.run(Horizon(10, 1))
    with pytest.raises(UsageError, match="has run already"):
        simulation.run(Horizon(10, 1))
