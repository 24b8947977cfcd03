"""Functions as infrastructures of their own: on AWS Lambda (moto), and beside made clusters."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from existing_cluster import ExistingClusters, owners_value
from im_world import World, left_behind
from small_templates import changed, cluster, existing, function, service

from aisprint_cli.backends.im.backend import ImBackend
from aisprint_cli.backends.interface import Item, ItemState
from aisprint_cli.backends.local.backend import LocalBackend
from aisprint_cli.backends.local.layout import Home
from aisprint_cli.errors import ExternalError, InvalidInputError

REGION = "us-east-1"
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/sign:1"
NATIVE = "NativeCloudFunction"
LAMBDA = "app-l3"


def _quiet(_line: str) -> None:
    pass


def _amazon(endpoint: str, name: str) -> Any:
    keys = {"aws_access_key_id": "planted-key", "aws_secret_access_key": "planted-secret"}
    return boto3.client(name, endpoint_url=endpoint, region_name=REGION, **keys)


@pytest.fixture
def role(aws: str) -> Iterator[str]:
    iam = _amazon(aws, "iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    yield iam.create_role(RoleName="runs-functions", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.delete_role(RoleName="runs-functions")


def _account(role: str) -> str:
    return f"id = {LAMBDA}; type = Lambda; username = planted-key; password = planted-secret; role = {role}"


def _until_absent(place: ImBackend, item: Item) -> None:
    """The server looks at a function again after a second at the earliest."""
    deadline = time.monotonic() + 20
    while place.observe([item])[item.id].detail != "it was removed outside":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert place.observe([item])[item.id].state is ItemState.ABSENT


def _native(name: str = "sign", **fields: Any) -> Item:
    io = {"input": "upper/output", "output": f"{name}/output"}
    folders = {key: [{"storage_provider": "s3", "path": f"{LAMBDA}/{path}"}] for key, path in io.items()}
    wanted = {"image": IMAGE, "script": "/opt/sign/script.sh", "memory": "1024Mi", **folders, **fields}
    return function(name, LAMBDA, access={"aws.region": REGION}, **wanted)


def test_a_function_goes_to_lambda_with_its_bucket_and_its_trigger_and_comes_back_when_it_is_lost(
    world: World, place: ImBackend, aws: str, role: str
) -> None:
    world.accounts("id = app-l1; type = Dummy", _account(role))  # in the order that once misled it
    layer, item = existing(LAMBDA, LAMBDA, kind=NATIVE), _native()
    place.apply(layer, _quiet)

    seen = place.apply(item, _quiet)

    assert (seen.state, seen.digest) == (ItemState.READY, item.digest)
    made = _amazon(aws, "lambda").get_function(FunctionName="sign")
    assert made["Configuration"]["MemorySize"] == 1024
    assert made["Code"]["ImageUri"] == IMAGE
    rules = _amazon(aws, "s3").get_bucket_notification_configuration(Bucket=LAMBDA)
    assert rules["LambdaFunctionConfigurations"][0]["LambdaFunctionArn"].endswith(":sign")

    _amazon(aws, "lambda").delete_function(FunctionName="sign")
    _until_absent(place, item)
    bigger = changed(item, memory="2048Mi")
    assert "cannot change a function in place" in place.must_replace(item, bigger)
    assert place.apply(bigger, _quiet).digest == bigger.digest
    assert _amazon(aws, "lambda").get_function(FunctionName="sign")["Configuration"]["MemorySize"] == 2048

    place.remove(bigger, keep_data=False, progress=_quiet)
    assert place.observe([bigger])[bigger.id].state is ItemState.ABSENT
    assert _amazon(aws, "lambda").list_functions()["Functions"] == []


def test_a_layer_without_an_account_is_refused_before_anything_is_sent(
    world: World, place: ImBackend
) -> None:
    world.dummy("app-l1")

    with pytest.raises(InvalidInputError, match="app-l3"):
        place.apply(existing(LAMBDA, LAMBDA, kind=NATIVE), _quiet)

    assert left_behind(place) == ()


def test_a_function_that_its_cluster_refuses_is_told_and_leaves_nothing(
    world: World, place: ImBackend
) -> None:
    world.accounts(
        "id = edge; type = OSCAR; host = http://127.0.0.1:9; username = oscar; password = planted-p"
    )
    place.apply(existing("edge", "edge"), _quiet)
    item = function("f", "edge")

    with pytest.raises(ExternalError) as caught:
        place.apply(item, _quiet)

    assert "refused" in caught.value.message.lower() or "max retries" in caught.value.message.lower()
    assert "planted" not in caught.value.message
    place.remove(item, keep_data=False, progress=_quiet)
    assert place.observe([item])[item.id].state is ItemState.ABSENT


def test_one_application_on_an_existing_oscar_a_made_cluster_and_lambda(
    world: World, place: ImBackend, aws: str, role: str
) -> None:
    home = Home(world.application / "runtime")
    with closing(LocalBackend(world.application, owners_value, home.root)) as owner:
        clusters = ExistingClusters(home, owner)
        access = clusters.make("edge")
        host = f"host = {access['oscar.endpoint']}; username = oscar; password = planted-oscar-password"
        world.accounts(f"id = edge; type = OSCAR; {host}", "id = app-l2; type = Dummy", _account(role))
        items = (
            existing("edge", "edge"),
            cluster("app-l2", functions={"upper": service("upper")}),
            existing(LAMBDA, LAMBDA, kind=NATIVE),
            function("blur", "edge", environment={"Variables": {}}),
            function("upper", "app-l2"),
            _native(),
        )

        for item in items:
            assert place.apply(item, _quiet).state is ItemState.READY
        with closing(world.open()) as other:
            other._holdings.take(items[0])
            other._holdings.take(items[2])
            seen = other.observe(items)
        assert {name: found.digest for name, found in seen.items()} == {
            item.id: item.digest for item in items
        }
        assert [entry["name"] for entry in owner._client.services()] == ["blur"]

        owner._client.remove_service("edge", "blur", keep_data=False)
        _until_absent(place, items[3])
        assert place.apply(items[3], _quiet).state is ItemState.READY

        for item in reversed(items):
            place.remove(item, keep_data=False, progress=_quiet)
        assert {found.state for found in place.observe(items).values()} == {ItemState.ABSENT}
        assert left_behind(place) == ()
        assert owner._client.services() == []
        clusters.close()
