"""The language of `--what-if`: what each change does, and what is said of one that cannot be read."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_systems import BOARD, FUNCTION, VM, random_problem, read, two_steps

from aisprint_cli.errors import UsageError
from aisprint_cli.placement.comparison import compare
from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.exact import solve
from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.rules import Affinity, Bond, Confinement, Quota, Rules, Scope
from aisprint_cli.placement.what_if import what_if
from aisprint_cli.placement.what_if_targets import GROUPS, PLAIN


@pytest.fixture
def problem() -> Problem:
    return read(two_steps()).problem


def demands(problem: Problem, component: int) -> dict[int, set[float]]:
    found: dict[int, set[float]] = {}
    for alternative in problem.components[component].alternatives:
        for piece in alternative.pieces:
            for option in piece.options:
                found.setdefault(option.resource, set()).add(option.demand_s)
    return found


def test_prices_and_numbers_of_resources(problem: Problem) -> None:
    changed = what_if(problem, ["resource.VM.cost=0.3", "resource.VM.instances+=2", "resource.F.idle/=2"])
    assert changed.resources[VM].cost_per_hour == 0.3
    assert changed.resources[VM].limit == 5
    assert changed.resources[FUNCTION].idle_before_kill_s == 300
    assert changed.resources[BOARD] == problem.resources[BOARD]


def test_all_resources_of_a_layer(problem: Problem) -> None:
    changed = what_if(problem, ["layer.computationallayer2.cost*=3"])
    assert [item.cost_per_hour for item in changed.resources] == [4.0, 3.0, 0.5]


def test_names_may_be_patterns(problem: Problem) -> None:
    changed = what_if(problem, ["resource.*.cost-=50%"])
    assert [item.cost_per_hour for item in changed.resources] == [2.0, 0.5, 0.25]


def test_a_demand_everywhere_or_on_one_resource(problem: Problem) -> None:
    everywhere = what_if(problem, ["component.second.demand*=2"])
    assert demands(everywhere, 1) == {BOARD: {0.3}, VM: {0.3}, FUNCTION: {0.6}}
    assert demands(everywhere, 0) == demands(problem, 0)
    on_one = what_if(problem, ["component.second.demand@VM=0.01"])
    assert demands(on_one, 1) == {BOARD: {0.15}, VM: {0.01}, FUNCTION: {0.3}}


def test_cold_starts_concern_functions_only(problem: Problem) -> None:
    changed = what_if(problem, ["component.second.cold=9"])
    cold = {o.resource: o.cold_s for o in changed.components[1].alternatives[0].pieces[0].options}
    assert cold == {BOARD: 0.0, VM: 0.0, FUNCTION: 9.0}


def test_limits_are_set_eased_and_lifted(problem: Problem) -> None:
    assert what_if(problem, ["component.second.limit+=20%"]).local_limits[0].limit_s == pytest.approx(1.2)
    assert what_if(problem, ["component.second.limit=inf"]).local_limits == ()
    assert len(what_if(problem, ["component.first.limit=3"]).local_limits) == 2
    assert what_if(problem, ["path.p1.limit=7"]).path_limits[0].limit_s == 7
    assert what_if(problem, ["path.*.limit=inf"]).path_limits == ()


def test_networks_and_data(problem: Problem) -> None:
    changed = what_if(
        problem, ["network.ND1.bandwidth/=10", "network.ND1.delay=0", "component.first.data*=3"]
    )
    assert changed.domains[0].bandwidth == 10
    assert changed.domains[0].access_delay_s == 0
    assert changed.delay_s(BOARD, VM, 1.0) == pytest.approx(0.8)
    first = changed.components[0].alternatives[1]
    assert first.pieces[0].data_size == 9
    assert first.sent == (15.0,)


def test_changes_apply_in_their_order(problem: Problem) -> None:
    assert what_if(problem, ["rate=3", "rate*=2", "period+=1"]).entry_rate_per_s == 6
    assert what_if(problem, ["rate*=2", "rate=3"]).entry_rate_per_s == 3


@given(seed=st.integers(0, 10**6), factor=st.floats(0.1, 10))
@settings(max_examples=25, deadline=None)
def test_the_rate_reaches_every_component(seed: int, factor: float) -> None:
    before = random_problem(seed)
    after = what_if(before, [f"rate*={factor!r}"])
    for one, other in zip(before.components, after.components, strict=True):
        assert other.rate_per_s == pytest.approx(one.rate_per_s * factor)


@pytest.mark.parametrize(
    ("change", "at", "words"),
    [
        ("resource.VM.cst=0.3", 12, "A resource has no `cst`. Did you mean `cost`?"),
        ("resource.VN.cost=0.3", 9, "There is no resource `VN`. Did you mean `VM`?"),
        ("resorce.VM.cost=0.3", 0, "There is no kind `resorce`. Did you mean `resource`?"),
        ("component.second.demand@Bord=1", 24, "There is no resource `Bord`. Did you mean `Board`?"),
        ("component.first.demand@F*=a", 26, "here a number is missing"),
        ("rte=3", 0, "There is nothing `rte`. Did you mean `rate`?"),
        ("resource.VM=3", 9, "what of it?"),
        ("resource.VM.cost", 16, "`=`, `+=`, `-=`, `*=` or `/=` and a number are missing"),
        ("resource.VM.cost=", 17, "here a number is missing"),
        ("resource.VM.cost=nan", 17, "here a number is missing"),
        ("resource.VM.cost=-1", 17, "this would make it -1; a price is at least 0."),
        ("resource.VM.cost=inf", 17, "this would make it inf"),
        ("resource.VM.instances*=0.5", 23, "this would make it 1.5; a number of instances is a whole number"),
        ("rate*=0", 6, "a factor is a finite number above 0"),
        ("rate=0", 5, "it is above 0"),
        ("rate=20%", 5, "a share in % goes with `+=` or `-=`"),
        ("rate-=100%", 6, "this would make it 0"),
        ("path.p1.limit*=inf", 15, "a factor is a finite number above 0"),
        ("component.first.limit*=2", 23, "`first` has no limit yet; set one with `=`."),
        ("component.first.demand@B*=3", 23, "There is no resource `B`"),
        ("component.first.limit@VM=3", 21, "`limit` is not by resource"),
        ("component.second.cold@VM=3", 25, "none of its pieces may run on such a resource"),
    ],
)
def test_faults_are_shown_where_they_are(problem: Problem, change: str, at: int, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        what_if(problem, [change])
    _, text, pointer = raised.value.message.split("\n")
    assert text == f"  {change}"
    assert pointer.index("^") == at + 2
    assert words in pointer


def test_every_fault_is_told_at_once(problem: Problem) -> None:
    with pytest.raises(UsageError) as raised:
        what_if(problem, ["rat=3", "rate=3", "resource.VM.cst=1"])
    assert raised.value.message.startswith("2 of the 3 changes cannot be used.")
    assert "`rat`" in raised.value.message
    assert "`cst`" in raised.value.message


@given(text=st.text(alphabet="rateso.uVM=*+-/@%1e9 ćλ", max_size=25))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_anything_but_a_change_or_an_explanation(text: str) -> None:
    problem = read(two_steps()).problem
    with suppress(UsageError):
        changed = what_if(problem, [text])
        assert 0 < changed.entry_rate_per_s < math.inf
        assert all(0 <= item.cost_per_hour < math.inf for item in changed.resources)


def test_every_property_can_be_changed(problem: Problem) -> None:
    powered = tuple(replace(item, idle_w=1.0, busy_w=9.0, green_share=0.3) for item in problem.resources)
    problem = replace(problem, resources=powered, energy_limit_wh=1e6)
    names = {
        "resource": "F",
        "layer": "computationallayer2",
        "component": "first",
        "path": "p1",
        "network": "ND1",
        "quota": "account",
    }
    problem = what_if(problem, ["resource.F.availability=0.4", "layer.computationallayer2.availability=0.4"])
    priced = tuple(replace(item, transition_cost=1e-6) for item in problem.layers)
    limits = tuple(replace(item, component=0) for item in problem.local_limits)
    quota = Quota("account", frozenset({0, 1}), 3)
    problem = replace(problem, layers=priced, local_limits=limits, rules=Rules(quotas=(quota,)))
    changes = [f"{kind}.{names[kind]}.{word}*=2" for kind, words in GROUPS.items() for word in words]
    changes = [item.replace("percentile*=2", "percentile=0.95") for item in changes]
    for change in [*changes, *(f"{word}*=2" for word in PLAIN)]:
        changed = what_if(problem, [change])
        assert repr(changed) != repr(problem), change


def test_what_moves_is_told(problem: Problem) -> None:
    dear = what_if(problem, ["resource.Board.instances=1", "component.second.demand@Board*=3"])
    before = assess(problem, solve(problem).placement or pytest.fail("there is a placement"))
    after = assess(dear, solve(dear).placement or pytest.fail("there is a placement"))
    found = compare(before, after)
    assert [(move.component, move.before) for move in found.moves] == [("second", "s1 on Board")]
    assert found.cost_change == pytest.approx(after.cost - before.cost)
    assert found.cost_change > 0
    bought = {item.resource: (item.instances_before, item.instances_after) for item in found.purchases}
    assert "Board" not in bought, "what stays the same is not told"
    assert bought, "something else is bought"
    nothing = compare(before, before)
    assert nothing.moves == ()
    assert nothing.purchases == ()
    assert nothing.cost_change == 0


def test_rules_are_switched_off_by_name(problem: Problem) -> None:
    rules = Rules(
        (Confinement("private", 0, frozenset({0})),),
        (Affinity("pair.1", (0, 1), Bond.APART, Scope.LAYER),),
        (Quota("account", frozenset({0, 1}), 3),),
    )
    problem = replace(problem, rules=rules)
    assert what_if(problem, ["rule.private=off"]).rules == replace(rules, confinements=())
    assert what_if(problem, ["rule.pair.1 = off"]).rules == replace(rules, affinities=())
    assert not what_if(problem, ["rule.* =off"]).rules
    for change, words in (
        ("rule.privat=off", "Did you mean `private`?"),
        ("rule.private=0", "can only be switched off"),
        ("rule.private*=off", "can only be switched off"),
    ):
        with pytest.raises(UsageError) as caught:
            what_if(problem, [change])
        assert words in caught.value.message


def test_a_limit_keeps_its_percentile_and_may_get_another(problem: Problem) -> None:
    changed = what_if(problem, ["component.second.percentile=0.95", "component.second.limit*=2"])
    (limit,) = changed.local_limits
    assert (limit.percentile, limit.limit_s) == (0.95, 2.0)
    assert what_if(problem, ["path.p1.percentile=0.9"]).path_limits[0].percentile == 0.9
    for change in ("component.first.percentile=0.9", "path.p1.percentile=95", "path.p1.percentile+=0.1"):
        with pytest.raises(UsageError):
            what_if(problem, [change])
