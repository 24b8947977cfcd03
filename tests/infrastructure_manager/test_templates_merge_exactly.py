"""What the server makes of a kept and a posted template, and what follows from it. No server needed."""

from __future__ import annotations

import string
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from small_templates import cluster_document, service

from aisprint_cli.backends.im.documents import (
    functions_in,
    merged,
    nodes_of,
    obstacles,
    prepared,
    update_of,
    with_function,
    without_functions,
)
from aisprint_cli.backends.im.function_nodes import comparable, properties_of, service_of

WORDS = st.text(string.ascii_letters + string.digits + "'\" :/-_{}\n", min_size=1, max_size=8)
FOLDERS = st.lists(
    st.fixed_dictionaries(
        {"storage_provider": WORDS, "path": WORDS},
        optional={"suffix": st.lists(WORDS, min_size=1, max_size=2)},
    ),
    max_size=3,
)
SERVICES = st.fixed_dictionaries(
    {
        "name": st.just("f"),
        "image": st.sampled_from(["registry.example/f:1", "python:3.11", "oscar://host/x"]),
        "script": WORDS,
        "memory": st.sampled_from(["128Mi", "1024Mi"]),
        "cpu": st.sampled_from(["0.5", "1", "2.25"]),
    },
    optional={
        "environment": st.fixed_dictionaries({"Variables": st.dictionaries(WORDS, WORDS, max_size=3)}),
        "expose": st.dictionaries(st.sampled_from(["api_port", "min_scale"]), st.integers(0, 9), max_size=2),
        "enable_gpu": st.booleans(),
        "input": FOLDERS,
        "output": FOLDERS,
        "image_pull_secrets": st.lists(WORDS, max_size=2),
        "storage_providers": st.dictionaries(
            st.sampled_from(["minio", "s3"]),
            st.dictionaries(WORDS, st.just({"region": "r"}), max_size=2),
            max_size=2,
        ),
    },
)


def _service(document: dict[str, Any], name: str) -> dict[str, Any]:
    return dict(functions_in(document))[name]


@given(SERVICES)
def test_a_service_comes_back_from_its_node(wanted: dict[str, Any]) -> None:
    back = service_of(properties_of(wanted), {})

    expected = comparable(wanted)
    expected["environment"] = {"Variables": (wanted.get("environment") or {}).get("Variables", {})}
    assert back == comparable(expected)


@given(st.lists(SERVICES, min_size=2, max_size=4))
def test_a_function_becomes_exactly_what_was_posted_last(services: list[dict[str, Any]]) -> None:
    kept = prepared(cluster_document("app-l1"))
    alone = with_function(kept, "oscar_service_f", services[-1], "oscar")

    for wanted in services:
        kept = merged(kept, with_function(kept, "oscar_service_f", wanted, "oscar"))

    assert _service(kept, "oscar_service_f") == _service(alone, "oscar_service_f")


def test_a_function_that_was_removed_is_no_longer_asked_for_and_may_come_back() -> None:
    kept = prepared(cluster_document("app-l1", functions={"f": service("f")}))
    gone = merged(kept, without_functions(kept, ["oscar_service_f"]))

    back = merged(gone, with_function(gone, "oscar_service_f", service("f", cpu="2"), "oscar"))

    assert dict(functions_in(gone)) == {}
    assert _service(back, "oscar_service_f")["cpu"] == "2"


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = deepcopy(document)
    del nodes_of(found)[name]
    return found


def test_workers_that_are_no_longer_wanted_count_nothing() -> None:
    kept = prepared(cluster_document("app-l1", functions={"f": service("f")}))
    wanted = _without(cluster_document("app-l1"), "workers")

    sent = update_of(kept, wanted)

    assert nodes_of(sent)["workers"]["capabilities"]["scalable"]["properties"]["count"] == 0
    assert _service(sent, "oscar_service_f") == _service(kept, "oscar_service_f")
    assert obstacles(kept, wanted) == []
    assert nodes_of(wanted).keys() == {"front", "oscar"}


def test_obstacles_name_what_would_have_to_become_another_one() -> None:
    before = cluster_document("app-l1")
    longer, other = deepcopy(before), deepcopy(before)
    nodes_of(longer)["oscar"]["properties"]["dns_host"] = "elsewhere"
    nodes_of(other)["front"]["capabilities"]["os"]["properties"]["image"] = "another"

    assert obstacles(before, cluster_document("app-l1", workers=9, functions={"f": service("f")})) == []
    assert obstacles(before, longer) == []
    assert obstacles(before, other) == ["front is to be another one"]
    assert obstacles(before, cluster_document("app-l1", account="b")) == ["it goes to another account"]
    assert obstacles(before, _without(before, "oscar")) == ["oscar is no longer wanted"]
    shorter = deepcopy(before)
    del nodes_of(shorter)["oscar"]["properties"]["dns_host"]
    assert obstacles(before, shorter) == ["oscar loses a setting"]
