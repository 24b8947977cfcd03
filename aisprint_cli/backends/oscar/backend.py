"""The OSCAR back end: functions as services of clusters that exist already."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aisprint_cli.backends.folders import routes_in, routes_of
from aisprint_cli.backends.holdings import Holdings
from aisprint_cli.backends.interface import (
    EVERY_CAPABILITY,
    KEPT_DATA,
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    ItemState,
    Observed,
    Progress,
    Site,
)
from aisprint_cli.backends.objects.keeping import KeptData
from aisprint_cli.backends.oscar import removal
from aisprint_cli.backends.oscar.client import BucketExistsError, OscarClient, ServiceExistsError
from aisprint_cli.backends.oscar.plane import OscarPlane
from aisprint_cli.backends.oscar.reach import Clusters
from aisprint_cli.backends.oscar.services import (
    DIGEST,
    FOUND,
    UNFINISHED,
    is_as_sent,
    mark_of,
    sent_document,
    variables_of,
    with_variables,
    without_buckets,
)
from aisprint_cli.backends.revealed import Revealed, is_reference
from aisprint_cli.backends.through_plane import ThroughPlane
from aisprint_cli.errors import ExternalError
from aisprint_cli.system.state_directory import NAME as STATE

_KEPT: Final = "kept"


class OscarBackend(ThroughPlane):
    """Both halves of the contract for existing OSCAR clusters.

    A cluster is neither made nor removed: applying one checks that it answers and lets us in, and takes
    it into use. Nothing that another made is changed or removed.

    Args:
        site: the application, its secrets, and what the ledger holds.
    """

    name = "oscar"
    capabilities = EVERY_CAPABILITY

    def __init__(self, site: Site) -> None:
        self._secrets = Revealed(site.resolve)
        self._holdings = Holdings(self.name, site.recorded)
        self._clusters = Clusters(self._secrets)
        self._kept = KeptData(site.application / STATE / _KEPT / self.name)
        self._plane = OscarPlane(self._holdings, self._clusters, self._kept)
        self._removing: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def close(self) -> None:
        """Let go of connections."""
        self._clusters.close()

    # Items

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        """The present state of items; each cluster is asked once for all its services.

        Raises:
            ExternalError: when a cluster cannot be reached or does not let us in.
        """
        shown: dict[str, dict[str, Mapping[str, Any]]] = {}
        found: dict[str, Observed] = {}
        for item in items:
            spec = item.spec
            if isinstance(spec, ClusterSpec):
                found[item.id] = self._observe_cluster(item, spec)
            elif not spec.access.get("oscar.endpoint"):
                found[item.id] = Observed(item.id, ItemState.ABSENT)
            else:
                if spec.cluster not in shown:
                    services = self._client(spec).services()
                    shown[spec.cluster] = {str(service.get("name")): service for service in services}
                document = shown[spec.cluster].get(str(spec.service["name"]))
                found[item.id] = self._observe_function(item, spec, document)
        return found

    def _observe_cluster(self, item: Item, spec: ClusterSpec) -> Observed:
        if not self._holdings.holds(item.id):
            kept = self._kept.where(item.name)
            return Observed(item.id, ItemState.ABSENT, outputs={KEPT_DATA: str(kept)} if kept else {})
        info = self._clusters.client(item.name, spec.access).info()
        outputs = {
            "endpoint": spec.access["oscar.endpoint"],
            "user": spec.access.get("oscar.user", "oscar"),
            "version": str(info.get("version", "")),
        }
        password = spec.access.get("oscar.password", "")
        if is_reference(password):
            outputs["password"] = password
        return Observed(item.id, ItemState.READY, item.digest, outputs=outputs)

    def _observe_function(
        self, item: Item, spec: FunctionSpec, document: Mapping[str, Any] | None
    ) -> Observed:
        if document is None:
            return Observed(item.id, ItemState.ABSENT)
        if not self._is_ours(item, document):
            return Observed(item.id, ItemState.ABSENT, detail="another's service has its name")
        digest = mark_of(document)[1]
        if digest == UNFINISHED:
            return Observed(item.id, ItemState.PENDING, "", "an earlier run did not finish it")
        if digest == item.digest and not is_as_sent(spec, document):
            digest = ""  # somebody else changed it
        inputs = [folder for folder in routes_of(spec).inputs if folder.cluster == spec.cluster]
        outputs = {
            "endpoint": f"{spec.access['oscar.endpoint'].rstrip('/')}/job/{spec.service['name']}",
            "inputs": " ".join(f"{spec.cluster}:{folder.path}" for folder in inputs),
        }
        return Observed(item.id, ItemState.READY, digest, outputs=outputs)

    def _is_ours(self, item: Item, document: Mapping[str, Any]) -> bool:
        """Whether a service was made by this deployment, also when somebody took our mark out of it."""
        mark = mark_of(document)[0]
        return mark == item.name or (not mark and self._holdings.holds(item.id))

    def _client(self, spec: FunctionSpec) -> OscarClient:
        return self._clusters.client(spec.cluster, spec.access)

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Take a cluster into use, or make a service or bring it up to date in place.

        Raises:
            InvalidInputError: when the address or the credentials of a cluster are not known.
            ExternalError: when the cluster refuses or fails, or another's service has the name.
        """
        if isinstance(item.spec, ClusterSpec):
            progress(f"Checking the cluster {item.name}")
            self._clusters.client(item.name, item.spec.access).info()
            self._holdings.take(item)
        else:
            self._apply_function(item, item.spec, progress)
            self._holdings.take(item)
        return self.observe([item])[item.id]

    def _apply_function(self, item: Item, spec: FunctionSpec, progress: Progress) -> None:
        if not self._holdings.holds(f"{ItemKind.CLUSTER}/{spec.cluster}"):
            raise ExternalError(
                f"The cluster {spec.cluster} is not in use yet.",
                mend="Deploy the whole application, its clusters first.",
            )
        client, name = self._client(spec), str(spec.service["name"])
        version = self._clusters.version(spec.cluster, spec.access)
        document = sent_document(item, spec, self._secrets, version, digest=item.digest)
        present = client.service(name)
        if present is None:
            progress(f"Creating the service {name} on {spec.cluster}")
            self._create(item, spec, client, document)
        else:
            self._require_own(item, spec, present)
            progress(f"Updating the service {name} on {spec.cluster}")
            found = variables_of(present).get(FOUND)
            client.update(with_variables(document, {FOUND: str(found)}) if found else document)

    def _require_own(self, item: Item, spec: FunctionSpec, present: Mapping[str, Any]) -> None:
        if not self._is_ours(item, present):
            maker = mark_of(present)[0]
            raise ExternalError(
                f"The cluster {spec.cluster} has a service {spec.service['name']} already, which this"
                " deployment did not make.",
                why=f"It was made as {maker}." if maker else "It carries no mark of aisprint.",
                mend="Rename the component, or remove that service if nobody needs it.",
            )

    def _create(
        self, item: Item, spec: FunctionSpec, client: OscarClient, document: Mapping[str, Any]
    ) -> None:
        """Make a service, whose buckets may be there already.

        From 3.6 on OSCAR refuses to create a service with a bucket that exists, such as one shared with
        the next function. An update does not mind: so the service is first made without such folders.
        """
        own = routes_of(spec).buckets(spec.cluster)
        back = self._bring_back(spec, own)
        there = removal.buckets_of_others(client.services(), spec) | set(back)
        try:
            if not there & set(own):
                client.create(document)
            else:
                self._post_then_put(client, spec, document, there)
        except BucketExistsError:
            found = self._found_buckets(item, spec, set(own) - there)
            marked = with_variables(document, {FOUND: " ".join(found)}) if found else document
            self._post_then_put(client, spec, marked, set(own))
        except ServiceExistsError:
            present = client.service(str(spec.service["name"])) or {}
            self._require_own(item, spec, present)
            client.update(document)
        for bucket in back:
            self._kept.forget(spec.cluster, bucket)

    def _post_then_put(
        self, client: OscarClient, spec: FunctionSpec, document: Mapping[str, Any], there: set[str]
    ) -> None:
        first = without_buckets(document, spec.cluster, there)
        client.create(with_variables(first, {DIGEST: UNFINISHED}))
        client.update(document)

    def _found_buckets(self, item: Item, spec: FunctionSpec, buckets: set[str]) -> list[str]:
        """Which of these buckets were there before this deployment: they are not ours to remove.

        Those of its other functions may have come about a moment ago, as functions are made side by side.
        """
        store = self._clusters.store(spec.cluster, spec.access)
        ours = {
            bucket
            for other in self._holdings.functions(spec.cluster)
            if other.id != item.id and isinstance(other.spec, FunctionSpec)
            for bucket in routes_of(other.spec).buckets(spec.cluster)
        }
        rest = sorted(buckets - ours)
        return rest if store is None else [bucket for bucket in rest if store.has_bucket(bucket)]

    def _bring_back(self, spec: FunctionSpec, buckets: Iterable[str]) -> list[str]:
        """Store objects again that an earlier removal kept, before anything is set off by them."""
        kept = self._kept.where(spec.cluster)
        wanted = [bucket for bucket in buckets if kept is not None and (kept / bucket).is_dir()]
        if wanted:
            store = self._clusters.require_store(spec.cluster, spec.access)
            self._kept.bring_back(store, spec.cluster, wanted)
        return wanted

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:
        """Stop to use a cluster, or remove a service of ours with its buckets.

        OSCAR deletes a service's buckets with it. What other services use is taken out of it first; with
        `keep_data` the rest is saved to files first, or nothing is removed.

        Raises:
            ExternalError: when the cluster refuses or fails, or data cannot be kept.
        """
        spec = item.spec
        if isinstance(spec, ClusterSpec):
            if not keep_data:
                self._kept.forget(item.name)
        elif spec.access.get("oscar.endpoint"):
            # one after the other: of two that share a bucket, the last one takes it along
            with self._removing[spec.cluster]:
                self._remove_function(item, spec, keep_data=keep_data, progress=progress)
        self._holdings.drop(item)

    def _remove_function(
        self, item: Item, spec: FunctionSpec, *, keep_data: bool, progress: Progress
    ) -> None:
        client, name = self._client(spec), str(spec.service["name"])
        services = client.services()
        present = next((service for service in services if service.get("name") == name), None)
        own = routes_of(spec).buckets(spec.cluster)
        if present is not None and self._is_ours(item, present):
            progress(f"Removing the service {name} from {spec.cluster}")
            shown = routes_in(spec.cluster, present).buckets(spec.cluster)
            removal.remove_service(
                client,
                spec,
                present,
                removal.Buckets(
                    tuple(dict.fromkeys((*own, *shown))),
                    removal.buckets_of_others(services, spec)
                    | set(str(variables_of(present).get(FOUND, "")).split()),
                ),
                version=self._clusters.version(spec.cluster, spec.access),
                storage=lambda: self._clusters.store(spec.cluster, spec.access),
                keep=self._kept if keep_data else None,
                progress=progress,
            )
        if not keep_data:
            for bucket in own:
                self._kept.forget(spec.cluster, bucket)

    def strays(self, application: str) -> tuple[Item, ...]:
        """Services with our mark, on clusters in use, that the ledger does not hold.

        Raises:
            ExternalError: when a cluster cannot be asked.
        """
        items = self._holdings.items()
        found = []
        for item in items.values():
            if not isinstance(item.spec, ClusterSpec) or item.spec.application != application:
                continue
            for service in self._clusters.client(item.name, item.spec.access).services():
                mark = mark_of(service)[0]
                if mark.startswith(f"{item.name}/") and f"{ItemKind.FUNCTION}/{mark}" not in items:
                    found.append(_stray(mark, item, service))
        return tuple(found)


def _stray(mark: str, cluster: Item, service: Mapping[str, Any]) -> Item:
    """A service as an item fit for removal."""
    assert isinstance(cluster.spec, ClusterSpec)  # noqa: S101  the caller looked
    plain = {key: service.get(key) for key in ("name", "image", "script", "memory", "cpu", "input", "output")}
    spec = FunctionSpec(
        cluster.name,
        str(variables_of(service).get("COMPONENT_NAME", service.get("name"))),
        "",
        "",
        "",
        plain,
        backend=cluster.spec.backend,
        access=cluster.spec.access,
    )
    return Item(ItemKind.FUNCTION, mark, spec, (cluster.id,))
