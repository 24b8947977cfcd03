"""The record of builds, references to images, and the reference's list of containers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from image_sketches import DIGEST, built, spec

from aisprint_cli.errors import StateError, UsageError
from aisprint_cli.images.containers_file import CONTAINERS, write_containers
from aisprint_cli.images.prepare import Settings
from aisprint_cli.images.record import BuildRecord, read_record, write_record
from aisprint_cli.images.references import Reference, is_loopback, parse_reference


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    record = BuildRecord((built(), built(spec("find_base-lambda"))), {"registry": "127.0.0.1:5000"})

    write_record(tmp_path, record)

    assert read_record(tmp_path) == record
    assert read_record(tmp_path).settings == record.settings


def test_a_directory_without_a_record_has_built_nothing(tmp_path: Path) -> None:
    assert read_record(tmp_path) == BuildRecord()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"schema": "aisprint.images-record/1", "images": [{}], "settings": {}}',
        '{"schema": "aisprint.images-record/9", "images": [], "settings": {}}',
        '{"schema": "aisprint.images-record/1", "images": 3, "settings": {}}',
        "\x00",
    ],
)
def test_a_record_that_cannot_be_read_says_what_to_do_and_stays(tmp_path: Path, text: str) -> None:
    write_record(tmp_path, BuildRecord())
    path = tmp_path / ".aisprint" / "images.json"
    path.write_text(text)

    with pytest.raises(StateError) as caught:
        read_record(tmp_path)

    assert str(path) in caught.value.message
    assert "aisprint build" in caught.value.mend
    assert path.read_text() == text


def test_a_later_build_takes_the_place_of_an_earlier_one() -> None:
    other = built(spec("sort_base"))
    record = BuildRecord().with_builds([built(), other])

    newer = built(spec(content_digest="d" * 64))

    assert record.with_builds([newer]).entries == (newer, other)


def test_only_exactly_the_same_counts_as_built() -> None:
    record = BuildRecord((built(pushed=False),))

    assert record.has(spec(), pushed=False)
    assert record.has(spec(), pushed=True) is None
    assert record.has(spec(content_digest="d" * 64), pushed=False) is None
    assert record.has(spec(platforms=("linux/amd64",)), pushed=False) is None
    assert record.has(spec(repository="elsewhere.example.org/find"), pushed=False) is None


def test_containers_are_listed_in_the_form_of_the_reference_by_digest(tmp_path: Path) -> None:
    unpushed = built(spec("sort_base"), pushed=False)
    detector = built(spec("drift-detector_main"))
    record = BuildRecord((detector, built(), built(spec("find_partition1_1")), unpushed))
    (tmp_path / CONTAINERS).parent.mkdir(parents=True)

    write_containers(tmp_path, record)

    assert yaml.safe_load((tmp_path / CONTAINERS).read_text()) == {
        "components": {
            "drift-detector": {"docker_images": [f"127.0.0.1:5000/team/drift-detector-main@{DIGEST}"]},
            "find": {
                "docker_images": [
                    f"127.0.0.1:5000/team/find-base@{DIGEST}",
                    f"127.0.0.1:5000/team/find-partition1-1@{DIGEST}",
                ]
            },
        }
    }


@pytest.mark.parametrize(
    ("text", "registry", "repository", "pointer"),
    [
        ("python", "docker.io", "library/python", "latest"),
        ("python:3.12", "docker.io", "library/python", "3.12"),
        ("team/app", "docker.io", "team/app", "latest"),
        ("localhost/app:1", "localhost", "app", "1"),
        ("127.0.0.1:5000/a/b:c", "127.0.0.1:5000", "a/b", "c"),
        ("docker://registry.example.org/a", "registry.example.org", "a", "latest"),
        (f"registry.example.org/a:1@{DIGEST}", "registry.example.org", "a", DIGEST),
    ],
)
def test_references_are_understood_as_registries_do(
    text: str, registry: str, repository: str, pointer: str
) -> None:
    found = parse_reference(text)

    assert (found.registry, found.repository, found.pointer) == (registry, repository, pointer)


@pytest.mark.parametrize("text", ["", "a b", "a@sha256:12", "a@md5:1", "registry/ä"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no image reference"):
        parse_reference(text)


@given(st.text())
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        found = parse_reference(text)
    except ValueError:
        return
    assert isinstance(found, Reference)
    assert found.repository


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("127.0.0.1:5000/a", True),
        ("127.1.2.3/a", True),
        ("localhost/a", True),
        ("localhost:1", True),
        ("[::1]:5000/a", True),
        ("registry.example.org/127.0.0.1", False),
        ("127.example.org/a", False),
        ("127.0.0.1.example.org:5000/a", False),
    ],
)
def test_only_registries_of_this_machine_are_spoken_to_in_clear(name: str, local: bool) -> None:
    assert is_loopback(name) is local


def test_the_reference_defect_of_a_double_slash_without_a_folder_is_gone() -> None:
    settings = Settings(registry="registry.example.org")

    assert settings.repository("find-base") == "registry.example.org/find-base"
    assert replace(settings, folder="/team/").repository("find-base") == "registry.example.org/team/find-base"


@pytest.mark.parametrize("folder", ["Team", "a//b", "a b", "a:b", "-a"])
def test_a_repository_that_no_registry_takes_is_refused(folder: str) -> None:
    with pytest.raises(UsageError, match="cannot be the repository"):
        Settings(registry="registry.example.org", folder=folder).repository("find-base")


def test_the_record_is_versioned(tmp_path: Path) -> None:
    write_record(tmp_path, BuildRecord())

    document = json.loads((tmp_path / ".aisprint" / "images.json").read_text())

    assert document["schema"] == "aisprint.images-record/1"
