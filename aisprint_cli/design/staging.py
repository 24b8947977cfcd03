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
    """A tree that is being built; what the present one already has is linked, not copied.

    Paths are plain texts here: a thousand deployments are ten thousand of them.
    """

    def __init__(self, root: Path, present: PresentTree) -> None:
        self.root = root
        self._prefix = f"{root}/"
        self._present = present
        self._made: set[str] = {""}
        self._shared: dict[tuple[str, str], str] = {}
        root.mkdir(parents=True)

    def add(self, entry: Entry, record: str, *, unchanged: bool) -> None:
        """Put a file in place; with `unchanged` the present tree holds the same at the same path.

        Raises:
            OSError: when it cannot be written.

        """
        target = self.place(entry.path)
        group = _group(entry)
        source = self._present.files[entry.path].path if unchanged else None
        if source is None and group:
            source = self._shared.get((group, record))
        if source is None or not _link(source, target):
            _write(entry, target)
            self._shared[group, record] = target
        else:
            self._shared.setdefault((group, record), target)

    def carry(self, path: str, target_path: str) -> None:
        """Take over a file or link of the present tree that is not ours.

        Raises:
            OSError: when it cannot be written.

        """
        source, target = self._present.files[path].path, self.place(target_path)
        if not _link(source, target):
            shutil.copy2(source, target, follow_symlinks=False)

    def carry_directory(self, path: str) -> None:
        """Take over an empty directory."""
        self._make(path)

    def place(self, path: str) -> str:
        """Where a path is in this tree; its directory exists afterwards."""
        self._make(path.rpartition("/")[0])
        return self._prefix + path

    def _make(self, directory: str) -> None:
        if directory not in self._made:
            self._make(directory.rpartition("/")[0])
            os.mkdir(self._prefix + directory)  # noqa: PTH102  see the class
            self._made.add(directory)


def _group(entry: Entry) -> str:
    """Entries of one group with the same record may be one on disk; the empty group shares nothing."""
    if isinstance(entry, CopiedFile):
        return f"copy:{entry.group}"
    if isinstance(entry, SymbolicLink):
        return "link"
    return "generated" if entry.shared else ""


def _link(source: str, target: str) -> bool:
    """Make a hard link; False where the file system cannot, or has too many of them."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        return False
    return True


def _write(entry: Entry, target: str) -> None:
    if isinstance(entry, SymbolicLink):
        os.symlink(entry.target, target)  # noqa: PTH211  see the class
        return
    file = Path(target)
    if isinstance(entry, CopiedFile):
        shutil.copyfile(entry.source, file)
        mode = _EXECUTABLE_MODE if entry.record.endswith(" x") else _FILE_MODE
    else:
        file.write_bytes(entry.text.encode())
        mode = _SHARED_MODE if entry.shared else _EXECUTABLE_MODE if entry.executable else _FILE_MODE
    file.chmod(mode)
