"""`aisprint doctor` says what builds images here, for which machines, and whether the registry takes us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from registry_double import Answer, registry_double

from aisprint_cli.deploy.doctor import Finding, Health
from aisprint_cli.deploy.doctor_images import examine_images
from aisprint_cli.images.record import BuildRecord, write_record
from aisprint_cli.images.registry.client import RegistryClient
from aisprint_cli.images.registry.credentials import Login


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")


@pytest.fixture
def client() -> Iterator[RegistryClient]:
    made = RegistryClient(lambda _registry: Login("ann", "planted-password"))
    yield made
    made.close()


def _found(directory: Path, client: RegistryClient) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine_images(directory, client)}


@pytest.mark.usefixtures("nothing_installed")
def test_each_engine_is_named_with_its_mend(tmp_path: Path, client: RegistryClient) -> None:
    found = _found(tmp_path, client)

    assert [name for name in found if not name.startswith("emulation")] == ["buildx", "buildkit", "buildah"]
    for name in ("buildx", "buildkit", "buildah"):
        assert found[name].health is Health.ADVICE
        assert found[name].mend


@pytest.mark.usefixtures("nothing_installed")
def test_the_engine_that_is_used_is_named(tmp_path: Path, client: RegistryClient) -> None:
    program = tmp_path / "buildah"
    program.write_text('#!/bin/sh\necho \'{"version": "1.28.2"}\'\n')
    program.chmod(0o755)

    found = _found(tmp_path, client)

    assert found["buildah"].detail == "1.28.2, used unless another one is named"
    assert found["buildx"].mend == "Not needed: another engine is there."


@pytest.mark.usefixtures("nothing_installed")
def test_the_registry_of_the_last_build_is_asked(tmp_path: Path, client: RegistryClient) -> None:
    with registry_double(lambda *_: Answer()) as address:
        write_record(tmp_path, BuildRecord((), {"registry": address}))
        there = _found(tmp_path, client)["registry"]
    away = _found(tmp_path, client)["registry"]

    assert (there.health, there.detail) == (Health.OK, f"{address}, logged in")
    assert away.health is Health.ADVICE
    assert "cannot be reached" in away.detail
