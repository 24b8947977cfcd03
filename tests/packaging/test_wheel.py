"""The built wheel stands alone: in an empty environment, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import uv

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, checkout],
        check=True,
        capture_output=True,
    )
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    environment = tmp_path_factory.mktemp("empty") / "venv"
    tool = uv.find_uv_bin()
    subprocess.run([tool, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([tool, "pip", "install", "--quiet", "--python", python, wheel], check=True)
    return environment / "bin"


def _aisprint(installed: Path, *arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [installed / "aisprint", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_wheel_carries_templates_and_schemas(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.startswith("aisprint_cli/_data/schemas/") and name.endswith(".json") for name in names)
    assert any(name.startswith("aisprint_cli/_data/templates/new/") for name in names)
    assert "aisprint/annotations.py" in names
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_installed_wheel_scaffolds_validates_designs_and_toscarizes(installed: Path, tmp_path: Path) -> None:
    for command in (
        ["new", "hello"],
        ["validate", "hello", "--strict"],
        ["design", "hello"],
        ["toscarize", "hello", "--base"],
    ):
        result = _aisprint(installed, *command, directory=tmp_path)
        assert result.returncode == 0, (command, result.stdout, result.stderr)
    assert list((tmp_path / "hello/aisprint/deployments/base/im").glob("layer*.yaml"))


def test_installed_wheel_deploys_and_runs_what_it_scaffolds(installed: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        result = _aisprint(installed, *arguments, directory=tmp_path)
        assert result.returncode == 0, (arguments, result.stdout, result.stderr)
        return result

    run("new", "greeter")
    run("design", "greeter")
    run("deploy", "greeter", "--backend", "local", "--yes")
    try:
        sample = next(path for path in sorted((tmp_path / "greeter/input").iterdir()) if path.is_file())
        run("invoke", "greeter", str(sample), "--output-dir", "results")
        assert [path for path in (tmp_path / "results").rglob("*") if path.is_file()]
    finally:
        run("undeploy", "greeter", "--yes")
