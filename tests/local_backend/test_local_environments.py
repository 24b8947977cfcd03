"""Environments are built once, say what cannot be had, and leave no installer behind."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from private_runtime import alive, resolve, wait_until

from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.environments import Environments, missing_system_packages
from aisprint_cli.errors import ExternalError
from aisprint_cli.load.requirements import read_requirements
from aisprint_cli.system.installers import Installers, end_former


def test_requirements_are_installed_once_for_the_same_text(tmp_path: Path, cache: Path) -> None:
    wheelhouse = make_package(tmp_path / "package")
    notes: list[str] = []
    environments = Environments(cache)
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text("aisprint>=0.1\n-r more.txt\n")
        (tmp_path / name / "more.txt").write_text(f"tiny-thing @ {wheelhouse.as_uri()}  # a comment\n")
        found.append(environments.ensure(read_requirements(tmp_path / name), notes.append))
    assert found[0] == found[1]
    assert len(notes) == 1
    answer = subprocess.run(
        [found[0] / "bin" / "python", "-c", "import tiny_thing; print(tiny_thing.answer)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "42\n"


def test_a_requirement_that_cannot_be_had_is_named(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "requirements.txt").write_text("./no-such-package\n")
    with pytest.raises(ExternalError, match="cannot be") as caught:
        Environments(cache).ensure(read_requirements(tmp_path), lambda _: None)
    assert "no-such-package" in caught.value.why
    assert "requirements.txt" in caught.value.mend
    assert "aisprint design" in caught.value.mend


def test_an_installation_ends_with_the_back_end_that_began_it(tmp_path: Path, cache: Path) -> None:
    """A package whose building takes for ever: the second Ctrl-C leaves nothing at work."""
    mark = make_endless_package(tmp_path / "package")
    (tmp_path / "requirements.txt").write_text("--no-index\n./package\n")
    with closing(LocalBackend(tmp_path, resolve, tmp_path / "home", cache)) as backend:
        requirements = read_requirements(tmp_path)
        with ThreadPoolExecutor(1) as pool:
            building = pool.submit(backend._environments.ensure, requirements, lambda _: None)
            wait_until(lambda: mark.exists() and mark.read_text(), "the building to begin")
            backend.close()
            with pytest.raises(ExternalError):
                building.result(60)
    wait_until(lambda: not alive(int(mark.read_text())), "the building to end")


def test_many_installations_share_the_machine_and_none_begins_after_the_end(tmp_path: Path) -> None:
    installers = Installers(at_once=1)
    command = ["sh", "-c", "mkdir busy && sleep 0.1 && rmdir busy && echo $$ >> done"]
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: installers.run(command, tmp_path, {})[0], range(4)))
    assert codes == [0] * 4

    installers.end()

    assert installers.run(command, tmp_path, {})[0] != 0
    assert len((tmp_path / "done").read_text().split()) == 4


def test_an_installer_that_a_killed_command_left_is_ended_before_the_next(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(tmp_path / "env")])
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(tmp_path / "new")])
    try:
        end_former(tmp_path / "env")
        assert not alive(left.pid)
        assert other.poll() is None
    finally:
        for process in (left, other):
            process.kill()
            process.wait(60)


def test_a_version_that_does_not_exist_names_its_requirement(tmp_path: Path, cache: Path) -> None:
    wheel = make_package(tmp_path / "package")
    text = f"--no-index\n--find-links {wheel.parent.as_uri()}\ntiny-thing==9.9\n"
    (tmp_path / "requirements.txt").write_text(text)
    with pytest.raises(ExternalError) as caught:
        Environments(cache).ensure(read_requirements(tmp_path), lambda _: None)
    assert caught.value.message == "The requirement 'tiny-thing==9.9' cannot be installed."


def test_system_packages_that_are_missing_are_listed(tmp_path: Path) -> None:
    (tmp_path / "requirements.sys").write_text("dpkg\nno-such-package-anywhere\n# comment\n")
    assert missing_system_packages(tmp_path) in {("no-such-package-anywhere",), ()}
    (tmp_path / "requirements.sys").write_text("")
    assert missing_system_packages(tmp_path) == ()


def make_endless_package(directory: Path) -> Path:
    """A source package with a build back end of its own that writes its process id and then waits."""
    directory.mkdir()
    mark = directory / "mark"
    (directory / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "endless"\nbackend-path = ["."]\n'
        '[project]\nname = "endless"\nversion = "1"\n'
    )
    (directory / "endless.py").write_text(
        "import os, time\ndef build_wheel(*_):\n"
        f"    open({str(mark)!r}, 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
    )
    return mark


def make_package(directory: Path) -> Path:
    """A wheel written by hand: nothing has to be downloaded to test an installation."""
    import zipfile

    directory.mkdir()
    wheel = directory / "tiny_thing-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.0\n"
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members = {
        "tiny_thing.py": "answer = 42\n",
        "tiny_thing-1.0.dist-info/METADATA": metadata,
        "tiny_thing-1.0.dist-info/WHEEL": tags,
    }
    record = "".join(f"{name},,\n" for name in members) + "tiny_thing-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**members, "tiny_thing-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    return wheel
