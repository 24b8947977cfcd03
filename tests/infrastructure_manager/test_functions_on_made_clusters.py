"""Functions as nodes of a cluster's template that a real Infrastructure Manager keeps."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Thread

import pytest
from im_world import World
from small_templates import changed, cluster, function, service

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.backends.im.documents import load
from aisprint_cli.backends.interface import FunctionSpec, Item, ItemState
from aisprint_cli.errors import AisprintError
from aisprint_cli.generate import yaml_text

CLUSTER = "app-l1"
RICH = {
    "environment": {"Variables": {"A": "it's", "B": "2"}},
    "output": [
        {"storage_provider": "minio", "path": "f/output", "suffix": ["_NO_DRIFT"]},
        {"storage_provider": "minio.app-l2", "path": "f/output", "prefix": ["x"]},
    ],
    "storage_providers": {
        "minio": {
            "app-l2": {
                "endpoint": "https://minio.app-l2.test",
                "access_key": "minio",
                "secret_key": "secret://generated/app-l2/minio_password",
                "region": "us-east-1",
            }
        }
    },
    "enable_gpu": True,
    "expose": {"api_port": 5000, "min_scale": 1},
    "image_pull_secrets": ["registry"],
}
PLAIN = {
    "environment": {"Variables": {"B": "2"}},
    "output": [{"storage_provider": "minio", "path": "f/output"}],
}


def _quiet(_line: str) -> None:
    pass


@pytest.fixture
def made(world: World, place: ImBackend) -> ImBackend:
    world.dummy(CLUSTER)
    place.apply(cluster(CLUSTER), _quiet)
    return place


def _radl(place: ImBackend) -> str:
    """What the server would set up: the recipes of its functions are in it."""
    client = place._parts()[0].client
    (identifier,) = client.infrastructures()
    return client._send("GET", f"/infrastructures/{identifier}/radl").text


def test_a_function_is_added_to_a_cluster_that_is_there(made: ImBackend) -> None:
    item = function("f", CLUSTER, **RICH)
    assert made.observe([item])[item.id].state is ItemState.ABSENT

    seen = made.apply(item, _quiet)

    assert (seen.state, seen.digest) == (ItemState.READY, item.digest)
    assert seen == made.observe([item])[item.id]
    assert seen.outputs["inputs"] == f"{CLUSTER}:f/input"
    assert "echo ''it works''" in _radl(made)  # doubled, as the recipe quotes it


def test_a_function_that_loses_settings_loses_them_on_the_server_too(made: ImBackend) -> None:
    """The server only ever adds to lists and maps of a template that it keeps."""
    before = function("f", CLUSTER, **RICH)
    made.apply(before, _quiet)
    after = function("f", CLUSTER, **PLAIN)

    seen = made.apply(after, _quiet)

    assert seen.digest == after.digest
    recipe = _radl(made)
    assert "_NO_DRIFT" not in recipe
    assert "COMPONENT_NAME" not in recipe
    assert made.apply(before, _quiet).digest == before.digest
    assert "_NO_DRIFT" in _radl(made)


def test_a_change_outside_is_seen_as_drift(made: ImBackend, world: World) -> None:
    item = function("f", CLUSTER)
    made.apply(item, _quiet)
    with closing(world.open()) as other:
        other.apply(changed(item, cpu="2"), _quiet)

    seen = made.observe([item])[item.id]

    assert (seen.state, bool(seen.digest)) == (ItemState.READY, True)
    assert seen.digest != item.digest
    assert made.apply(item, _quiet).digest == item.digest


def test_changed_code_in_the_same_image_asks_nothing_of_the_server(made: ImBackend) -> None:
    item = function("f", CLUSTER)
    made.apply(item, _quiet)
    assert isinstance(item.spec, FunctionSpec)
    newer = replace(item, spec=replace(item.spec, source_digest="2"))
    said: list[str] = []

    seen = made.apply(newer, said.append)

    assert (seen.state, seen.digest) == (ItemState.READY, newer.digest)
    assert said == []


def test_a_function_is_taken_off_and_may_come_back(made: ImBackend) -> None:
    item, other = function("f", CLUSTER), function("g", CLUSTER)
    for wanted in (item, other):
        made.apply(wanted, _quiet)

    for _ in range(2):
        made.remove(item, keep_data=False, progress=_quiet)
        seen = made.observe([item, other])
        assert (seen[item.id].state, seen[other.id].state) == (ItemState.ABSENT, ItemState.READY)
    assert "del_oscar_function" in _radl(made)

    assert made.apply(item, _quiet).state is ItemState.READY


def test_functions_of_one_cluster_applied_at_once_do_not_undo_each_other(made: ImBackend) -> None:
    items = [function(f"f{number}", CLUSTER) for number in range(4)]
    threads = [Thread(target=made.apply, args=(item, _quiet)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    seen = made.observe(items)

    assert {item.id: seen[item.id].digest for item in items} == {item.id: item.digest for item in items}


def test_scaling_a_cluster_keeps_functions_that_its_template_does_not_name(made: ImBackend) -> None:
    item = function("f", CLUSTER)
    made.apply(item, _quiet)

    made.apply(cluster(CLUSTER, workers=3), _quiet)

    assert made.observe([item])[item.id].digest == item.digest


def test_a_cluster_update_brings_its_changed_functions_with_it(made: ImBackend) -> None:
    before = function("f", CLUSTER, **RICH)
    made.apply(before, _quiet)
    after = function("f", CLUSTER, **PLAIN)

    made.apply(cluster(CLUSTER, workers=3, functions={"f": service("f", **PLAIN)}), _quiet)

    assert made.observe([after])[after.id].digest == after.digest


def test_a_function_whose_cluster_has_no_oscar_is_refused(world: World, place: ImBackend) -> None:
    world.dummy(CLUSTER)
    item = cluster(CLUSTER)
    document = load(item.spec.template)  # type: ignore[union-attr]
    del document["topology_template"]["node_templates"]["oscar"]
    text = yaml_text.dump(document, name="The template")
    bare: Item = replace(item, spec=replace(item.spec, template=text))  # type: ignore[arg-type]
    place.apply(bare, _quiet)

    with pytest.raises(AisprintError, match="can host the function"):
        place.apply(function("f", CLUSTER), _quiet)


def test_functions_that_go_at_the_same_time_are_taken_off_in_one_change(made: ImBackend) -> None:
    items = [function(f"f{number}", CLUSTER) for number in range(6)]
    with ThreadPoolExecutor(len(items)) as pool:
        list(pool.map(lambda item: made.apply(item, _quiet), items))
    functions, said = made._parts()[2], list[str]()

    with ThreadPoolExecutor(len(items)) as pool:
        with functions._lock(CLUSTER):  # so that all of them come before the first one goes
            ends = [
                pool.submit(made.remove, item, keep_data=False, progress=said.append) for item in items[1:]
            ]
            while sum(map(len, functions._leaving.values())) < len(ends):
                time.sleep(0.01)
        for end in ends:
            end.result()

    assert said == [f"Taking 5 functions off {CLUSTER}"]
    states = {found.id: found.state for found in made.observe(items).values()}
    assert [state for state in states.values() if state is not ItemState.ABSENT] == [states[items[0].id]]
