"""The tables of the runtime's state, version by version."""

from __future__ import annotations

import sqlite3
from typing import Final

_FIRST = """
CREATE TABLE cluster(
    name TEXT PRIMARY KEY, resources TEXT NOT NULL, password TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE service(
    cluster TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, token TEXT NOT NULL,
    hosting TEXT NOT NULL, PRIMARY KEY (cluster, name));
CREATE TABLE job(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, cluster TEXT NOT NULL,
    service TEXT NOT NULL, trace TEXT NOT NULL, stage TEXT NOT NULL, input_path TEXT NOT NULL,
    created_s REAL NOT NULL, payload INTEGER NOT NULL, urgent INTEGER NOT NULL, started_s REAL,
    finished_s REAL, exit_code INTEGER, reason TEXT NOT NULL DEFAULT '',
    outputs TEXT NOT NULL DEFAULT '[]', pid INTEGER, process_started_s REAL,
    revision INTEGER NOT NULL);
CREATE INDEX job_queue ON job(cluster, service, urgent DESC, seq) WHERE stage = 'queued';
CREATE INDEX job_open ON job(stage) WHERE stage IN ('running', 'publishing');
CREATE INDEX job_trace ON job(trace);
CREATE INDEX job_service ON job(cluster, service, seq);
CREATE TABLE object(
    cluster TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL, trace TEXT NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (cluster, path)) WITHOUT ROWID;
CREATE TABLE arrival(
    id TEXT PRIMARY KEY, cluster TEXT NOT NULL, path TEXT NOT NULL, staged TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, trace TEXT NOT NULL,
    job TEXT NOT NULL, key TEXT NOT NULL);
"""

_OWNERS = """
ALTER TABLE cluster ADD COLUMN owner TEXT NOT NULL DEFAULT '{}';
"""

MIGRATIONS: Final = (_FIRST, _OWNERS)
"""Each brings the state from the version of its place to the next one."""


class NewerStateError(RuntimeError):
    """A newer version has written the state; the text says so."""


def migrate(database: sqlite3.Connection) -> None:
    """Bring the state to the newest version, each step in a transaction of its own.

    Raises:
        NewerStateError: when a newer version wrote it.
    """
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise NewerStateError(
            f"the state has version {version}, this aisprint knows up to {len(MIGRATIONS)}: use the newer one"
        )
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        database.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version={number}; COMMIT;")
