"""The whole command line with real templates of clusters, on a real Infrastructure Manager."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from im_server import Process
from im_world import World
from installed_command import CommandLine
from tiny_chain import change_component, make_application, redesign

PLANTED = "planted;secret"


@pytest.fixture(scope="module")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_application(tmp_path_factory.mktemp("designed") / "tiny")


@pytest.fixture
def aisprint(tmp_path: Path, designed: Path, im_url: str) -> Iterator[CommandLine]:
    shutil.copytree(designed, tmp_path / "tiny", symlinks=True)
    world = World(im_url, tmp_path / "tiny")
    world.accounts(
        "id = dummy; type = Dummy", f"id = other; type = EC2; username = u; password = '{PLANTED}'"
    )
    environment = {**os.environ, "AISPRINT_IM_URL": im_url, "AISPRINT_HOME": str(tmp_path / "home")}
    command = CommandLine(tmp_path, environment)
    yield command
    command("undeploy", "tiny", "--yes", "--quiet")


def _states(document: dict[str, object]) -> dict[str, str]:
    items = document["items"]
    assert isinstance(items, list)
    return {str(entry["id"]): str(entry["live"]) for entry in items}


def _steps_after(aisprint: CommandLine, old: str, new: str, option: str) -> dict[str, str]:
    """Change the first layer's resource, design again, and deploy: what was done to each item at last."""
    path = aisprint.directory / "tiny" / "common_config" / "candidate_resources.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    redesign(aisprint.directory / "tiny")
    plan = aisprint.json("deploy", "tiny", option)["plan"]
    return {step["item"]: step["action"] for step in plan["steps"]}


def test_an_application_is_deployed_watched_changed_and_removed(
    aisprint: CommandLine, im_process: tuple[str, Process]
) -> None:
    said = aisprint("deploy", "tiny", "--base", "--backend", "im", "--yes")
    ledger = aisprint.directory / "tiny" / ".aisprint" / "ledger.sqlite"

    status = aisprint.json("status", "tiny")
    assert set(_states(status).values()) == {"ready"}
    again = aisprint.json("deploy", "tiny", "--yes")
    assert [step["reason"] for step in again["plan"]["steps"]] == ["as wanted"] * 4
    outputs = aisprint("outputs", "tiny", "-o", "json").stdout
    assert "https://minio.tiny-chain-l1.aisprint.internal" in outputs

    change_component(aisprint.directory / "tiny")
    aisprint("deploy", "tiny", "--yes")
    steps = _steps_after(aisprint, "totalNodes: 2", "totalNodes: 3", "--yes")
    assert steps["cluster/tiny-chain-l1"] == "update"
    steps = _steps_after(aisprint, "computingUnits: 4", "computingUnits: 8", "--plan")
    assert steps["cluster/tiny-chain-l1"] == "replace"
    assert "== cluster/tiny-chain-l1, ready" in aisprint("logs", "tiny", "--infrastructure").stdout
    uris = {line for line in outputs.split('"') if "/infrastructures/" in line}
    assert len(uris) == 2

    aisprint("undeploy", "tiny", "--yes")
    assert {requests.get(f"{uri}/state", headers=_nobody(), timeout=10).status_code for uri in uris} == {404}
    texts = [said.stdout, said.stderr, outputs, *_generated(aisprint.directory / "tiny")]
    assert not any(PLANTED in text for text in texts)
    assert PLANTED.encode() not in ledger.read_bytes()


def _nobody() -> dict[str, str]:
    return {"Authorization": "type = InfrastructureManager; username = nobody; password = nobody"}


def _generated(application: Path) -> list[str]:
    return [path.read_text() for path in (application / "aisprint").rglob("*.yaml")]


def test_missing_credentials_are_told_before_anything_is_planned(aisprint: CommandLine) -> None:
    auth = aisprint.directory / "tiny" / "im" / "auth.dat"
    text = auth.read_text()
    auth.unlink()

    failed = aisprint("deploy", "tiny", "--base", "--backend", "im", "--yes", code=3)

    assert "im/auth.dat" in failed.stderr
    auth.write_text(text)
