"""The infrastructures of one user, found by the identity in their templates."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from aisprint_cli.backends.im import documents
from aisprint_cli.backends.im.client import GoneError, Health, ImClient
from aisprint_cli.backends.im.documents import Document, Identity
from aisprint_cli.backends.im.shared_questions import SharedQuestions

_AT_ONCE: Final = 8
_LIST_LASTS_S: Final = 15.0
_TEMPLATE_WITHIN_S: Final = 5.0  # one without a template for longer was made by other means

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Seen:
    """An infrastructure as it is now; `document` holds secrets in clear."""

    identifier: str
    health: Health
    document: Document = field(repr=False)


class Infrastructures:
    """Finds infrastructures. What one was made for never changes, so it is asked for once.

    Args:
        client: the server.
    """

    def __init__(self, client: ImClient) -> None:
        self._client = client
        self._known: dict[str, Identity | None] = {}
        self._there: set[str] = set()
        self._listed_s: float | None = None
        self._bare: dict[str, float] = {}
        self._lock = threading.Lock()
        self._lists = SharedQuestions(self._list)
        self._looks = SharedQuestions(self._look)

    def add(self, identifier: str, identity: Identity | None) -> None:
        """Note one that was just made."""
        with self._lock:
            self._known[identifier] = identity
            self._there.add(identifier)

    def drop(self, identifier: str) -> None:
        """Forget one that was removed."""
        with self._lock:
            self._known.pop(identifier, None)
            self._there.discard(identifier)

    def doubt(self) -> None:
        """Ask again the next time: a call failed, and may still have made one."""
        with self._lock:
            self._listed_s = None

    def all(self, *, fresh: bool = False) -> Mapping[str, Identity]:
        """Every infrastructure of ours that is there, by identifier: one call, and one for each new one.

        What this process made and removed is known without asking, and nobody else works for its ledger
        meanwhile; the server reads all infrastructures of all users for each list. So unless it has to be
        `fresh`, a list of a moment ago will do.
        """
        with self._lock:
            listed_s = self._listed_s
        if fresh or listed_s is None or time.monotonic() - listed_s > _LIST_LASTS_S:
            self._lists("")
        with self._lock:
            known = {name: self._known.get(name) for name in self._there}
            return {name: identity for name, identity in known.items() if identity is not None}

    def _list(self, _all: str) -> None:
        """Ask for all. Under the lock: one that is noted meanwhile must not be taken for gone."""
        with self._lock:
            now = time.monotonic()
            self._listed_s = now if self._list_all() else None

    def _list_all(self) -> bool:
        """Ask for all; False where one is so new that it cannot be told yet whose it is."""
        present = self._client.infrastructures()
        new = [identifier for identifier in present if identifier not in self._known]
        now = time.monotonic()
        for identifier, document in zip(new, each(self._document, new), strict=True):
            waited_s = now - self._bare.setdefault(identifier, now)
            if document or waited_s > _TEMPLATE_WITHIN_S:
                self._known[identifier] = documents.identity_of(document)  # None: none of ours
        self._there = set(present)
        return self._there <= self._known.keys()

    def _document(self, identifier: str) -> Document:
        """Its template; empty when it went meanwhile, or is so new that it has none yet."""
        try:
            return documents.load(self._client.template(identifier))
        except GoneError:
            return {}

    def look(self, identifier: str) -> Seen | None:
        """One as it is now; None when it is gone. Not to be changed: others may have been given it too."""
        return self._looks(identifier)

    def _look(self, identifier: str) -> Seen | None:
        try:
            health = self._client.health(identifier)
            return Seen(identifier, health, documents.load(self._client.template(identifier)))
        except GoneError:
            self.drop(identifier)
            return None


def each(act: Callable[[_T], _R], values: Iterable[_T]) -> list[_R]:
    """The results of a call for each value, some at the same time, in order."""
    todo = list(values)
    if len(todo) < 2:
        return [act(value) for value in todo]
    with ThreadPoolExecutor(min(_AT_ONCE, len(todo))) as pool:
        return list(pool.map(act, todo))


def outputs_of(
    document: Document, values: Mapping[str, Any], references: Mapping[str, str]
) -> dict[str, str]:
    """Outputs as a person wants them: an address as it is, a secret as its reference.

    A value that is or holds a secret which is not ours (a machine's password or key) is left out.

    Args:
        document: the template, for the expressions of its outputs.
        values: what the server says, by output name.
        references: the reference of each secret value that was sent.
    """
    found: dict[str, str] = {}
    expressions = (document.get("topology_template") or {}).get("outputs") or {}
    for name in expressions:
        for key, value in _flat(name, values.get(name)):
            if value in references:
                found[key] = references[value]
            elif not _is_delicate(key) and not any(secret in value for secret in references if secret):
                found[key] = value
    return found


def _flat(name: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _flat(f"{name}.{key}", entry)
    elif isinstance(value, list):
        yield name, ", ".join(str(entry) for entry in value if not isinstance(entry, (dict, list)))
    elif value not in (None, ""):
        yield name, str(value)


def _is_delicate(name: str) -> bool:
    """Whether an output's name says that its value is for no one's eyes."""
    words = ("password", "passwd", "token", "secret", "cred", "key")
    return any(word in name.lower() for word in words)
