"""Finds files that a person put into an input folder by hand.

A folder is walked when its directories changed, and now and then for files changed in place. Only
entries whose inode changed since the last walk are compared with what is known. A walk never takes
more than a small share of the time, however many files there are.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aisprint_cli.backends.local.runtime.objects import Objects, identify
from aisprint_cli.backends.local.runtime.records import Identity
from aisprint_cli.backends.local.runtime.store import Store

TEMPORARY_ENDINGS: Final = ("~", ".tmp", ".temp", ".part", ".partial", ".crdownload", ".filepart", ".swp")
_LOGGER = logging.getLogger(__name__)
_SLACK_NS: Final = 2_000_000_000
_SHARE: Final = 20


@dataclass(slots=True)
class _Folder:
    """What is remembered of one watched folder between looks."""

    directories: dict[str, int] = field(default_factory=dict)
    walked_ns: int = 0
    next_walk: float = 0.0
    next_full: float = 0.0

    def is_due(self, now: float) -> bool:
        """Whether to walk it: something was added or removed, or it is time for a thorough look."""
        if now < self.next_walk:
            return False
        return not self.directories or now >= self.next_full or self._changed()

    def _changed(self) -> bool:
        for directory, mtime_ns in self.directories.items():
            try:
                if os.stat(directory).st_mtime_ns != mtime_ns:  # noqa: PTH116  called very often
                    return True
            except FileNotFoundError:
                return True
        return False


@dataclass(frozen=True, slots=True)
class _Seen:
    """A new file as it was first seen; it counts when it stays like that."""

    identity: Identity
    since: float


class DropIns:
    """A thread that looks at the input folders.

    `folders` gives cluster and path of each; a file counts after `quiet_s` without change.
    """

    def __init__(
        self,
        objects: Objects,
        store: Store,
        folders: Callable[[], Iterable[tuple[str, str]]],
        *,
        quiet_s: float = 1.0,
        look_s: float = 0.25,
        full_s: float = 5.0,
    ) -> None:
        self._objects = objects
        self._store = store
        self._list = folders
        self._quiet_s, self._look_s, self._full_s = quiet_s, look_s, full_s
        self._folders: dict[tuple[str, str], _Folder] = {}
        self._pending: dict[tuple[str, str], _Seen] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="drop-ins", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stop.wait(self._look_s):
            try:
                self._look()
            except Exception:
                _LOGGER.exception("looking for dropped files failed")

    def _look(self) -> None:
        wanted = set(self._list())
        self._folders = {key: self._folders.get(key) or _Folder() for key in wanted}
        for (cluster, path), folder in self._folders.items():
            if folder.is_due(time.monotonic()):
                self._walk(cluster, path, folder)
        for key in list(self._pending):
            self._judge(*key)

    def _walk(self, cluster: str, path: str, folder: _Folder) -> None:
        began, began_ns = time.monotonic(), time.time_ns()
        root = self._objects.file(cluster, "")
        folder.directories = {}
        for entry in _files(root / path, folder.directories):
            status = entry.stat()
            if status.st_ctime_ns <= folder.walked_ns:
                continue
            name = Path(entry.path).relative_to(root).as_posix()
            identity = Identity(status.st_size, status.st_mtime_ns, status.st_ino)
            known = self._store.known(cluster, name)
            if known is None or known[0] != identity:
                self._pending.setdefault((cluster, name), _Seen(identity, began))
        folder.walked_ns = began_ns - _SLACK_NS
        now = time.monotonic()
        folder.next_walk = now + _SHARE * (now - began)
        folder.next_full = now + max(self._full_s, 2 * _SHARE * (now - began))

    def _judge(self, cluster: str, name: str) -> None:
        seen = self._pending[cluster, name]
        try:
            identity = identify(self._objects.file(cluster, name))
        except OSError:
            del self._pending[cluster, name]
            return
        now = time.monotonic()
        if identity != seen.identity:
            self._pending[cluster, name] = _Seen(identity, now)
        elif now - seen.since >= self._quiet_s:
            del self._pending[cluster, name]
            self._objects.take_in(cluster, name, identity)


def _files(directory: Path, directories: dict[str, int]) -> Iterator[os.DirEntry[str]]:
    """Files below a directory, hidden and temporary ones left out; notes each directory's change time."""
    waiting = [str(directory)]
    while waiting:
        present = waiting.pop()
        try:
            directories[present] = os.stat(present).st_mtime_ns  # noqa: PTH116  beside scandir
            with os.scandir(present) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name.endswith(TEMPORARY_ENDINGS):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file():
                        yield entry
        except FileNotFoundError:
            continue
