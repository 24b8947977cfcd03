"""The runs of a cluster: its Jobs, and the records that runs leave in the storage."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aisprint_cli.backends.interface import Job, JobState, Trace
from aisprint_cli.backends.kubernetes.api import Api
from aisprint_cli.backends.kubernetes.inside.dispatch import (
    FUNCTION_LABEL,
    IDENTITY_LABEL,
    INPUT_ANNOTATION,
    TRACE_LABEL,
)
from aisprint_cli.backends.kubernetes.inside.function import log_key, record_key
from aisprint_cli.backends.kubernetes.manifests import OWN_STORE
from aisprint_cli.backends.objects.store import ObjectStore

_ENDED: Final = frozenset({JobState.SUCCEEDED, JobState.FAILED})


@dataclass(frozen=True)
class ClusterRuns:
    """What runs on one cluster, and what ran there."""

    cluster: str
    namespace: str
    api: Api
    store: ObjectStore

    def jobs(self, function: str | None = None) -> tuple[Job, ...]:
        """The runs of a function, or of all; outputs and exit codes of ended ones from their records."""
        selector = FUNCTION_LABEL if function is None else f"{FUNCTION_LABEL}={function}"
        return tuple(map(self._job, self.api.listed("Job", self.namespace, selector)))

    def of_trace(self, trace: str) -> tuple[Job, ...]:
        """The runs that belong to a trace."""
        return tuple(map(self._job, self.api.listed("Job", self.namespace, f"{TRACE_LABEL}={trace}")))

    def is_waiting(self, trace: str) -> bool:
        """Whether an object of the trace lies in an input folder and has no run yet."""
        has_run = {(job.function, job.input_path) for job in self.of_trace(trace)}
        for name, bucket, path in self._inputs():
            prefix = f"{bucket}/{path}/" if path else f"{bucket}/"
            for stored in self.store.objects(f"{prefix}aisprint-{trace}"):
                if (name, stored.path) not in has_run:
                    return True
        return False

    def log(self, job: Job) -> str:
        """The pod's log while there is one, else what the run stored."""
        for pod in self.api.listed("Pod", self.namespace, f"job-name={job.id}"):
            text = self.api.log(self.namespace, pod["metadata"]["name"])
            if text:
                return text
        stored = self._read(job, log_key(job.function, job.id.rpartition("-")[2]))
        return "" if stored is None else stored.decode(errors="replace")

    def _inputs(self) -> Iterator[tuple[str, str, str]]:
        for document in self.api.listed("ConfigMap", self.namespace, FUNCTION_LABEL):
            function = json.loads(document["data"]["function.json"])
            for entry in function["inputs"]:
                if entry["store"] == OWN_STORE:
                    yield function["name"], entry["bucket"], entry["path"]

    def _job(self, document: Mapping[str, Any]) -> Job:
        metadata, status = document["metadata"], document.get("status") or {}
        labels = metadata["labels"]
        job = Job(
            id=metadata["name"],
            cluster=self.cluster,
            function=labels[FUNCTION_LABEL],
            trace=labels[TRACE_LABEL],
            state=_state(status),
            input_path=metadata["annotations"][INPUT_ANNOTATION],
            created_s=_seconds(metadata.get("creationTimestamp")) or 0.0,
            started_s=_seconds(status.get("startTime")),
        )
        return self._ended(job, labels[IDENTITY_LABEL], status) if job.state in _ENDED else job

    def _ended(self, job: Job, identifier: str, status: Mapping[str, Any]) -> Job:
        text = self._read(job, record_key(job.function, identifier))
        record = json.loads(text) if text else {}
        return Job(
            id=job.id,
            cluster=job.cluster,
            function=job.function,
            trace=job.trace,
            state=job.state,
            input_path=job.input_path,
            created_s=job.created_s,
            started_s=record.get("started_s") or job.started_s or job.created_s,
            finished_s=record.get("finished_s") or _finished(status) or job.created_s,
            exit_code=record.get("exit_code"),
            reason=record.get("reason") or ("" if record else _reason(status)),
            outputs=tuple(_of_own(entry, self.cluster) for entry in record.get("outputs", ())),
        )

    def _read(self, job: Job, key: str) -> bytes | None:
        return self.store.read(f"{job.input_path.partition('/')[0]}/{key}")


def settled_trace(trace: str, clusters: Sequence[ClusterRuns], wait_s: float, look_s: float) -> Trace:
    """A trace over several clusters; with `wait_s`, once it changes or the time is over.

    Outputs are there before their run ends, so inputs without a run are looked for after the runs; and
    the runs once more after that, since one may have been made of such an input in between.
    """
    end = time.monotonic() + wait_s
    first: Trace | None = None
    while True:
        jobs = _jobs(trace, clusters)
        is_over = bool(jobs) and all(job.state in _ENDED for job in jobs)
        is_complete = is_over and not any(runs.is_waiting(trace) for runs in clusters)
        seen = Trace(trace, jobs, is_complete and jobs == _jobs(trace, clusters))
        if seen.complete or time.monotonic() >= end or (first is not None and seen != first):
            return seen
        first = first or seen
        time.sleep(min(look_s, max(0.0, end - time.monotonic())))


def _jobs(trace: str, clusters: Sequence[ClusterRuns]) -> tuple[Job, ...]:
    found = [job for runs in clusters for job in runs.of_trace(trace)]
    return tuple(sorted(found, key=lambda job: (job.created_s, job.started_s or job.created_s)))


def _state(status: Mapping[str, Any]) -> JobState:
    conditions = {entry["type"] for entry in status.get("conditions") or () if entry.get("status") == "True"}
    if "Complete" in conditions:
        return JobState.SUCCEEDED
    if "Failed" in conditions:
        return JobState.FAILED
    return JobState.RUNNING if status.get("active") and status.get("ready", 1) else JobState.QUEUED


def _finished(status: Mapping[str, Any]) -> float | None:
    if status.get("completionTime"):
        return _seconds(status["completionTime"])
    ends = [entry.get("lastTransitionTime") for entry in status.get("conditions") or ()]
    return _seconds(ends[-1]) if ends else None


def _reason(status: Mapping[str, Any]) -> str:
    conditions = status.get("conditions") or ()
    last: Mapping[str, Any] = conditions[-1] if conditions else {}
    return str(last.get("message") or last.get("reason") or "")


def _seconds(moment: str | None) -> float | None:
    return datetime.fromisoformat(moment).timestamp() if moment else None


def _of_own(entry: str, cluster: str) -> str:
    return entry if not entry.startswith(":") else f"{cluster}{entry}"
