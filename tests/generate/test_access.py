"""How to reach each cluster, as far as the application says it; secrets as references only."""

from __future__ import annotations

from typing import Any

import pytest
from sketches import Sketch

from aisprint_cli.generate.options import Options
from aisprint_cli.generate.read import Template, read_template
from aisprint_cli.generate.secret_references import document_place, in_document, of_field
from aisprint_cli.generate.templates import make_templates
from aisprint_cli.model.resources import LayerKind

PLACE = "secret://yaml/common_config/physical_nodes.yaml#ComputationalLayers.cl.Resources.r"


def template_of(kind: LayerKind, **facts: Any) -> Template:
    nodes = {"ComputationalLayers": {"cl": {"number": 1, "Resources": {"r": {"name": "R1", **facts}}}}}
    sketch = Sketch({"abc": 1}, kinds={1: kind}, physical_nodes=nodes)
    return read_template(make_templates(*sketch.build(), options=Options(domain="example.org"))[0].text)


def test_a_cluster_to_be_made_is_reached_under_its_name_with_secrets_still_to_be_made() -> None:
    assert template_of(LayerKind.VIRTUAL).access == {
        "oscar.name": "my-app-l1",
        "oscar.endpoint": "https://my-app-l1.example.org",
        "oscar.user": "oscar",
        "oscar.password": "secret://generated/my-app-l1/oscar_password",
        "minio.endpoint": "https://minio.my-app-l1.example.org",
        "minio.access_key": "minio",
        "minio.secret_key": "secret://generated/my-app-l1/minio_password",
        "minio.region": "us-east-1",
    }


def test_certificates_that_nobody_trusts_are_not_checked() -> None:
    sketch = Sketch({"abc": 1, "bcd": 2}, (("abc", "bcd"),))
    for domain, expected in (("example.org", None), ("site.internal", "false")):
        files = make_templates(*sketch.build(), options=Options(domain=domain))
        template = read_template(files[0].text)
        assert template.access.get("oscar.ssl_verify") == template.access.get("minio.ssl_verify") == expected
        provider = template.functions[0].service["storage_providers"]["minio"]["my-app-l2"]
        assert provider.get("verify") == (None if expected is None else False)


def test_an_existing_oscar_is_reached_as_the_file_says() -> None:
    template = template_of(
        LayerKind.PHYSICAL_PROVISIONED,
        oscar={
            "name": "edge",
            "endpoint": "https://oscar.site",
            "password": "planted-1",
            "ssl_verify": False,
        },
        minio={"endpoint": "https://minio.site", "access_key": "planted-2", "secret_key": "env:MINIO_KEY"},
    )
    assert template.access == {
        "oscar.name": "edge",
        "oscar.endpoint": "https://oscar.site",
        "oscar.user": "oscar",
        "oscar.password": f"{PLACE}.oscar.password",
        "oscar.ssl_verify": "false",
        "minio.endpoint": "https://minio.site",
        "minio.access_key": f"{PLACE}.minio.access_key",
        "minio.secret_key": "secret://env/MINIO_KEY",
        "minio.region": "us-east-1",
    }
    assert template.password == f"{PLACE}.oscar.password"


def test_a_token_goes_for_a_password() -> None:
    facts = {"endpoint": "https://oscar.site", "token": "env:OSCAR_TOKEN"}
    template = template_of(LayerKind.PHYSICAL_PROVISIONED, oscar=facts)
    assert template.access["oscar.token"] == "secret://env/OSCAR_TOKEN"
    assert "oscar.password" not in template.access
    assert "secret://env/OSCAR_TOKEN" in template.secrets


def test_nothing_is_made_up_for_what_exists_already() -> None:
    template = template_of(LayerKind.PHYSICAL_PROVISIONED, oscar={"name": "edge"})
    assert template.access == {"oscar.name": "edge"}


def test_a_kubernetes_without_oscar_is_reached_by_its_context() -> None:
    section = {"context": "lab", "namespace": "vision", "kubeconfig": "~/.kube/lab"}
    access = template_of(LayerKind.PHYSICAL_PROVISIONED, kubernetes=section).access
    assert {f"kubernetes.{key}": value for key, value in section.items()}.items() <= access.items()


def test_functions_are_reached_in_a_region_with_the_keys_that_are_given() -> None:
    aws = {
        "bucket": "shop",
        "region": "eu-south-1",
        "access_key": "keyring:aws/key",
        "secret_key": "planted-3",
    }
    assert template_of(LayerKind.FUNCTIONS, aws=aws | {"role": "arn:aws:iam::1:role/r"}).access == {
        "aws.region": "eu-south-1",
        "aws.bucket": "shop",
        "aws.role": "arn:aws:iam::1:role/r",
        "aws.architecture": "amd64",
        "aws.access_key": "secret://keyring/aws/key",
        "aws.secret_key": f"{PLACE}.aws.secret_key",
    }
    assert template_of(LayerKind.FUNCTIONS).access == {
        "aws.region": "us-east-1",
        "aws.bucket": "my-app-l1",
        "aws.architecture": "amd64",
    }


@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("env:MINIO_KEY", "secret://env/MINIO_KEY"),
        ("file:keys/id_rsa", "secret://file/keys/id_rsa"),
        ("file:/etc/my key", "secret://file//etc/my%20key"),
        ("keyring:minio/edge", "secret://keyring/minio/edge"),
        ("secret://env/X", "secret://env/X"),
        ("environment: no", "secret://yaml/a.yaml#k.0"),
        ("-----BEGIN KEY-----\nfile:x\n", "secret://yaml/a.yaml#k.0"),
    ],
)
def test_what_a_person_wrote_into_a_field_gives_a_reference(written: str, reference: str) -> None:
    assert of_field(written, "a.yaml", ("k", 0)) == reference


def test_any_key_of_a_document_can_be_named() -> None:
    keys = ("a.b", "c d", "ü#%", "0")
    reference = in_document("dir/a b.yaml", keys)
    assert document_place(reference.removeprefix("secret://yaml/")) == ("dir/a b.yaml", keys)
