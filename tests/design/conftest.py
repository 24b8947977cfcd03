"""A designed application, made once and copied for each test that changes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from design_directories import write_application
from design_runs import Designer, run_design


@pytest.fixture(scope="session")
def designed_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An application with two splits of one component, designed."""
    directory = write_application(tmp_path_factory.mktemp("designed") / "my_app", splits=2)
    run_design(directory)
    return directory


@pytest.fixture
def designed(designed_template: Path, tmp_path: Path) -> Path:
    """A copy of its own of the designed application."""
    return Path(shutil.copytree(designed_template, tmp_path / "my_app", symlinks=True))


@pytest.fixture
def undesigned(tmp_path: Path) -> Path:
    """An application that was never designed, and has no splits."""
    return write_application(tmp_path / "my_app", splittable=False)


@pytest.fixture
def design() -> Designer:
    """Designs a directory; keyword arguments are the settings."""
    return run_design
