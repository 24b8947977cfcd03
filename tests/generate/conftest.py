"""Fixtures shared by the tests of generated files."""

from __future__ import annotations

import pytest
from sketches import Sketch

from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment


@pytest.fixture
def chain() -> tuple[Application, Deployment]:
    """Three parts in a row over two layers."""
    return Sketch(
        places={"locate": 1, "classify": 1, "tally": 2}, edges=(("locate", "classify"), ("classify", "tally"))
    ).build()
