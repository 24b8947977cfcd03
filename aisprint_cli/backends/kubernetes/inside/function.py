"""A function as both programs inside the cluster read it, and the names that follow from an object."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from .objects import Credentials, Store, Stored

RECORDS = ".aisprint"
"""The folder of a bucket where runs leave their records, out of every function's way."""

_TRACED = re.compile(r"aisprint-([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_NAME_LIMIT = 40


class Folder(NamedTuple):
    """A folder of a store; only files whose names begin and end as told belong there."""

    store: str
    bucket: str
    path: str
    suffixes: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    def takes(self, name: str) -> bool:
        """Whether a file of that name goes there."""
        return name.endswith(self.suffixes or ("",)) and name.startswith(self.prefixes or ("",))


class Function(NamedTuple):
    """What is to be done with each object of some folders."""

    name: str
    concurrency: int
    inputs: tuple[Folder, ...]
    outputs: tuple[Folder, ...]
    stores: dict[str, dict[str, Any]]
    script: str
    job: dict[str, Any]


def read_function(text: str) -> Function:
    """A function from the document that the back end wrote."""
    document = json.loads(text)
    folders = {
        side: tuple(
            Folder(
                entry["store"],
                entry["bucket"],
                entry["path"],
                tuple(entry.get("suffixes", ())),
                tuple(entry.get("prefixes", ())),
            )
            for entry in document[side]
        )
        for side in ("inputs", "outputs")
    }
    return Function(
        document["name"],
        document["concurrency"],
        folders["inputs"],
        folders["outputs"],
        document["stores"],
        document["script"],
        document["job"],
    )


def open_store(function: Function, name: str, secrets: Path) -> Store:
    """A store with the credentials mounted below `secrets`: `<store>.access_key`, `<store>.secret_key`."""
    facts = function.stores[name]
    keys = [(secrets / f"{name}.{kind}").read_text("utf-8").strip() for kind in Credentials._fields]
    return Store(facts["endpoint"], facts["region"], Credentials(*keys), verify=facts.get("verify", True))


def identity(bucket: str, stored: Stored) -> str:
    """What tells one version of an object from any other."""
    return hashlib.sha256(f"{bucket}/{stored.key}\n{stored.tag}".encode()).hexdigest()[:16]


def job_name(function: str, identifier: str) -> str:
    """The name of the run of an object; a name can be taken once, so each object runs once."""
    return f"{function[:_NAME_LIMIT].rstrip('-')}-{identifier}"


def record_key(function: str, identifier: str) -> str:
    """Where the record of a run is kept, in the bucket of its input."""
    return f"{RECORDS}/{function}/runs/{identifier}.json"


def log_key(function: str, identifier: str) -> str:
    """Where the log of a run is kept."""
    return f"{RECORDS}/{function}/logs/{identifier}.txt"


def trace_of(key: str, identifier: str) -> str:
    """The trace an object belongs to: the one in its name, else one of its own."""
    found = _TRACED.match(key.rsplit("/", 1)[-1])
    return found[1].lower() if found else str(uuid.uuid5(uuid.NAMESPACE_URL, identifier))
