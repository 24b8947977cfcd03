"""ECR: the login and the repositories come from AWS, and no password stands where others can read it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "lambda_backend"))

from amazon import ACCESS, ACCOUNT, REGION, SECRET, Amazon, start_moto

from aisprint_cli.backends.aws.container_registry import ContainerRegistry, is_ecr
from aisprint_cli.cli.image_work import Wishes
from aisprint_cli.errors import ExternalError
from aisprint_cli.images.prepare import Settings
from aisprint_cli.images.record import BuildRecord
from aisprint_cli.images.registry.login_files import login_directory
from aisprint_cli.images.specification import Variant

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with start_moto() as url:
        yield url


@pytest.fixture
def amazon(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Amazon:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = Amazon(moto_url)
    found.reset()
    return found


@pytest.mark.parametrize(
    ("name", "is_amazons"),
    [
        (REGISTRY, True),
        (f"{ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com", True),
        (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn", True),
        ("public.ecr.aws", False),
        ("127.0.0.1:5000", False),
        (f"{REGISTRY}.example.org", False),
    ],
)
def test_registries_of_amazon_are_known_by_their_address(name: str, is_amazons: bool) -> None:
    assert is_ecr(name) is is_amazons


def test_the_login_is_that_of_aws(amazon: Amazon) -> None:
    registry = ContainerRegistry(amazon.url)

    login = registry.login(REGISTRY)

    assert login.user == "AWS"
    assert login.password


def test_repositories_are_made_when_they_are_missing(amazon: Amazon) -> None:
    registry = ContainerRegistry(amazon.url)
    names = [f"{REGISTRY}/team/find-base", f"{REGISTRY}/team/sort-base"]

    first = registry.require_repositories([*names, names[0]])
    again = registry.require_repositories(names)

    assert first == tuple(names)
    assert again == ()
    there = amazon.client("ecr").describe_repositories()["repositories"]
    assert {entry["repositoryName"] for entry in there} == {"team/find-base", "team/sort-base"}


def test_an_account_that_refuses_or_is_away_is_told_without_its_secret(
    amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    registry = ContainerRegistry("http://127.0.0.1:9")

    for call in (registry.login, lambda name: registry.require_repositories([f"{name}/find"])):
        with pytest.raises(ExternalError) as caught:
            call(REGISTRY)
        shown = f"{caught.value.message} {caught.value.why} {caught.value.mend}"
        assert f"ECR of the account {ACCOUNT} in {REGION}" in shown
        assert SECRET not in shown


def test_engines_get_the_login_in_a_file_and_not_on_a_command_line(amazon: Amazon) -> None:
    registry = ContainerRegistry(amazon.url)
    password = registry.login(REGISTRY).password

    with login_directory(registry.login, [f"{REGISTRY}/team/find-base"]) as folder:
        assert folder is not None
        lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout

    assert password not in lines
    assert not folder.exists()


def test_images_for_lambda_go_to_ecr_and_others_to_their_registry() -> None:
    settings = Settings("registry.example.org", "team", ecr=f"{REGISTRY}/functions")

    assert settings.repository("find-base") == "registry.example.org/team/find-base"
    assert settings.repository("find-base-lambda", Variant.LAMBDA) == f"{REGISTRY}/functions/find-base-lambda"


def test_ecr_is_remembered_like_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AISPRINT_ECR", "AISPRINT_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    record = BuildRecord((), {"ecr": REGISTRY, "registry": "registry.example.org"})
    said = Wishes(None, None, f"{REGISTRY}/other", None, None)

    assert Wishes(None, None, None, None, None).settings(record).ecr == REGISTRY
    assert said.settings(record).ecr == f"{REGISTRY}/other"
