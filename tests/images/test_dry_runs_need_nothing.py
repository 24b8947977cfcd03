"""`aisprint build --dry-run` writes the Dockerfiles where there is no engine, no registry and no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AISPRINT = Path(sys.executable).parent / "aisprint"


@pytest.fixture(scope="module")
def words(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dry") / "word_count"
    shutil.copytree(examples / "word_count", folder)
    subprocess.run([AISPRINT, "design", folder], check=True, capture_output=True)
    return folder


def _run(words: Path, *more: str, code: int = 0) -> tuple[dict[str, Any], str]:
    nothing = words.parent / "no-programs"
    nothing.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PATH": str(nothing),
        "DOCKER_HOST": f"unix://{nothing}/none.sock",
        "UV_OFFLINE": "1",
        "HOME": str(nothing),
    }
    done = subprocess.run(
        [AISPRINT, *more[:1], words, *more[1:], "-o", "json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return (json.loads(done.stdout) if code == 0 else {}), done.stderr


def test_the_reference_defect_of_a_dry_run_that_needs_an_engine_is_gone(words: Path) -> None:
    found, _ = _run(words, "build", "--dry-run", "--registry", "registry.example.org")

    (image,) = found["images"]
    assert found["dry_run"]
    assert not image["built"]
    assert image["platforms"] == ["linux/amd64"]
    assert image["reference"].startswith("registry.example.org/count-base:")
    assert "COPY part/ /opt/count/" in Path(image["dockerfile"]).read_text()
    assert not (words / ".aisprint" / "images.json").exists()


def test_the_drift_detector_is_built_with_the_others(words: Path) -> None:
    folder = words / "common_config" / "drift_detector"
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text("FROM registry.example.org/python:3\n")
    try:
        found, _ = _run(words, "build", "--dry-run", "--registry", "registry.example.org")
    finally:
        shutil.rmtree(folder)

    assert [image["name"] for image in found["images"]] == ["count_base", "drift-detector_main"]


def test_without_an_engine_a_build_says_what_to_install(words: Path) -> None:
    _, said = _run(words, "build", code=5)

    assert "nothing here to build images with" in said
    assert "--dry-run" in said


def test_without_a_registry_nothing_is_published(words: Path) -> None:
    _, said = _run(words, "publish", code=2)

    assert "--registry" in said


def test_what_only_buildx_can_do_is_refused_of_others(words: Path) -> None:
    _, said = _run(words, "build", "--engine", "buildah", "--sbom", code=2)

    assert "--engine buildx" in said


def test_a_name_that_no_image_has_is_refused_with_those_there_are(words: Path) -> None:
    _, said = _run(words, "build", "--dry-run", "--only", "nobody", code=2)

    assert "count_base" in said
