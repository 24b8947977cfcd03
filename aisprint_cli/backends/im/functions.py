"""Functions: nodes on a cluster that was made, or infrastructures of their own on existing services."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from aisprint_cli.backends.im import documents
from aisprint_cli.backends.im.client import State
from aisprint_cli.backends.im.clusters import Clusters
from aisprint_cli.backends.im.connection import Connection
from aisprint_cli.backends.im.documents import Document, Identity
from aisprint_cli.backends.im.function_nodes import (
    comparable,
    for_lambda,
    is_hosted,
    properties_of,
    service_of,
)
from aisprint_cli.backends.im.infrastructures import Seen
from aisprint_cli.backends.im.settings import INFRASTRUCTURE
from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, Item, ItemState, Observed, Progress
from aisprint_cli.backends.run_log import framed
from aisprint_cli.errors import ExternalError, InvalidInputError
from aisprint_cli.model.resources import LayerKind


class Functions:
    """Makes, changes and removes them.

    Args:
        connection: the server and what is there.
        clusters: makes the clusters they may be on.
    """

    def __init__(self, connection: Connection, clusters: Clusters) -> None:
        self._connection = connection
        self._client = connection.client
        self._clusters = clusters
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._locks_lock = threading.Lock()
        self._leaving: defaultdict[str, dict[str, FunctionSpec]] = defaultdict(dict)

    def _lock(self, cluster: str) -> threading.Lock:
        """One change of a cluster's template at a time: a change is read, made and sent back whole."""
        with self._locks_lock:
            return self._locks[cluster]

    def _service(self, spec: FunctionSpec) -> dict[str, Any]:
        """The service as it is sent: secrets in place, and on OSCAR a script whose log can be followed."""
        service: dict[str, Any] = documents.filled(spec.service, self._connection.secrets)
        return service if _is_native(spec) else {**service, "script": framed(str(service.get("script", "")))}

    # -- on a cluster that was made

    def observed_on(self, item: Item, spec: FunctionSpec, seen: Seen | None) -> Observed:
        """A function as its cluster's infrastructure shows it."""
        found = None if seen is None else _find(seen.document, spec)
        if seen is None or found is None:
            return Observed(item.id, ItemState.ABSENT)
        state, detail = self._clusters.state_of(seen)
        wanted = documents.as_kept(self._service(spec), hosted=_is_hosted(seen.document, found[0]))
        digest = item.digest if found[1] == wanted else documents.content_digest(found[1])
        return Observed(item.id, state, digest, detail, {"cluster": spec.cluster, "inputs": inputs_of(spec)})

    def apply_on(self, item: Item, spec: FunctionSpec, identifier: str, progress: Progress) -> Observed:
        """Put a function on a cluster, or bring it up to date there.

        The cluster is then contextualised again, which takes minutes: functions that come at the same
        time are handed over one after the other, and wait for that together.

        Raises:
            InvalidInputError: when nothing on that cluster can host functions.
            ExternalError: when the cluster went, or the server refuses or fails.
        """
        observed = self.observed_on(item, spec, self._require(identifier, spec.cluster))
        if (observed.digest, observed.state) == (item.digest, ItemState.READY):
            return observed
        with self._lock(spec.cluster):
            observed = self.observed_on(item, spec, self._require(identifier, spec.cluster))
            is_same = observed.digest == item.digest
            if is_same and observed.state is ItemState.READY:
                return observed
            if not (is_same and observed.state is ItemState.PENDING):
                self._put(item, spec, identifier, progress)
        self._connection.waiting.until_configured(identifier, spec.cluster, progress)
        observed = self.observed_on(item, spec, self._require(identifier, spec.cluster))
        if observed.digest != item.digest:
            raise ExternalError(
                f"The Infrastructure Manager took {item.name}, but keeps another definition of it.",
                mend="Undeploy the function, then deploy it again.",
            )
        return observed

    def _require(self, identifier: str, cluster: str) -> Seen:
        seen = self._connection.present.look(identifier)
        if seen is None:
            raise ExternalError(f"The infrastructure of {cluster} is gone.", mend="Deploy again.")
        return seen

    def _put(self, item: Item, spec: FunctionSpec, identifier: str, progress: Progress) -> None:
        kept = self._require(identifier, spec.cluster).document
        found = _find(kept, spec)
        host = documents.host_of_functions(kept)
        if not host:
            raise InvalidInputError(
                f"Nothing on the cluster {spec.cluster} can host the function {item.name}.",
                why="Its template has no OSCAR.",
                mend="Make the templates again with `aisprint toscarize`.",
            )
        name = found[0] if found else spec.node or f"function_{spec.service['name']}"
        progress(f"Putting the function {item.name} on {spec.cluster}")
        document = documents.with_function(kept, name, self._service(spec), host)
        self._client.update(identifier, documents.text_of(document))

    def remove_from(self, item: Item, spec: FunctionSpec, identifier: str, progress: Progress) -> None:
        """Take a function off its cluster, which is contextualised again on its own.

        That is not waited for: where all of it goes, its cluster comes next. A failure shows as the
        cluster's. Functions that go at the same time are taken off in one change.

        Raises:
            ExternalError: when the server refuses or fails; each is then tried again on its own account.
        """
        with self._locks_lock:
            self._leaving[identifier][item.id] = spec
        try:
            with self._lock(spec.cluster):
                self._take_off_all(item, spec.cluster, identifier, progress)
        finally:
            with self._locks_lock:
                self._leaving[identifier].pop(item.id, None)

    def _take_off_all(self, item: Item, cluster: str, identifier: str, progress: Progress) -> None:
        """Take off every function that is to go from a cluster, unless another one took this along."""
        with self._locks_lock:
            going = dict(self._leaving[identifier])
        if item.id not in going:
            return
        seen = self._connection.present.look(identifier)
        if seen is not None and seen.health.state is not State.DELETING:
            progress(f"Taking {_number_of(going)} off {cluster}")
            self._take_off(seen, going.values())
        with self._locks_lock:
            for name in going:
                self._leaving[identifier].pop(name, None)

    def _take_off(self, seen: Seen, specs: Iterable[FunctionSpec]) -> None:
        """Take functions out of an infrastructure's template, in one call."""
        found = [entry[0] for spec in specs if (entry := _find(seen.document, spec)) is not None]
        if found:
            document = documents.without_functions(seen.document, found)
            self._client.update(seen.identifier, documents.text_of(document))

    # -- on a service that exists

    def observed_alone(self, item: Item, spec: FunctionSpec, seen: Seen | None) -> Observed:
        """A function as its own infrastructure shows it; one that was removed outside is absent."""
        if seen is None:
            return Observed(item.id, ItemState.ABSENT)
        if seen.health.state is State.OFF:
            return Observed(item.id, ItemState.ABSENT, detail="it was removed outside")
        state, detail = self._clusters.state_of(seen)
        found = _find(seen.document, spec)
        live = found[1] if found else {}
        wanted = service_of(self._properties(spec), {})
        digest = item.digest if live == wanted else documents.content_digest(live)
        outputs = {INFRASTRUCTURE: self._connection.uri(seen.identifier), "inputs": inputs_of(spec)}
        return Observed(item.id, state, digest, detail, outputs)

    def _properties(self, spec: FunctionSpec) -> dict[str, Any]:
        properties = properties_of(self._service(spec))
        return for_lambda(properties) if _is_native(spec) else properties

    def apply_alone(
        self, item: Item, spec: FunctionSpec, cluster: ClusterSpec, progress: Progress
    ) -> Observed:
        """Make a function on an existing cluster or on AWS Lambda.

        One that differs is made anew: the server cannot change it in place.

        Raises:
            InvalidInputError: when its account is not in the credentials.
            ExternalError: when the server refuses or fails.
        """
        seen = self._find_alone(item, spec, progress)
        if seen is None:
            cloud_id = cloud_of(spec.cluster, cluster)
            self._connection.credentials.require(cloud_id)
            seen = self._create_alone(item, spec, cluster, cloud_id, progress)
        return self.observed_alone(item, spec, seen)

    def _find_alone(self, item: Item, spec: FunctionSpec, progress: Progress) -> Seen | None:
        """Its infrastructure, configured and as wanted; one that is not is removed."""
        for identifier in self._connection.own().get(item.id, ()):
            seen = self._connection.present.look(identifier)
            if seen is not None and seen.health.state in {State.PENDING, State.RUNNING}:
                self._connection.waiting.until_configured(identifier, item.name, progress)
                seen = self._connection.present.look(identifier)
            if seen is not None:
                observed = self.observed_alone(item, spec, seen)
                if (observed.state, observed.digest) == (ItemState.READY, item.digest):
                    return seen
                self._clusters.remove_infrastructure(identifier, item.name, progress)
        return None

    def _create_alone(
        self, item: Item, spec: FunctionSpec, cluster: ClusterSpec, cloud_id: str, progress: Progress
    ) -> Seen:
        progress(f"Making the function {item.name} on {cloud_id}")
        node = spec.node or f"function_{spec.service['name']}"
        identity = Identity(cluster.application, item.id, self._connection.owner)
        document = documents.function_document(
            node, self._properties(spec), cloud_id, f"{cluster.application} {item.name}"
        )
        identifier = self._connection.create(documents.stamped(document, identity, item.digest))
        self._connection.waiting.until_configured(identifier, item.name, progress)
        return self._require(identifier, item.name)


