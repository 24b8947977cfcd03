"""What can be asked of the runtime, whatever the protocol: clusters, services, objects, jobs."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aisprint_cli.backends.local.layout import Home, remove_if_empty
from aisprint_cli.backends.local.runtime import workplace
from aisprint_cli.backends.local.runtime.capacity import Capacity, host_job_limit
from aisprint_cli.backends.local.runtime.definition import is_safe_path, parse_service
from aisprint_cli.backends.local.runtime.drop_in import DropIns
from aisprint_cli.backends.local.runtime.engine import Answer, Engine
from aisprint_cli.backends.local.runtime.joblog import read_log
from aisprint_cli.backends.local.runtime.objects import Objects, entry_trace
from aisprint_cli.backends.local.runtime.records import (
    ClusterRecord,
    Hosting,
    JobRecord,
    NewJob,
    ServiceRecord,
    Stage,
    WantedCluster,
)
from aisprint_cli.backends.local.runtime.registry import Hosted, Registry, new_job_id
from aisprint_cli.backends.local.runtime.store import Store

_DONE = frozenset({Stage.SUCCEEDED, Stage.FAILED})


class UnknownError(LookupError):
    """There is nothing of that name; the text says what."""


@dataclass(frozen=True, slots=True)
class TraceView:
    """The runs of a trace; `revision` grows with each change of one of them."""

    jobs: tuple[JobRecord, ...]
    complete: bool
    revision: int


class Host:
    """The whole runtime without its protocols. Thread-safe."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.store = Store(home.database)
        self.registry = Registry(self.store)
        self.capacity = Capacity(host_job_limit())
        for cluster in self.registry.clusters():
            self.capacity.set_cluster(cluster.name, cluster.resources)
        self.objects = Objects(home, self.store, self.registry.triggered, self._queued)
        self.engine = Engine(home, self.store, self.registry, self.capacity, self.objects)
        self._drop_ins = DropIns(self.objects, self.store, self.registry.input_folders)
        self._changes = threading.Lock()

    def start(self) -> None:
        """Go on where the last process stopped, and sweep what it had begun to make or to remove."""
        for directory in self.home.all_clusters.iterdir():
            if self.registry.cluster(directory.name) is None:
                shutil.rmtree(directory, ignore_errors=True)
        for cluster in self.registry.clusters():
            self._bring_back(cluster)
        self.engine.start()
        self._drop_ins.start()

    def stop(self) -> None:
        """End all runs, to be repeated later, and close the state; nothing hosted leaves no state."""
        self._drop_ins.stop()
        self.engine.stop()
        self.store.close()
        if self.registry.is_empty:
            for file in self.home.root.glob(f"{self.home.database.name}*"):
                file.unlink(missing_ok=True)

    def _queued(self) -> None:
        self.engine.wake()

    # Clusters

    def put_cluster(self, name: str, wanted: WantedCluster) -> int:
        """Make a cluster or bring it up to date; how many objects came back that were kept for it."""
        with self._changes:
            self.home.buckets(name).mkdir(parents=True, exist_ok=True)
            record = self.registry.put_cluster(name, wanted)
            self.capacity.set_cluster(name, wanted.resources)
            restored = self._bring_back(record)
        self.engine.wake()
        return restored

    def remove_cluster(self, name: str, *, keep_data: bool) -> None:
        """Remove a cluster with its services; its buckets are set aside if they are to be kept.

        One that is gone already is left at that.
        """
        with self._changes:
            if self.registry.cluster(name) is None:
                return
            for hosted in self.registry.services(name):
                self.registry.drop_service(name, hosted.record.name)
            self.engine.cancel(name)
            for service in {job.service for job in self.store.jobs(name)}:
                self._forget_jobs(name, service)
            self.capacity.drop_cluster(name)
            if keep_data:
                self._keep_buckets(name)
            self.registry.drop_cluster(name)
            shutil.rmtree(self.home.cluster(name), ignore_errors=True)

    def _keep_buckets(self, cluster: str) -> None:
        """Move the buckets that hold anything out of the cluster's directory."""
        record = self.registry.cluster(cluster)
        kept = self.home.kept(record.owner.mark if record else "", cluster)
        for bucket in sorted(self.home.buckets(cluster).iterdir()):
            if any(item.is_file() for item in bucket.rglob("*")):
                kept.mkdir(parents=True, exist_ok=True)
                bucket.rename(_free_name(kept / bucket.name))

    def _bring_back(self, cluster: ClusterRecord) -> int:
        """Move kept buckets back where their names are free, and say how many objects that are.

        They are known before they are there, so that none of them sets anything off again.
        """
        kept, restored = self.home.kept(cluster.owner.mark, cluster.name), 0
        for bucket in sorted(kept.iterdir()) if kept.is_dir() else ():
            place = self.home.buckets(cluster.name) / bucket.name
            if not place.exists():
                restored += self.objects.recognise(cluster.name, bucket)
                bucket.rename(place)
        remove_if_empty(kept, kept.parent, self.home.all_kept)
        return restored

    # Services

    def put_service(
        self,
        cluster: str,
        document: Mapping[str, Any],
        hosting: Callable[[Hosted | None], Hosting],
    ) -> Hosted:
        """Make a service or bring it up to date; its token stays the same.

        `hosting` gets the service as it was, None where there was none, and may refuse by raising.

        Raises:
            ServiceRefusedError: when the document is not valid.
            UnknownError: when there is no such cluster.
        """
        definition = parse_service(document)
        with self._changes:
            if self.registry.cluster(cluster) is None:
                raise UnknownError(f"There is no cluster {cluster!r}")
            before = self.registry.service(cluster, definition.name)
            hosted_as = hosting(before)
            token = before.record.token if before else secrets.token_hex(32)
            record = ServiceRecord(cluster, definition.name, definition.document, token, hosted_as)
            for route in (*definition.inputs, *definition.outputs):
                if route.is_hosted and route.cluster is None:
                    self.objects.make_bucket(cluster, route.path)
            hosted = self.registry.put_service(record)
        self.engine.wake()
        return hosted

    def remove_service(self, cluster: str, name: str, *, keep_data: bool) -> bool:
        """Remove a service, its runs and, unless kept, the buckets that no other service uses."""
        with self._changes:
            hosted = self.registry.drop_service(cluster, name)
            if hosted is None:
                return False
            self.engine.cancel(cluster, name)
            self._forget_jobs(cluster, name)
            if not keep_data:
                used = [other.definition.own_buckets() for other in self.registry.services(cluster)]
                for bucket in hosted.definition.own_buckets() - set().union(*used):
                    self.objects.remove_bucket(cluster, bucket)
            return True

    def bundles_in_use(self) -> set[str]:
        """Digests of the bundles that services refer to or runs execute from."""
        used = {hosted.record.hosting.bundle for hosted in self.registry.services()}
        return (used | self.engine.bundles()) - {""}

    # Jobs

    def submit(self, cluster: str, service: str, input_path: str) -> str:
        """Queue a run on an object that is there; its identifier.

        Raises:
            UnknownError: when there is no such service.
        """
        with self._hosting(cluster, service):
            trace = self.store.object_trace(cluster, input_path) or entry_trace(input_path)
            job = NewJob(new_job_id(service), cluster, service, trace, input_path)
            self.store.queue([job])
        self.engine.wake()
        return job.id

    def submit_payload(self, cluster: str, service: str, body: bytes) -> str:
        """Queue a run on a posted body; its identifier.

        Raises:
            UnknownError: when there is no such service.
        """
        with self._hosting(cluster, service):
            job = self._payload_job(cluster, service, body, urgent=False)
            self.store.queue([job])
        self.engine.wake()
        return job.id

    def run_payload(self, cluster: str, service: str, body: bytes) -> Future[Answer]:
        """Run a posted body before everything that waits.

        Raises:
            UnknownError: when there is no such service.
        """
        with self._hosting(cluster, service):
            return self.engine.run_now(self._payload_job(cluster, service, body, urgent=True))

    @contextmanager
    def _hosting(self, cluster: str, service: str) -> Iterator[None]:
        """Within this block a service stays, so that nothing is queued for one that went meanwhile."""
        with self._changes:
            if self.registry.service(cluster, service) is None:
                raise UnknownError(f"The service {service!r} does not exist")
            yield

    def _payload_job(self, cluster: str, service: str, body: bytes, *, urgent: bool) -> NewJob:
        identifier = new_job_id(service)
        directory = self.home.cluster(cluster) / "payloads"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / identifier).write_bytes(body)
        trace = entry_trace(workplace.PAYLOAD_NAME)
        return NewJob(identifier, cluster, service, trace, "", payload=True, urgent=urgent)

    def log(self, job: JobRecord, *, timestamps: bool = False) -> str:
        """What a run wrote so far, and why the runtime ended it if it did."""
        text = read_log(self.home.job_log(job.cluster, job.id), timestamps=timestamps)
        if job.reason and not job.reason.startswith("exit code"):
            text += f"{'' if not text or text.endswith(chr(10)) else chr(10)}[aisprint] {job.reason}\n"
        return text

    def report(self, job: JobRecord) -> str:
        """The measures a run reported, in line protocol."""
        try:
            return self.home.job_report(job.cluster, job.id).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def forget_jobs(self, cluster: str, service: str, job_id: str | None = None) -> int:
        """Delete runs that are not under way, with their logs; how many."""
        with self._changes:
            return self._forget_jobs(cluster, service, job_id)

    def _forget_jobs(self, cluster: str, service: str, job_id: str | None = None) -> int:
        gone = self.store.forget_jobs(cluster, service, job_id)
        self.engine.abandon(gone)
        for identifier in gone:
            self.home.job_log(cluster, identifier).unlink(missing_ok=True)
            self.home.job_report(cluster, identifier).unlink(missing_ok=True)
            (self.home.cluster(cluster) / "payloads" / identifier).unlink(missing_ok=True)
        return len(gone)

    def trace(self, trace: str) -> TraceView:
        """The runs of a trace, and whether nothing of it waits or runs any more."""
        jobs = tuple(self.store.trace(trace))
        open_arrivals = self.store.arrivals(trace=trace)
        complete = not open_arrivals and all(job.stage in _DONE for job in jobs)
        return TraceView(jobs, complete, max((job.revision for job in jobs), default=0))

    # Objects

    def put_object(self, cluster: str, path: str, staged: Path, *, key: str) -> str:
        """Move a staged file to an object; its trace. Repeating a `key` changes nothing.

        Raises:
            UnknownError: when there is no such cluster, or the path names no object.
            OSError: when it cannot be moved there.
        """
        with self._changes:
            self.object_file(cluster, path)
            return self.objects.put(cluster, path, staged, key=key)

    def object_file(self, cluster: str, path: str) -> Path:
        """Where an object is or will be.

        Raises:
            UnknownError: when there is no such cluster, or the path names no object.
        """
        if self.registry.cluster(cluster) is None:
            raise UnknownError(f"There is no cluster {cluster!r}")
        if not is_safe_path(path):
            raise UnknownError(f"{path!r} is no object path of the form bucket/folder/file")
        return self.objects.file(cluster, path)


def _free_name(path: Path) -> Path:
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}.{number}")
    return candidate
