"""Setting up a checkout says plainly what a machine lacks, and mends what was left half-made."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
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
        ["/bin/sh", "scripts/bootstrap.sh", tmp_path / ".venv"],
        cwd=checkout,
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


def _write_stand_in_for_uv(folder: Path, noted: Path) -> None:
    """A wheel of a `uv` that notes its environment, and installs nothing."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "uv-1-py3-none-any.whl", "w") as wheel:
        program = zipfile.ZipInfo("uv-1.data/scripts/uv")
        program.external_attr = 0o100755 << 16
        wheel.writestr(program, f"#!/bin/sh\nenv > '{noted}'\n")
        wheel.writestr("uv-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 1\n")
        wheel.writestr(
            "uv-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("uv-1.dist-info/RECORD", "")


def test_the_index_that_pip_is_set_to_holds_for_all_packages(checkout: Path, tmp_path: Path) -> None:
    noted, wheels, settings = tmp_path / "noted", tmp_path / "wheels", tmp_path / "pip.conf"
    _write_stand_in_for_uv(wheels, noted)
    settings.write_text(
        f"[global]\nno-index = true\nfind-links = {wheels}\n"
        "index-url = https://mirror.example/simple\ncert = /etc/own-authority.pem\n"
    )

    of_pip = {"PYTHON": sys.executable, "PIP_CONFIG_FILE": str(settings)}
    done = _set_up(checkout, tmp_path, os.environ["PATH"], **of_pip)

    assert done.returncode == 0, done.stderr
    given = dict(line.split("=", 1) for line in noted.read_text().splitlines() if "=" in line)
    assert given["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert given["UV_FIND_LINKS"] == str(wheels)
    assert given["SSL_CERT_FILE"] == "/etc/own-authority.pem"
