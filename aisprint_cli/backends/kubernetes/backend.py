"""The Kubernetes back end: namespaces, dispatchers and functions of clusters that exist already."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from threading import Lock
from typing import Any, Final

from aisprint_cli.backends.interface import (
    EVERY_CAPABILITY,
    KEPT_DATA,
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    ItemState,
    Job,
    Observed,
    Progress,
    Site,
    Trace,
)
from aisprint_cli.backends.kubernetes import manifests
from aisprint_cli.backends.kubernetes.api import Api, open_api
from aisprint_cli.backends.kubernetes.inside.dispatch import FUNCTION_LABEL
from aisprint_cli.backends.kubernetes.manifests import DIGEST, DISPATCHER, MANAGED, OWNER, namespace_of
from aisprint_cli.backends.kubernetes.runs import ClusterRuns, settled_trace
from aisprint_cli.backends.objects.endpoints import minio_endpoint
from aisprint_cli.backends.objects.store import ObjectStore
from aisprint_cli.backends.revealed import Revealed
from aisprint_cli.errors import ExternalError, InvalidInputError

_KEPT: Final = "aisprint-kept"
_LOOK_S: Final = 1.0
_CHANGED: Final = "changed outside"

OpenApi = Callable[[Mapping[str, str]], Api]


class KubernetesBackend:
    """Both halves of the contract, over any number of clusters.

    Args:
        site: the application, its secrets and what the ledger holds.
        open_cluster: opens the API of a cluster from its access; by default as the kubeconfig says.
        look_s: seconds between two looks at something that is waited for.
    """

    name = "kubernetes"
    capabilities = EVERY_CAPABILITY

    def __init__(self, site: Site, open_cluster: OpenApi | None = None, look_s: float = _LOOK_S) -> None:
        self._site = site
        self._secrets = Revealed(site.resolve)
        self._open = open_cluster or (lambda access: open_api(access, site.application, self._secrets.redact))
        self._look_s = look_s
        self._apis: dict[tuple[tuple[str, str], ...], Api] = {}
        self._seen: dict[str, ClusterSpec] = {}
        self._opening = Lock()

    def close(self) -> None:
        """Let go of connections."""
        for api in self._apis.values():
            api.close()

    # Items

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        """The present state of items, each asked for by what it consists of."""
        return {item.id: self._observe(item) for item in items}

    def _observe(self, item: Item) -> Observed:
        api = self._api(item.spec.access)
        if isinstance(item.spec, ClusterSpec):
            return self._observe_cluster(api, item, item.spec)
        wanted = manifests.function_objects(item, _hidden)
        live = [_found(api, document) for document in wanted]
        if live[-1] is None:
            return Observed(item.id, ItemState.ABSENT)
        return Observed(item.id, ItemState.READY, _digest(wanted, live), outputs=_outputs(item.spec))

    def _observe_cluster(self, api: Api, item: Item, spec: ClusterSpec) -> Observed:
        namespace = namespace_of(item.name, spec.access)
        deployment = api.get("Deployment", namespace, DISPATCHER)
        if deployment is None:
            kept = api.get("ConfigMap", namespace, _KEPT)
            outputs = {KEPT_DATA: _kept_words(kept)} if kept and kept.get("data") else {}
            return Observed(item.id, ItemState.ABSENT, outputs=outputs)
        self._seen[item.name] = spec
        wanted = manifests.cluster_objects(item, _hidden)
        live = [_found(api, document) for document in wanted]
        state, detail = _readiness(deployment)
        outputs = {"namespace": namespace, "storage": spec.access.get("minio.endpoint", "")}
        return Observed(item.id, state, _digest(wanted, live), detail, outputs)

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Make a cluster's namespace and dispatcher, or a function; or bring it up to date.

        Raises:
            InvalidInputError: when the kubeconfig or the access to the storage is missing.
            ExternalError: when the cluster or the storage refuses or fails.
        """
        api = self._api(item.spec.access)
        if isinstance(item.spec, ClusterSpec):
            return self._apply_cluster(api, item, item.spec, progress)
        return self._apply_function(api, item, item.spec, progress)

    def _apply_cluster(self, api: Api, item: Item, spec: ClusterSpec, progress: Progress) -> Observed:
        store = self._store(item.name, spec.access)
        namespace = manifests.namespace_object(item)
        present = api.namespace(namespace["metadata"]["name"])
        if present is None or _is_ours(present):
            api.apply(namespace)
        store.has_bucket("aisprint")  # the keys are refused now, not when the first file comes
        progress(f"namespace {namespace['metadata']['name']}")
        for document in manifests.cluster_objects(item, self._secrets):
            api.apply(document)
        while (seen := self._observe_cluster(api, item, spec)).state is ItemState.PENDING:
            progress(f"waiting for the dispatcher: {seen.detail}")
            time.sleep(self._look_s)
        return seen

    def _apply_function(self, api: Api, item: Item, spec: FunctionSpec, progress: Progress) -> Observed:
        namespace = namespace_of(spec.cluster, spec.access)
        if api.get("Deployment", namespace, DISPATCHER) is None:
            raise ExternalError(
                f"The function {item.name} cannot be made: {spec.cluster} is not there.",
                why=f"The namespace {namespace} has no {DISPATCHER}.",
                mend="Run `aisprint deploy` for the whole deployment.",
            )
        store = self._store(spec.cluster, spec.access)
        for bucket in manifests.function_buckets(spec):
            progress(f"bucket {bucket}")
            store.make_bucket(bucket)
        self._write_kept(api, namespace, drop=set(manifests.function_buckets(spec)))
        for document in manifests.function_objects(item, self._secrets):
            api.apply(document)
        return self._observe(item)

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:
        """Remove a function with its runs, or a cluster with its namespace where that is ours.

        Raises:
            ExternalError: when the cluster or the storage refuses or fails.
        """
        api = self._api(item.spec.access)
        if isinstance(item.spec, ClusterSpec):
            self._remove_cluster(api, item, item.spec, keep_data=keep_data, progress=progress)
        else:
            self._remove_function(api, item.spec, keep_data=keep_data, progress=progress)

    def _remove_function(self, api: Api, spec: FunctionSpec, *, keep_data: bool, progress: Progress) -> None:
        namespace = namespace_of(spec.cluster, spec.access)
        name = str(spec.service["name"])
        gone = [
            api.delete(document["kind"], namespace, document["metadata"]["name"])
            for document in reversed(manifests.function_objects(Item(ItemKind.FUNCTION, name, spec), _hidden))
        ]
        for job in api.listed("Job", namespace, f"{FUNCTION_LABEL}={name}"):
            progress(f"run {job['metadata']['name']}")
            api.delete("Job", namespace, job["metadata"]["name"])
        if not any(gone):
            return
        buckets = manifests.function_buckets(spec)
        if keep_data:
            where = spec.access.get("minio.endpoint", "")
            self._write_kept(api, namespace, add=dict.fromkeys(buckets, where))
            return
        self._remove_buckets(spec.cluster, spec.access, buckets, progress)

    def _remove_buckets(
        self, cluster: str, access: Mapping[str, str], buckets: Iterable[str], progress: Progress
    ) -> None:
        """Delete buckets with all that is in them, but not those that a function still there uses."""
        store, used = self._store(cluster, access), self._used_buckets(access)
        for bucket in sorted(set(buckets) - used):
            progress(f"bucket {bucket}")
            store.remove_bucket(bucket)

    def _used_buckets(self, access: Mapping[str, str]) -> set[str]:
        """The buckets of a storage that the functions still there use, on any cluster that shares it."""
        used: set[str] = set()
        for name, spec in self._clusters().items():
            if spec.access.get("minio.endpoint") != access.get("minio.endpoint"):
                continue
            api, namespace = self._api(spec.access), namespace_of(name, spec.access)
            for document in api.listed("ConfigMap", namespace, FUNCTION_LABEL):
                function = json.loads(document["data"]["function.json"])
                folders = [*function["inputs"], *function["outputs"]]
                used |= {entry["bucket"] for entry in folders if entry["store"] == manifests.OWN_STORE}
        return used

    def _write_kept(
        self, api: Api, namespace: str, *, add: Mapping[str, str] | None = None, drop: Collection[str] = ()
    ) -> None:
        """Note in the namespace which buckets hold kept data: it stays as long as they do."""
        before = (api.get("ConfigMap", namespace, _KEPT) or {}).get("data") or {}
        data = {bucket: where for bucket, where in before.items() if bucket not in drop} | dict(add or {})
        if data == before:
            return
        if not data:
            api.delete("ConfigMap", namespace, _KEPT)
            return
        metadata = {"name": _KEPT, "namespace": namespace, "labels": {MANAGED: OWNER}}
        api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})

    def _remove_cluster(
        self, api: Api, item: Item, spec: ClusterSpec, *, keep_data: bool, progress: Progress
    ) -> None:
        namespace = namespace_of(item.name, spec.access)
        present = api.namespace(namespace)
        if present is None:
            return
        kept = (api.get("ConfigMap", namespace, _KEPT) or {}).get("data") or {}
        for document in reversed(manifests.cluster_objects(item, _hidden)):
            api.delete(document["kind"], namespace, document["metadata"]["name"])
        if keep_data and kept:
            return
        self._remove_buckets(item.name, spec.access, kept, progress)
        api.delete("ConfigMap", namespace, _KEPT)
        if not _is_ours(present):
            return
        api.delete("Namespace", "", namespace)
        while api.namespace(namespace) is not None:
            progress(f"waiting for the namespace {namespace} to go")
            time.sleep(self._look_s)

    # Data

    def put(self, cluster: str, path: str, source: Any) -> None:
        """Store a file as an object of the cluster's storage; the dispatcher finds it there."""
        self._store(cluster, self._access(cluster)).put(path, source)

    def fetch(self, cluster: str, path: str, target: Any) -> None:
        """Bring an object back as a file, which appears whole."""
        self._store(cluster, self._access(cluster)).fetch(path, target)

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        """The runs that the clusters still know of, oldest first."""
        found = [
            job
            for name in self._clusters()
            if cluster in {None, name}
            for job in self._runs(name).jobs(function)
        ]
        return tuple(sorted(found, key=lambda job: job.created_s))

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        """Everything one input set off on these clusters."""
        asked = [name for name in self._clusters() if clusters is None or name in clusters]
        return settled_trace(trace, [self._runs(name) for name in asked], wait_s, self._look_s)

    def log(self, job: Job) -> str:
        """What a run wrote: the pod's log while it is there, else what the run stored."""
        return self._runs(job.cluster).log(job)

    # Access

    def _api(self, access: Mapping[str, str]) -> Api:
        key = tuple(sorted((name, value) for name, value in access.items() if name.startswith("kubernetes.")))
        with self._opening:
            if key not in self._apis:
                self._apis[key] = self._open(access)
            return self._apis[key]

    def _clusters(self) -> dict[str, ClusterSpec]:
        known: dict[str, ClusterSpec] = {}
        for entry in self._site.recorded().values():
            spec = entry.item.spec
            if isinstance(spec, ClusterSpec) and spec.backend == self.name:
                known[entry.item.name] = spec
        return known | self._seen

    def _access(self, cluster: str) -> Mapping[str, str]:
        found = self._clusters().get(cluster)
        if found is None:
            raise ExternalError(
                f"There is no cluster {cluster}.", mend="`aisprint status` shows what there is."
            )
        return found.access

    def _runs(self, cluster: str) -> ClusterRuns:
        access = self._access(cluster)
        return ClusterRuns(
            cluster, namespace_of(cluster, access), self._api(access), self._store(cluster, access)
        )

    def _store(self, cluster: str, access: Mapping[str, str]) -> ObjectStore:
        endpoint = minio_endpoint(cluster, access, self._secrets)
        if endpoint is None:
            raise InvalidInputError(
                f"The object storage of {cluster} is not known.",
                why="Functions on a Kubernetes cluster read and write files there.",
                mend="Give `minio` with endpoint, access_key and secret_key in physical_nodes.yaml.",
            )
        return ObjectStore(endpoint)


