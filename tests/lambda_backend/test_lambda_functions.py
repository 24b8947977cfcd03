"""Functions on AWS Lambda: made whole, updated in place, seen when they drift, removed without a trace."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from amazon import Amazon
from shop import BUCKET, FUNCTION, LAYER, Shop

from aisprint_cli.backends.interface import KEPT_DATA, ItemState
from aisprint_cli.errors import ExternalError, InvalidInputError

GROUP = f"/aws/lambda/{FUNCTION}"


def test_a_function_is_made_with_all_it_needs(shop: Shop) -> None:
    facts = {"timeout": "120", "ephemeral_storage": "2048", "architecture": "arm64"}

    seen = shop.apply(shop.cluster(), shop.function(facts=facts))

    found = shop.shown()
    shown, role = found["Configuration"], f"{LAYER}-functions"
    assert seen.state is ItemState.READY
    assert (shown["PackageType"], found["Code"]["ImageUri"]) == ("Image", shop.image)
    assert (shown["MemorySize"], shown["Timeout"], shown["EphemeralStorage"]) == (256, 120, {"Size": 2048})
    assert shown["Architectures"] == ["arm64"]
    assert shown["Role"].endswith(f":role/{role}")
    assert found["Tags"]["aisprint:item"] == f"{LAYER}/find"
    (group,) = shop.amazon.client("logs").describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    assert group["retentionInDays"] == 30
    (listener,) = shop.listeners()
    assert listener["LambdaFunctionArn"] == shown["FunctionArn"] == seen.outputs["endpoint"]
    assert listener["Filter"]["Key"]["FilterRules"] == [{"Name": "prefix", "Value": "find/input/"}]
    policy = json.loads(shop.amazon.client("lambda").get_policy(FunctionName=FUNCTION)["Policy"])
    assert [s["Principal"]["Service"] for s in policy["Statement"]] == ["s3.amazonaws.com"]


def test_the_supervisor_finds_its_configuration_in_the_environment(shop: Shop) -> None:
    providers = {
        "minio": {"shop-l1": {"endpoint": "https://minio.shop", "secret_key": "secret://env/KEY"}},
        "s3": {"shop-l4": {"access_key": "secret://generated/shop-l4/s3_access_key"}},
    }
    outputs = [
        {"storage_provider": "minio.shop-l1", "path": "find/output", "suffix": ["_NO_DRIFT"]},
        {"storage_provider": "s3.shop-l4", "path": "other-bucket/find/output"},
    ]

    shop.apply(shop.cluster(), shop.function(output=outputs, storage_providers=providers))

    variables = shop.shown()["Configuration"]["Environment"]["Variables"]
    config = json.loads(base64.b64decode(variables["FDL"]))
    assert variables["COMPONENT_NAME"] == "find"
    assert config["init_script"] == "/opt/find/script.sh"
    assert config["storage_providers"]["minio"]["shop-l1"]["secret_key"] == "value-of-KEY"
    assert config["output"][0]["suffix"] == ["_NO_DRIFT"]  # a string would be taken letter by letter
    # nobody gave keys of the other layer's bucket, so the function's role is let in
    assert config["output"][1]["storage_provider"] == "s3"
    iam = shop.amazon.client("iam")
    policy = iam.get_role_policy(RoleName=f"{LAYER}-functions", PolicyName=FUNCTION)["PolicyDocument"]
    assert "arn:aws:s3:::other-bucket/*" in policy["Statement"][0]["Resource"]


def test_deploying_again_updates_in_place_and_only_what_differs(shop: Shop) -> None:
    shop.apply(shop.cluster(), shop.function())
    before = shop.shown()["Configuration"]["FunctionArn"]
    other = shop.amazon.push_image("find", "next", content="two")
    changed = shop.function(memory="512Mi", image=other)

    seen = shop.apply(changed)

    assert (seen.state, seen.digest) == (ItemState.READY, changed.digest)
    shown = shop.shown()
    assert (shown["Configuration"]["MemorySize"], shown["Code"]["ImageUri"]) == (512, other)
    assert shown["Configuration"]["FunctionArn"] == before
    assert len(shop.listeners()) == 1


@pytest.mark.parametrize(
    "change",
    ["memory", "variables", "listener", "permission", "retention", "image", "role"],
)
def test_what_changed_outside_is_seen_and_repaired(shop: Shop, change: str) -> None:
    items = shop.cluster(), shop.function()
    shop.apply(*items)
    client, item = shop.amazon.client("lambda"), items[1]
    if change == "memory":
        client.update_function_configuration(FunctionName=FUNCTION, MemorySize=1024)
    elif change == "variables":
        client.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": {"A": "1"}})
    elif change == "listener":
        shop.amazon.client("s3").put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={}
        )
    elif change == "permission":
        policy = json.loads(client.get_policy(FunctionName=FUNCTION)["Policy"])
        client.remove_permission(FunctionName=FUNCTION, StatementId=policy["Statement"][0]["Sid"])
    elif change == "retention":
        shop.amazon.client("logs").delete_retention_policy(logGroupName=GROUP)
    elif change == "image":
        shop.amazon.push_image("find", content="pushed again under the same tag")
    else:
        iam, item = shop.amazon.client("iam"), items[0]
        iam.delete_role_policy(RoleName=f"{LAYER}-functions", PolicyName="aisprint")
        iam.delete_role(RoleName=f"{LAYER}-functions")

    assert shop.observe(item).digest == ""
    assert shop.apply(*items).digest == items[1].digest
    assert shop.observe(item).digest == item.digest


def test_nothing_that_we_made_is_left_and_nothing_else_is_touched(shop: Shop) -> None:
    s3, iam = shop.amazon.client("s3"), shop.amazon.client("iam")
    before = shop.amazon.leftovers()
    shop.apply(shop.cluster(), shop.function())
    s3.put_object(Bucket=BUCKET, Key="find/input/a.txt", Body=b"ink")

    for _ in range(2):
        shop.remove(shop.function())
        shop.remove(shop.cluster())

    assert shop.amazon.leftovers() == before
    assert iam.list_roles()["Roles"] == []
    assert shop.observe(shop.function()).state is ItemState.ABSENT


def test_a_bucket_and_a_role_that_were_given_are_used_and_stay(shop: Shop) -> None:
    s3, iam = shop.amazon.client("s3"), shop.amazon.client("iam")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="theirs.txt", Body=b"x")
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument="{}")
    facts = {"role": "theirs"}

    shop.apply(shop.cluster(**facts), shop.function(facts=facts))
    s3.put_object(Bucket=BUCKET, Key="find/output/a.txt", Body=b"ink")
    shop.remove(shop.function(facts=facts))
    shop.remove(shop.cluster(**facts))

    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["theirs.txt"]
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["theirs"]
    assert shop.observe(shop.cluster(**facts)).state is ItemState.ABSENT


def test_a_role_that_is_not_there_is_told_before_anything_is_made(shop: Shop) -> None:
    with pytest.raises(ExternalError, match="no role nobody"):
        shop.apply(shop.cluster(role="nobody"))

    assert shop.amazon.leftovers()["buckets"] == []


def test_anothers_role_of_the_same_name_is_left_alone(shop: Shop) -> None:
    iam, name = shop.amazon.client("iam"), f"{LAYER}-functions"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")

    with pytest.raises(ExternalError, match="did not make"):
        shop.apply(shop.cluster())
    shop.remove(shop.cluster())

    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []


def test_kept_data_stays_in_its_bucket_until_it_is_deleted(shop: Shop) -> None:
    s3 = shop.amazon.client("s3")
    shop.apply(shop.cluster(), shop.function())
    s3.put_object(Bucket=BUCKET, Key="find/output/a.txt", Body=b"ink")
    shop.remove(shop.function(), keep_data=True)
    shop.remove(shop.cluster(), keep_data=True)
    shop.reopen()

    seen = shop.observe(shop.cluster())

    assert (seen.state, seen.outputs[KEPT_DATA]) == (ItemState.ABSENT, f"s3://{BUCKET}")
    assert shop.amazon.leftovers()["roles"] == []
    shop.apply(shop.cluster())
    assert s3.get_object(Bucket=BUCKET, Key="find/output/a.txt")["Body"].read() == b"ink"
    shop.remove(shop.cluster())
    assert shop.amazon.leftovers()["buckets"] == []


def test_what_others_listen_to_stays_as_it_is(shop: Shop) -> None:
    shop.apply(shop.cluster())
    s3, sqs = shop.amazon.client("s3"), shop.amazon.client("sqs")
    queue = sqs.create_queue(QueueName="theirs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    theirs = {"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [theirs]}
    )

    shop.apply(shop.function())
    shop.apply(shop.function("read"))
    both = s3.get_bucket_notification_configuration(Bucket=BUCKET)
    shop.remove(shop.function())

    assert len(both["LambdaFunctionConfigurations"]) == 2
    found = s3.get_bucket_notification_configuration(Bucket=BUCKET)
    assert [entry["Id"] for entry in found["QueueConfigurations"]] == ["theirs"]
    assert [entry["LambdaFunctionArn"].rpartition(":")[2] for entry in shop.listeners()] == [f"{LAYER}-read"]
    shop.remove(shop.function("read"))
    shop.remove(shop.cluster())
    assert shop.amazon.leftovers()["buckets"] == [BUCKET]  # somebody listens to it


def test_suffix_rules_become_one_listener_each(shop: Shop) -> None:
    source = {"storage_provider": "s3", "path": f"{BUCKET}/find/input", "suffix": [".png", ".jpg"]}

    shop.apply(shop.cluster(), shop.function(input=[source]))

    rules = [entry["Filter"]["Key"]["FilterRules"] for entry in shop.listeners()]
    assert sorted(values[1]["Value"] for values in rules) == [".jpg", ".png"]
    assert shop.observe(shop.function(input=[source])).digest == shop.function(input=[source]).digest


def test_two_functions_that_take_one_folder_are_refused(shop: Shop) -> None:
    shop.apply(shop.cluster(), shop.function())
    same = [{"storage_provider": "s3", "path": f"{BUCKET}/find/input"}]
    item = shop.function("read", input=same)

    with pytest.raises(ExternalError, match="sets off another function already: shop-l3-find"):
        shop.apply(item)

    assert shop.observe(item).state is ItemState.PENDING
    shop.remove(item)
    assert [f for f in shop.amazon.leftovers()["functions"] if "read" in f] == []


def test_a_missing_image_is_told_with_its_mend_and_its_repository_is_made(shop: Shop) -> None:
    uri = shop.image.replace("/find:latest", "/shop/reader:v1")
    item = shop.function(image=uri)
    shop.apply(shop.cluster())

    with pytest.raises(ExternalError, match="is not in ECR") as caught:
        shop.apply(item)

    assert f"docker push {uri}" in caught.value.mend
    names = [r["repositoryName"] for r in shop.amazon.client("ecr").describe_repositories()["repositories"]]
    assert names == ["find", "shop/reader"]
    assert shop.amazon.leftovers()["functions"] == []
    shop.remove(item)
    names = [r["repositoryName"] for r in shop.amazon.client("ecr").describe_repositories()["repositories"]]
    assert names == ["find"]


def test_a_list_of_images_is_refused(shop: Shop) -> None:
    shop.apply(shop.cluster())
    media = "application/vnd.oci.image.index.v1+json"
    shop.amazon.client("ecr").put_image(
        repositoryName="find",
        imageManifest=json.dumps({"schemaVersion": 2, "mediaType": media, "manifests": []}),
        imageManifestMediaType=media,
        imageTag="both",
    )

    with pytest.raises(ExternalError, match="several architectures"):
        shop.apply(shop.function(image=shop.image.replace(":latest", ":both")))


@pytest.mark.parametrize(
    ("service", "facts", "said"),
    [
        ({"image": "python:3.11"}, {}, "cannot run the image 'python:3.11'"),
        ({"image": "123456789012.dkr.ecr.us-east-2.amazonaws.com/find:1"}, {}, "cannot run the image"),
        ({"memory": "64Mi"}, {}, "128 to 10240"),
        ({"memory": "20Gi"}, {}, "128 to 10240"),
        ({"memory": "lots"}, {}, "no amount"),
        ({}, {"timeout": "1000"}, "1 to 900"),
        ({}, {"timeout": "soon"}, "no whole number"),
        ({}, {"log_retention_days": "10"}, "cannot keep the logs"),
        ({}, {"ephemeral_storage": "100"}, "512 to 10240"),
        ({"environment": {"Variables": {"A": "x" * 4000}}}, {}, "AWS Lambda takes 4096"),
    ],
)
def test_what_lambda_cannot_have_is_told_before_anything_is_made(
    shop: Shop, service: dict[str, object], facts: dict[str, str], said: str
) -> None:
    """Section 6, 13: names, memory limits and missing images went unchecked."""
    shop.apply(shop.cluster())

    with pytest.raises(InvalidInputError, match=said):
        shop.apply(shop.function(facts=facts, **service))

    assert shop.amazon.leftovers()["functions"] == []


def test_a_configuration_that_is_too_long_can_go_into_the_image(shop: Shop) -> None:
    many = [{"storage_provider": "s3", "path": f"{BUCKET}/find/output-{n:03}"} for n in range(60)]
    shop.apply(shop.cluster())
    with pytest.raises(InvalidInputError, match="4096") as caught:
        shop.apply(shop.function(output=many))
    assert "/var/task/function_config.yaml" in caught.value.mend

    facts = {"function_config": "image"}
    assert shop.apply(shop.function(facts=facts, output=many)).state is ItemState.READY
    assert "FDL" not in shop.shown()["Configuration"]["Environment"]["Variables"]


def test_anothers_function_is_neither_changed_nor_removed(shop: Shop) -> None:
    shop.apply(shop.cluster())
    role = shop.amazon.client("iam").get_role(RoleName=f"{LAYER}-functions")["Role"]["Arn"]
    shop.amazon.client("lambda").create_function(
        FunctionName=FUNCTION, Role=role, PackageType="Image", Code={"ImageUri": shop.image}
    )

    with pytest.raises(ExternalError, match="did not make"):
        shop.apply(shop.function())
    shop.remove(shop.function())

    assert shop.observe(shop.function()).state is ItemState.ABSENT
    assert shop.amazon.leftovers()["functions"] == [FUNCTION]


def test_long_names_are_cut_and_stay_different(shop: Shop) -> None:
    first = shop.function()
    one, other = (
        replace(first, spec=replace(first.spec, service={**first.spec.service, "name": name * 13 + end}))
        for name, end in (("abc", ""), ("abc", "d"))
    )
    cluster = "c" * 39
    from aisprint_cli.backends.aws.specification import function_name

    names = {function_name(replace(item.spec, cluster=cluster)) for item in (one, other)}
    assert len(names) == 2
    assert max(map(len, names)) <= 64


def test_the_image_says_its_architecture_where_nothing_else_does(shop: Shop, amazon: Amazon) -> None:
    shop.apply(shop.cluster(), shop.function(image=amazon.push_image("find", "v1_arm64")))

    assert shop.shown()["Configuration"]["Architectures"] == ["arm64"]


def test_a_specification_from_the_ledger_is_no_drift(shop: Shop) -> None:
    item = shop.function()
    shop.apply(shop.cluster(), item)
    from_ledger = json.loads(json.dumps(dict(item.spec.service), sort_keys=True))

    seen = shop.observe(replace(item, spec=replace(item.spec, service=from_ledger)))

    assert seen.digest == item.digest


def test_functions_that_the_ledger_lost_are_found_and_can_be_removed(shop: Shop) -> None:
    item = shop.function()
    shop.apply(shop.cluster(), item)
    shop.backend._holdings.drop(item)

    (stray,) = shop.backend.strays("shop")
    shop.remove(stray)

    assert stray.id == item.id
    assert shop.amazon.leftovers()["functions"] == []
    assert shop.amazon.leftovers()["logs"] == []
    assert shop.backend.strays("shop") == ()
    shop.remove(shop.cluster())
    assert shop.amazon.leftovers()["buckets"] == []
