"""Secrets planted in every file that may hold one reach no artefact, no log and no message."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from two_layers import aisprint, generated

from aisprint_cli.generate.read import read_template

KEY = "-----BEGIN KEY-----\nPLANTEDsshkeyline\n-----END KEY-----\n"
PHYSICAL = {
    "ComputationalLayers": {
        "computationalLayer1": {
            "number": 1,
            "Resources": {
                "resource1": {
                    "name": "Pi",
                    "fe_node": {"private_ip": "10.0.1.1", "ssh_user": "pi", "ssh_key": KEY},
                    "wns": [
                        {"private_ip": f"10.0.1.{number}", "ssh_user": "pi", "ssh_key": KEY}
                        for number in (2, 3)
                    ],
                    "influx": {"endpoint": "http://10.0.1.1:8086", "token": "PLANTEDtoken"},
                }
            },
        },
        "computationalLayer2": {
            "number": 2,
            "Resources": {
                "resource1": {
                    "name": "VM",
                    "oscar": {
                        "name": "lab",
                        "endpoint": "https://oscar.example.org",
                        "password": "PLANTEDoscar",
                    },
                    "minio": {
                        "endpoint": "https://minio.example.org",
                        "access_key": "PLANTEDuser",
                        "secret_key": "PLANTEDminio",
                    },
                    "aws": {"access_key": "PLANTEDak", "secret_key": "PLANTEDsk", "bucket": "shop"},
                }
            },
        },
    }
}
OPTIONS = (
    "--influxdb-url",
    "https://influx.example.org",
    "--influxdb-token",
    "env:CENTRAL_TOKEN",
    "--registry-server",
    "registry.example.org",
    "--registry-username",
    "puller",
    "--registry-password",
    "file:registry.txt",
    "--per-component",
)


@pytest.fixture(params=["PhysicalAlreadyProvisioned", "NativeCloudFunction"])
def planted(app: Path, request: pytest.FixtureRequest) -> Path:
    """The application over machines reached over SSH and over what exists already."""
    resources = app / "common_config/candidate_resources.yaml"
    text = resources.read_text().replace("type: Virtual", "type: PhysicalToBeProvisioned", 1)
    resources.write_text(text.replace("type: Virtual", f"type: {request.param}", 1))
    (app / "common_config/physical_nodes.yaml").write_text(yaml.safe_dump(PHYSICAL))
    (app / "im").mkdir(exist_ok=True)
    (app / "im/auth.dat").write_text("type = InfrastructureManager; username = u; password = PLANTEDim\n")
    (app / "registry.txt").write_text("PLANTEDregistry\n")
    assert aisprint("design", app).status == 0
    return app


def sources(app: Path) -> set[Path]:
    return {app / "common_config/physical_nodes.yaml", app / "im/auth.dat", app / "registry.txt"}


def test_no_artefact_log_or_message_holds_one(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENTRAL_TOKEN", "PLANTEDcentral")
    said = [
        aisprint("toscarize", planted, *OPTIONS),
        aisprint("toscarize", planted, "--stdout"),
        aisprint("toscarize", planted, "--stdout", "-o", "json"),
        aisprint("toscarize", planted, "-o", "json", "-vv"),
        aisprint("deploy", planted, "--dry-run", "-o", "json"),
        aisprint("validate", planted),
    ]
    assert [done.status for done in said[:5]] == [0] * 5, [done.err for done in said]
    for done in said:
        assert "PLANTED" not in done.out + done.err
    holders = {path for path in planted.rglob("*") if path.is_file() and b"PLANTED" in path.read_bytes()}
    assert holders == sources(planted)


def test_each_planted_secret_is_named_by_its_place(planted: Path) -> None:
    assert aisprint("toscarize", planted, *OPTIONS).status == 0
    files = generated(planted, "base")
    templates = [read_template(files[f"im/layer{number}.yaml"].decode()) for number in (1, 2)]
    first = "secret://yaml/common_config/physical_nodes.yaml#ComputationalLayers.computationalLayer1"
    for name in ("fe_node.ssh_key", "wns.0.ssh_key", "wns.1.ssh_key", "influx.token"):
        assert f"{first}.Resources.resource1.{name}" in templates[0].secrets
    keys = {reference.rpartition(".")[2] for reference in templates[1].secrets}
    assert "secret_key" in keys
    assert "access_key" in keys


def test_a_secret_is_not_taken_from_the_command_line(app: Path) -> None:
    done = aisprint("toscarize", app, "--influxdb-token", "PLANTEDtoken")
    assert done.status == 2
    assert "env:NAME" in done.err
    assert "PLANTED" not in done.out + done.err
    done = aisprint("toscarize", app, "--influxdb-url", "https://u:PLANTED@influx.example.org")
    assert done.status == 2
    assert "PLANTED" not in done.out + done.err
