"""`aisprint doctor`: every finding with its mend, credentials by name only, nothing changed."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from directory_backend import DirectoryBackend, cluster, plain_secret
from installed_command import CommandLine
from tiny_chain import redesign

from aisprint_cli.deploy.doctor import (
    Finding,
    Health,
    examine_application,
    examine_credentials,
    examine_room,
    examine_tools,
)
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.planner import Action
from aisprint_cli.deploy.secrets import SecretStore
from aisprint_cli.deploy.workspace import Workspace

DOUBLE = ("--backend", "directory")


def _by_what(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(finding["area"], finding["what"]): finding for finding in found["findings"]}


def test_a_sound_application_has_nothing_missing(aisprint: CommandLine) -> None:
    found = aisprint.json("doctor", "tiny", *DOUBLE)

    assert found["schema"] == "aisprint.doctor/1"
    findings = _by_what(found)
    assert findings["tools", "python"]["health"] == "ok"
    assert findings["tools", "onnxruntime"]["health"] == "ok"
    assert findings["application", "design"]["detail"] == "base of tiny_chain can be deployed"
    assert findings["back end", "directory"]["detail"] == "tiny-chain-l1 absent, tiny-chain-l2 absent"
    assert "doctor" not in aisprint("doctor", "tiny", *DOUBLE).stderr


def test_a_back_end_that_does_not_answer_is_what_keeps_it_from_working(aisprint: CommandLine) -> None:
    DirectoryBackend(aisprint.directory / "world", plain_secret).setting(silent=True)

    ended = aisprint("doctor", "tiny", *DOUBLE, code=5)

    assert "back end directory" in ended.stderr
    assert "The world does not answer." in ended.stdout


def test_a_back_end_that_is_named_is_looked_at_whatever_keeps_the_design_from_it(
    aisprint: CommandLine,
) -> None:
    path = aisprint.directory / "tiny" / "common_config" / "candidate_deployments.yaml"
    path.write_text(re.sub(r"image: .*", "image:", path.read_text()))
    redesign(aisprint.directory / "tiny")

    found = _by_what(aisprint.json("doctor", "tiny", "--backend", "im", code=5))

    assert "No image is named for upper" in found["application", "design"]["detail"]
    assert "Build and push an image" in found["application", "design"]["mend"]
    assert found["back end", "im"]["health"] == "missing"
    assert "im/auth.dat" in found["back end", "im"]["mend"]


def test_a_secret_without_a_value_is_named(ledger: Ledger, tmp_path: Path) -> None:
    store = SecretStore(ledger, tmp_path, {"KNOWN": "hunter2"})
    backend = DirectoryBackend(tmp_path / "world", store)
    item = cluster("shop-l1")
    deployment = ledger.begin("directory", "shop", "base", {})
    access = {"a": "secret://env/KNOWN", "b": "secret://env/LOST"}
    secret = replace(item, spec=replace(item.spec, backend="directory", access=access))
    ledger.intend(deployment, Action.CREATE, secret, "new")
    opened = Workspace(tmp_path, tmp_path, ledger, store, backend, "directory")

    found = {finding.what: finding for finding in examine_application(opened)}

    assert found["secret"].health is Health.MISSING
    assert found["secret"].detail.startswith("secret://env/LOST has no value")
    assert found["design"].health is Health.ADVICE


def test_outside_an_application_it_looks_at_the_machine_only(aisprint: CommandLine) -> None:
    (aisprint.directory / "empty").mkdir()

    found = aisprint.json("doctor", "empty")

    assert {finding["area"] for finding in found["findings"]} == {"tools", "credentials", "images", "disk"}
    assert list((aisprint.directory / "empty").iterdir()) == []


def _credentials(directory: Path, **environment: str) -> dict[str, Finding]:
    found = examine_credentials(directory, {"HOME": str(directory), **environment})
    return {finding.what: finding for finding in found}


def test_credentials_are_found_and_never_shown(tmp_path: Path) -> None:
    auth = tmp_path / "im" / "auth.dat"
    auth.parent.mkdir()
    auth.write_text("id = im; type = InfrastructureManager; username = u; password = hunter2\n")
    auth.chmod(0o600)

    found = _credentials(tmp_path, AWS_ACCESS_KEY_ID="AKIAHUNTER2")

    assert found["Infrastructure Manager"] == Finding(
        "credentials", "Infrastructure Manager", Health.OK, str(auth)
    )
    assert found["AWS"].detail == "variable AWS_ACCESS_KEY_ID"
    assert found["Kubernetes"].health is Health.ADVICE
    assert "HUNTER2" not in str(found).upper().replace(str(tmp_path).upper(), "")


def test_a_file_that_others_may_read_is_told(tmp_path: Path) -> None:
    config = tmp_path / ".kube" / "config"
    config.parent.mkdir()
    config.write_text("apiVersion: v1\n")
    config.chmod(0o644)

    found = _credentials(tmp_path)["Kubernetes"]

    assert (found.health, found.mend) == (Health.ADVICE, f"chmod 600 {config}")


def test_tools_that_are_not_there_say_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)

    found = {finding.what: finding for finding in examine_tools()}

    assert found["chromium"].health is Health.ADVICE
    assert found["uv"].detail.startswith("package ")


def test_room_is_that_of_the_place_or_of_what_will_hold_it(tmp_path: Path) -> None:
    (finding, *_) = examine_room(tmp_path / "not" / "there" / "yet")

    assert "GiB free" in finding.detail
