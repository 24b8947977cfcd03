"""The objects that a cluster and its functions are in Kubernetes. Pure: values in, documents out.

A cluster is a namespace with the dispatcher, which makes a Job of every new input. A function is a
ConfigMap that the dispatcher reads, with the Job to be made in it, and a Secret for its storages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, Final

from aisprint_cli.backends.folders import Folder, routes_of
from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, Item
from aisprint_cli.backends.kubernetes.inside.dispatch import FUNCTION_LABEL
from aisprint_cli.backends.objects.endpoints import REGION
from aisprint_cli.backends.revealed import is_reference

Document = dict[str, Any]
Resolve = Callable[[str], str]

DIGEST: Final = "aisprint.eu/digest"
MANAGED: Final = "app.kubernetes.io/managed-by"
OWNER: Final = "aisprint"
DISPATCHER: Final = "aisprint-dispatcher"
DISPATCHER_IMAGE: Final = "docker.io/library/python:3.13-slim"
"""Any image with Python will do; `kubernetes.dispatcher_image` names another one."""

OWN_STORE: Final = "own"
_PROGRAMS: Final = "aisprint-programs"
_MOUNT: Final = "/aisprint"
_CONCURRENCY: Final = 50
_KEPT_JOBS_S: Final = 7 * 24 * 3600


def namespace_of(cluster: str, access: Mapping[str, str]) -> str:
    """The namespace of a cluster: the one named in its access, else its own name."""
    return access.get("kubernetes.namespace") or cluster


def cluster_objects(item: Item, resolve: Resolve) -> list[Document]:
    """What a cluster consists of, besides its namespace, in the order of making."""
    spec = item.spec
    assert isinstance(spec, ClusterSpec)  # noqa: S101  the item's kind says so
    named = _namer(namespace_of(item.name, spec.access), item)
    return [
        named("v1", "ConfigMap", _PROGRAMS, data=_programs()),
        named("v1", "Secret", DISPATCHER, stringData=_credentials(OWN_STORE, spec.access, resolve)),
        named("v1", "ServiceAccount", DISPATCHER),
        named("rbac.authorization.k8s.io/v1", "Role", DISPATCHER, rules=_RULES),
        named(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            DISPATCHER,
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": DISPATCHER},
            subjects=[
                {
                    "kind": "ServiceAccount",
                    "name": DISPATCHER,
                    "namespace": namespace_of(item.name, spec.access),
                }
            ],
        ),
        named("apps/v1", "Deployment", DISPATCHER, spec=_dispatcher(spec)),
    ]


def namespace_object(item: Item) -> Document:
    """The namespace of a cluster."""
    spec = item.spec
    assert isinstance(spec, ClusterSpec)  # noqa: S101
    labels = {MANAGED: OWNER, "app.kubernetes.io/part-of": spec.application.replace("_", "-")}
    metadata = {"name": namespace_of(item.name, spec.access), "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def function_objects(item: Item, resolve: Resolve) -> list[Document]:
    """What a function consists of; the ConfigMap comes last, since it sets runs off."""
    spec = item.spec
    assert isinstance(spec, FunctionSpec)  # noqa: S101
    name = str(spec.service["name"])
    named = _namer(namespace_of(spec.cluster, spec.access), item, {FUNCTION_LABEL: name})
    stores = _stores(spec)
    secrets: dict[str, str] = {}
    for store, facts in stores.items():
        secrets |= _keys(store, facts, resolve)
    hidden = _secret_variables(spec.service)
    secrets |= {f"env.{variable}": resolve(value) for variable, value in hidden.items()}
    return [
        named("v1", "Secret", _secret_name(name), stringData=secrets),
        named("v1", "ConfigMap", name, data={"function.json": json.dumps(_function(spec, stores), indent=1)}),
    ]


def function_buckets(spec: FunctionSpec) -> tuple[str, ...]:
    """The buckets of its own storage that a function reads or writes."""
    return routes_of(spec).buckets(spec.cluster)


def is_within(wanted: Any, live: Any) -> bool:
    """Whether everything wanted is there as wanted; the server may have added to it."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(
            is_within(value, live.get(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(live, list) and len(wanted) == len(live) and all(map(is_within, wanted, live))
    return bool(wanted == live)


def _namer(namespace: str, item: Item, labels: Mapping[str, str] | None = None) -> Callable[..., Document]:
    def named(version: str, kind: str, name: str, **content: Any) -> Document:
        metadata = {
            "name": name,
            "namespace": namespace,
            "labels": {MANAGED: OWNER, **(labels or {})},
            "annotations": {DIGEST: item.digest},
        }
        return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}

    return named


_RULES: Final[list[Document]] = [
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]},
    {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get", "list", "create"]},
]