def _number_of(going: Collection[object]) -> str:
    return "a function" if len(going) == 1 else f"{len(going)} functions"


def _is_native(spec: FunctionSpec) -> bool:
    return any(fact.startswith("aws.") for fact in spec.access)


def _find(document: Document, spec: FunctionSpec) -> tuple[str, dict[str, Any]] | None:
    """The node of a function and its service as it is kept; None where there is none."""
    for name, service in documents.functions_in(document):
        if service.get("name") == spec.service.get("name"):
            return name, service
    return None


def _is_hosted(document: Document, name: str) -> bool:
    return is_hosted(documents.nodes_of(document)[name])


def cloud_of(name: str, cluster: ClusterSpec) -> str:
    """The account that a cluster's functions are placed on."""
    policies = documents.cloud_ids(documents.load(cluster.template))
    return policies[0] if policies else cluster.access.get("oscar.name") or name


def inputs_of(spec: FunctionSpec) -> str:
    """The folders that set a function off, as `cluster:bucket/folder`."""
    entries = spec.service.get("input") or ()
    return " ".join(f"{spec.cluster}:{entry['path']}" for entry in entries)


def same_service(before: FunctionSpec, after: FunctionSpec) -> bool:
    """Whether two specifications describe one service, secrets as references."""
    return comparable(before.service) == comparable(after.service)


def is_made(kind: str) -> bool:
    """Whether clusters of that kind of layer are made, rather than there already."""
    return kind in {LayerKind.VIRTUAL.value, LayerKind.PHYSICAL_TO_PROVISION.value}
