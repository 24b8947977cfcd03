"""How files go from part to part: the same chain whatever the layers."""

from __future__ import annotations

import pytest
from sketches import Sketch

from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.storage import storage_of
from aisprint_cli.model.resources import LayerKind

NATIVE = {3: LayerKind.FUNCTIONS}


def chain_of(sketch: Sketch, part: str) -> tuple[list[str], list[str]]:
    storage = storage_of(Blueprint(*sketch.build()), part)
    return (
        [f"{folder.provider}: {folder.path}" for folder in storage.inputs],
        [f"{folder.provider}: {folder.path}" for folder in storage.outputs],
    )


def test_a_single_part_reads_its_input_and_writes_its_output() -> None:
    assert chain_of(Sketch({"only_one": 1}), "only_one") == (
        ["minio: only-one/input"],
        ["minio: only-one/output"],
    )


def test_the_consumer_reads_a_bucket_named_after_the_producer() -> None:
    sketch = Sketch({"a_b": 1, "c": 1}, (("a_b", "c"),))
    assert chain_of(sketch, "a_b") == (["minio: a-b/input"], ["minio: a-b/output"])
    assert chain_of(sketch, "c") == (["minio: a-b/output"], ["minio: c/output"])


def test_a_producer_writes_to_the_storage_of_the_successors_cluster() -> None:
    sketch = Sketch({"one": 1, "two": 2}, (("one", "two"),))
    assert chain_of(sketch, "one")[1] == ["minio.my-app-l2: one/output"]
    assert chain_of(sketch, "two")[0] == ["minio: one/output"]


def test_successors_on_the_same_and_on_other_clusters_each_get_the_file_once() -> None:
    edges = (("src", "here"), ("src", "far"), ("src", "too"), ("src", "cloud"))
    sketch = Sketch({"src": 1, "here": 1, "far": 2, "too": 2, "cloud": 3}, edges, NATIVE)
    assert chain_of(sketch, "src")[1] == [
        "minio: src/output",
        "minio.my-app-l2: src/output",
        "s3.my-app-l3: my-app-l3/src/output",
    ]
    for name in ("here", "far", "too"):
        assert chain_of(sketch, name)[0] == ["minio: src/output"]
    assert chain_of(sketch, "cloud")[0] == ["s3: my-app-l3/src/output"]


def test_a_part_with_several_predecessors_is_set_off_by_each_of_them() -> None:
    edges = (("left", "join"), ("right", "join"), ("cloud", "join"))
    sketch = Sketch({"left": 1, "right": 2, "cloud": 3, "join": 1}, edges, NATIVE)
    assert chain_of(sketch, "join")[0] == [
        "minio: left/output",
        "minio: right/output",
        "minio: cloud/output",
    ]


def test_several_entries_and_sinks_have_folders_of_their_own() -> None:
    edges = (("in1", "mid"), ("in2", "mid"), ("mid", "out1"), ("mid", "out2"))
    sketch = Sketch({"in1": 1, "in2": 2, "mid": 1, "out1": 1, "out2": 2}, edges)
    assert chain_of(sketch, "in1")[0] == ["minio: in1/input"]
    assert chain_of(sketch, "in2")[0] == ["minio: in2/input"]
    assert chain_of(sketch, "out1")[1] == ["minio: out1/output"]
    assert chain_of(sketch, "out2")[1] == ["minio: out2/output"]


@pytest.mark.parametrize(
    ("places", "written"),
    [
        ({"first": 3, "second": 3}, "s3: my-app-l3/first/output"),
        ({"first": 3, "second": 1}, "minio.my-app-l1: first/output"),
        ({"first": 1, "second": 3}, "s3.my-app-l3: my-app-l3/first/output"),
        ({"first": 3, "second": 4}, "s3.my-app-l4: my-app-l4/first/output"),
    ],
)
def test_native_functions_chain_over_s3(places: dict[str, int], written: str) -> None:
    kinds = {3: LayerKind.FUNCTIONS, 4: LayerKind.FUNCTIONS}
    sketch = Sketch(places, (("first", "second"),), kinds)
    assert chain_of(sketch, "first")[1] == [written]


def test_native_entries_and_sinks_stay_in_the_layers_own_bucket() -> None:
    assert chain_of(Sketch({"fn": 3}, kinds=NATIVE), "fn") == (
        ["s3: my-app-l3/fn/input"],
        ["s3: my-app-l3/fn/output"],
    )


def test_a_writer_gets_exactly_the_providers_it_names() -> None:
    edges = (("src", "far"), ("src", "cloud"))
    blueprint = Blueprint(*Sketch({"src": 1, "far": 2, "cloud": 3}, edges, NATIVE).build())
    storage = storage_of(blueprint, "src")
    named = {folder.provider for folder in storage.outputs}
    given = {f"{kind}.{name}" for kind, entries in storage.providers().items() for name in entries}
    assert named == given
    assert storage_of(blueprint, "far").providers() == {}
