"""What goes through the functions of OSCAR clusters: objects, runs, logs, traces."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aisprint_cli.backends.folders import Folder, Routes, routes_of, trace_in
from aisprint_cli.backends.holdings import Holdings
from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, Item, ItemKind, Job, JobState, Trace
from aisprint_cli.backends.objects.keeping import KeptData
from aisprint_cli.backends.objects.store import StoredObject
from aisprint_cli.backends.oscar.client import OscarClient
from aisprint_cli.backends.oscar.reach import Clusters
from aisprint_cli.backends.run_log import RunFacts, read_run_log
from aisprint_cli.backends.tracing import Specified, follow
from aisprint_cli.errors import ExternalError, UsageError

_STATES: Final = {
    "running": JobState.RUNNING,
    "succeeded": JobState.SUCCEEDED,
    "complete": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
}
_ENDED: Final = frozenset({JobState.SUCCEEDED, JobState.FAILED})
_LOGS_AT_ONCE: Final = 8
_LOGS_READ: Final = 500
"""At most so many logs of a function are read; older runs are listed without their input."""


class OscarPlane:
    """The data plane of OSCAR clusters, whoever made them. Used by several threads at once.

    Args:
        holdings: the clusters and functions there are.
        clusters: how to reach them.
        kept: objects that outlived their function.
    """

    def __init__(self, holdings: Holdings, clusters: Clusters, kept: KeptData) -> None:
        self._holdings = holdings
        self._clusters = clusters
        self._kept = kept
        self._facts: dict[tuple[str, str], RunFacts] = {}
        self._lock = threading.Lock()
        self._seen: dict[str, Trace] = {}

    # Objects

    def put(self, cluster: str, path: str, source: Path) -> None:
        """Store a local file as an object, in one step.

        Raises:
            InvalidInputError: when the file cannot be read or the path names no object.
            ExternalError: when the storage is not known, refuses, or cannot be reached.
        """
        self._clusters.require_store(cluster, self._access(cluster)).put(path, source)

    def fetch(self, cluster: str, path: str, target: Path) -> None:
        """Bring an object back as a local file, which appears whole; also one that was kept.

        Raises:
            InvalidInputError: when the path names no object.
            ExternalError: when there is none, or the storage refuses or cannot be reached.
            OSError: when the target cannot be written.
        """
        kept = self._kept.file(cluster, path)
        if kept is not None:
            _copy(kept, target)
            return
        self._clusters.require_store(cluster, self._access(cluster)).fetch(path, target)

    def _access(self, cluster: str) -> Mapping[str, str]:
        items = self._holdings.items()
        item = items.get(f"{ItemKind.CLUSTER}/{cluster}")
        if item is not None and isinstance(item.spec, ClusterSpec):
            return item.spec.access
        for item in items.values():
            if isinstance(item.spec, FunctionSpec) and item.spec.cluster == cluster:
                return item.spec.access
        raise UsageError(f"No cluster {cluster} is in use.", mend="Deploy first.")

    # Runs

    def trace(self, trace: str, *, wait_s: float = 0.0, clusters: Collection[str] | None = None) -> Trace:
        """Everything one input set off; with `wait_s`, wait that long for a change since the last answer.

        With `clusters`, only those are asked.
        """
        before = self._seen.get(trace)
        self._seen[trace] = follow(self._functions, trace, before=before, wait_s=wait_s, clusters=clusters)
        return self._seen[trace]

    def jobs(self, cluster: str | None = None, function: str | None = None) -> tuple[Job, ...]:
        """The runs of the functions hosted, oldest first."""
        found = [
            job
            for watched in self._functions()
            if cluster in {None, watched.cluster} and function in {None, watched.name}
            for job in watched.runs(0.0)
        ]
        return tuple(sorted(found, key=lambda job: (job.created_s, job.id)))

    def log(self, job: Job) -> str:
        """What a run wrote to standard output and standard error; empty where it is gone.

        Raises:
            ExternalError: when the cluster cannot be asked.
        """
        client = self._clusters.client(job.cluster, self._access(job.cluster))
        return client.log(job.function, job.id) or ""

    def _functions(self) -> Iterable[_Function]:
        for item in self._holdings.functions():
            if isinstance(item.spec, FunctionSpec):
                yield _Function(item.spec, routes_of(item.spec), self, item)

    def objects_of(self, spec: FunctionSpec, prefix: str) -> Iterable[StoredObject]:
        """The objects of a function's cluster below a prefix."""
        return self._clusters.require_store(spec.cluster, spec.access).objects(prefix)

    def runs_of(self, spec: FunctionSpec, routes: Routes, since_s: float) -> list[Job]:
        """The runs of a function that were created since then, with what their logs tell."""
        client, name = self._clusters.client(spec.cluster, spec.access), str(spec.service["name"])
        runs = [run for run in map(_listed, client.jobs(name)) if run.created_s >= since_s]
        runs.sort(key=lambda run: run.created_s)
        with ThreadPoolExecutor(_LOGS_AT_ONCE) as pool:
            read = list(pool.map(lambda run: self._read(client, spec, routes, run), runs[-_LOGS_READ:]))
        known = [*(RunFacts() for _ in runs[:-_LOGS_READ]), *read]
        return [_job(spec, run, facts) for run, facts in zip(runs, known, strict=True)]

    def _read(self, client: OscarClient, spec: FunctionSpec, routes: Routes, run: _Run) -> RunFacts:
        """What a run's log tells; that of an ended run is read once."""
        key = (spec.cluster, run.id)
        known = self._facts.get(key)
        if known is not None or run.state is JobState.QUEUED:
            return known or RunFacts()
        try:
            text = client.log(str(spec.service["name"]), run.id) or ""
        except ExternalError:
            return RunFacts()  # a pod on its way has no log yet, and some versions call that a failure
        outputs: tuple[Folder, ...] = routes.outputs
        facts = read_run_log(text, spec.cluster, outputs)
        if run.state in _ENDED and facts.input_path:
            with self._lock:
                self._facts[key] = facts
        return facts


