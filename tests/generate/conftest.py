"""Fixtures shared by the tests of generated files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sketches import Sketch
from two_layers import aisprint, write_application

from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment


@pytest.fixture
def chain() -> tuple[Application, Deployment]:
    """Three parts in a row over two layers."""
    return Sketch(
        places={"locate": 1, "classify": 1, "tally": 2}, edges=(("locate", "classify"), ("classify", "tally"))
    ).build()


@pytest.fixture(scope="session")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("designed") / "two_layers"
    write_application(directory)
    done = aisprint("design", directory)
    assert done.status == 0, done.err
    return directory


@pytest.fixture
def app(designed: Path, tmp_path: Path) -> Path:
    """A copy of the application, designed."""
    return Path(shutil.copytree(designed, tmp_path / "two_layers", symlinks=True))
