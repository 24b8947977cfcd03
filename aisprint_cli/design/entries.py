"""The files of the output tree before they are on disk; paths are relative to it, with `/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.design.records import record_bytes, record_link


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """A file whose text we make. A `shared` one is the same file on disk wherever its text is the same."""

    path: str
    text: str
    executable: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file with the bytes of another; `record` is theirs. Equal ones of a `group` share the disk."""

    path: str
    source: Path
    record: str
    group: str


@dataclass(frozen=True, slots=True)
class SymbolicLink:
    """A link; `target` is relative to the directory it is in."""

    path: str
    target: str


Entry = GeneratedFile | CopiedFile | SymbolicLink


class EntryRecorder:
    """The records of entries; a text that many deployments share is hashed once."""

    def __init__(self) -> None:
        self._shared: dict[str, str] = {}

    def __call__(self, entry: Entry) -> str:
        """The record that the entry will have on disk."""
        if isinstance(entry, SymbolicLink):
            return record_link(entry.target)
        if isinstance(entry, CopiedFile):
            return entry.record
        if not entry.shared:
            return record_bytes(entry.text.encode(), executable=entry.executable)
        found = self._shared.get(entry.text)
        if found is None:
            found = self._shared[entry.text] = record_bytes(entry.text.encode(), executable=entry.executable)
        return found
