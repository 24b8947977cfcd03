"""A moto server as the cloud, and what Lambda does with an image: its runtime client and its supervisor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "deploy"))

from amazon import Amazon, open_lambda, start_moto
from lambda_service import LambdaService, make_runtime
from shop import Shop


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """The address of a moto server that ends with the session."""
    with start_moto() as url:
        yield url


@pytest.fixture
def amazon(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Amazon:
    """An empty account."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = Amazon(moto_url)
    found.reset()
    return found


@pytest.fixture(scope="session")
def lambda_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with Lambda's runtime client and the FaaS supervisor, as an image has them."""
    return make_runtime(tmp_path_factory.mktemp("lambda-runtime"))


@pytest.fixture
def service(amazon: Amazon, lambda_runtime: Path, tmp_path: Path) -> Iterator[LambdaService]:
    """What runs functions when objects come: moto does not."""
    found = LambdaService(amazon, lambda_runtime, tmp_path / "image")
    yield found
    found.close()


@pytest.fixture
def shop(amazon: Amazon, tmp_path: Path) -> Shop:
    """An empty account with an image in ECR."""
    return Shop(amazon, open_lambda(tmp_path), tmp_path, [], amazon.push_image("find"))
