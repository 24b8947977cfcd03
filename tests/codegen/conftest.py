"""The model and the runner that the tests of code generation share."""

from __future__ import annotations

from pathlib import Path

import pytest
from component_runner import Models, Runner, make_models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return make_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def runner(tmp_path: Path, models: Models) -> Runner:
    return Runner(tmp_path, models)
