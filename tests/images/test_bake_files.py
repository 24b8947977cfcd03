"""The bake file is what buildx documents, since buildx itself is not to be had on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from image_sketches import spec

from aisprint_cli.images.engines.buildx import bake_document, target_name
from aisprint_cli.images.specification import BuildRequest

TEXTS, LISTS, MAPS, FLAGS = {"context", "dockerfile"}, {"platforms", "tags", "output", "attest"}, set(), set()
LISTS |= {"cache-from", "cache-to", "secret"}
MAPS |= {"args", "labels"}
FLAGS |= {"no-cache"}
"""The attributes of a target in Docker's bake file reference that are used here, by kind."""


def request(name: str = "find_base", **changes: Any) -> BuildRequest:
    found = BuildRequest(
        spec(name),
        Path("/context"),
        Path("/context/Dockerfile"),
        base="base:1",
        arguments={"BASE": "base:1"},
        labels={"title": "find"},
        push=True,
    )
    return replace(found, **changes)


def _check(document: Mapping[str, Any]) -> None:
    assert set(document) == {"group", "target"}
    assert set(document["group"]["default"]["targets"]) == set(document["target"])
    for target in document["target"].values():
        assert set(target) <= TEXTS | LISTS | MAPS | FLAGS
        assert all(isinstance(target[name], str) for name in TEXTS & set(target))
        assert all(isinstance(entry, str) for name in LISTS & set(target) for entry in target[name])
        assert all(isinstance(entry, str) for name in MAPS & set(target) for entry in target[name].values())
        assert all(isinstance(target[name], bool) for name in FLAGS & set(target))


def test_one_file_holds_all_images_each_for_all_its_platforms() -> None:
    document = bake_document([request(), request("sort_base")])

    _check(document)
    assert set(document["target"]) == {"find_base", "sort_base"}
    target = document["target"]["find_base"]
    assert target["platforms"] == ["linux/amd64", "linux/arm64"]
    assert target["tags"] == [spec().reference]
    assert target["output"] == ["type=image,push=true,rewrite-timestamp=true,oci-mediatypes=true"]
    assert target["attest"] == ["type=provenance,disabled=true"]


def test_what_is_not_pushed_is_loaded_where_it_can_be() -> None:
    """Docker's exporter takes no lists of several platforms."""
    several = bake_document([request(push=False)])["target"]["find_base"]
    single = bake_document([request(push=False, spec=spec(platforms=("linux/amd64",)))])["target"][
        "find_base"
    ]

    assert single["output"] == ["type=docker"]
    assert several["output"] == ["type=image,push=false"]


def test_caches_attestations_secrets_and_a_fresh_build_are_options() -> None:
    document = bake_document(
        [request(secrets={"pip_ca": Path("/ca.pem")}, no_cache=True)],
        cache_from=("type=registry,ref=registry.example.org/cache",),
        cache_to=("type=registry,ref=registry.example.org/cache,mode=max",),
        sbom=True,
        provenance=True,
    )

    _check(document)
    target = document["target"]["find_base"]
    assert target["cache-from"] == ["type=registry,ref=registry.example.org/cache"]
    assert target["cache-to"] == ["type=registry,ref=registry.example.org/cache,mode=max"]
    assert target["attest"] == ["type=sbom", "type=provenance,mode=max"]
    assert target["secret"] == ["type=file,id=pip_ca,src=/ca.pem"]
    assert target["no-cache"] is True


@pytest.mark.parametrize(("sbom", "provenance"), [(True, False), (False, True)])
def test_each_attestation_is_wished_by_itself(sbom: bool, provenance: bool) -> None:
    (target,) = bake_document([request()], sbom=sbom, provenance=provenance)["target"].values()

    assert ("type=sbom" in target["attest"]) is sbom
    assert ("type=provenance,mode=max" in target["attest"]) is provenance
    assert ("type=provenance,disabled=true" in target["attest"]) is not provenance


def test_nothing_in_a_value_is_evaluated_by_bake() -> None:
    document = bake_document([request(labels={"title": "${BASE} and %{if} $HOME"})])

    assert document["target"]["find_base"]["labels"] == {"title": "$${BASE} and %%{if} $HOME"}


@pytest.mark.parametrize("name", ["find_base", "find_base-lambda", "a.b c"])
def test_names_of_targets_are_those_that_bake_takes(name: str) -> None:
    assert set(target_name(name)) <= set("abcdefghijklmnopqrstuvwxyz_-")
