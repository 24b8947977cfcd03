"""The OSCAR back end beside OSCAR's own Python client, on clusters of the local runtime."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from directory_backend import cluster, function
from existing_cluster import OSCAR_PASSWORD, ExistingClusters, open_oscar

from aisprint_cli.backends.interface import FunctionSpec, Item, ItemState, JobState, Trace
from aisprint_cli.backends.oscar.backend import OscarBackend

with warnings.catch_warnings():  # its dependencies have syntax that newer Pythons warn of
    warnings.simplefilter("ignore")
    from oscar_python.client import Client

TRACE = "0b0e7f64-2c0e-4b43-9a35-0d1f2a3b4c5d"


class Site:
    def __init__(self, existing: ExistingClusters, backend: OscarBackend) -> None:
        self.existing, self.backend = existing, backend
        self.access: dict[str, dict[str, str]] = {}

    def cluster(self, name: str) -> Item:
        self.access[name] = self.existing.make(name)
        item = cluster(name)
        item = replace(item, spec=replace(item.spec, backend="oscar", access=self.access[name]))
        self.backend.apply(item, lambda _line: None)
        return item

    def function(self, name: str, on: str, script: str, **service: Any) -> Item:
        item = function(name, on, reads=f"{name}/input", writes=((on, f"{name}/output"),))
        spec = item.spec
        assert isinstance(spec, FunctionSpec)
        document = {**spec.service, "script": script, **service}
        return replace(item, spec=replace(spec, backend="oscar", access=self.access[on], service=document))

    def apply(self, item: Item) -> None:
        assert self.backend.apply(item, lambda _line: None).state is ItemState.READY

    def feed(self, path: Path, on: str, name: str) -> Trace:
        path.write_text("ink")
        self.backend.put(on, f"{name}/input/aisprint-{TRACE}.txt", path)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            seen = self.backend.trace(TRACE, wait_s=1.0)
            if seen.complete and seen.jobs:
                return seen
        raise AssertionError(seen)

    def client(self, name: str) -> Client:
        endpoint = self.access[name]["oscar.endpoint"]
        options = {"cluster_id": name, "endpoint": endpoint, "user": "oscar", "ssl": False}
        return Client({**options, "password": OSCAR_PASSWORD})


@pytest.fixture
def site(existing: ExistingClusters, tmp_path: Path) -> Iterator[Site]:
    with closing(open_oscar(tmp_path / "app")) as backend:
        yield Site(existing, backend)


def test_oscars_own_client_sees_the_same_services(site: Site) -> None:
    site.cluster("edge")
    item = site.function("upper", "edge", "echo one")
    site.apply(item)

    (shown,) = site.client("edge").list_services().json()

    assert shown["name"] == "upper"
    assert shown["environment"]["Variables"]["AISPRINT_ITEM"] == item.name
    assert shown["environment"]["Variables"]["AISPRINT_DIGEST"] == item.digest


def test_what_another_client_changed_is_seen_and_brought_back(site: Site) -> None:
    site.cluster("edge")
    item = site.function("upper", "edge", "echo one")
    site.apply(item)
    client = site.client("edge")
    client.update_service("upper", {**client.get_service("upper").json(), "memory": "1Gi"})

    assert site.backend.observe([item])[item.id].digest == ""
    site.apply(item)
    assert client.get_service("upper").json()["memory"] == "64Mi"


def test_a_service_removed_outside_is_absent_and_comes_back(site: Site) -> None:
    site.cluster("edge")
    item = site.function("upper", "edge", "echo one")
    site.apply(item)
    site.client("edge").remove_service("upper")

    assert site.backend.observe([item])[item.id].state is ItemState.ABSENT
    site.apply(item)


def test_functions_go_to_the_cluster_they_were_placed_on(site: Site) -> None:
    """Section 6, 4: with several existing clusters, all went to the first line of credentials."""
    for name in ("one", "two"):
        site.cluster(name)
    site.apply(site.function("upper", "two", "true"))
    site.apply(site.function("sign", "one", "true"))

    names = {name: [s["name"] for s in site.client(name).list_services().json()] for name in ("one", "two")}

    assert names == {"one": ["sign"], "two": ["upper"]}


def test_a_failed_script_is_a_failed_run_and_sends_nothing_on(site: Site, tmp_path: Path) -> None:
    """Section 4.2: the supervisor ignores how a script ended, and sends on what it had written."""
    site.cluster("edge")
    site.apply(site.function("upper", "edge", 'echo half > "$TMP_OUTPUT_DIR/half.txt"; echo no ink; exit 3'))

    (run,) = site.feed(tmp_path / "in.txt", "edge", "upper").jobs

    assert (run.state, run.exit_code, run.outputs) == (JobState.FAILED, 3, ())
    assert "no ink" in site.backend.log(run)
    assert run.input_path == f"upper/input/aisprint-{TRACE}.txt"


def test_an_image_that_cannot_run_here_is_an_honest_failure(site: Site, tmp_path: Path) -> None:
    site.cluster("edge")
    site.apply(site.function("upper", "edge", '"${AISPRINT_ROOT:-}/opt/upper/script.sh"'))

    (run,) = site.feed(tmp_path / "in.txt", "edge", "upper").jobs

    assert (run.state, run.exit_code) == (JobState.FAILED, 127)
    assert "/opt/upper/script.sh" in site.backend.log(run)


def test_output_goes_where_its_rules_say_whatever_its_name(site: Site, tmp_path: Path) -> None:
    site.cluster("edge")
    outputs = [
        {"storage_provider": "minio", "path": "upper/drifted", "suffix": ["_DRIFTED"]},
        {"storage_provider": "minio", "path": "upper/output", "suffix": ["_FINE"]},
    ]
    script = 'cd "$TMP_OUTPUT_DIR"; echo a > "a b_FINE"; echo b > other; mkdir deep; echo c > deep/c_DRIFTED'
    site.apply(site.function("upper", "edge", script, output=outputs))

    (run,) = site.feed(tmp_path / "in.txt", "edge", "upper").jobs

    assert set(run.outputs) == {"edge:upper/output/a b_FINE", "edge:upper/drifted/deep/c_DRIFTED"}
    for number, output in enumerate(run.outputs):
        where, _, path = output.partition(":")
        site.backend.fetch(where, path, tmp_path / f"out{number}")
        assert (tmp_path / f"out{number}").read_text() in {"a\n", "c\n"}
