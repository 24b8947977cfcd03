"""Whatever is recorded and live, the plan leads to what is desired, and then there is nothing to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from directory_backend import chain, cluster, function
from hypothesis import given
from hypothesis import strategies as st

from aisprint_cli.backends.interface import KEPT_DATA, Item, ItemState, Observed
from aisprint_cli.deploy.planner import Action, Plan, Record, RecordState, make_plan
from aisprint_cli.deploy.routing import on_backend

NAMES = ("a", "b", "c")


def _functions(on: str) -> st.SearchStrategy[list[Item]]:
    made = st.builds(
        lambda part, digest: function(part, on, reads=f"{part}/input", digest=digest),
        st.sampled_from(NAMES),
        st.sampled_from("xyz"),
    )
    return st.lists(made, unique_by=lambda item: item.id, max_size=3)


def _cluster_with_functions(name: str) -> st.SearchStrategy[tuple[Item, ...]]:
    cores = st.sampled_from([1.0, 2.0])
    return st.builds(
        lambda functions, count: (cluster(name, cores=count), *functions), _functions(name), cores
    )


def _worlds() -> st.SearchStrategy[tuple[Item, ...]]:
    pairs = st.tuples(_cluster_with_functions("l1"), _cluster_with_functions("l2"), st.sampled_from(range(4)))
    return pairs.map(lambda pair: (*(pair[0] if pair[2] & 1 else ()), *(pair[1] if pair[2] & 2 else ())))


def _states(items: tuple[Item, ...]) -> st.SearchStrategy[dict[str, Observed]]:
    present = [ItemState.ABSENT, ItemState.PENDING, ItemState.READY, ItemState.FAILED]
    drifts = st.tuples(st.sampled_from(present), st.booleans())
    return st.lists(drifts, min_size=len(items), max_size=len(items)).map(
        lambda found: {
            item.id: Observed(item.id, state, "other" if drift else item.digest)
            for item, (state, drift) in zip(items, found, strict=True)
        }
    )


def _records(items: tuple[Item, ...]) -> st.SearchStrategy[dict[str, Record]]:
    states = st.lists(st.sampled_from(RecordState), min_size=len(items), max_size=len(items))
    return states.map(
        lambda found: {item.id: Record(item, state, {}) for item, state in zip(items, found, strict=True)}
    )


@st.composite
def _situations(draw: st.DrawFn) -> tuple[tuple[Item, ...], dict[str, Record], dict[str, Observed]]:
    earlier = draw(_worlds())
    return draw(_worlds()), draw(_records(earlier)), draw(_states(earlier))


def _apply(
    plan: Plan, recorded: dict[str, Record], live: dict[str, Observed]
) -> tuple[dict[str, Record], dict[str, Observed]]:
    """What the executor makes of the two, without a back end."""
    recorded, live = dict(recorded), dict(live)
    for step in plan.changes:
        item = step.item
        if step.action is Action.DELETE:
            state = RecordState.KEPT if step.keep_data else RecordState.REMOVED
            live[item.id] = Observed(item.id, ItemState.ABSENT)
        else:
            state = RecordState.PRESENT
            live[item.id] = Observed(item.id, ItemState.READY, item.digest)
        recorded[item.id] = Record(item, state, {})
    return recorded, live


def _existing(live: dict[str, Observed]) -> dict[str, str | None]:
    return {name: seen.digest for name, seen in live.items() if seen.state is not ItemState.ABSENT}


def _known(recorded: dict[str, Record]) -> set[str]:
    return {name for name, record in recorded.items() if record.exists}


@given(_situations())
def test_applying_the_plan_gives_exactly_what_is_desired(
    situation: tuple[tuple[Item, ...], dict[str, Record], dict[str, Observed]],
) -> None:
    desired, recorded, live = situation
    kept = {name for name, record in recorded.items() if not record.exists}
    live = {name: seen for name, seen in live.items() if name not in kept}

    after_records, after_live = _apply(make_plan(desired, recorded, live), recorded, live)

    assert _existing(after_live) == {item.id: item.digest for item in desired}
    assert _known(after_records) == {item.id for item in desired}


@given(_situations())
def test_a_second_plan_is_empty(
    situation: tuple[tuple[Item, ...], dict[str, Record], dict[str, Observed]],
) -> None:
    desired, recorded, live = situation
    recorded, live = _apply(make_plan(desired, recorded, live), recorded, live)

    assert make_plan(desired, recorded, live).is_empty


@given(_situations())
def test_steps_come_in_an_order_that_respects_what_they_wait_for(
    situation: tuple[tuple[Item, ...], dict[str, Record], dict[str, Observed]],
) -> None:
    plan = make_plan(*situation)
    seen: set[str] = set()
    changing = {step.item.id for step in plan.changes}
    for step in plan.steps:
        assert set(step.after) <= seen & changing
        seen.add(step.item.id)


@given(_situations())
def test_undeploying_leaves_nothing_whatever_was_there(
    situation: tuple[tuple[Item, ...], dict[str, Record], dict[str, Observed]],
) -> None:
    _, recorded, live = situation
    live = {name: seen for name, seen in live.items() if recorded[name].exists}

    after_records, after_live = _apply(make_plan((), recorded, live, release_kept=True), recorded, live)

    assert _existing(after_live) == {}
    assert {record.state for record in after_records.values()} <= {RecordState.REMOVED}


def _ready(items: Iterable[Item]) -> tuple[dict[str, Record], dict[str, Observed]]:
    records = {item.id: Record(item, RecordState.PRESENT, {}) for item in items}
    return records, {item.id: Observed(item.id, ItemState.READY, item.digest) for item in items}


def test_a_change_of_a_component_updates_only_its_function() -> None:
    recorded, live = _ready(chain())

    plan = make_plan(chain(digest="b"), recorded, live)

    assert [(step.action, step.item.id) for step in plan.changes] == [
        (Action.UPDATE, "function/shop-l1/find")
    ]
    assert plan.changes[0].reason == "its specification changed"


@pytest.mark.parametrize("digest", ["theirs", ""])
def test_what_was_changed_outside_is_repaired_and_said(digest: str) -> None:
    recorded, live = _ready(chain())
    live["cluster/shop-l1"] = replace(live["cluster/shop-l1"], digest=digest)

    (step,) = make_plan(chain(), recorded, live).changes

    assert (step.action, step.reason) == (Action.UPDATE, "it was changed outside")


def test_what_is_gone_is_made_again() -> None:
    recorded, live = _ready(chain())
    del live["function/shop-l2/read"]

    (step,) = make_plan(chain(), recorded, live).changes

    assert (step.action, step.reason) == (Action.CREATE, "it is recorded but gone")


def test_what_exists_as_wanted_without_a_record_is_adopted() -> None:
    _, live = _ready(chain())

    plan = make_plan(chain(), {}, live)

    assert {step.action for step in plan.steps} == {Action.ADOPT}


def test_a_replaced_function_goes_before_the_one_that_takes_its_input_and_keeps_the_data() -> None:
    whole = (cluster("l1"), function("read", "l1", reads="find/output", writes=(("l1", "read/output"),)))
    first = function("read-p1", "l1", reads="find/output", writes=(("l1", "read-p1/output"),))
    second = function("read-p2", "l1", reads="read-p1/output", writes=(("l1", "read-p2/output"),))
    recorded, live = _ready(whole)

    plan = make_plan((whole[0], first, second), recorded, live)

    by_id = {step.item.id: step for step in plan.steps}
    assert by_id["function/l1/read-p1"].after == ("function/l1/read",)
    assert by_id["function/l1/read-p2"].after == ()
    assert by_id["function/l1/read"].keep_data
    assert "still used" in by_id["function/l1/read"].reason
    assert not plan.loses_data


def test_clusters_go_after_their_functions() -> None:
    recorded, live = _ready(chain())

    plan = make_plan((), recorded, live)

    by_id = {step.item.id: step for step in plan.steps}
    assert by_id["cluster/shop-l2"].after == ("function/shop-l1/find", "function/shop-l2/read")
    assert by_id["cluster/shop-l1"].after == ("function/shop-l1/find",)
    assert plan.loses_data


@pytest.mark.parametrize("release", [True, False])
def test_data_kept_by_an_earlier_removal_goes_only_when_asked(release: bool) -> None:
    records = {item.id: Record(item, RecordState.KEPT, {}) for item in chain()}

    plan = make_plan((), records, {}, release_kept=release)

    assert plan.is_empty is not release
    if release:
        assert {step.reason for step in plan.steps} == {"an earlier removal kept its data"}


@pytest.mark.parametrize("keep", [True, False])
def test_what_was_kept_on_a_cluster_goes_with_it_and_its_data(keep: bool) -> None:
    records, live = _ready(chain())
    gone = "function/shop-l2/read"
    records[gone] = replace(records[gone], state=RecordState.KEPT)
    del live[gone]

    plan = make_plan((), records, live, keep_data=keep)

    assert (gone in {step.item.id for step in plan.steps}) is not keep


def test_a_cluster_whose_data_was_kept_is_made_again_with_it() -> None:
    items = chain()
    records = {item.id: Record(item, RecordState.KEPT, {}) for item in items}
    live = {items[0].id: Observed(items[0].id, ItemState.ABSENT, outputs={KEPT_DATA: "there"})}

    plan = make_plan(items, records, live)

    reasons = {step.item.id: step.reason for step in plan.steps if step.action is Action.CREATE}
    assert reasons[items[0].id] == "it is new; data that was kept comes back"
    assert reasons[items[1].id] == "it is new"


def _moves(before: Item, after: Item) -> str:
    return "it moves" if before.spec.backend != after.spec.backend else ""


def test_a_cluster_that_moves_is_made_anew_with_its_functions_and_the_others_stay() -> None:
    recorded, live = _ready(chain())
    wanted = tuple(on_backend(item, "other") if "shop-l1" in item.name else item for item in chain())

    plan = make_plan(wanted, recorded, live, must_replace=_moves)

    steps = {step.id: step for step in plan.changes}
    old_cluster, old_function = "cluster/shop-l1 (before)", "function/shop-l1/find (before)"
    assert list(steps) == [old_function, old_cluster, "cluster/shop-l1", "function/shop-l1/find"]
    assert steps[old_function].item.spec.backend == "local"
    assert steps[old_cluster].after == (old_function,)
    assert steps["cluster/shop-l1"].after == (old_cluster,)
    assert set(steps["function/shop-l1/find"].after) == {"cluster/shop-l1", old_function}
    assert steps["cluster/shop-l1"].action is Action.REPLACE
    assert (plan.count(Action.REPLACE), plan.count(Action.DELETE), plan.loses_data) == (2, 0, True)


def test_a_function_that_cannot_be_changed_in_place_is_made_anew_alone_and_its_data_stays() -> None:
    recorded, live = _ready(chain())

    plan = make_plan(chain(digest="b"), recorded, live, must_replace=lambda _before, _after: "another name")

    first, second = plan.changes
    assert (first.action, first.keep_data, first.reason) == (
        Action.DELETE,
        True,
        "to be made anew: another name",
    )
    assert (second.action, second.after) == (Action.REPLACE, (first.id,))


def test_some_items_bring_what_has_to_come_before_them_and_no_more() -> None:
    plan = make_plan(chain(), {}, {}).only(["function/shop-l2/read"])

    assert [step.id for step in plan.steps] == ["cluster/shop-l2", "function/shop-l2/read"]


def test_what_the_ledger_does_not_know_is_swept_and_said() -> None:
    stray = chain()[0]
    live = {stray.id: Observed(stray.id, ItemState.READY)}

    (step,) = make_plan((), {stray.id: Record(stray, RecordState.STRAY, {})}, live).steps

    assert (step.action, "not in the ledger" in step.reason) == (Action.DELETE, True)
