"""Setting up a checkout says plainly what a machine lacks, and mends what was left half-made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder that holds all the programs there are."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def _set_up(checkout: Path, tmp_path: Path, path: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", checkout / "scripts" / "bootstrap.sh", tmp_path / ".venv"],
        cwd=tmp_path,
        env={"PATH": path, "HOME": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _python(programs: Path, begin: str) -> None:
    """A `python3` that does `begin`, in shell, before it is this Python."""
    script = programs / "python3"
    script.write_text(f'#!/bin/sh\n{begin}\nexec "{sys.executable}" "$@"\n')
    script.chmod(0o755)


def test_without_python_it_says_which_one_to_install(checkout: Path, programs: Path, tmp_path: Path) -> None:
    done = _set_up(checkout, tmp_path, str(programs))
    assert done.returncode == 1
    assert "no Python 3.11 to 3.13 was found" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_an_old_python_is_none(checkout: Path, programs: Path, tmp_path: Path) -> None:
    _python(programs, "exit 1")  # what the question for its version answers
    assert "no Python 3.11 to 3.13 was found" in _set_up(checkout, tmp_path, str(programs)).stderr


def test_without_the_venv_package_it_names_it(checkout: Path, programs: Path, tmp_path: Path) -> None:
    _python(programs, 'case "$2" in *ensurepip*) exit 1;; esac')
    done = _set_up(checkout, tmp_path, str(programs))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("left", ["nothing", "no pip", "a dangling link"])
def test_what_an_earlier_try_left_is_made_anew(checkout: Path, tmp_path: Path, left: str) -> None:
    environment = tmp_path / ".venv"
    if left == "no pip":
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    elif left == "a dangling link":
        (environment / "bin").mkdir(parents=True)
        (environment / "bin" / "python").symlink_to(tmp_path / "gone")

    offline = {"PYTHON": sys.executable, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    done = _set_up(checkout, tmp_path, os.environ["PATH"], **offline)

    assert ("making" in done.stderr) == (left != "nothing")
    assert "the package index could not be reached" in done.stderr
    asked = subprocess.run([environment / "bin" / "python", "-c", "import pip"], check=False)
    assert asked.returncode == 0
