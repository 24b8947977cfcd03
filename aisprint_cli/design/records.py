"""What identifies the content of a file of the tree: a short text, equal for equal content.

A file's record is the hash of its bytes, with ` x` behind it when its owner may execute it; a
symbolic link's is `-> ` and its target. Other permission bits are left out, because version control
does not keep them.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HASH = "sha256"
_CACHE = "__pycache__"


def record_bytes(data: bytes, *, executable: bool = False) -> str:
    """The record of a file of these bytes."""
    return hashlib.new(_HASH, data).hexdigest() + (" x" if executable else "")


def record_file(path: Path, *, executable: bool = False) -> str:
    """The record of a file that exists.

    Raises:
        OSError: when it cannot be read.

    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, _HASH).hexdigest() + (" x" if executable else "")


def record_link(target: str) -> str:
    """The record of a symbolic link."""
    return f"-> {target}"


def is_executable(status: os.stat_result) -> bool:
    """Whether the owner may execute a file."""
    return bool(status.st_mode & stat.S_IXUSR)


@dataclass(frozen=True, slots=True)
class Found:
    """Something in a tree: a file or a symbolic link."""

    path: str
    status: os.stat_result

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, wherever that leads."""
        return stat.S_ISLNK(self.status.st_mode)


class PresentTree:
    """What is in a directory now; contents are read when asked for, each file on disk once.

    What Python leaves behind when a design is run in its place is passed over.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, Found] = {}
        self.empty_directories: list[str] = []
        self._seen: dict[tuple[int, int], str] = {}
        if root.is_dir():
            self._walk(str(root), "")

    def _walk(self, directory: str, prefix: str) -> None:
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        if not found and prefix:
            self.empty_directories.append(prefix.rstrip("/"))
        for entry in found:
            name = prefix + entry.name
            if entry.name == _CACHE:
                continue
            if entry.is_dir(follow_symlinks=False):
                self._walk(entry.path, f"{name}/")
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                self.files[name] = Found(entry.path, entry.stat(follow_symlinks=False))

    def record(self, path: str) -> str | None:
        """The record of what is at a path relative to the root, None when nothing is.

        Raises:
            OSError: when it cannot be read.

        """
        found = self.files.get(path)
        if found is None:
            return None
        if found.is_link:
            return record_link(os.readlink(found.path))  # noqa: PTH115  thousands of them
        key = (found.status.st_dev, found.status.st_ino)
        if key not in self._seen:
            self._seen[key] = record_file(Path(found.path), executable=is_executable(found.status))
        return self._seen[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)
