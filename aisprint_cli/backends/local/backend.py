"""The local back end: clusters and functions of a deployment on this machine."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from aisprint_cli.backends.interface import (
    EVERY_CAPABILITY,
    KEPT_DATA,
    RUNNER_FACT,
    Capability,
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    ItemState,
    Job,
    Observed,
    Progress,
    SecretResolver,
    Trace,
)
from aisprint_cli.backends.local.bundles import Bundler
from aisprint_cli.backends.local.client import RuntimeClient
from aisprint_cli.backends.local.containers import CONTAINER, pull_image
from aisprint_cli.backends.local.environments import Environments
from aisprint_cli.backends.local.layout import find_home, remove_if_empty
from aisprint_cli.backends.local.runtime.definition import is_safe_path
from aisprint_cli.errors import InvalidInputError, StateError
from aisprint_cli.system.cache_directory import find_cache

_SECRET = "secret://"  # noqa: S105  the scheme of references, no secret
_OWNER = "secret://generated/local/owner"
USER = "oscar"


class LocalBackend:
    """Both halves of the contract: `Backend` and `DataPlane`.

    Args:
        application_directory: where the `source` of a function is relative to.
        resolve: turns a secret reference into its value, at the moment of sending.
        home: the state directory; by default `AISPRINT_HOME` or the platform's.
        cache: the directory of environments; by default `AISPRINT_CACHE` or the platform's.

    """

    name = "local"
    capabilities = EVERY_CAPABILITY | {Capability.SOURCES}

    def __init__(
        self,
        application_directory: Path,
        resolve: SecretResolver,
        home: Path | None = None,
        cache: Path | None = None,
    ) -> None:
        self._home = find_home(home)
        self._application = application_directory.resolve()
        self._resolve = resolve
        self._client = RuntimeClient(self._home)
        self._environments = Environments(find_cache(cache))
        self._bundler = Bundler(self._home, application_directory, self._environments)
        self._revisions: dict[str, int] = {}

    def close(self) -> None:
        """Let go of connections and of installations under way; the runtime goes on."""
        self._environments.close()
        self._client.close()

    def answers(self) -> str:
        """Where the runtime is, if it is there; nothing is started to find out."""
        return f"runtime at {self._client.url}" if self._client.has_state() else "starts when it is needed"

    # Items

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        """The present state of items; nothing is started to find out that there is nothing."""
        wanted = [item.id for item in items]
        present: dict[str, Observed] = {}
        if wanted and self._client.has_state():
            clusters, services = self._client.clusters(), self._client.services()
            self._require_own(cluster for cluster in clusters if f"cluster/{cluster['name']}" in wanted)
            url = self._client.url
            found = [_observed_cluster(self._taken_over(cluster), url) for cluster in clusters]
            found += [_observed_function(service, url) for service in services]
            present = {entry.id: entry for entry in found}
        return {name: present.get(name) or self._absent(name) for name in wanted}

    def _require_own(self, clusters: Iterable[Mapping[str, Any]]) -> None:
        """See that clusters were made from this application, not from another one of the same name.

        Raises:
            StateError: when one is another application's, which is still there.
        """
        for cluster in clusters:
            owner = Path(cluster["owner"].get("directory") or self._application)
            if cluster["owner"].get("mark") == self._mark or owner == self._application:
                continue
            if owner.is_dir():
                raise StateError(
                    f"A cluster {cluster['name']} is here already, of the application in {owner}.",
                    why="Clusters are named after their application, and two of one name share them.",
                    mend=f"Run `aisprint undeploy` on {owner}, give this application another System.name,"
                    " or give it a runtime of its own in AISPRINT_HOME.",
                )

    def _taken_over(self, cluster: Mapping[str, Any]) -> Mapping[str, Any]:
        """A cluster as it is; one made with another ledger differs, as its password is not known."""
        is_own = cluster["owner"].get("mark") in {None, "", self._mark}
        return cluster if is_own else {**cluster, "digest": ""}

    @cached_property
    def _mark(self) -> str:
        """What tells this application's clusters and kept data from those of others."""
        return hashlib.sha256(self._resolve(_OWNER).encode()).hexdigest()[:12]

    def _absent(self, item_id: str) -> Observed:
        """What is not there; of a cluster, where data is kept."""
        kind, _, name = item_id.partition("/")
        kept = self._kept(name) if kind == ItemKind.CLUSTER else None
        return Observed(item_id, ItemState.ABSENT, outputs={KEPT_DATA: str(kept)} if kept else {})

    def _kept(self, cluster: str) -> Path | None:
        """Where data of a cluster is kept, if there is any."""
        if not self._home.all_kept.is_dir():
            return None
        kept = self._home.kept(self._mark, cluster)
        return kept if kept.is_dir() else None

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Make a cluster or a function, or bring it up to date.

        Raises:
            InvalidInputError: when the files of a function cannot be used.
            ExternalError: when its environment cannot be built, or the runtime refuses.
        """
        if isinstance(item.spec, ClusterSpec):
            return self._apply_cluster(item, item.spec, progress)
        return self._apply_function(item, item.spec, progress)

    def _apply_cluster(self, item: Item, spec: ClusterSpec, progress: Progress) -> Observed:
        progress(f"Making the cluster {item.name}")
        document = {
            "resources": [asdict(resource) for resource in spec.resources],
            "password": self._resolve(spec.password),
            "digest": item.digest,
            "owner": {"mark": self._mark, "directory": str(self._application)},
        }
        restored = self._client.put_cluster(item.name, document)
        seen = _observed_cluster({"name": item.name, "digest": item.digest}, self._client.url)
        return replace(seen, detail=f"{restored} kept objects are back") if restored else seen

    def _apply_function(self, item: Item, spec: FunctionSpec, progress: Progress) -> Observed:
        progress(f"Preparing {spec.part}")
        service = self._prepared(spec.service)
        hosting = {
            "item": item.name,
            "part": spec.part,
            "resource": spec.resource,
            "digest": item.digest,
        }
        in_container = spec.access.get(RUNNER_FACT) == CONTAINER
        environment = None
        if in_container:
            pull_image(str(service.get("image") or ""), progress)
            hosting |= {"runner": CONTAINER, "engine": os.environ.get("DOCKER_HOST", "")}
        else:
            environment = self._bundler.environment(spec, progress)
        with self._bundler.lock():
            if environment is not None:
                hosting["bundle"] = self._bundler.make(spec, environment)
            progress(f"Creating the function {item.name} on {spec.cluster}")
            body = {"service": service, "hosting": hosting}
            answer = self._client.put_service(spec.cluster, str(service["name"]), body)
            self._bundler.prune(self._client.bundles())
        return _observed_function(answer, self._client.url)

    def _prepared(self, service: Mapping[str, Any]) -> dict[str, Any]:
        """The document as it is sent: secrets of the function's own environment in place.

        Access to storage stays out: the runtime knows its clusters by name and needs no keys.

        Raises:
            InvalidInputError: when the service has no name.
        """
        if not service.get("name"):
            raise InvalidInputError("A function without a service name cannot be deployed.")
        document = {key: value for key, value in service.items() if key != "storage_providers"}
        document["environment"] = self._resolved(document.get("environment") or {})
        for key in ("cpu", "memory"):
            if isinstance(document.get(key), int | float):
                document[key] = f"{document[key]:g}"
        return document

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): self._resolved(entry) for key, entry in value.items()}
        if isinstance(value, str) and value.startswith(_SECRET):
            return self._resolve(value)
        return value

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:
        """Remove a cluster or a function; what is gone already is left at that.

        Of a cluster, `keep_data=False` also deletes what an earlier removal kept.
        """
        if item.kind is ItemKind.CLUSTER:
            self._remove_cluster(item.name, keep_data=keep_data, progress=progress)
            if not keep_data:
                self._delete_kept(item.name, progress)
        elif self._client.has_state():
            self._remove_function(item.name, keep_data=keep_data, progress=progress)

    def _delete_kept(self, name: str, progress: Progress) -> None:
        kept = self._kept(name)
        if kept is not None:
            progress(f"Deleting the kept data of {name}")
            shutil.rmtree(kept, ignore_errors=True)
            remove_if_empty(kept, kept.parent, self._home.all_kept)

    def _remove_cluster(self, name: str, *, keep_data: bool, progress: Progress) -> None:
        present = self._client.clusters() if self._client.has_state() else []
        if all(cluster["name"] != name for cluster in present):
            self._sweep_bundles()
            return
        progress(f"Removing the cluster {name}")
        with self._bundler.lock():
            self._bundler.prune(self._client.remove_cluster(name, keep_data=keep_data))

    def _sweep_bundles(self) -> None:
        """Delete the bundles that a command left which was killed after its cluster had gone."""
        if self._home.bundles.is_dir() and any(self._home.bundles.iterdir()):
            with self._bundler.lock():
                self._bundler.prune(self._client.bundles() if self._client.has_state() else set())

    def _remove_function(self, name: str, *, keep_data: bool, progress: Progress) -> None:
        for service in self._client.services():
            if (service["item"] or service["name"]) != name:
                continue
            progress(f"Removing the function {name}")
            with self._bundler.lock():
                self._client.remove_service(service["cluster"], service["name"], keep_data=keep_data)
                self._bundler.prune(self._client.bundles())

    # Data plane

    def put(self, cluster: str, path: str, source: Path) -> None:
        """Store a local file as an object.

        Raises:
            InvalidInputError: when the file cannot be read or the path names no object.
            ExternalError: when the runtime refuses.
        """
        _check_path(path)
        try:
            self._client.put_object(cluster, path, source)
        except OSError as error:
            raise InvalidInputError(f"{source} cannot be read: {error.strerror or error}.") from error

    def fetch(self, cluster: str, path: str, target: Path) -> None:
        """Bring an object back as a local file, which appears whole.

        Raises:
            InvalidInputError: when the path names no object.
            ExternalError: when there is no such object.
            OSError: when the target cannot be written.
        """
        _check_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        try:
            with self._client.object(cluster, path) as pieces, temporary.open("xb") as stream:
                for piece in pieces:
                    stream.write(piece)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    def objects(self, cluster: str, prefix: str = "") -> tuple[str, ...]:
        """Paths of the objects of a cluster that begin with `prefix`, in order."""
        return tuple(self._client.objects(cluster, prefix))

    def trace(
        self,
        trace: str,
        *,
        wait_s: float = 0.0,
        clusters: Collection[str] | None = None,  # noqa: ARG002  one server has them all
    ) -> Trace:
        """Everything one input set off.

        With `wait_s`, wait up to that long for a change since this object last gave it.
        """
        since = self._revisions.get(trace, 0)
        view, self._revisions[trace] = self._client.trace(trace, since=since, wait_s=wait_s)
        return view

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        """The runs of the functions hosted, oldest first."""
        return self._client.jobs(cluster, function) if self._client.has_state() else ()

    def log(self, job: Job) -> str:
        """What a run wrote to standard output and standard error."""
        return self._client.job_text(job.id, "log")

    def report(self, job: Job) -> str:
        """The measures a run reported, in line protocol; empty when there are none."""
        return self._client.job_text(job.id, "report")


def _check_path(path: str) -> None:
    if not is_safe_path(path):
        raise InvalidInputError(f"{path!r} is no object path of the form bucket/folder/file.")


def _observed_cluster(cluster: Mapping[str, Any], url: str) -> Observed:
    return Observed(
        f"{ItemKind.CLUSTER}/{cluster['name']}",
        ItemState.READY,
        cluster["digest"],
        outputs={"endpoint": f"{url}/clusters/{cluster['name']}", "user": USER},
    )


def _observed_function(service: Mapping[str, Any], url: str) -> Observed:
    return Observed(
        f"{ItemKind.FUNCTION}/{service['item'] or service['name']}",
        ItemState.READY,
        service["digest"],
        outputs={
            "endpoint": f"{url}/clusters/{service['cluster']}/job/{service['name']}",
            "inputs": " ".join(f"{service['cluster']}:{path}" for path in service["inputs"]),
        },
    )
