"""What an image weighs and what it carries for nothing; which line failed; which revision it is of."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from image_sketches import built, spec, write_files
from registry_double import Answer, registry_double

from aisprint_cli.images.engines.failures import failed_step
from aisprint_cli.images.inventory import take_inventory
from aisprint_cli.images.registry.client import MANIFEST, RegistryClient
from aisprint_cli.images.specification import Built
from aisprint_cli.system.revisions import source_revision

CONFIG = json.dumps(
    {
        "history": [
            {"created_by": "/bin/sh -c #(nop) ADD amd64.tar / # buildkit"},
            {"created_by": "ENV A=1", "empty_layer": True},
            {"created_by": "RUN apt-get install -y gcc # buildkit"},
            {"created_by": "COPY part/ /opt/find/ # buildkit"},
        ]
    }
).encode()
IMAGE = json.dumps(
    {
        "mediaType": MANIFEST,
        "config": {"digest": "sha256:" + hashlib.sha256(CONFIG).hexdigest()},
        "layers": [{"size": 30_000_000}, {"size": 5_000_000}, {"size": 1_000}],
    }
).encode()
DIGEST = "sha256:" + hashlib.sha256(IMAGE).hexdigest()


@pytest.fixture
def client() -> Iterator[RegistryClient]:
    made = RegistryClient(lambda _registry: None)
    yield made
    made.close()


def _published(address: str) -> Built:
    found = built(spec(platforms=("linux/amd64",), repository=f"{address}/team/find-base"))
    return Built(found.spec, DIGEST, {"linux/amd64": DIGEST}, True, 1.0, "buildah")


def _answer(_method: str, path: str, _headers: dict[str, str]) -> Answer:
    return Answer(body=CONFIG if "/blobs/" in path else IMAGE)


def test_layers_are_shown_with_the_step_that_made_them(client: RegistryClient, tmp_path: Path) -> None:
    with registry_double(_answer) as address:
        found = take_inventory(_published(address), client, tmp_path)

    assert found.size("linux/amd64") == 35_001_000
    assert [layer.step for layer in found.layers["linux/amd64"]] == [
        "ADD amd64.tar /",
        "RUN apt-get install -y gcc",
        "COPY part/ /opt/find/",
    ]
    assert not found.missing


def test_a_compiler_that_a_layer_leaves_is_waste(client: RegistryClient, tmp_path: Path) -> None:
    with registry_double(_answer) as address:
        found = take_inventory(_published(address), client, tmp_path)

    assert any("gcc" in warning for warning in found.warnings)


def test_an_image_that_its_registry_lost_is_told(client: RegistryClient, tmp_path: Path) -> None:
    with registry_double(lambda *_: Answer(404)) as address:
        found = take_inventory(_published(address), client, tmp_path)

    assert found.missing


def test_duplicates_tools_and_large_tests_are_waste(client: RegistryClient, tmp_path: Path) -> None:
    packages = tmp_path / "find_base" / "packages" / "amd64"
    for name in ("onnxruntime-1.0", "onnxruntime_gpu-1.0", "pytest-8.0", "numpy-2.0"):
        write_files(packages / f"{name}.dist-info", METADATA="")
    (packages / "numpy" / "tests").mkdir(parents=True)
    (packages / "numpy" / "tests" / "large.bin").write_bytes(bytes(6 << 20))

    warnings = take_inventory(built(pushed=False), client, tmp_path).warnings

    assert len(warnings) == 3
    assert "onnxruntime and onnxruntime-gpu bring the same module" in warnings[0]
    assert "pytest" in warnings[1]
    assert "numpy/tests takes 6 MiB" in warnings[2]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("[2/3] RUN make all", "step RUN make all (Dockerfile:5)"),
        ("2/3: RUN apt-get update && apt-get install x", "(Dockerfile:3)"),
        ("[packages 1/2] COPY a b", "step COPY a b"),
        ("", ""),
        ("importing cache", "step importing cache"),
    ],
)
def test_a_failed_step_is_named_with_its_line(tmp_path: Path, step: str, told: str) -> None:
    text = "FROM base\n# RUN make all\nRUN apt-get update && \\\n    apt-get install x\nRUN make all\n"
    (tmp_path / "Dockerfile").write_text(text)

    found = failed_step(tmp_path / "Dockerfile", step)

    assert found.endswith(told) if told else found == ""


def test_the_revision_is_that_of_the_repository_and_says_whether_files_differ(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ["-c", "user.name=ann", "-c", "user.email=ann@example.org"]
        command = ["git", "-C", str(tmp_path), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert source_revision(tmp_path / "nowhere") == ""
    git("init", "-q")
    write_files(tmp_path, main__py="1")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    head = git("rev-parse", "HEAD")

    assert source_revision(tmp_path) == head
    write_files(tmp_path, main__py="2")
    assert source_revision(tmp_path) == f"{head}-dirty"
