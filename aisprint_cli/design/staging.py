"""The next output tree, built beside the present one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from aisprint_cli.design.entries import CopiedFile, Entry, SymbolicLink
from aisprint_cli.design.records import PresentTree

_SHARED_MODE = 0o444  # the same file in many deployments: an editor should hesitate before changing all
_FILE_MODE = 0o644
_EXECUTABLE_MODE = 0o755


class StagedTree:
    """A tree that is being built; what the present one already has is linked, not copied."""

    def __init__(self, root: Path, present: PresentTree) -> None:
        self.root = root
        self._present = present
        self._made: set[str] = {""}
        self._shared: dict[tuple[str, str], Path] = {}
        root.mkdir(parents=True)

    def add(self, entry: Entry, record: str, *, unchanged: bool) -> None:
        """Put a file in place; with `unchanged` the present tree holds the same at the same path.

        Raises:
            OSError: when it cannot be written.

        """
        target = self.place(entry.path)
        if isinstance(entry, SymbolicLink):
            target.symlink_to(entry.target)
            return
        group = self._group(entry)
        source = self._present.files[entry.path].path if unchanged else self._shared.get((group, record))
        if source is None or not _link(source, target):
            _write(entry, target)
        if group:
            self._shared.setdefault((group, record), target)

    @staticmethod
    def _group(entry: Entry) -> str:
        """Entries of one group may be one file on disk; the empty group shares nothing."""
        if isinstance(entry, CopiedFile):
            return f"copy:{entry.group}"
        return "generated" if not isinstance(entry, SymbolicLink) and entry.shared else ""

    def carry(self, path: str, target_path: str) -> None:
        """Take over a file or link of the present tree that is not ours."""
        found = self._present.files[path]
        target = self.place(target_path)
        if found.is_link:
            target.symlink_to(found.path.readlink())
        elif not _link(found.path, target):
            shutil.copy2(found.path, target)

    def carry_directory(self, path: str) -> None:
        """Take over an empty directory."""
        self._make(path)

    def place(self, path: str) -> Path:
        """Where a path is in this tree; its directory exists afterwards."""
        self._make(path.rpartition("/")[0])
        return self.root / path

    def _make(self, directory: str) -> None:
        if directory not in self._made:
            self._make(directory.rpartition("/")[0])
            (self.root / directory).mkdir(exist_ok=True)
            self._made.add(directory)


def _link(source: Path, target: Path) -> bool:
    """Make a hard link; False where the file system cannot, or has too many of them."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        return False
    return True


def _write(entry: Entry, target: Path) -> None:
    if isinstance(entry, CopiedFile):
        shutil.copyfile(entry.source, target)
        mode = _EXECUTABLE_MODE if entry.record.endswith(" x") else _FILE_MODE
    elif isinstance(entry, SymbolicLink):
        raise TypeError("links have nothing to write")
    else:
        target.write_bytes(entry.text.encode())
        mode = _SHARED_MODE if entry.shared else _EXECUTABLE_MODE if entry.executable else _FILE_MODE
    target.chmod(mode)