def _programs() -> dict[str, str]:
    """The sources of what runs inside, by file name."""
    folder = resources.files("aisprint_cli.backends.kubernetes.inside")
    found = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".py")}
    return dict(sorted(found.items()))


def _start(program: str) -> list[str]:
    """Run a program of ours with the image's Python, leaving its own module path alone."""
    code = (
        f"import os, sys; sys.path.insert(0, os.environ.get('AISPRINT_MOUNT', '{_MOUNT}') + '/programs'); "
        f"from aisprint_inside.{program} import main; sys.exit(main())"
    )
    return ["python3", "-c", code]


def _mounts(*names: str) -> list[Document]:
    paths = {
        "programs": f"{_MOUNT}/programs/aisprint_inside",
        "secrets": f"{_MOUNT}/secrets",
        "function": f"{_MOUNT}/function",
    }
    return [{"name": name, "mountPath": paths[name], "readOnly": True} for name in names]


def _dispatcher(spec: ClusterSpec) -> Document:
    labels = {"app.kubernetes.io/name": DISPATCHER}
    container = {
        "name": "dispatcher",
        "image": spec.access.get("kubernetes.dispatcher_image") or DISPATCHER_IMAGE,
        "command": _start("dispatch"),
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": _mounts("programs", "secrets"),
    }
    pod = {
        "serviceAccountName": DISPATCHER,
        "containers": [container],
        "volumes": [
            {"name": "programs", "configMap": {"name": _PROGRAMS}},
            {"name": "secrets", "secret": {"secretName": DISPATCHER}},
        ],
    } | _pull_secrets(spec.access)
    return {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }


def _function(spec: FunctionSpec, stores: Mapping[str, Mapping[str, str]]) -> Document:
    """What the programs inside read: `inside.function` is the other side of this."""
    service = spec.service
    routes, plain = routes_of(spec), ("endpoint", "region", "cluster")
    return {
        "name": service["name"],
        "concurrency": int(spec.access.get("kubernetes.concurrency") or _CONCURRENCY),
        "inputs": [_folder(spec.cluster, folder) for folder in routes.inputs],
        "outputs": [_folder(spec.cluster, folder) for folder in routes.outputs],
        "stores": {
            name: {key: facts[key] for key in plain} | {"verify": facts.get("ssl_verify") != "false"}
            for name, facts in stores.items()
        },
        "script": service["script"],
        "job": _job(spec),
    }


