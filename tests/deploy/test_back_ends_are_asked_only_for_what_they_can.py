"""What a back end does not claim is refused before anything is done, or done in another way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import routed_once
from directory_backend import DirectoryBackend, chain
from run_once import EXECUTION, run, workspace

from aisprint_cli.backends.interface import EVERY_CAPABILITY, Capability, Item
from aisprint_cli.deploy.desired import DesiredState
from aisprint_cli.deploy.planner import Action
from aisprint_cli.deploy.run import kept_data, plan_deployment, plan_removal, strays, survey, undeploy
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.errors import UsageError


def _without(opened: Workspace, capability: Capability) -> Workspace:
    assert isinstance(opened.backend, DirectoryBackend)
    opened.backend.capabilities = EVERY_CAPABILITY - {capability}
    return opened


def test_data_is_not_lost_where_it_cannot_be_kept(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    with workspace(tmp_path) as opened:
        with pytest.raises(UsageError) as caught:
            plan_removal(_without(opened, Capability.KEEP_DATA), keep_data=True)

        assert caught.value.message.startswith("directory cannot keep data")
        assert "without --keep-data" in caught.value.mend
        assert len(DirectoryBackend(tmp_path / "world", str).existing) == 4
        assert undeploy(opened, plan_removal(opened, keep_data=False), EXECUTION).complete


def test_what_cannot_be_changed_in_place_is_made_anew(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    with workspace(tmp_path) as opened:
        wanted = DesiredState("shop", "base", chain(digest="b"))
        _without(opened, Capability.UPDATE)
        plan = plan_deployment(opened, survey(opened, wanted))

    assert [(step.action, step.item.id) for step in plan.changes] == [
        (Action.DELETE, "function/shop-l1/find"),
        (Action.REPLACE, "function/shop-l1/find"),
    ]
    assert plan.changes[1].reason == "directory changes nothing in place"


def test_feeding_and_logs_are_refused_by_name(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    with workspace(tmp_path) as opened:
        _without(opened, Capability.DATA).require_able(Capability.LOGS, "Showing logs")
        with pytest.raises(UsageError, match="Feeding input does not work on directory"):
            opened.require_able(Capability.DATA, "Feeding input")


def _as_wanted(item: Item) -> Item:
    return replace(item, requires=item.requires[:1])


def test_only_what_is_not_recorded_is_a_stray(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    with workspace(tmp_path) as opened:
        recorded = opened.records()
        assert strays(opened, recorded) == {}
        lost = recorded.pop("function/shop-l2/read")

        found = strays(opened, recorded)

    assert {name: _as_wanted(entry.item) for name, entry in found.items()} == {
        lost.item.id: _as_wanted(lost.item)
    }


def test_undeploying_again_asks_nobody(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    run(tmp_path, "undeploy")
    DirectoryBackend(tmp_path / "world", str).setting(silent=True)

    with workspace(tmp_path) as opened:
        assert plan_removal(opened, keep_data=False).is_empty
        assert kept_data(opened) == {}


def test_what_went_from_a_back_end_is_not_asked_for_there_again(tmp_path: Path) -> None:
    routed_once.run(tmp_path, "deploy")
    routed_once.run(tmp_path, "deploy", tuple(item for item in routed_once.spread() if "l2" in item.name))
    routed_once.world(tmp_path, "one").setting(silent=True)

    left = tuple(item for item in routed_once.spread() if "l2" in item.name)

    assert routed_once.run(tmp_path, "deploy", left).done == ()
