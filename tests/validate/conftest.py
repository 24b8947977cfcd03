"""Applications to validate, and the command as a person runs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def continuum(tmp_path: Path, checkout: Path) -> Path:
    """A sound application, copied so that a test can spoil it."""
    directory = tmp_path / "continuum"
    shutil.copytree(checkout / "tests" / "load" / "fixtures" / "continuum", directory)
    return directory