def _hidden(_reference: str) -> str:
    """Secrets do not count when objects are compared, and are not needed to remove them."""
    return ""


def _found(api: Api, document: Mapping[str, Any]) -> dict[str, Any] | None:
    metadata = document["metadata"]
    return api.get(document["kind"], metadata["namespace"], metadata["name"])


def _digest(wanted: list[manifests.Document], live: list[dict[str, Any] | None]) -> str:
    """The digest that was applied, as long as what is there is still what was applied then."""
    digests = set()
    for document, found in zip(wanted, live, strict=True):
        if found is None:
            return _CHANGED
        digest = (found["metadata"].get("annotations") or {}).get(DIGEST, "")
        plain = {key: value for key, value in document.items() if key not in {"stringData", "metadata"}}
        is_same = digest == document["metadata"]["annotations"][DIGEST]
        if is_same and not manifests.is_within(plain, found):
            return _CHANGED
        digests.add(digest)
    return digests.pop() if len(digests) == 1 else _CHANGED


def _outputs(spec: FunctionSpec) -> dict[str, str]:
    return {"namespace": namespace_of(spec.cluster, spec.access)}


def _readiness(deployment: Mapping[str, Any]) -> tuple[ItemState, str]:
    status = deployment.get("status") or {}
    if (status.get("availableReplicas") or 0) >= 1:
        return ItemState.READY, ""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Progressing" and condition.get("status") == "False":
            return ItemState.FAILED, str(condition.get("message") or condition.get("reason"))
    return ItemState.PENDING, "its pod is not ready yet"


def _is_ours(namespace: Mapping[str, Any]) -> bool:
    return bool((namespace["metadata"].get("labels") or {}).get(MANAGED) == OWNER)


def _kept_words(kept: Mapping[str, Any]) -> str:
    buckets = sorted(kept["data"])
    return f"the buckets {', '.join(buckets)} at {next(iter(kept['data'].values()))}"
