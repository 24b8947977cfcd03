"""Rules, quotas, percentiles, bandwidths and measured ranges that stand in the way, in words."""

from __future__ import annotations

from typing import Any

import pytest
from placement_systems import read, two_steps

from aisprint_cli.placement.conflict import Conflict, find_conflict
from aisprint_cli.placement.exact import Result
from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.solver import solve


def conflict_of(system: dict[str, Any]) -> Conflict:
    def exactly(problem: Problem) -> Result:
        return solve(problem)

    found = find_conflict(read(system).problem, exactly, lambda: False)
    assert found.proven
    return found


def helps(conflict: Conflict) -> list[str]:
    return [change.sentence for change in conflict.changes]


def test_a_rule_that_leaves_nowhere_to_run() -> None:
    system = two_steps()
    system["PlacementRules"] = [
        {"keep_off": ["first"], "from": {"resources": ["Board"]}, "reason": "faces go to the cloud"}
    ]
    conflict = conflict_of(system)
    assert conflict.sentence == "The rule 'faces go to the cloud' (it keeps first off Board) is in the way."
    assert helps(conflict) == ["drop the rule 'faces go to the cloud'"]
    assert conflict.to_json()["conditions"] == [
        {"kind": "placement_rule", "subject": "faces go to the cloud", "limit": None}
    ]


def test_a_rule_against_a_limit() -> None:
    system = two_steps()
    system["PlacementRules"] = [{"pin": ["second"], "to": {"layers": ["computationallayer3"]}}]
    system["LocalConstraints"]["second"]["local_res_time"] = 0.2
    conflict = conflict_of(system)
    assert conflict.sentence == (
        "These cannot hold together: the local limit of 0.2 s on second; "
        "the rule that keeps second on computationallayer3."
    )
    raised, dropped = helps(conflict)
    assert raised.startswith("raise the limit on second from 0.2 s to 0.30")
    assert dropped == "drop the rule that keeps second on computationallayer3"


def test_components_that_cannot_be_apart() -> None:
    system = two_steps()
    system["PlacementRules"] = [
        {"pin": ["first", "second"], "to": {"resources": ["Board"]}, "name": "on site"},
        {"apart": ["first", "second"], "name": "no common fault"},
    ]
    conflict = conflict_of(system)
    assert (
        "the rule 'no common fault' (it keeps first and second on different resources)" in conflict.sentence
    )
    assert "the rule 'on site (second)' (it keeps second on Board)" in conflict.sentence
    assert "drop the rule 'no common fault'" in helps(conflict)


def test_a_quota_says_how_large_it_should_be() -> None:
    system = two_steps()
    system["PlacementRules"] = [
        {"keep_off": ["second"], "from": {"resources": ["Board", "F"]}},
        {"quota": 1, "over": {"resources": ["VM"]}, "name": "account"},
    ]
    system["Lambda"] = 4.0
    system["Performance"]["second"]["h1"]["VM"]["demand"] = 0.3
    conflict = conflict_of(system)
    assert "the quota 'account' (it allows at most 1 instance over VM)" in conflict.sentence
    assert "raise the quota 'account' from 1 to 2 instances" in helps(conflict)


def test_a_percentile_says_which_one_it_is() -> None:
    system = two_steps()
    system["LocalConstraints"]["second"].update(local_res_time=0.3, percentile=99)
    conflict = conflict_of(system)
    assert "the local p99 limit of 0.3 s on second" in conflict.sentence.lower()
    assert any(item.startswith("raise the p99 limit on second from 0.3 s to ") for item in helps(conflict))


def test_a_bandwidth_that_is_shared_says_how_much_is_needed() -> None:
    system = two_steps()
    system["NetworkTechnology"]["ND1"].update(shared=True, Bandwidth=70)
    system["PlacementRules"] = [{"keep_off": ["second"], "from": {"resources": ["Board"]}}]
    del system["Components"]["first"]["s2"]
    conflict = conflict_of(system)
    assert "the bandwidth of ND1, which all transfers share" in conflict.sentence
    (wider,) = (item for item in helps(conflict) if "bandwidth" in item)
    assert wider.startswith("raise the bandwidth of ND1 from 70 to ")
    system["NetworkTechnology"]["ND1"]["Bandwidth"] = float(wider.split()[-1])
    assert solve(read(system).problem).placement is not None


def test_a_range_that_was_not_measured() -> None:
    system = two_steps()
    for name in ("Board", "VM", "F"):
        model = system["Performance"]["second"]["h1"][name]
        model.update(model="TABLE", points=[[0.2, 0.2], [0.5, 0.3]])
    conflict = conflict_of(system)
    assert "the rates up to which responses were measured" in conflict.sentence.lower()
    assert "measure responses at higher rates" in helps(conflict)


@pytest.mark.parametrize("reason", [None, "two of a kind"])
def test_what_may_not_be_together_on_any_resource(reason: str | None) -> None:
    system = two_steps()
    rule: dict[str, Any] = {"together": ["first", "second"], "scope": "resource"}
    system["PlacementRules"] = [{**rule, "reason": reason} if reason else rule]
    system["CompatibilityMatrix"]["second"]["h1"].pop(0)
    conflict = conflict_of(system)
    words = "the rule 'two of a kind' (it keeps" if reason else "the rule that keeps"
    assert f"{words} first and second on one resource" in conflict.sentence.replace("The", "the")
