"""What was meant, what was done and what came of it: the application's ledger in SQLite.

Intent is written before a back end is called and the result after, so that a run killed at any
moment leaves a record of everything that may exist. Generated secrets live here and nowhere else.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TypeVar

from aisprint_cli.backends.interface import (
    ClusterSpec,
    FunctionSpec,
    Item,
    ItemKind,
    Recorded,
    ResourceCapacity,
)
from aisprint_cli.deploy.ledger_schema import migrate
from aisprint_cli.deploy.planner import Action, Record, RecordState
from aisprint_cli.errors import StateError

_BUSY_TIMEOUT_S = 30.0
_Row = TypeVar("_Row")


class DeploymentState(StrEnum):
    """How far a deployment is; REPLACED and REMOVED ones are history."""

    DEPLOYING = "deploying"
    ACTIVE = "active"
    REMOVING = "removing"
    REPLACED = "replaced"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """One deployment of the application; `qos` is the constraints document it was deployed with.

    `routing` says which back end makes which layer (`BackendChoice.document`), `desired` is the
    fingerprint of what was to exist. `changed_s` is when the last run that changed anything ended
    (seconds since the epoch).
    """

    id: int
    backend: str
    application: str
    name: str
    state: DeploymentState
    qos: Mapping[str, Any]
    started_s: float
    changed_s: float
    routing: Mapping[str, str] = field(default_factory=dict)
    desired: str = ""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a run; `result` is None while its end is not known."""

    item: str
    action: str
    reason: str
    started_s: float
    finished_s: float | None
    result: str | None
    error: str


@dataclass(frozen=True, slots=True)
class InvocationRecord:
    """One input that was fed; `folder` is where its results went, `results` the files in it."""

    trace: str
    input: str
    submitted_s: float
    finished_s: float | None
    state: str
    folder: str
    results: tuple[str, ...]


