"""The pipelines' own steps, run as their providers run them, but for what only those have.

Left out are the provider's actions (checkout, Python, cache) and the installation: the checkout under
test is installed. `gh` is a stand-in that notes what it is given.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aisprint_cli.errors import UsageError
from aisprint_cli.generate.pipelines import Provider, make_pipeline

TOOLS = Path(sys.executable).parent


@pytest.fixture
def repository(tmp_path: Path, examples: Path) -> Iterator[Path]:
    """A repository with an application in it, and `gh`."""
    root = tmp_path / "repository"
    shutil.copytree(examples / "word_count", root / "apps" / "word_count")
    stand_in = tmp_path / "bin" / "gh"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\necho "$@" > "$GH_NOTES"\n')
    stand_in.chmod(0o755)
    yield root
    _aisprint(root, "undeploy", "apps/word_count", "--yes")


def _aisprint(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TOOLS / "aisprint", *words], cwd=root, capture_output=True, text=True, check=False)


def _shell(root: Path, script: str, variables: dict[str, str]) -> str:
    notes = root.parent
    environment = os.environ | variables
    environment |= {"PATH": f"{notes / 'bin'}:{TOOLS}:{os.environ['PATH']}", "CI": "true"}
    environment |= {"GITHUB_STEP_SUMMARY": str(notes / "summary.md"), "GH_NOTES": str(notes / "gh.txt")}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _github_steps(document: dict[str, Any], job: str) -> Iterator[tuple[str, dict[str, str]]]:
    for step in document["jobs"][job]["steps"]:
        needs_variable = str(step.get("if", "")).startswith("vars.")  # none is set here
        if "run" in step and step["name"] != "Install" and not needs_variable:
            yield step["run"], document["env"] | dict.fromkeys(step.get("env", {}), "1")


def _pipeline(root: Path, provider: str) -> dict[str, Any]:
    done = _aisprint(root, "ci", provider, "apps/word_count", "--backend", "local")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = yaml.safe_load(done.stdout)
    return document


def test_github_plans_for_the_pull_request_and_deploys_the_branch(repository: Path) -> None:
    document = _pipeline(repository, "github")

    for script, variables in _github_steps(document, "plan"):
        _shell(repository, script, variables)
    before = _aisprint(repository, "status", "apps/word_count")
    for script, variables in _github_steps(document, "deploy"):
        _shell(repository, script, variables)
    after = _aisprint(repository, "status", "apps/word_count", "--check")

    plan = (repository / "plan.md").read_text()
    assert "create" in plan
    assert (repository.parent / "summary.md").read_text() == plan
    assert "--body-file plan.md" in (repository.parent / "gh.txt").read_text()
    assert "Nothing of word_count is deployed" in before.stdout
    assert after.returncode == 0


def test_the_branch_is_built_for_the_registry_of_the_provider(
    repository: Path, registry: str, base_image: str
) -> None:
    document = _pipeline(repository, "gitlab")
    variables = {"AISPRINT_REGISTRY": registry, "AISPRINT_REGISTRY_FOLDER": "ci"}
    variables |= {"AISPRINT_BASE_IMAGE": base_image, "AISPRINT_PYTHON": "3.11"}

    for script in document["deploy"]["script"]:
        _shell(repository, script, document["variables"] | variables)

    containers = (repository / "apps/word_count/aisprint/designs/containers.yaml").read_text()
    templates = "".join(path.read_text() for path in (repository / "apps/word_count").rglob("im/*.yaml"))
    images = re.findall(rf"{registry}/ci/\S+@sha256:[0-9a-f]{{64}}", containers)
    assert images
    assert all(image in templates for image in images)


def test_gitlab_plans_for_the_merge_request_and_deploys_the_branch(repository: Path) -> None:
    document = _pipeline(repository, "gitlab")

    shown = [
        _shell(repository, script, document["variables"])
        for job in ("plan", "deploy")
        for script in document[job]["script"]
    ]

    assert any("create" in text for text in shown)
    assert (repository / document["plan"]["artifacts"]["paths"][0]).exists()
    assert _aisprint(repository, "status", "apps/word_count", "--check").returncode == 0


@pytest.mark.parametrize("provider", list(Provider))
@pytest.mark.parametrize(
    "changed",
    [
        {"application": "../elsewhere"},
        {"application": "/somewhere"},
        {"application": "my app"},
        {"backend": "local; rm -rf ."},
        {"branch": "main\n  evil: true"},
        {"package": 'x" && echo "'},
    ],
)
def test_what_would_not_stand_for_itself_in_a_shell_is_refused(
    provider: Provider, changed: dict[str, str]
) -> None:
    values = {"application": "app", "backend": "cloud", "branch": "main", "package": "aisprint==1"}

    with pytest.raises(UsageError):
        make_pipeline(provider, **(values | changed))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("apps/word_cuont",), "apps/word_cuont/common_config/application_dag.yaml"),
        (("apps",), "There is no application at apps"),
        (("apps/word_count", "--backend", "clowd"), "clowd"),
        (("apps/word_count", "--backend", "1=nosuch"), "nosuch"),
    ],
)
def test_a_pipeline_that_could_only_fail_is_not_made(
    repository: Path, words: tuple[str, ...], named: str
) -> None:
    refused = _aisprint(repository, "ci", "github", *words, "--write")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert named in refused.stderr
    assert not (repository / ".github").exists()


def test_a_pipeline_that_is_there_is_not_overwritten(repository: Path) -> None:
    path = repository / ".gitlab-ci.yml"
    path.write_text("mine: true\n")

    refused = _aisprint(repository, "ci", "gitlab", "apps/word_count", "--write")
    kept = path.read_text()
    forced = _aisprint(repository, "ci", "gitlab", "apps/word_count", "--write", "--force")

    assert (refused.returncode, kept) == (2, "mine: true\n")
    assert forced.returncode == 0
    assert "aisprint plan" in path.read_text()
