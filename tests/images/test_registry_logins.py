"""Logins are found where Docker keeps them, and given on without ever standing on a command line."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from aisprint_cli.images.registry.credentials import Login, docker_login
from aisprint_cli.images.registry.login_files import login_directory

REGISTRY = "registry.example.org:5000"


def _auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes Docker's configuration."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    def write(document: object) -> None:
        text = document if isinstance(document, str) else json.dumps(document)
        (tmp_path / "config.json").write_text(text)

    return write


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a credential helper `docker-credential-<name>` on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(name: str, body: str) -> None:
        path = folder / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    return write


@pytest.mark.parametrize("name", [REGISTRY, f"https://{REGISTRY}", f"https://{REGISTRY}/v2/"])
def test_an_entry_of_the_file_is_found_under_each_form_of_its_name(configure: Any, name: str) -> None:
    configure({"auths": {name: _auth("ann", "pass:word")}})

    assert docker_login(REGISTRY) == Login("ann", "pass:word")
    assert docker_login("other.example.org") is None


@pytest.mark.parametrize("name", ["docker.io", "registry-1.docker.io"])
def test_the_hub_has_its_old_name(configure: Any, name: str) -> None:
    configure({"auths": {"https://index.docker.io/v1/": _auth("ann", "pw")}})

    assert docker_login(name) == Login("ann", "pw")


def test_an_identity_token_takes_the_place_of_a_password(configure: Any) -> None:
    configure({"auths": {REGISTRY: {"auth": "", "identitytoken": "token"}}})

    found = docker_login(REGISTRY)

    assert found is not None
    assert found.is_token


def test_a_helper_of_the_registry_goes_before_the_file(configure: Any, helper: Any) -> None:
    configure({"credHelpers": {REGISTRY: "own"}, "auths": {REGISTRY: _auth("file", "pw")}})
    helper("own", 'read name; printf \'{"Username": "helped", "Secret": "%s"}\' "$name"')

    assert docker_login(REGISTRY) == Login("helped", REGISTRY)


def test_a_store_is_asked_for_every_registry(configure: Any, helper: Any) -> None:
    configure({"credsStore": "all"})
    helper("all", 'printf \'{"Username": "stored", "Secret": "pw"}\'')

    assert docker_login(REGISTRY) == Login("stored", "pw")


@pytest.mark.parametrize("body", ["exit 1", "printf nonsense", "printf '{}'", "printf '[]'"])
def test_a_helper_that_has_nothing_counts_as_none(configure: Any, helper: Any, body: str) -> None:
    configure({"credsStore": "bad", "auths": {REGISTRY: _auth("file", "pw")}})
    helper("bad", body)

    assert docker_login(REGISTRY) == Login("file", "pw")


@pytest.mark.parametrize(
    "document",
    ["{", "[]", '"text"', {"auths": []}, {"auths": {REGISTRY: 3}}, {"auths": {REGISTRY: {"auth": "!"}}}],
)
def test_a_configuration_that_cannot_be_read_counts_as_none(configure: Any, document: object) -> None:
    configure(document)

    assert docker_login(REGISTRY) is None


def test_without_a_configuration_we_are_nobody(tmp_path: Path) -> None:
    assert docker_login(REGISTRY, {"HOME": str(tmp_path)}) is None


def test_a_password_never_shows() -> None:
    assert "pw" not in repr(Login("ann", "pw"))


def test_logins_of_another_kind_are_given_on_in_a_private_file_that_goes(configure: Any) -> None:
    configure({"auths": {"kept.example.org": _auth("kept", "pw")}, "credsStore": "desktop"})

    with login_directory(lambda _name: Login("AWS", "secret"), [f"{REGISTRY}/team/find"]) as folder:
        assert folder is not None
        path = folder / "config.json"
        document = json.loads(path.read_text())
        mode = stat.S_IMODE(path.stat().st_mode) | stat.S_IMODE(folder.stat().st_mode)

    assert document["auths"] == {REGISTRY: _auth("AWS", "secret"), "kept.example.org": _auth("kept", "pw")}
    assert "credsStore" not in document
    assert not mode & 0o077
    assert not folder.exists()


def test_what_docker_knows_itself_needs_no_file(configure: Any) -> None:
    configure({"auths": {REGISTRY: _auth("ann", "pw")}})

    with login_directory(docker_login, [f"{REGISTRY}/team/find", "python:3.12"]) as folder:
        assert folder is None
