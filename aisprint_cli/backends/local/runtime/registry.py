"""The clusters and services hosted now: in memory for looking up, in the store for the next process."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aisprint_cli.backends.local.runtime.definition import (
    ServiceDefinition,
    ServiceRefusedError,
    parse_service,
)
from aisprint_cli.backends.local.runtime.records import ClusterRecord, NewJob, ServiceRecord, WantedCluster
from aisprint_cli.backends.local.runtime.store import Store

_LOGGER = logging.getLogger(__name__)
_ITERATIONS = 100_000


@dataclass(frozen=True)
class Hosted:
    """A service with its checked definition."""

    record: ServiceRecord
    definition: ServiceDefinition

    def storage_of(self, path: str) -> str:
        """The kind of storage that told of an object: that of the input it came in by, else MinIO."""
        found = (route.kind for route in self.definition.inputs if route.covers(path))
        return next(found, "minio")


class Registry:
    """Thread-safe; its own lock is never held while waiting for the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._process_key = secrets.token_bytes(16)
        self._verified: dict[str, bytes] = {}
        self._clusters = {cluster.name: cluster for cluster in store.clusters()}
        self._services = dict(_readable(store.services()))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change what is stored and what is in memory at once.

        The store is locked first, as it is by those who look up triggers within a transaction.
        """
        with self._store.transaction(), self._lock:
            yield

    @property
    def is_empty(self) -> bool:
        """Whether no cluster is hosted."""
        return not self._clusters

    def clusters(self) -> list[ClusterRecord]:
        """All clusters, by name."""
        with self._lock:
            return sorted(self._clusters.values(), key=lambda cluster: cluster.name)

    def cluster(self, name: str) -> ClusterRecord | None:
        """One cluster."""
        return self._clusters.get(name)

    def put_cluster(self, name: str, wanted: WantedCluster) -> ClusterRecord:
        """Make a cluster or bring it up to date."""
        hashed = None if wanted.password is None else _hash_password(wanted.password)
        with self._changing():
            before = self._clusters.get(name)
            if hashed is None:
                hashed = before.password if before else ""
            record = ClusterRecord(name, wanted.resources, hashed, wanted.digest, wanted.owner)
            self._store.save_cluster(record)
            self._clusters[name] = record
            self._verified.pop(name, None)
            return record

    def drop_cluster(self, name: str) -> None:
        """Forget a cluster and its services."""
        with self._changing():
            self._store.forget_cluster(name)
            self._clusters.pop(name, None)
            self._verified.pop(name, None)
            for key in [key for key in self._services if key[0] == name]:
                del self._services[key]

    def accepts_password(self, name: str, password: str) -> bool:
        """Whether it is the cluster's password; the slow hash is computed once for each process."""
        cluster = self._clusters.get(name)
        if cluster is None or not cluster.password:
            return False
        mark = hmac.digest(self._process_key, password.encode(), "sha256")
        if hmac.compare_digest(self._verified.get(name, b""), mark):
            return True
        if not _matches(password, cluster.password):
            return False
        self._verified[name] = mark
        return True

    def services(self, cluster: str | None = None) -> list[Hosted]:
        """Services of a cluster, or of all, by name."""
        with self._lock:
            return [self._services[key] for key in sorted(self._services) if cluster in {None, key[0]}]

    def service(self, cluster: str, name: str) -> Hosted | None:
        """One service."""
        return self._services.get((cluster, name))

    def put_service(self, record: ServiceRecord) -> Hosted:
        """Make a service or bring it up to date.

        Raises:
            ServiceRefusedError: when its document is not valid.
        """
        hosted = Hosted(record, parse_service(record.document))
        with self._changing():
            self._store.save_service(record)
            self._services[record.cluster, record.name] = hosted
        return hosted

    def drop_service(self, cluster: str, name: str) -> Hosted | None:
        """Forget a service; nothing triggers it any more."""
        with self._changing():
            self._store.forget_service(cluster, name)
            return self._services.pop((cluster, name), None)

    def triggered(self, cluster: str, path: str, trace: str) -> list[NewJob]:
        """The runs that a new object sets off."""
        return [
            NewJob(new_job_id(hosted.record.name), cluster, hosted.record.name, trace, path)
            for hosted in self.services(cluster)
            if any(route.covers(path) for route in hosted.definition.inputs)
        ]

    def input_folders(self) -> Iterable[tuple[str, str]]:
        """Cluster and path of every folder that triggers something."""
        return [
            (hosted.record.cluster, route.path)
            for hosted in self.services()
            for route in hosted.definition.inputs
        ]


def _readable(records: Iterable[ServiceRecord]) -> Iterator[tuple[tuple[str, str], Hosted]]:
    """Stored services; one that this version refuses must not keep the others from running."""
    for record in records:
        try:
            yield (record.cluster, record.name), Hosted(record, parse_service(record.document))
        except ServiceRefusedError as error:
            _LOGGER.warning("service %s on %s is left out: %s", record.name, record.cluster, error)


def new_job_id(service: str) -> str:
    """A name for a run, as OSCAR makes them: the service's and something unique."""
    return f"{service}-{uuid.uuid4().hex[:16]}"


def _hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    return f"{salt.hex()}:{digest.hex()}"


def _matches(password: str, hashed: str) -> bool:
    salt, _, digest = hashed.partition(":")
    found = hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(salt), _ITERATIONS)
    return hmac.compare_digest(found.hex(), digest)
