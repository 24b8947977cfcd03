"""Applications in the reference form, copied so that a test can spoil them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from load_support import FIXTURES, ApplicationFiles


@pytest.fixture
def application(tmp_path: Path) -> Callable[[str], ApplicationFiles]:
    """Copies one of the fixture applications by its name."""

    def copy(name: str) -> ApplicationFiles:
        directory = tmp_path / name
        shutil.copytree(FIXTURES / name, directory)
        return ApplicationFiles(directory)

    return copy


@pytest.fixture
def continuum(application: Callable[[str], ApplicationFiles]) -> ApplicationFiles:
    """Every kind of layer, a component that may be split, physical nodes."""
    return application("continuum")


@pytest.fixture
def screening(application: Callable[[str], ApplicationFiles]) -> ApplicationFiles:
    """An older form: alternatives, early exits, unknown keys, merge keys."""
    return application("screening")