@dataclass(frozen=True, slots=True)
class _Function(Specified):
    """A function as `tracing` watches it."""

    plane: OscarPlane
    item: Item

    def objects(self, prefix: str) -> Iterable[StoredObject]:
        return self.plane.objects_of(self.spec, prefix)

    def runs(self, since_s: float) -> Iterable[Job]:
        return self.plane.runs_of(self.spec, self.routes, since_s)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run as OSCAR lists it; times in seconds since the epoch."""

    id: str
    state: JobState
    created_s: float
    started_s: float | None
    finished_s: float | None


def _listed(entry: tuple[str, Mapping[str, Any]]) -> _Run:
    name, facts = entry
    state = _STATES.get(str(facts.get("status", "")).lower(), JobState.QUEUED)
    started, finished = _moment(facts.get("start_time")), _moment(facts.get("finish_time"))
    created = _moment(facts.get("creation_time")) or started or 0.0
    return _Run(name, state, created, started, finished if state in _ENDED else None)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, which appears whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        shutil.copyfile(source, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _moment(text: object) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp() if text else None
    except ValueError:
        return None


def _job(spec: FunctionSpec, run: _Run, facts: RunFacts) -> Job:
    """A run as a job. The supervisor ends well whatever the script did, so the script's end counts."""
    state, reason = run.state, ""
    if facts.exit_code and state in _ENDED:
        state, reason = JobState.FAILED, f"exit code {facts.exit_code}"
    elif state is JobState.FAILED:
        reason = "the cluster reports it as failed"
    return Job(
        run.id,
        spec.cluster,
        str(spec.service["name"]),
        trace_in(facts.input_path),
        state,
        facts.input_path,
        run.created_s,
        run.started_s,
        run.finished_s,
        facts.exit_code,
        reason,
        facts.outputs if state is JobState.SUCCEEDED else (),
    )
