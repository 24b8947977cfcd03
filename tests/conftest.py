"""What all tests share: the checkout's places, and a home of their own for the local runtime."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the checkout."""
    return CHECKOUT


@pytest.fixture(scope="session")
def examples(checkout: Path) -> Path:
    """The folder of example applications."""
    return checkout / "examples"


@pytest.fixture(autouse=True, scope="session")
def _private_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test touches the state of the person who runs it; environments are shared by all of them."""
    before = os.environ.copy()
    os.environ["AISPRINT_HOME"] = str(tmp_path_factory.mktemp("aisprint-home"))
    os.environ["NO_COLOR"] = "1"
    yield
    os.environ.clear()
    os.environ.update(before)
