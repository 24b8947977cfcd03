"""Makes a Job of every new object in the input folders of the cluster's functions.

A Job's name follows from the function, the object's key and its content: the API server takes a name
once, so an object runs once, however often this program is started again. Objects with a record of an
earlier run are left alone, also when their Job has been cleaned away.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from .cluster import Cluster, ClusterError
from .function import Function, identity, job_name, open_store, read_function, record_key, trace_of
from .objects import Store, Stored, StoreError

FUNCTION_LABEL = "aisprint.eu/function"
TRACE_LABEL = "aisprint.eu/trace"
IDENTITY_LABEL = "aisprint.eu/identity"
INPUT_ANNOTATION = "aisprint.eu/input"


def main() -> int:
    """Look again and again until the pod is ended."""
    secrets = Path(os.environ.get("AISPRINT_SECRETS", "/aisprint/secrets"))
    pause_s = float(os.environ.get("AISPRINT_POLL_S", "2"))
    cluster = Cluster()
    while True:
        try:
            once(cluster, secrets)
        except (ClusterError, StoreError, OSError) as error:
            print(f"aisprint: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the pod's log
        time.sleep(pause_s)


def once(cluster: Cluster, secrets: Path) -> None:
    """One look at all functions; one that fails does not keep the others."""
    failure: Exception | None = None
    for document in cluster.listed("configmaps", FUNCTION_LABEL):
        try:
            function = read_function(document["data"]["function.json"])
            _serve(cluster, function, secrets)
        except (ClusterError, StoreError, OSError, KeyError, ValueError) as error:
            failure = error
    if failure is not None:
        raise ClusterError(f"{type(failure).__name__}: {failure}")


def _serve(cluster: Cluster, function: Function, secrets: Path) -> None:
    jobs = {
        job["metadata"]["name"]: job for job in cluster.listed("jobs", f"{FUNCTION_LABEL}={function.name}")
    }
    free = function.concurrency - sum(not _has_ended(job) for job in jobs.values())
    for folder in function.inputs:
        store = open_store(function, folder.store, secrets)
        done = {stored.key for stored in store.listed(folder.bucket, record_key(function.name, "")[:-5])}
        for stored in _arrived(store, folder.bucket, folder.path):
            identifier = identity(folder.bucket, stored)
            if record_key(function.name, identifier) in done:
                continue
            known = jobs.get(job_name(function.name, identifier))
            if known is not None:
                if _has_failed(known):
                    _settle(store, folder.bucket, function, stored, known)
            elif free > 0 and cluster.create("jobs", _job(function, folder.bucket, stored)):
                free -= 1


def _arrived(store: Store, bucket: str, path: str) -> list[Stored]:
    """The objects of a folder, oldest first; what ends with `/` stands for a folder."""
    prefix = f"{path}/" if path else ""
    found = [stored for stored in store.listed(bucket, prefix) if not stored.key.endswith("/")]
    return sorted(found, key=lambda stored: (stored.modified, stored.key))


def _job(function: Function, bucket: str, stored: Stored) -> dict[str, Any]:
    identifier = identity(bucket, stored)
    document = copy.deepcopy(function.job)
    document["metadata"]["name"] = job_name(function.name, identifier)
    labels = {TRACE_LABEL: trace_of(stored.key, identifier), IDENTITY_LABEL: identifier}
    template = document["spec"]["template"]
    for metadata in (document["metadata"], template["metadata"]):
        metadata.setdefault("labels", {}).update(labels)
        metadata.setdefault("annotations", {})[INPUT_ANNOTATION] = f"{bucket}/{stored.key}"
    facts = {"AISPRINT_BUCKET": bucket, "AISPRINT_KEY": stored.key, "AISPRINT_IDENTITY": identifier}
    template["spec"]["containers"][0]["env"] += [
        {"name": name, "value": value} for name, value in facts.items()
    ]
    return document


def _conditions(job: dict[str, Any]) -> set[str]:
    found = (job.get("status") or {}).get("conditions") or []
    return {entry["type"] for entry in found if entry.get("status") == "True"}


def _has_failed(job: dict[str, Any]) -> bool:
    return "Failed" in _conditions(job)


def _has_ended(job: dict[str, Any]) -> bool:
    return bool(_conditions(job) & {"Complete", "Failed"})


def _settle(store: Store, bucket: str, function: Function, stored: Stored, job: dict[str, Any]) -> None:
    """Record a run that ended without a record: its pod was killed, or never came up."""
    identifier = identity(bucket, stored)
    conditions = job["status"]["conditions"]
    reason = next((entry.get("message") or entry.get("reason") for entry in conditions), None)
    record: dict[str, Any] = {
        "input": f"{bucket}/{stored.key}",
        "trace": trace_of(stored.key, identifier),
        "exit_code": None,
        "reason": reason or "the pod ended without a record",
        "outputs": [],
    }
    store.put(bucket, record_key(function.name, identifier), json.dumps(record).encode())


if __name__ == "__main__":
    sys.exit(main())