class Ledger:
    """The open ledger. One object may be used by several threads.

    Args:
        path: the database; it is made, readable by its owner only, where it is missing.
        durable: wait for the disk at each write, so that even a power cut loses no intent.
        clock: seconds since the epoch.

    Raises:
        StateError: when the file is no ledger, damaged, or of a newer version.
    """

    def __init__(self, path: Path, *, durable: bool = True, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.RLock()
        with self._told():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(
                path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        try:
            with self._told():
                self._db.row_factory = sqlite3.Row
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                migrate(self._db)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- deployments

    def current(self, backend: str) -> DeploymentRecord | None:
        """The deployment that is there, or on its way in or out; None where nothing is."""
        states = (DeploymentState.DEPLOYING, DeploymentState.ACTIVE, DeploymentState.REMOVING)
        rows = self._read(
            _deployment,
            "SELECT * FROM deployments WHERE backend = ? AND state IN (?, ?, ?) ORDER BY id DESC LIMIT 1",
            (backend, *states),
        )
        return rows[0] if rows else None

    def active(self) -> tuple[DeploymentRecord, ...]:
        """Every deployment that is there, or on its way in or out; at most one for each back end."""
        names = self._read(lambda row: str(row["backend"]), "SELECT DISTINCT backend FROM deployments")
        found = (self.current(name) for name in sorted(names))
        return tuple(record for record in found if record is not None)

    def last(self, backend: str) -> DeploymentRecord | None:
        """The newest deployment, whatever became of it."""
        query = "SELECT * FROM deployments WHERE backend = ? ORDER BY id DESC LIMIT 1"
        rows = self._read(_deployment, query, (backend,))
        return rows[0] if rows else None

    def history(self) -> tuple[DeploymentRecord, ...]:
        """Every deployment there ever was, oldest first."""
        return tuple(self._read(_deployment, "SELECT * FROM deployments ORDER BY id"))

    def begin(
        self,
        backend: str,
        application: str,
        name: str,
        qos: Mapping[str, Any],
        *,
        routing: Mapping[str, str] | None = None,
        desired: str = "",
    ) -> DeploymentRecord:
        """Note that a deployment is on its way; one that is there under another name becomes history."""
        now = self._clock()
        told = (json.dumps(qos), json.dumps(dict(routing or {})), desired)
        with self._transaction() as db:
            current = self.current(backend)
            if current is not None and (current.name, current.application) == (name, application):
                db.execute(
                    "UPDATE deployments SET state = ?, qos = ?, routing = ?, desired = ? WHERE id = ?",
                    (DeploymentState.DEPLOYING, *told, current.id),
                )
            else:
                if current is not None:
                    db.execute(
                        "UPDATE deployments SET state = ?, changed_s = ? WHERE id = ?",
                        (DeploymentState.REPLACED, now, current.id),
                    )
                db.execute(
                    "INSERT INTO deployments (backend, application, name, state, qos, routing, desired,"
                    " started_s, changed_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (backend, application, name, DeploymentState.DEPLOYING, *told, now, now),
                )
        found = self.current(backend)
        assert found is not None  # noqa: S101  just written
        return found

    def mark(self, deployment: int, state: DeploymentState, *, changed: bool = True) -> None:
        """Note how far a deployment is, and when, if anything of it changed."""
        with self._transaction() as db:
            db.execute(
                "UPDATE deployments SET state = ?, changed_s = CASE WHEN ? THEN ? ELSE changed_s END"
                " WHERE id = ?",
                (state, changed, self._clock(), deployment),
            )

    # -- items and steps

    def records(self, backend: str) -> dict[str, Record]:
        """Every item known for a back end by id, in the order of its deployment."""
        query = "SELECT * FROM items WHERE backend = ? ORDER BY position, id"
        return {record.item.id: record for record in self._read(_record, query, (backend,))}

    def recorded(self, backend: str) -> dict[str, Recorded]:
        """Those of which something may be there, as a back end is given them."""
        found = {name: record for name, record in self.records(backend).items() if record.exists}
        return {name: Recorded(record.item, record.outputs) for name, record in found.items()}

    def refresh(self, backend: str, items: Iterable[Item]) -> None:
        """Bring what is kept of items up to date where that makes no difference to what is there.

        Such as a cluster's template, which changes with the functions of its layer.
        """
        records = self.records(backend)
        with self._transaction() as db:
            for item in items:
                record = records.get(item.id)
                if record is not None and record.item.digest == item.digest and record.item != item:
                    db.execute(
                        "UPDATE items SET spec = ?, requires = ? WHERE backend = ? AND id = ?",
                        (_spec_text(item), json.dumps(item.requires), backend, item.id),
                    )

    def intend(self, deployment: DeploymentRecord, action: Action, item: Item, reason: str) -> int:
        """Write down that a step begins; gives its number for `finish`."""
        state = RecordState.REMOVING if action is Action.DELETE else RecordState.INTENDED
        with self._transaction() as db:
            self._put_item(db, deployment.backend, item, state)
            cursor = db.execute(
                "INSERT INTO steps (deployment, item, action, reason, started_s) VALUES (?, ?, ?, ?, ?)",
                (deployment.id, item.id, action, reason, self._clock()),
            )
            return int(cursor.lastrowid or 0)

    def finish(
        self,
        deployment: DeploymentRecord,
        step: int,
        item_id: str,
        state: RecordState,
        *,
        outputs: Mapping[str, str] | None = None,
        error: str = "",
    ) -> None:
        """Write down what came of a step. A failed removal stays on record as REMOVING."""
        now = self._clock()
        with self._transaction() as db:
            db.execute(
                "UPDATE items SET state = ?, outputs = ?, changed_s = ? WHERE backend = ? AND id = ?",
                (state, json.dumps(dict(outputs or {})), now, deployment.backend, item_id),
            )
            db.execute(
                "UPDATE steps SET finished_s = ?, result = ?, error = ? WHERE id = ?",
                (now, "failed" if error else "done", error, step),
            )

    def steps(self, deployment: int) -> tuple[StepRecord, ...]:
        """The steps of a deployment, oldest first."""
        query = "SELECT * FROM steps WHERE deployment = ? ORDER BY id"
        return tuple(self._read(_step, query, (deployment,)))

    def forget(self, deployment: DeploymentRecord, item_id: str, reason: str) -> None:
        """Strike an item off, whatever becomes of the thing; the steps say that it was done."""
        now = self._clock()
        with self._transaction() as db:
            db.execute("DELETE FROM items WHERE backend = ? AND id = ?", (deployment.backend, item_id))
            db.execute(
                "INSERT INTO steps (deployment, item, action, reason, started_s, finished_s, result)"
                " VALUES (?, ?, 'forget', ?, ?, ?, 'done')",
                (deployment.id, item_id, reason, now, now),
            )

    def _put_item(self, db: sqlite3.Connection, backend: str, item: Item, state: RecordState) -> None:
        db.execute(
            "INSERT INTO items (backend, id, kind, name, spec, requires, digest, state, outputs, position,"
            " changed_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '{}',"
            " (SELECT COALESCE(MAX(position), 0) + 1 FROM items), ?)"
            " ON CONFLICT (backend, id) DO UPDATE SET spec = excluded.spec, requires = excluded.requires,"
            " digest = excluded.digest, state = excluded.state, changed_s = excluded.changed_s,"
            " position = CASE WHEN items.state IN ('removed', 'kept') THEN excluded.position"
            " ELSE items.position END",
            (
                *(backend, item.id, item.kind, item.name, _spec_text(item), json.dumps(item.requires)),
                *(item.digest, state, self._clock()),
            ),
        )

    # -- secrets

    def generated_secret(self, name: str, make: Callable[[], str]) -> str:
        """The value kept under a name; made and kept the first time it is asked for."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO secrets (name, value, created_s) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (name, make(), self._clock()),
            )
            row = db.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()
            return str(row["value"])

    def secret_values(self) -> tuple[str, ...]:
        """All generated values, for whoever has to keep them out of what is shown."""
        return tuple(self._read(lambda row: str(row["value"]), "SELECT value FROM secrets"))

    # -- invocations

    def submit(self, deployment: int, trace: str, source: str) -> None:
        """Note that an input is about to be fed."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO invocations (trace, deployment, input, submitted_s, state)"
                " VALUES (?, ?, ?, ?, 'running')",
                (trace, deployment, source, self._clock()),
            )

    def conclude(self, trace: str, state: str, folder: str, results: tuple[str, ...]) -> None:
        """Note how an input fared and where its results are."""
        with self._transaction() as db:
            db.execute(
                "UPDATE invocations SET finished_s = ?, state = ?, folder = ?, results = ? WHERE trace = ?",
                (self._clock(), state, folder, json.dumps(results), trace),
            )

    def last_in(self, folder: str) -> InvocationRecord | None:
        """The last input whose results went to a folder."""
        query = "SELECT * FROM invocations WHERE folder = ? ORDER BY submitted_s DESC LIMIT 1"
        rows = self._read(_invocation, query, (folder,))
        return rows[0] if rows else None

    def inputs(self, traces: Sequence[str]) -> dict[str, str]:
        """The input file of each trace that was fed from here."""
        marks = ", ".join("?" * len(traces))
        query = f"SELECT trace, input FROM invocations WHERE trace IN ({marks})"  # noqa: S608  only `?`
        return dict(self._read(lambda row: (str(row["trace"]), str(row["input"])), query, tuple(traces)))

    def recent(self, deployment: int, limit: int) -> tuple[InvocationRecord, ...]:
        """The newest inputs of a deployment, newest first."""
        query = "SELECT * FROM invocations WHERE deployment = ? ORDER BY submitted_s DESC LIMIT ?"
        return tuple(self._read(_invocation, query, (deployment, limit)))

    # -- access

    def _read(
        self, convert: Callable[[sqlite3.Row], _Row], query: str, values: tuple[Any, ...] = ()
    ) -> list[_Row]:
        with self._lock, self._told():
            rows = self._db.execute(query, values).fetchall()
        try:
            return [convert(row) for row in rows]
        except (LookupError, TypeError, ValueError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> StateError:
        return StateError(
            f"The ledger {self.path} is damaged.",
            why=f"It does not read as a ledger ({type(error).__name__}).",
            mend=(
                f"Move {self.path} away and run `aisprint deploy` again: what exists as designed"
                " is taken over. Generated passwords are then made anew."
            ),
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite and the file system say into a message with a way out."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StateError(
                f"The ledger {self.path} cannot be used: {error}.",
                why="Another process holds it for long, the disk is full, or it is not writable.",
                mend="Look at the file's owner and the free space, then run the same command again.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        except OSError as error:
            raise StateError(
                f"The ledger {self.path} cannot be opened: {error.strerror}.",
                mend="Make the application directory writable.",
            ) from error


def _deployment(row: sqlite3.Row) -> DeploymentRecord:
    return DeploymentRecord(
        id=row["id"],
        backend=row["backend"],
        application=row["application"],
        name=row["name"],
        state=DeploymentState(row["state"]),
        qos=json.loads(row["qos"]),
        started_s=row["started_s"],
        changed_s=row["changed_s"],
        routing=json.loads(row["routing"]),
        desired=row["desired"],
    )


def _record(row: sqlite3.Row) -> Record:
    kind = ItemKind(row["kind"])
    fields = {"backend": row["backend"], **json.loads(row["spec"])}  # older ledgers name it there only
    spec: ClusterSpec | FunctionSpec
    if kind is ItemKind.CLUSTER:
        resources = tuple(ResourceCapacity(**entry) for entry in fields.pop("resources"))
        spec = ClusterSpec(**fields, resources=resources)
    else:
        spec = FunctionSpec(**fields)
    item = Item(kind, row["name"], spec, tuple(json.loads(row["requires"])))
    return Record(item, RecordState(row["state"]), json.loads(row["outputs"]))


def _spec_text(item: Item) -> str:
    return json.dumps(asdict(item.spec), sort_keys=True)


def _step(row: sqlite3.Row) -> StepRecord:
    return StepRecord(**{name: row[name] for name in StepRecord.__dataclass_fields__})


def _invocation(row: sqlite3.Row) -> InvocationRecord:
    return InvocationRecord(
        trace=row["trace"],
        input=row["input"],
        submitted_s=row["submitted_s"],
        finished_s=row["finished_s"],
        state=row["state"],
        folder=row["folder"],
        results=tuple(json.loads(row["results"])),
    )
