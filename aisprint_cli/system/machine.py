"""What this machine has: programs, installed packages, room on its disks."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ANSWERS_WITHIN_S = 10.0


def program(name: str) -> str:
    """Where a program is found on the search path; empty where it is not."""
    return shutil.which(name) or ""


def answers(*words: str) -> bool:
    """Whether a program ends well within a few seconds; its output is thrown away."""
    try:
        done = subprocess.run(words, capture_output=True, timeout=_ANSWERS_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def installed(package: str) -> str:
    """The version of an installed Python package; empty where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def free_bytes(path: Path) -> int:
    """Free room for this user on the file system of a path, or of the nearest folder that exists."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def is_private(path: Path) -> bool:
    """Whether only its owner may read a file."""
    return not os.stat(path).st_mode & 0o077  # noqa: PTH116  follows links, as whoever reads it does
