"""The tables of the ledger, version by version."""

from __future__ import annotations

import sqlite3

from aisprint_cli.errors import StateError

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE deployments (
            id INTEGER PRIMARY KEY,
            backend TEXT NOT NULL,
            application TEXT NOT NULL,
            name TEXT NOT NULL,
            state TEXT NOT NULL,
            qos TEXT NOT NULL,
            started_s REAL NOT NULL,
            changed_s REAL NOT NULL)""",
        """CREATE TABLE items (
            backend TEXT NOT NULL,
            id TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            spec TEXT NOT NULL,
            requires TEXT NOT NULL,
            digest TEXT NOT NULL,
            state TEXT NOT NULL,
            outputs TEXT NOT NULL,
            position INTEGER NOT NULL,
            changed_s REAL NOT NULL,
            PRIMARY KEY (backend, id))""",
        """CREATE TABLE steps (
            id INTEGER PRIMARY KEY,
            deployment INTEGER NOT NULL REFERENCES deployments (id),
            item TEXT NOT NULL,
            action TEXT NOT NULL,
            reason TEXT NOT NULL,
            started_s REAL NOT NULL,
            finished_s REAL,
            result TEXT,
            error TEXT NOT NULL DEFAULT '')""",
        """CREATE TABLE secrets (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL,
            created_s REAL NOT NULL)""",
        """CREATE TABLE invocations (
            trace TEXT PRIMARY KEY,
            deployment INTEGER NOT NULL REFERENCES deployments (id),
            input TEXT NOT NULL,
            submitted_s REAL NOT NULL,
            finished_s REAL,
            state TEXT NOT NULL,
            folder TEXT NOT NULL DEFAULT '',
            results TEXT NOT NULL DEFAULT '[]')""",
        "CREATE INDEX invocations_by_folder ON invocations (folder)",
        "CREATE INDEX invocations_by_time ON invocations (submitted_s)",
    ),
    (
        "ALTER TABLE deployments ADD COLUMN routing TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE deployments ADD COLUMN desired TEXT NOT NULL DEFAULT ''",
    ),
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a ledger to the newest version, each step in a transaction of its own.

    Raises:
        StateError: when a newer tool wrote it.
    """
    newest = len(MIGRATIONS)
    if _version(connection) == newest:
        return
    connection.execute("BEGIN EXCLUSIVE")  # two first commands at once: the second finds it done
    try:
        version = _version(connection)
        if version > newest:
            raise StateError(
                f"The ledger has version {version}; this aisprint knows up to {newest}.",
                why="A newer aisprint has written it.",
                mend="Use that newer aisprint for this application.",
            )
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
