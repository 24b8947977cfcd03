"""An application is built, published and run from its images by digest, with the answers it always gives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

AISPRINT = Path(sys.executable).parent / "aisprint"


class Application:
    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.directory = directory
        self._environment = os.environ | environment

    def __call__(self, command: str, *words: object, code: int = 0) -> str:
        done = subprocess.run(
            [AISPRINT, command, self.directory, *map(str, words)],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def words(
    examples: Path,
    registry: str,
    base_image: str,
    docker_address: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("words")
    shutil.copytree(examples / "word_count", folder / "word_count")
    variables = {
        "AISPRINT_HOME": str(folder / "home"),
        "DOCKER_HOST": docker_address,
        "AISPRINT_REGISTRY": registry,
        "AISPRINT_REGISTRY_FOLDER": "words",
        "AISPRINT_BASE_IMAGE": base_image,
        "AISPRINT_PYTHON": "3.11",
    }
    made = Application(folder / "word_count", variables)
    made("design")
    yield made
    made("undeploy", "--yes")


def _answers(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_images_give_the_answers_that_environments_give(words: Application, tmp_path: Path) -> None:
    built = json.loads(words("build", "-o", "json", "--engine", "buildkit"))
    published = json.loads(words("publish", "-o", "json", "--engine", "buildkit"))
    again = json.loads(words("publish", "-o", "json", "--engine", "buildkit"))
    inputs = words.directory / "input"

    words("deploy", "--yes")
    words("invoke", "--many", inputs, "--output-dir", tmp_path / "environments")
    words("deploy", "--yes", "--runner", "container")
    words("invoke", "--many", inputs, "--output-dir", tmp_path / "containers")
    templates = [yaml.safe_load(path.read_text()) for path in words.directory.rglob("im/*.yaml")]

    assert all(image["built"] and not image["pushed"] for image in built["images"])
    assert all(image["pushed"] for image in published["images"])
    assert not any(image["built"] for image in again["images"])
    digests = {image["digest"] for image in published["images"]}
    named = {
        node["properties"]["image"].partition("@")[2]
        for template in templates
        for node in template["topology_template"]["node_templates"].values()
        if "image" in node.get("properties", {})
    }
    assert named <= digests
    assert named
    assert _answers(tmp_path / "containers") == _answers(tmp_path / "environments")
    assert _answers(tmp_path / "containers")


def test_a_function_without_an_image_says_what_to_do(examples: Path, tmp_path: Path) -> None:
    shutil.copytree(examples / "word_count", tmp_path / "word_count")
    application = Application(tmp_path / "word_count", {"AISPRINT_HOME": str(tmp_path / "home")})
    application("design")

    said = application("deploy", "--yes", "--runner", "container", code=5)
    application("undeploy", "--yes")

    assert "no image to run from" in said
    assert "aisprint publish" in said
