"""Lost answers, a server that restarts, machines that stop: nothing is made twice or left behind."""

from __future__ import annotations

import signal
from contextlib import closing

import pytest
from forgetful_proxy import ForgetfulProxy
from im_server import Process
from im_world import World, left_behind
from small_templates import cluster, function

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.backends.im.settings import INFRASTRUCTURE, Settings
from aisprint_cli.backends.im.waiting import Patience
from aisprint_cli.backends.interface import Item, ItemState, Recorded
from aisprint_cli.errors import ExternalError, Retry


def _quiet(_line: str) -> None:
    pass


def _count(place: ImBackend) -> int:
    return len(place._parts()[0].client.infrastructures())


def test_what_was_made_when_the_answer_was_lost_is_adopted(world: World, place: ImBackend) -> None:
    """Section 6, 7: an error after the first infrastructure was launched left an orphan."""
    world.dummy("app-l1")
    item, wanted = cluster("app-l1"), function("f", "app-l1")
    with closing(ForgetfulProxy(world.url, POST=1)) as proxy, closing(world.open(url=proxy.url)) as other:
        with pytest.raises(ExternalError) as caught:
            other.apply(item, _quiet)
        assert caught.value.retry is Retry.LATER

        assert other.apply(item, _quiet).state is ItemState.READY
        proxy._left["POST"] = 1
        with pytest.raises(ExternalError):
            other.apply(wanted, _quiet)
        assert other.apply(wanted, _quiet).digest == wanted.digest

    assert _count(place) == 1


def test_a_removal_whose_answer_was_lost_is_done_when_it_is_repeated(world: World, place: ImBackend) -> None:
    world.dummy("app-l1")
    item = cluster("app-l1")
    place.apply(item, _quiet)
    with (
        closing(ForgetfulProxy(world.url, DELETE=1)) as proxy,
        closing(world.open(url=proxy.url)) as other,
    ):
        with pytest.raises(ExternalError):
            other.remove(item, keep_data=False, progress=_quiet)
        other.remove(item, keep_data=False, progress=_quiet)

        assert other.observe([item])[item.id].state is ItemState.ABSENT
    assert left_behind(place) == ()


def test_a_server_that_restarts_knows_everything_again(
    world: World, place: ImBackend, im_process: tuple[str, Process]
) -> None:
    world.dummy("app-l1")
    item, wanted = cluster("app-l1"), function("f", "app-l1")
    made = place.apply(item, _quiet)
    place.apply(wanted, _quiet)
    process = im_process[1]

    process.stop(signal.SIGKILL)
    with pytest.raises(ExternalError) as caught:
        place.observe([item])
    process.start()

    assert caught.value.retry is Retry.LATER
    seen = place.observe([item, wanted])
    assert seen[item.id] == made
    assert seen[wanted.id].digest == wanted.digest
    assert (
        place.apply(cluster("app-l1", workers=3), _quiet).outputs[INFRASTRUCTURE]
        == made.outputs[INFRASTRUCTURE]
    )
    place.remove(item, keep_data=False, progress=_quiet)
    assert left_behind(place) == ()


def test_stopped_machines_are_started(world: World, place: ImBackend) -> None:
    world.dummy("app-l1")
    item = cluster("app-l1")
    place.apply(item, _quiet)
    client = place._parts()[0].client
    (identifier,) = client.infrastructures()
    client._send("PUT", f"/infrastructures/{identifier}/stop")
    assert place.observe([item])[item.id].state is ItemState.FAILED
    said: list[str] = []

    seen = place.apply(item, said.append)

    assert seen.state is ItemState.READY
    assert "Starting the machines of app-l1" in said


def test_a_cluster_that_no_account_fits_is_not_waited_for_for_ever(world: World, place: ImBackend) -> None:
    """Section 6, 8: no time-out ever fired. An old server took a template unchecked; it stays pending."""
    world.dummy("app-l1")
    item = cluster("app-l1")
    place._parts()[0].client._can_estimate = False
    world.accounts("id = app-l1; type = EC2; username = planted-user; password = planted-password")
    with closing(world.open(patience=Patience(nothing_s=0.5, configured_s=5, gone_s=10))) as other:
        other._parts()[0].client._can_estimate = False
        with pytest.raises(ExternalError) as caught:
            other.apply(item, _quiet)

    assert "app-l1" in caught.value.message
    assert "planted" not in caught.value.message
    place.remove(item, keep_data=False, progress=_quiet)
    assert left_behind(place) == ()


def test_whoever_listens_may_end_the_wait(world: World, place: ImBackend) -> None:
    world.dummy("app-l1")

    def listen(line: str) -> None:
        if line.startswith("app-l1 is"):
            raise ExternalError("it took too long")

    with pytest.raises(ExternalError, match="took too long"):
        place.apply(cluster("app-l1"), listen)

    assert place.apply(cluster("app-l1"), _quiet).state is ItemState.READY
    assert _count(place) == 1


def test_the_address_is_that_which_the_ledger_holds_where_none_is_given(
    world: World, place: ImBackend
) -> None:
    world.dummy("app-l1")
    item: Item = cluster("app-l1")
    made = place.apply(item, _quiet)
    world.recorded[item.id] = Recorded(item, made.outputs)

    with closing(ImBackend(world.site(), Settings(world.application / "im" / "auth.dat"))) as other:
        assert other.observe([item])[item.id] == made
