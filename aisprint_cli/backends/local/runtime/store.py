"""The runtime's state in SQLite: it outlives the process and keeps queues out of its memory.

The write-ahead log with `synchronous=NORMAL` survives the death of the process without an fsync for
each job; only a power cut may take back the last moments.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aisprint_cli.backends.interface import ResourceCapacity
from aisprint_cli.backends.local.runtime.records import (
    Arrival,
    ClusterRecord,
    Hosting,
    Identity,
    JobRecord,
    NewJob,
    Owner,
    ServiceRecord,
    Stage,
)
from aisprint_cli.backends.local.runtime.store_schema import migrate

_REMEMBERED_TRACES = 4096
_OPEN = (Stage.RUNNING.value, Stage.PUBLISHING.value)


class Store:
    """One connection, shared by the threads of the process under a lock; every call is short."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        self._database.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-2000"):
            self._database.execute(f"PRAGMA {pragma}")
        migrate(self._database)
        self.revision: int = self._one("SELECT COALESCE(MAX(revision), 0) FROM job")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost counts."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        with self._lock:
            return self._database.execute(statement, values)

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        with self._lock:
            row = self._database.execute(statement, values).fetchone()
        return row[0] if row else None

    def _next_revision(self) -> int:
        self.revision += 1
        return self.revision

    def _note_change(self, trace: str) -> None:
        """Remember that a trace changed just now, for as many traces as anybody may be waiting for."""
        self._changed[trace] = self.revision
        self._changed.move_to_end(trace)
        if len(self._changed) > _REMEMBERED_TRACES:
            self._changed.popitem(last=False)

    def last_change(self, trace: str) -> int:
        """The revision of a trace's last change; that of anything where it is not remembered."""
        with self._lock:
            return self._changed.get(trace, self.revision)

    # Clusters and services

    def save_cluster(self, cluster: ClusterRecord) -> None:
        """Insert or replace a cluster."""
        resources = json.dumps([asdict(resource) for resource in cluster.resources])
        owner = json.dumps(asdict(cluster.owner))
        values = (cluster.name, resources, cluster.password, cluster.digest, owner)
        self._run("INSERT OR REPLACE INTO cluster VALUES (?, ?, ?, ?, ?)", values)

    def clusters(self) -> list[ClusterRecord]:
        """All clusters, by name."""
        rows = self._all("SELECT * FROM cluster ORDER BY name")
        return [
            ClusterRecord(
                row["name"],
                tuple(ResourceCapacity(**entry) for entry in json.loads(row["resources"])),
                row["password"],
                row["digest"],
                Owner(**json.loads(row["owner"])),
            )
            for row in rows
        ]

    def forget_cluster(self, name: str) -> None:
        """Delete a cluster with all that is remembered of it."""
        with self.transaction():
            self._run("DELETE FROM cluster WHERE name = ?", (name,))
            for table in ("service", "job", "object", "arrival"):
                self._run(f"DELETE FROM {table} WHERE cluster = ?", (name,))  # noqa: S608  fixed names

    def save_service(self, service: ServiceRecord) -> None:
        """Insert or replace a service."""
        values = (
            service.cluster,
            service.name,
            json.dumps(dict(service.document)),
            service.token,
            json.dumps(asdict(service.hosting)),
        )
        self._run("INSERT OR REPLACE INTO service VALUES (?, ?, ?, ?, ?)", values)

    def services(self) -> list[ServiceRecord]:
        """All services, by cluster and name."""
        rows = self._all("SELECT * FROM service ORDER BY cluster, name")
        return [
            ServiceRecord(
                row["cluster"],
                row["name"],
                json.loads(row["document"]),
                row["token"],
                Hosting(**json.loads(row["hosting"])),
            )
            for row in rows
        ]

    def forget_service(self, cluster: str, name: str) -> None:
        """Delete a service; its jobs are forgotten apart, when they have ended."""
        self._run("DELETE FROM service WHERE cluster = ? AND name = ?", (cluster, name))

    # Jobs

    def queue(self, jobs: Iterable[NewJob]) -> None:
        """Append runs to the queue."""
        now = time.time()
        with self.transaction():
            for job in jobs:
                self._run(
                    "INSERT INTO job(id, cluster, service, trace, stage, input_path, created_s, payload,"
                    " urgent, revision) VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?)",
                    (
                        job.id,
                        job.cluster,
                        job.service,
                        job.trace,
                        job.input_path,
                        now,
                        job.payload,
                        job.urgent,
                        self._next_revision(),
                    ),
                )
                self._note_change(job.trace)

    def head(self, cluster: str, service: str) -> JobRecord | None:
        """The run of a service whose turn it is."""
        rows = self._all(
            "SELECT * FROM job WHERE cluster = ? AND service = ? AND stage = 'queued'"
            " ORDER BY urgent DESC, seq LIMIT 1",
            (cluster, service),
        )
        return _job(rows[0]) if rows else None

    def update_job(self, job_id: str, **values: Any) -> None:
        """Change columns of a run; `outputs` as a sequence of object names."""
        if "outputs" in values:
            values["outputs"] = json.dumps(list(values["outputs"]))
        with self.transaction():
            values["revision"] = self._next_revision()
            columns = ", ".join(f"{column} = ?" for column in values)
            statement = f"UPDATE job SET {columns} WHERE id = ? RETURNING trace"  # noqa: S608  fixed names
            for row in self._all(statement, (*values.values(), job_id)):
                self._note_change(row["trace"])

    def start(self, job_id: str) -> None:
        """Note that a run has begun."""
        self.update_job(job_id, stage=Stage.RUNNING.value, started_s=time.time())

    def note_process(self, job_id: str, pid: int, started_s: float) -> None:
        """Remember which process a run is, so that a later runtime can find it."""
        self._run("UPDATE job SET pid = ?, process_started_s = ? WHERE id = ?", (pid, started_s, job_id))

    def finish(self, job_id: str, stage: Stage, *, exit_code: int | None = None, reason: str = "") -> None:
        """Note the end of a run."""
        self.update_job(
            job_id, stage=stage.value, finished_s=time.time(), exit_code=exit_code, reason=reason, pid=None
        )

    def open_jobs(self) -> list[JobRecord]:
        """Runs that were under way, oldest first."""
        rows = self._all("SELECT * FROM job WHERE stage IN (?, ?) ORDER BY seq", _OPEN)
        return [_job(row) for row in rows]

    def job(self, job_id: str) -> JobRecord | None:
        """One run."""
        rows = self._all("SELECT * FROM job WHERE id = ?", (job_id,))
        return _job(rows[0]) if rows else None

    def jobs(
        self, cluster: str | None = None, service: str | None = None, *, after: int = 0, limit: int = -1
    ) -> list[JobRecord]:
        """Runs, oldest first: those after sequence number `after`, at most `limit`."""
        conditions, values = ["seq > ?"], [after]  # type: list[str], list[Any]
        for column, value in (("cluster", cluster), ("service", service)):
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        statement = f"SELECT * FROM job WHERE {' AND '.join(conditions)} ORDER BY seq LIMIT ?"  # noqa: S608
        return [_job(row) for row in self._all(statement, (*values, limit))]

    def count_jobs(self, cluster: str, service: str, *, after: int) -> int:
        """How many runs of a service come after a sequence number."""
        statement = "SELECT COUNT(*) FROM job WHERE cluster = ? AND service = ? AND seq > ?"
        return int(self._one(statement, (cluster, service, after)))

    def trace(self, trace: str) -> list[JobRecord]:
        """The runs of one trace, oldest first."""
        return [_job(row) for row in self._all("SELECT * FROM job WHERE trace = ? ORDER BY seq", (trace,))]

    def forget_jobs(self, cluster: str, service: str, job_id: str | None = None) -> list[str]:
        """Delete runs of a service, or one of them, that are not under way; their identifiers."""
        rows = self._all(
            "DELETE FROM job WHERE cluster = ? AND service = ? AND (? IS NULL OR id = ?)"
            " AND stage NOT IN (?, ?) RETURNING id",
            (cluster, service, job_id, job_id, *_OPEN),
        )
        return [row["id"] for row in rows]

    # Objects

    def save_object(self, cluster: str, path: str, identity: Identity, *, trace: str, key: str = "") -> None:
        """Remember the content that an object has, or is about to have."""
        values = (cluster, path, identity.size, identity.mtime_ns, identity.inode, trace, key)
        self._run("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def known(self, cluster: str, path: str) -> tuple[Identity, str] | None:
        """The remembered content of an object and the key it was put with."""
        rows = self._all("SELECT * FROM object WHERE cluster = ? AND path = ?", (cluster, path))
        if not rows:
            return None
        return Identity(rows[0]["size"], rows[0]["mtime_ns"], rows[0]["inode"]), rows[0]["key"]

    def object_trace(self, cluster: str, path: str) -> str | None:
        """The trace an object belongs to."""
        found: str | None = self._one(
            "SELECT trace FROM object WHERE cluster = ? AND path = ?", (cluster, path)
        )
        return found

    def forget_object(self, cluster: str, path: str) -> None:
        """Delete what is remembered of an object."""
        self._run("DELETE FROM object WHERE cluster = ? AND path = ?", (cluster, path))

    def forget_bucket(self, cluster: str, bucket: str) -> None:
        """Delete what is remembered of a bucket's objects."""
        bounds = (cluster, f"{bucket}/", f"{bucket}0")
        self._run("DELETE FROM object WHERE cluster = ? AND path >= ? AND path < ?", bounds)

    def announce(self, arrivals: Iterable[Arrival]) -> None:
        """Write down objects about to be moved into place."""
        with self.transaction():
            for item in arrivals:
                mark = item.identity
                self._run(
                    "INSERT OR REPLACE INTO arrival VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        item.id,
                        item.cluster,
                        item.path,
                        item.staged,
                        mark.size,
                        mark.mtime_ns,
                        mark.inode,
                        item.trace,
                        item.job,
                        item.key,
                    ),
                )
                self.save_object(item.cluster, item.path, mark, trace=item.trace, key=item.key)

    def arrived(self, arrivals: Iterable[Arrival]) -> None:
        """Strike announced objects off."""
        with self.transaction():
            for item in arrivals:
                self._run("DELETE FROM arrival WHERE id = ?", (item.id,))

    def arrivals(self, *, path: tuple[str, str] | None = None, trace: str | None = None) -> list[Arrival]:
        """Announced objects, of one cluster and path or of one trace if asked."""
        rows = self._all("SELECT * FROM arrival ORDER BY rowid")
        found = [_arrival(row) for row in rows]
        if path is not None:
            found = [item for item in found if (item.cluster, item.path) == path]
        return found if trace is None else [item for item in found if item.trace == trace]


def _job(row: sqlite3.Row) -> JobRecord:
    values = dict(row)
    values["stage"] = Stage(values["stage"])
    values["outputs"] = tuple(json.loads(values["outputs"]))
    values["payload"] = bool(values["payload"])
    values["urgent"] = bool(values["urgent"])
    return JobRecord(**values)


def _arrival(row: sqlite3.Row) -> Arrival:
    identity = Identity(row["size"], row["mtime_ns"], row["inode"])
    return Arrival(
        row["id"], row["cluster"], row["path"], row["staged"], identity, row["trace"], row["job"], row["key"]
    )
