"""The back end of clusters and functions that an Infrastructure Manager makes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace

from aisprint_cli.backends.holdings import Holdings
from aisprint_cli.backends.im import documents
from aisprint_cli.backends.im.clusters import Clusters, require_ready
from aisprint_cli.backends.im.connection import Connection
from aisprint_cli.backends.im.functions import Functions, cloud_of, is_made, same_service
from aisprint_cli.backends.im.infrastructures import Seen, each
from aisprint_cli.backends.im.messages import without_tracebacks
from aisprint_cli.backends.im.settings import Settings, find_settings
from aisprint_cli.backends.im.waiting import Patience
from aisprint_cli.backends.interface import (
    Capability,
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
from aisprint_cli.backends.oscar.plane import OscarPlane
from aisprint_cli.backends.oscar.reach import Clusters as OscarClusters
from aisprint_cli.backends.revealed import Revealed
from aisprint_cli.backends.through_plane import ThroughPlane
from aisprint_cli.errors import StateError
from aisprint_cli.system.state_directory import NAME as STATE

_Spec = ClusterSpec | FunctionSpec
_NEEDED_FOR_DATA = ("oscar.endpoint", "minio.endpoint", "minio.secret_key")


class ImBackend(ThroughPlane):
    """Clusters of layers that are made are infrastructures, their functions nodes in them.

    A layer that exists already (an OSCAR cluster, AWS Lambda) is only looked up in the credentials, and
    each of its functions is an infrastructure of its own.

    Args:
        site: the application, its secrets and its ledger.
        settings: where the server is; by default what environment and application say.
        patience: how long to wait for it.
    """

    name = "im"

    def __init__(
        self, site: Site, settings: Settings | None = None, patience: Patience | None = None
    ) -> None:
        self._site = site
        self._settings = settings or find_settings(site.application, os.environ)
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._open: tuple[Connection, Clusters, Functions] | None = None
        self._warned = False
        self._holdings = Holdings(self.name, site.recorded)
        secrets = Revealed(site.resolve)
        self._reached = OscarClusters(secrets)
        kept = KeptData(site.application / STATE / "kept" / self.name)
        self._plane = OscarPlane(self._holdings, self._reached, kept)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Files go in and out where every cluster in use is an OSCAR whose storage is known."""
        specs = [item.spec for item in self._holdings.items().values()]
        clusters = [spec.access for spec in specs if isinstance(spec, ClusterSpec)]
        known = [all(access.get(fact) for fact in _NEEDED_FOR_DATA) for access in clusters]
        data = {Capability.DATA, Capability.LOGS} if known and all(known) else set()
        return frozenset({Capability.UPDATE, Capability.DRIFT} | data)

    def close(self) -> None:
        """Let go of connections."""
        self._reached.close()
        with self._lock:
            if self._open is not None:
                self._open[0].close()

    def _parts(self) -> tuple[Connection, Clusters, Functions]:
        with self._lock:
            if self._open is None:
                connection = Connection(self._site, self._settings, self._patience)
                clusters = Clusters(connection)
                self._open = (connection, clusters, Functions(connection, clusters))
            return self._open

    # -- looking

    def observe(self, items: Iterable[Item]) -> Mapping[str, Observed]:
        """The present state of items: one call for all, and two for each infrastructure of theirs.

        Raises:
            InvalidInputError: when the credentials cannot be used.
            StateError: when another application's infrastructure stands in the way.
            ExternalError: when the server cannot be asked.
        """
        wanted = list(items)
        if not wanted:
            return {}
        kinds = {item.name: item.spec for item in wanted if isinstance(item.spec, ClusterSpec)}
        connection, _, _ = self._parts()
        own = connection.own(fresh=True)
        self._refuse_strangers(wanted, own)
        needed = {name for item in wanted for name in self._candidates(item, own)}
        seen = {
            found.identifier: found
            for found in each(connection.present.look, sorted(needed))
            if found is not None
        }
        by_item = {item_id: [seen[name] for name in names if name in seen] for item_id, names in own.items()}
        observed = each(lambda item: self._observed(item, by_item, kinds), wanted)
        return {found.id: found for found in observed}

    def _candidates(self, item: Item, own: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        cluster = f"{ItemKind.CLUSTER}/{item.spec.cluster}" if isinstance(item.spec, FunctionSpec) else ""
        return (*own.get(item.id, ()), *own.get(cluster, ()))

    def _observed(
        self, item: Item, seen: Mapping[str, list[Seen]], kinds: Mapping[str, ClusterSpec]
    ) -> Observed:
        _, clusters, functions = self._parts()
        own = _first(seen.get(item.id))
        if isinstance(item.spec, ClusterSpec):
            if not is_made(item.spec.kind):
                return self._existing(item, item.spec)
            return clusters.observed(item, item.spec, own)
        cluster = kinds.get(item.spec.cluster) or self._cluster(item.spec.cluster)
        host = _first(seen.get(f"{ItemKind.CLUSTER}/{item.spec.cluster}"))
        if own is None and (cluster is None or is_made(cluster.kind)):
            return functions.observed_on(item, item.spec, host)
        return functions.observed_alone(item, item.spec, own)

    def _existing(self, item: Item, spec: ClusterSpec) -> Observed:
        """A cluster that is not made here: it is there once it was applied, as long as it has an account."""
        account = cloud_of(item.name, spec)
        if not self._holdings.holds(item.id):
            return Observed(item.id, ItemState.ABSENT)
        connection, _, _ = self._parts()
        if account not in connection.credentials.ids:
            return Observed(item.id, ItemState.FAILED, detail=f"no credentials have the id {account}")
        return Observed(item.id, ItemState.READY, item.digest, outputs={"account": account})

    def _refuse_strangers(self, items: Iterable[Item], own: Mapping[str, tuple[str, ...]]) -> None:
        connection, _, _ = self._parts()
        recorded = self._site.recorded()
        for item in items:
            spec = item.spec
            if not isinstance(spec, ClusterSpec) or item.id in own or item.id in recorded:
                continue
            identifier = connection.stranger(spec.application, item.id)
            if identifier:
                raise StateError(
                    f"There is an infrastructure for {item.name} already: {connection.uri(identifier)}.",
                    why="It was made from another directory with an application of this name,"
                    " or with a ledger that is lost.",
                    mend="Undeploy it there, remove it by hand, or give this application another name.",
                )

    def _cluster(self, name: str) -> ClusterSpec | None:
        """What is known of a cluster: applied here, or in the ledger."""
        found = self._holdings.items().get(f"{ItemKind.CLUSTER}/{name}")
        return found.spec if found is not None and isinstance(found.spec, ClusterSpec) else None

    # -- making

    def apply(self, item: Item, progress: Progress) -> Observed:
        """Make a cluster or a function, or bring it up to date.

        Raises:
            InvalidInputError: when credentials or template cannot be used.
            StateError: when a cluster cannot become what is wanted in place.
            ExternalError: when the server refuses or fails.
        """
        connection, clusters, _ = self._parts()
        self._warn(connection, progress)
        if isinstance(item.spec, FunctionSpec):
            observed = self._apply_function(item, item.spec, progress)
        elif is_made(item.spec.kind):
            observed = clusters.apply(item, item.spec, progress)
        else:
            connection.credentials.require(cloud_of(item.name, item.spec))
            self._holdings.take(item)
            observed = self._existing(item, item.spec)
        self._holdings.take(item)
        return observed

    def _apply_function(self, item: Item, spec: FunctionSpec, progress: Progress) -> Observed:
        connection, _, functions = self._parts()
        cluster = self._cluster(spec.cluster)
        if cluster is not None and not is_made(cluster.kind):
            return functions.apply_alone(item, spec, cluster, progress)
        hosts = connection.own().get(f"{ItemKind.CLUSTER}/{spec.cluster}", ())
        host = require_ready(connection.present.look(hosts[0]) if hosts else None, spec.cluster)
        return functions.apply_on(item, spec, host.identifier, progress)

    def _warn(self, connection: Connection, progress: Progress) -> None:
        """Say once what is wrong with the file of credentials."""
        with self._lock:
            warned, self._warned = self._warned, True
        if connection.credentials.warning and not warned:
            progress(f"Warning: {connection.credentials.warning}")

    def must_replace(self, before: Item, after: Item) -> str:
        """Why an item has to be made anew to become another one; empty where it need not."""
        old, new = before.spec, after.spec
        if isinstance(old, ClusterSpec) and isinstance(new, ClusterSpec):
            if is_made(new.kind) != is_made(old.kind):
                return "its layer is of another kind"
            if not is_made(new.kind):
                return ""
            found = documents.obstacles(documents.load(old.template), documents.load(new.template))
            return "; ".join(found)
        if isinstance(old, FunctionSpec) and isinstance(new, FunctionSpec):
            cluster = self._cluster(new.cluster)
            if cluster is not None and not is_made(cluster.kind) and not same_service(old, new):
                return "the Infrastructure Manager cannot change a function in place"
        return ""

    # -- removing

    def remove(self, item: Item, *, keep_data: bool, progress: Progress) -> None:
        """Remove a cluster or a function; what is gone already is left at that.

        Raises:
            StateError: when the data of a cluster should be kept, which goes with its machines.
            ExternalError: when the server refuses or fails.
        """
        connection, clusters, functions = self._parts()
        spec = item.spec
        own = connection.own()
        if keep_data:
            self._refuse_to_keep(item, own)
        clusters.remove(item, progress)
        if isinstance(spec, FunctionSpec):
            for identifier in own.get(f"{ItemKind.CLUSTER}/{spec.cluster}", ()):
                functions.remove_from(item, spec, identifier, progress)
        self._holdings.drop(item)

    def _refuse_to_keep(self, item: Item, own: Mapping[str, tuple[str, ...]]) -> None:
        """See that nothing is removed with data that should be kept: it would go with it.

        Raises:
            StateError: when it would. A function taken off a made cluster leaves its buckets there.
        """
        if item.id in own:
            where = "machines" if isinstance(item.spec, ClusterSpec) else "a service"
            raise StateError(
                f"The data of {item.name} belongs to {where} that the Infrastructure Manager removes"
                " with it, and cannot be kept.",
                mend="Fetch what you need, then remove it without --keep-data.",
            )

    def strays(self, application: str) -> tuple[Item, ...]:
        """Every infrastructure that this ledger made for an application, whatever the ledger says now."""
        connection, _, _ = self._parts()
        found = {
            identity.item: identity
            for identity in connection.present.all(fresh=True).values()
            if (identity.application, identity.owner) == (application, connection.owner)
        }
        return tuple(_stray(item_id, application) for item_id in sorted(found))

    # -- messages

    def answers(self) -> str:
        """The server's version and address; asking for what is there shows whether it knows us.

        Raises:
            InvalidInputError: when the credentials cannot be used, or the server does not accept them.
            ExternalError: when it cannot be reached.
        """
        connection, _, _ = self._parts()
        count = len(connection.client.infrastructures())
        version = connection.client.version()
        return f"Infrastructure Manager {version} at {connection.client.url}, {count} infrastructures"

    def messages(self, item: Item) -> str:
        """What contextualisation wrote of an item's own infrastructure, without tracebacks and secrets.

        What it wrote of a function on a made cluster is among the cluster's.
        """
        connection, _, _ = self._parts()
        texts = [connection.client.messages(name) for name in connection.own().get(item.id, ())]
        return connection.redact(without_tracebacks("\n".join(texts)))


def _first(found: list[Seen] | None) -> Seen | None:
    return found[0] if found else None


def _stray(item_id: str, application: str) -> Item:
    kind, _, name = item_id.partition("/")
    if kind == ItemKind.CLUSTER:
        spec: _Spec = ClusterSpec(application, 0, (), "", backend=ImBackend.name)
        return Item(ItemKind.CLUSTER, name, spec)
    cluster, _, service = name.partition("/")
    spec = FunctionSpec(cluster, service, "", "", "", {"name": service})
    return Item(ItemKind.FUNCTION, name, replace(spec, backend=ImBackend.name))
