"""A whole application through the commands: its layer is an existing Kubernetes without OSCAR."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_double import World, write_kubeconfig

AISPRINT = Path(sys.executable).parent / "aisprint"
SCRIPT = Path(__file__).parents[2] / "templates" / "local" / "script.sh"
NODES = """ComputationalLayers:
  layer1:
    number: 1
    Resources:
      resource1:
        name: OfficeVM
        kubernetes:
          kubeconfig: kubeconfig
          node_selector: tier=office
          concurrency: 3
        minio:
          endpoint: {storage}
          access_key: env:STORAGE_USER
          secret_key: env:STORAGE_PASSWORD
"""
PLANTED = {"STORAGE_USER": "planted-user", "STORAGE_PASSWORD": "planted-password"}


@pytest.fixture
def words(examples: Path, world: World, storage: str, tmp_path: Path) -> Iterator[Path]:
    """The word count, its layer a Kubernetes and its image one that the double knows."""
    directory = tmp_path / "word_count"
    shutil.copytree(examples / "word_count", directory)
    config = directory / "common_config"
    resources = config / "candidate_resources.yaml"
    resources.write_text(resources.read_text().replace("type: Virtual", "type: PhysicalAlreadyProvisioned"))
    candidates = config / "candidate_deployments.yaml"
    candidates.write_text(candidates.read_text().replace("image:", "image: me/words-amd64:1"))
    (config / "physical_nodes.yaml").write_text(NODES.format(storage=storage))
    write_kubeconfig(world, directory / "kubeconfig")
    image = tmp_path / "image"
    shutil.copytree(directory / "src" / "count", image / "opt" / "count")
    shutil.copy(SCRIPT, image / "opt" / "count" / "script.sh")
    (image / "opt" / "count" / "script.sh").chmod(0o755)
    world.images["me/words-amd64:1"] = image
    run(directory, "design")
    yield directory
    run(directory, "undeploy", "--yes")


def run(directory: Path, command: str, *words: object, code: int = 0) -> str:
    done = subprocess.run(
        [AISPRINT, command, directory, *map(str, words)],
        env=os.environ | PLANTED,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"{command}: {done.stdout}\n{done.stderr}"
    assert "planted" not in done.stdout + done.stderr
    return done.stdout


def test_it_is_planned_deployed_fed_repaired_and_removed(words: Path, world: World, tmp_path: Path) -> None:
    plan = run(words, "plan", "--backend", "cloud")
    run(words, "deploy", "--backend", "cloud", "--yes")
    run(words, "invoke", "--many", words / "input", "--output-dir", tmp_path / "results")
    results = [path for path in (tmp_path / "results").rglob("*") if path.is_file()]
    run(words, "status", "--check")

    (key,) = [key for key in world.objects if key[0] == "ConfigMap" and key[2] == "count"]
    world.objects[key]["data"]["function.json"] = "{}"
    run(words, "status", "--check", code=7)
    run(words, "deploy", "--yes")
    run(words, "status", "--check")
    run(words, "undeploy", "--yes")

    assert "create" in plan
    assert len(results) == len(list((words / "input").iterdir()))
    assert world.objects == {}
    generated = b"".join(path.read_bytes() for path in (words / "aisprint").rglob("*") if path.is_file())
    assert b"planted" not in generated