def _job(spec: FunctionSpec) -> Document:
    service = spec.service
    name = str(service["name"])
    labels = {MANAGED: OWNER, FUNCTION_LABEL: name}
    variables = (service.get("environment") or {}).get("Variables") or {}
    hidden = _secret_variables(service)
    container = {
        "name": "function",
        "image": str(service["image"]).removeprefix("docker://"),
        "command": _start("run"),
        "env": [_variable(key, str(value), name, hidden) for key, value in sorted(variables.items())],
        "resources": _resources(service),
        "securityContext": {"allowPrivilegeEscalation": False},
        "volumeMounts": _mounts("programs", "secrets", "function"),
    }
    pod: Document = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "containers": [container],
        "volumes": [
            {"name": "programs", "configMap": {"name": _PROGRAMS}},
            {"name": "secrets", "secret": {"secretName": _secret_name(name)}},
            {"name": "function", "configMap": {"name": name}},
        ],
    }
    pod |= _pull_secrets(spec.access) | _node_selector(spec.access)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"labels": labels},
        "spec": {
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": _KEPT_JOBS_S,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _variable(name: str, value: str, function: str, hidden: Mapping[str, str]) -> Document:
    if name not in hidden:
        return {"name": name, "value": value}
    key = {"name": _secret_name(function), "key": f"env.{name}"}
    return {"name": name, "valueFrom": {"secretKeyRef": key}}


def _resources(service: Mapping[str, Any]) -> Document:
    """Memory is both asked for and the limit; of devices Kubernetes takes limits only."""
    asked = {"cpu": str(service["cpu"]), "memory": str(service["memory"])}
    limits = dict(asked)
    if service.get("enable_gpu"):
        limits["nvidia.com/gpu"] = "1"
    if service.get("enable_sgx"):
        limits["sgx.intel.com/enclave"] = "1"
    return {"requests": asked, "limits": limits}


def _pull_secrets(access: Mapping[str, str]) -> Document:
    name = access.get("kubernetes.image_pull_secret")
    return {"imagePullSecrets": [{"name": name}]} if name else {}


def _node_selector(access: Mapping[str, str]) -> Document:
    """Labels of the layer's nodes, written as `key=value,key=value`."""
    text = access.get("kubernetes.node_selector")
    if not text:
        return {}
    pairs = [entry.partition("=") for entry in text.split(",")]
    return {"nodeSelector": {key.strip(): value.strip() for key, _, value in pairs}}


def _secret_name(function: str) -> str:
    return f"{function}-secrets"


def _secret_variables(service: Mapping[str, Any]) -> dict[str, str]:
    variables = (service.get("environment") or {}).get("Variables") or {}
    return {str(key): str(value) for key, value in variables.items() if is_reference(value)}


def _folder(cluster: str, folder: Folder) -> Document:
    bucket, _, path = folder.path.partition("/")
    return {
        "store": OWN_STORE if folder.cluster == cluster else folder.cluster,
        "bucket": bucket,
        "path": path,
        "suffixes": list(folder.suffixes),
        "prefixes": list(folder.prefixes),
    }


def _stores(spec: FunctionSpec) -> dict[str, dict[str, str]]:
    """Every storage of a function by name, keys as references."""
    found = {OWN_STORE: _own_store(spec.cluster, spec.access)}
    providers = spec.service.get("storage_providers") or {}
    for kind in ("minio", "s3"):
        for name, facts in (providers.get(kind) or {}).items():
            region = str(facts.get("region") or REGION)
            endpoint = facts.get("endpoint") or f"https://s3.{region}.amazonaws.com"
            found[str(name)] = {
                "endpoint": str(endpoint),
                "region": region,
                "cluster": str(name),
                "access_key": str(facts.get("access_key", "")),
                "secret_key": str(facts.get("secret_key", "")),
            } | ({"ssl_verify": "false"} if facts.get("verify") is False else {})
    return found


def _own_store(cluster: str, access: Mapping[str, str]) -> dict[str, str]:
    return {
        "endpoint": access.get("minio.endpoint", ""),
        "region": access.get("minio.region") or REGION,
        "cluster": cluster,
        "access_key": access.get("minio.access_key", ""),
        "secret_key": access.get("minio.secret_key", ""),
        "ssl_verify": access.get("minio.ssl_verify", "true"),
    }


def _credentials(store: str, access: Mapping[str, str], resolve: Resolve) -> dict[str, str]:
    return _keys(store, _own_store("", access), resolve)


def _keys(store: str, facts: Mapping[str, str], resolve: Resolve) -> dict[str, str]:
    return {f"{store}.{key}": _value(facts[key], resolve) for key in ("access_key", "secret_key")}


def _value(text: str, resolve: Resolve) -> str:
    return resolve(text) if is_reference(text) else text
