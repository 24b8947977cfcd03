"""Clusters on the Dummy cloud of a real Infrastructure Manager: made, changed, mended, removed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
import requests
from im_world import World, left_behind
from small_templates import cluster, function, service

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.backends.im.settings import INFRASTRUCTURE
from aisprint_cli.backends.interface import ItemState
from aisprint_cli.errors import ExternalError, StateError


def _quiet(_line: str) -> None:
    pass


def _machines(place: ImBackend, uri: str) -> int:
    return len(place._parts()[0].client.health(uri.rpartition("/")[2]).machines)


def test_a_cluster_is_made_and_says_how_to_reach_it_without_its_secrets(
    world: World, place: ImBackend
) -> None:
    world.dummy("app-l1")
    item, said = cluster("app-l1"), []

    made = place.apply(item, said.append)

    assert (made.state, made.digest) == (ItemState.READY, item.digest)
    assert made.outputs["oscarui_endpoint"] == "https://app-l1.test"
    assert made.outputs["oscar_password"] == "secret://generated/app-l1/oscar_password"
    assert made.outputs["front_address"] == "10.0.0.1"
    assert made.outputs[INFRASTRUCTURE].startswith(f"{world.url}/infrastructures/")
    assert not any(secret in f"{made} {said}" for secret in world.secrets.values())
    assert said[0] == "Making the infrastructure of app-l1"


def test_workers_are_added_and_removed_in_place(world: World, place: ImBackend) -> None:
    world.dummy("app-l1")
    before = place.apply(cluster("app-l1", workers=2), _quiet)

    for workers in (3, 1):
        item = cluster("app-l1", workers=workers)
        assert place.observe([item])[item.id].digest != item.digest
        after = place.apply(item, _quiet)
        assert after.outputs[INFRASTRUCTURE] == before.outputs[INFRASTRUCTURE]
        assert _machines(place, after.outputs[INFRASTRUCTURE]) == 1 + workers
        assert after == place.observe([item])[item.id]


def test_a_machine_that_would_become_another_one_is_replaced_only_when_asked(
    world: World, place: ImBackend
) -> None:
    world.dummy("app-l1")
    before, after = cluster("app-l1", cores=2), cluster("app-l1", cores=8)
    place.apply(before, _quiet)

    with pytest.raises(StateError, match="front is to be another one"):
        place.apply(after, _quiet)

    assert "workers is to be another one" in place.must_replace(before, after)
    assert place.must_replace(before, cluster("app-l1", workers=9)) == ""
    assert place.observe([before])[before.id].state is ItemState.READY


def test_a_failure_tells_what_contextualisation_said_and_the_next_run_mends_it(
    world: World, place: ImBackend
) -> None:
    world.accounts("id = unreachable-l1; type = Dummy")
    item = cluster("app-l1", account="unreachable-l1")
    said: list[str] = []

    with pytest.raises(ExternalError) as caught:
        place.apply(item, said.append)

    assert "app-l1 is unconfigured" in caught.value.message
    assert "No correct Master VM found" in caught.value.message
    seen = place.observe([item])[item.id]
    assert (seen.state, seen.digest) == (ItemState.FAILED, item.digest)
    assert "No correct Master VM found" in seen.detail
    assert "Select master VM" in place.messages(item)
    with pytest.raises(ExternalError, match="No correct Master VM found"):
        place.apply(item, said.append)
    assert "Configuring app-l1 again" in said
    place.remove(item, keep_data=False, progress=_quiet)
    assert place.observe([item])[item.id].state is ItemState.ABSENT


def test_a_template_that_the_server_refuses_is_told_in_its_own_words(world: World, place: ImBackend) -> None:
    world.dummy("app-l1")
    item = cluster("app-l1")
    broken = item.spec.template.replace("host: front", "host: nobody")  # type: ignore[union-attr]

    with pytest.raises(ExternalError) as caught:
        place.apply(replace(item, spec=replace(item.spec, template=broken)), _quiet)

    assert "nobody" in caught.value.message
    assert "Traceback" not in caught.value.message
    assert ".py" not in caught.value.message
    assert left_behind(place) == ()


def test_a_function_of_the_template_comes_with_its_cluster(world: World, place: ImBackend) -> None:
    world.dummy("app-l1")
    item = cluster("app-l1", functions={"f": service("f")})
    wanted = function("f", "app-l1")
    place.apply(item, _quiet)

    seen = place.observe([item, wanted])[wanted.id]

    assert (seen.state, seen.digest) == (ItemState.READY, wanted.digest)


def test_another_process_takes_over_what_an_earlier_one_began(world: World, place: ImBackend) -> None:
    """The answer to the first call was lost: nothing but the metadata says whose it is."""
    world.dummy("app-l1")
    item = cluster("app-l1")
    first = place.apply(item, _quiet)

    with closing(world.open()) as other:
        assert other.apply(item, _quiet) == first
        assert len(other._parts()[0].client.infrastructures()) == 1


def test_strays_are_found_by_their_metadata_and_removed(world: World, place: ImBackend) -> None:
    world.dummy("app-l1", "app-l2")
    for name in ("app-l1", "app-l2"):
        place.apply(cluster(name), _quiet)

    with closing(world.open()) as other:
        found = other.strays("app")
        assert [item.id for item in found] == ["cluster/app-l1", "cluster/app-l2"]
        assert other.strays("another") == ()
        for item in found:
            other.remove(item, keep_data=False, progress=_quiet)
        assert other.strays("app") == ()


def test_an_infrastructure_of_another_ledger_is_left_alone(world: World, place: ImBackend) -> None:
    world.dummy("app-l1")
    item = cluster("app-l1")
    place.apply(item, _quiet)
    world.secrets["secret://generated/im/owner"] = "another ledger"

    with closing(world.open()) as other:
        with pytest.raises(StateError, match="already"):
            other.observe([item])
        assert other.strays("app") == ()
        other.remove(item, keep_data=False, progress=_quiet)

    assert len(place._parts()[0].client.infrastructures()) == 1


def test_data_of_a_cluster_cannot_be_kept_and_that_is_said_before_anything_is_removed(
    world: World, place: ImBackend
) -> None:
    world.dummy("app-l1")
    item = cluster("app-l1")
    place.apply(item, _quiet)

    with pytest.raises(StateError, match="cannot be kept"):
        place.remove(item, keep_data=True, progress=_quiet)

    assert place.observe([item])[item.id].state is ItemState.READY


def test_the_server_says_who_it_is_to_whoever_it_knows(world: World, place: ImBackend) -> None:
    world.dummy("app-l1")

    assert place.answers() == f"Infrastructure Manager 2.0.0 at {world.url}, 0 infrastructures"


def test_an_infrastructure_that_was_made_by_other_means_is_left_alone(world: World, place: ImBackend) -> None:
    """It has no TOSCA template that could say whose it is."""
    world.dummy("app-l1")
    client = place._parts()[0].client
    machine = (
        "network n () system m (net_interface.0.connection = 'n' and disk.0.os.name = 'linux') deploy m 1"
    )
    headers = {"Authorization": client._authorization, "Content-Type": "text/plain"}
    requests.post(
        f"{world.url}/infrastructures", data=machine, headers=headers, timeout=30
    ).raise_for_status()

    made = place.apply(cluster("app-l1"), _quiet)

    assert made.state is ItemState.READY
    assert [item.id for item in place.strays("app")] == ["cluster/app-l1"]
    assert len(client.infrastructures()) == 2
