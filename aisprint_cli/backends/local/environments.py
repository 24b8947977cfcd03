"""Cached environments: one virtual environment for each set of requirements and Python version."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import filelock

from aisprint_cli.backends.interface import Progress
from aisprint_cli.errors import ExternalError, StateError
from aisprint_cli.load.requirements import Requirements, read_system_packages
from aisprint_cli.system.files import write_atomic
from aisprint_cli.system.installers import Installers, end_former
from aisprint_cli.system.package_index import find_uv, index_settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_SHOWN_LINES: Final = 12
_WAIT_S: Final = 1800.0
_COMPLETE: Final = ".aisprint-complete"


class Environments:
    """Builds environments below a cache directory and finds them again; several processes may build."""

    def __init__(self, cache: Path) -> None:
        self._root = cache / "environments"
        self._installers = Installers()

    def close(self) -> None:
        """End the installations under way; they count only once they are complete."""
        self._installers.end()

    def ensure(self, requirements: Requirements, progress: Progress) -> Path:
        """The environment for some requirements, built if it is not there.

        It counts only once its mark is written, and is built under a lock where it will stay: the
        programs of an environment name its place.

        Raises:
            ExternalError: when a requirement cannot be installed.
            StateError: when the cache cannot be written, or another build takes too long.
        """
        target = self._root / _key(requirements)
        if (target / _COMPLETE).exists():
            return target
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(f"{target}.lock", timeout=_WAIT_S):
                if not (target / _COMPLETE).exists():
                    end_former(target)
                    _build(target, requirements, self._installers, progress)
        except filelock.Timeout:
            raise StateError(f"Another command has been building {target} for too long.") from None
        except OSError as error:
            raise StateError(
                f"The cache of environments {self._root} cannot be written: {error.strerror or error}.",
                mend="Give another directory in AISPRINT_CACHE.",
            ) from error
        return target


def missing_system_packages(directory: Path) -> tuple[str, ...]:
    """Packages of `requirements.sys` that this machine lacks; empty where that cannot be asked."""
    query = shutil.which("dpkg-query")
    packages = read_system_packages(directory)
    if not packages or query is None:
        return ()
    answer = subprocess.run(
        [query, "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    present = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return tuple(name for name in packages if name not in present)


def _key(requirements: Requirements) -> str:
    parts = [
        platform.python_implementation(),
        platform.python_version(),
        platform.machine(),
        sys.base_prefix,
        *sorted(requirements.lines),
    ]
    if requirements.local:
        parts.append(str(requirements.directory))
        parts.extend(_file_marks(requirements.directory))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _file_marks(directory: Path) -> Iterator[str]:
    for file in sorted(directory.rglob("*")):
        if file.is_file():
            yield f"{file.relative_to(directory)} {hashlib.sha256(file.read_bytes()).hexdigest()}"


def _build(target: Path, requirements: Requirements, installers: Installers, progress: Progress) -> None:
    if target.exists():
        shutil.rmtree(target)
    uv = find_uv()
    environment = {**os.environ, **(index_settings(os.environ) if uv else {})}
    environment.pop("VIRTUAL_ENV", None)
    python = target / "bin" / "python"
    create = [uv, "venv", "--quiet", "--python", sys.executable, str(target)] if uv else None
    step = partial(_step, installers, environment, requirements)
    step(create or [sys.executable, "-m", "venv", str(target)])
    if requirements.lines:
        names = ", ".join(_shown(line) for line in requirements.lines[:4])
        more = f" and {len(requirements.lines) - 4} more" if len(requirements.lines) > 4 else ""
        progress(f"Installing {names}{more}")
        listing = target / "requirements.txt"
        write_atomic(listing, "\n".join(requirements.lines) + "\n", mode=0o600)
        install = (
            [uv, "pip", "install", "--python", str(python)]
            if uv
            else [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
        )
        step([*install, "-r", str(listing)])
    write_atomic(target / _COMPLETE, "")


def _step(
    installers: Installers, environment: Mapping[str, str], requirements: Requirements, command: Sequence[str]
) -> None:
    code, said = installers.run(command, requirements.directory, environment)
    if code == 0:
        return
    text = _CREDENTIALS.sub("***@", said)
    culprit = _culprit(text, requirements.lines)
    raise ExternalError(
        f"The requirement {culprit!r} cannot be installed."
        if culprit
        else "The environment of a component cannot be built.",
        why="\n".join(text.strip().splitlines()[-_SHOWN_LINES:]),
        mend="Mend requirements.txt where the component's source is and run `aisprint design`,"
        " or mend the package index that pip or uv use.",
    )


def _culprit(text: str, lines: Sequence[str]) -> str:
    """The requirement whose name the installer's words mention, if it is one alone."""
    found = []
    for line in lines:
        match = _NAME.match(line)
        name = re.escape(match[0]).replace("_", "[-_.]").replace(r"\-", "[-_.]") if match else ""
        if name and re.search(rf"(?<![\w.-]){name}(?![\w-])", text, re.IGNORECASE):
            found.append(_shown(line))
    return found[0] if len(found) == 1 else ""


def _shown(line: str) -> str:
    return _CREDENTIALS.sub("***@", line)
