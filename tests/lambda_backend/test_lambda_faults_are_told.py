"""Whatever AWS answers is told in words, without secrets, and a second run ends what the first began."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from amazon import ACCESS, SECRET, Amazon, open_lambda
from shop import FUNCTION, Shop
from troubled_cloud import Trouble, TroubledCloud

from aisprint_cli.backends.aws import functions
from aisprint_cli.backends.interface import Item, ItemState
from aisprint_cli.errors import AisprintError, ExternalError, Retry


@pytest.fixture
def cloud(moto_url: str) -> Iterator[TroubledCloud]:
    with closing(TroubledCloud(moto_url)) as found:
        yield found


@pytest.fixture
def shop(amazon: Amazon, cloud: TroubledCloud, tmp_path: Path) -> Shop:
    """The shop, which reaches the account by the troubled way."""
    image = amazon.push_image("find")
    found = Amazon(amazon.url)
    found.access = lambda **facts: {**amazon.access(**facts), "aws.endpoint": cloud.url}  # type: ignore[method-assign]
    return Shop(found, open_lambda(tmp_path), tmp_path, [], image)


def words(error: AisprintError) -> str:
    return f"{error.message} {error.why} {error.mend}"


@pytest.mark.parametrize(
    ("trouble", "said", "retry"),
    [
        (Trouble("sts", 403, "ExpiredToken", "The security token is expired"), "Sign in again", Retry.NEVER),
        (Trouble("sts", 403, "InvalidClientTokenId", "no such key"), "access key", Retry.NEVER),
        (Trouble("sts", 403, "SignatureDoesNotMatch", "not 15 min old"), "clock", Retry.NEVER),
        (Trouble("s3 HEAD", 503, "SlowDown", times=9), "in a while", Retry.LATER),
        (Trouble("s3 PUT", 403, "RequestTimeTooSkewed", "difference"), "clock", Retry.NEVER),
        (Trouble("s3 PUT", 403, "AccessDenied", "no"), "permission", Retry.NEVER),
        (Trouble("iam CreateRole", 429, "Throttling", times=9), "in a while", Retry.LATER),
        (Trouble("iam CreateRole", 403, "AccessDenied", "no"), "permission", Retry.NEVER),
    ],
)
def test_a_refused_cluster_says_what_and_whether_to_try_again(
    shop: Shop, cloud: TroubledCloud, trouble: Trouble, said: str, retry: Retry
) -> None:
    cloud.troubles.append(replace(trouble))

    with pytest.raises(ExternalError) as caught:
        shop.apply(shop.cluster())

    assert said in words(caught.value)
    assert caught.value.retry is retry
    assert SECRET not in words(caught.value)
    assert ACCESS not in words(caught.value)
    cloud.troubles.clear()
    assert shop.apply(shop.cluster()).state is ItemState.READY


@pytest.mark.parametrize(
    ("trouble", "retry"),
    [
        (Trouble("ecr DescribeImages", 400, "AccessDeniedException", "no"), Retry.NEVER),
        (Trouble("logs PutRetentionPolicy", 400, "ServiceUnavailableException", "no", 9), Retry.NEVER),
        (Trouble("lambda POST /2015-03-31/functions$", 500, "ServiceException", times=9), Retry.LATER),
        (
            Trouble(
                "lambda POST /2015-03-31/functions$",
                400,
                "InvalidParameterValueException",
                "The role defined for the function cannot be assumed by Lambda.",
            ),
            Retry.LATER,
        ),
        (Trouble("lambda POST .*/policy", 429, "TooManyRequestsException", times=9), Retry.LATER),
        (
            Trouble(
                "s3 PUT .*notification",
                400,
                "InvalidArgument",
                "Unable to validate the following destination configurations",
            ),
            Retry.LATER,
        ),
        (Trouble("lambda POST /2017-03-31/tags", 409, "ResourceConflictException", times=9), Retry.LATER),
        (Trouble("lambda POST /2017-03-31/tags", 500, times=9), Retry.LATER),
        (Trouble("lambda POST /2015-03-31/functions$", 0, times=1), None),
    ],
)
def test_what_a_failed_step_left_is_mended_by_the_next_run(
    shop: Shop, cloud: TroubledCloud, trouble: Trouble, retry: Retry | None
) -> None:
    shop.apply(shop.cluster())
    cloud.troubles.append(replace(trouble))

    with pytest.raises(ExternalError) as caught:
        shop.apply(shop.function())

    assert retry is None or caught.value.retry is retry
    assert SECRET not in words(caught.value)
    assert shop.observe(shop.function()).state in {ItemState.ABSENT, ItemState.PENDING}
    cloud.troubles.clear()
    assert shop.apply(shop.function()).digest == shop.function().digest
    assert len(shop.listeners()) == 1
    before = len(cloud.calls)
    assert shop.observe(shop.function()).digest == shop.function().digest
    assert not [call for call in cloud.calls[before:] if " POST" in call or " PUT" in call]


@pytest.mark.parametrize(
    "call",
    [
        "s3 PUT /shop-bucket$",
        "iam CreateRole",
        "logs CreateLogGroup",
        "lambda POST .*/policy",
        "lambda DELETE",
    ],
)
def test_an_answer_that_was_lost_is_no_obstacle(shop: Shop, cloud: TroubledCloud, call: str) -> None:
    items = [shop.cluster(), shop.function()]
    cloud.troubles.append(Trouble(call, 0))

    assert shop.apply(*items).digest == items[1].digest
    assert shop.observe(items[0]).digest == items[0].digest
    remove_all(shop, items[::-1])

    assert not cloud.troubles[0].times
    assert set(map(tuple, shop.amazon.leftovers().values())) == {()}


def remove_all(shop: Shop, items: list[Item]) -> None:
    for item in items:
        shop.remove(item)


@pytest.mark.parametrize(
    "call",
    ["lambda DELETE", "logs DeleteLogGroup", "s3 PUT .*notification", "s3 POST .*delete", "iam DeleteRole$"],
)
def test_a_removal_that_failed_is_ended_by_the_next_one(shop: Shop, cloud: TroubledCloud, call: str) -> None:
    shop.apply(shop.cluster(), shop.function())
    shop.amazon.client("s3").put_object(Bucket="shop-bucket", Key="find/input/a.txt", Body=b"ink")
    cloud.troubles.append(Trouble(call, 503, "ServiceUnavailable", times=9))
    items = [shop.function(), shop.cluster()]

    with pytest.raises(ExternalError):
        remove_all(shop, items)
    cloud.troubles.clear()
    remove_all(shop, items)

    assert set(map(tuple, shop.amazon.leftovers().values())) == {()}
    assert {shop.observe(item).state for item in items} == {ItemState.ABSENT}


def test_something_else_at_the_address_is_told(shop: Shop, cloud: TroubledCloud) -> None:
    cloud.troubles.append(Trouble("sts", 200, body="<html>a proxy"))

    with pytest.raises(ExternalError, match="did not answer as such a service does"):
        shop.apply(shop.cluster())


def test_an_account_that_cannot_be_reached_is_told(shop: Shop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{taken.getsockname()[1]}"
        item = shop.cluster(endpoint=away)
        item = replace(item, spec=replace(item.spec, access={**item.spec.access, "aws.endpoint": away}))
        with pytest.raises(ExternalError, match="cannot be reached") as caught:
            shop.apply(item)

    assert caught.value.retry is Retry.LATER


def test_missing_credentials_are_told_with_where_to_give_them(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    item = shop.cluster()
    access = {key: value for key, value in item.spec.access.items() if "_key" not in key}

    with pytest.raises(ExternalError, match="no credentials") as caught:
        shop.apply(replace(item, spec=replace(item.spec, access=access)))

    assert "AWS_ACCESS_KEY_ID" in caught.value.mend


def test_a_function_that_failed_says_why(shop: Shop, cloud: TroubledCloud) -> None:
    shop.apply(shop.cluster(), shop.function())
    found: dict[str, Any] = shop.shown()
    configuration = {**found["Configuration"], "State": "Failed", "StateReason": "The image is for arm64"}

    seen = functions.Seen(configuration["FunctionArn"], configuration, shop.image, found["Tags"])

    assert seen.failure == "The image is for arm64"
    assert not functions.Seen("", found["Configuration"]).failure


def test_secrets_are_in_nothing_that_is_shown(shop: Shop, cloud: TroubledCloud) -> None:
    variables = {"Variables": {"TOKEN": "secret://env/TOKEN"}}
    item = shop.function(environment=variables)
    shop.apply(shop.cluster(), item)

    assert shop.shown(FUNCTION)["Configuration"]["Environment"]["Variables"]["TOKEN"] == "value-of-TOKEN"
    shown = [*shop.lines, repr(shop.observe(item)), repr(shop.backend.__dict__), *cloud.calls]
    assert not any(secret in text for secret in (SECRET, "value-of-TOKEN") for text in shown)
    (seen,) = [functions.find(shop.backend._accounts.of("shop-l3", item.spec.access), FUNCTION)]
    assert "value-of-TOKEN" not in repr(seen)
