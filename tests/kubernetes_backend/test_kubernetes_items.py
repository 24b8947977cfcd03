"""What is applied: valid, without secrets where they may be read, and watched for changes outside."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from api_double import write_kubeconfig
from directory_backend import plain_secret
from kubernetes_shop import CLUSTER, Shop, quiet

from aisprint_cli.backends.interface import ItemState, Site
from aisprint_cli.backends.kubernetes.backend import KubernetesBackend
from aisprint_cli.errors import ExternalError, InvalidInputError, Retry


def _elsewhere(root: Path) -> KubernetesBackend:
    (root / "elsewhere").mkdir()
    return KubernetesBackend(Site(root / "elsewhere", plain_secret))


def test_secrets_are_in_secrets_only(shop: Shop) -> None:
    variables = {"Variables": {"COMPONENT_NAME": "upper", "API_KEY": "secret://env/PLANTED"}}
    shop.function = shop.made_function(environment=variables)
    shop.deploy()

    plain = [document for key, document in shop.world.objects.items() if key[0] != "Secret"]
    hidden = shop.document("Secret", "upper-secrets")["data"]
    shown = json.dumps(plain)

    values = {base64.b64decode(value).decode() for value in hidden.values()}
    assert values == {"value-of-minio_user", "value-of-minio_password", "value-of-PLANTED"}
    assert not any(value in shown for value in values)
    assert "secret://" not in shown


def test_devices_nodes_and_pull_secrets_are_asked_for(shop: Shop) -> None:
    shop.function = shop.made_function(enable_gpu=True, enable_sgx=True, image="docker://img")
    more = {"kubernetes.node_selector": "tier=edge, kubernetes.io/arch=arm64"}
    more["kubernetes.image_pull_secret"] = "registry"
    access = {**shop.function.spec.access, **more}
    shop.function = replace(shop.function, spec=replace(shop.function.spec, access=access))
    shop.deploy()

    job = json.loads(shop.document("ConfigMap", "upper")["data"]["function.json"])["job"]
    pod = job["spec"]["template"]["spec"]

    assert pod["nodeSelector"] == {"tier": "edge", "kubernetes.io/arch": "arm64"}
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert pod["containers"][0]["image"] == "img"
    assert pod["containers"][0]["resources"] == {
        "requests": {"cpu": "0.5", "memory": "64Mi"},
        "limits": {"cpu": "0.5", "memory": "64Mi", "nvidia.com/gpu": "1", "sgx.intel.com/enclave": "1"},
    }


def test_what_was_changed_outside_differs_and_applying_mends_it(shop: Shop) -> None:
    shop.deploy()
    shop.document("ConfigMap", "upper")["data"]["function.json"] = "{}"
    shop.document("Deployment", "aisprint-dispatcher")["spec"]["replicas"] = 0

    changed = shop.backend.observe([shop.cluster, shop.function])
    mended = {item.id: shop.backend.apply(item, quiet) for item in (shop.cluster, shop.function)}

    assert all(changed[item.id].digest != item.digest for item in (shop.cluster, shop.function))
    assert all(mended[item.id].digest == item.digest for item in (shop.cluster, shop.function))


def test_a_namespace_that_was_there_already_stays(shop: Shop) -> None:
    shop.world.objects["Namespace", "", CLUSTER] = {"metadata": {"name": CLUSTER, "labels": {"team": "x"}}}
    shop.deploy()

    for item in (shop.function, shop.cluster):
        shop.backend.remove(item, keep_data=False, progress=quiet)

    assert list(shop.world.objects) == [("Namespace", "", CLUSTER)]
    assert shop.world.objects["Namespace", "", CLUSTER]["metadata"]["labels"] == {"team": "x"}


def test_an_account_without_rights_on_namespaces_uses_one_that_is_there(shop: Shop) -> None:
    shop.world.objects["Namespace", "", CLUSTER] = {"metadata": {"name": CLUSTER}}
    shop.world.closed.add("namespaces")
    shop.deploy()

    seen = shop.backend.observe([shop.cluster, shop.function])
    for item in (shop.function, shop.cluster):
        shop.backend.remove(item, keep_data=False, progress=quiet)

    assert {found.state for found in seen.values()} == {ItemState.READY}
    assert list(shop.world.objects) == [("Namespace", "", CLUSTER)]


def test_a_refusal_says_what_the_server_said_and_what_to_do(shop: Shop, tmp_path: Path) -> None:
    backend = _elsewhere(tmp_path)
    write_kubeconfig(shop.world, tmp_path / "elsewhere" / "kubeconfig", token="of-nobody")

    with pytest.raises(ExternalError) as caught:
        backend.apply(shop.cluster, quiet)

    assert "403" in caught.value.why
    assert "docs/kubernetes.md" in caught.value.mend
    assert caught.value.retry is Retry.NEVER
    assert "of-nobody" not in str(caught.value) + caught.value.why


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_worth_another_try(shop: Shop, status: int) -> None:
    shop.world.faults.append(status)

    with pytest.raises(ExternalError) as caught:
        shop.backend.observe([shop.cluster])

    assert caught.value.retry is Retry.LATER


def test_a_server_that_is_not_there_is_named(shop: Shop, tmp_path: Path) -> None:
    backend = _elsewhere(tmp_path)
    shop.world.address = ("127.0.0.1", 9)
    write_kubeconfig(shop.world, tmp_path / "elsewhere" / "kubeconfig")

    with pytest.raises(ExternalError, match=r"127\.0\.0\.1:9 does not answer"):
        backend.observe([shop.cluster])


@pytest.mark.parametrize("text", ["", "not: [a kubeconfig", "{}", '{"contexts": 3}'])
def test_a_kubeconfig_that_is_none_is_refused(shop: Shop, tmp_path: Path, text: str) -> None:
    backend = _elsewhere(tmp_path)
    (tmp_path / "elsewhere" / "kubeconfig").write_text(text)

    with pytest.raises(InvalidInputError, match="kubeconfig"):
        backend.observe([shop.cluster])


def test_storage_that_is_not_known_is_asked_for(shop: Shop) -> None:
    access = {"kubernetes.kubeconfig": "kubeconfig"}
    cluster = replace(shop.cluster, spec=replace(shop.cluster.spec, access=access))

    with pytest.raises(InvalidInputError, match="object storage"):
        shop.backend.apply(cluster, quiet)

    assert shop.backend.observe([cluster])[cluster.id].state is ItemState.ABSENT
