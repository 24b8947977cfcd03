"""The two files that design keeps outside its output tree.

They are written after the tree is in place. The manifest in the tree says what they have to hold and
what they held, so a run that was killed in between is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.design.manifest import OutsideRecord
from aisprint_cli.design.records import record_bytes, record_file

ANNOTATIONS_PATH = "common_config/annotations.yaml"
CONSTRAINTS_PATH = "space4ai-d/qos_constraints.yaml"
ABSENT = ""
"""The record of a file that must not be there."""


@dataclass(frozen=True, slots=True)
class OutsideFile:
    """A file outside the tree: `text` is None where we no longer write it."""

    path: str
    text: str | None

    @property
    def record(self) -> str:
        """The record it has once written."""
        return ABSENT if self.text is None else record_bytes(self.text.encode())


def present_record(directory: Path, path: str) -> str:
    """The record of what is at a path now, `ABSENT` when nothing is.

    Raises:
        OSError: when it is there and cannot be read.

    """
    file = directory / path
    return record_file(file) if file.exists() else ABSENT


def is_edited(present: str, file: OutsideFile, known: OutsideRecord | None) -> bool:
    """Whether writing would lose what somebody else put there; not writing never does."""
    ours = (ABSENT, file.record) if known is None else (ABSENT, file.record, known.record, known.previous)
    return file.text is not None and present not in ours


def is_pending(present: str, entry: OutsideRecord) -> bool:
    """Whether a file has yet to be brought to what it has to hold.

    One that must not be there is removed only while it is what we wrote before.
    """
    if entry.record == ABSENT:
        return present != ABSENT and present == entry.previous
    return present != entry.record


def in_place(directory: Path, outside: Mapping[str, OutsideRecord]) -> bool:
    """Whether every file outside holds what it has to."""
    return not any(is_pending(present_record(directory, path), entry) for path, entry in outside.items())


def write_outside(directory: Path, file: OutsideFile, scratch: Path, *, keep: bool) -> Path | None:
    """Bring a file to what it has to hold; with `keep` the present one stays beside it.

    Args:
        directory: the application directory.
        file: what has to be there.
        scratch: a directory on the same file system, where a killed run may leave things.
        keep: whether the present one is somebody else's.

    Returns:
        Where the present one was kept, None when it was not.

    Raises:
        OSError: when it cannot be written.

    """
    target = directory / file.path
    kept: Path | None = None
    if keep and target.exists():
        kept = _free_name(target)
        target.rename(kept)
    if file.text is None:
        target.unlink(missing_ok=True)
    else:
        target.parent.mkdir(exist_ok=True)
        put_in_place(target, file.text, scratch)
    return kept


def put_in_place(target: Path, text: str, scratch: Path) -> None:
    """Write a file in one step, from a directory where a killed run may leave the half of it.

    Raises:
        OSError: when it cannot be written.

    """
    scratch.mkdir(parents=True, exist_ok=True)
    whole = scratch / target.name
    whole.write_text(text)
    whole.replace(target)


def _free_name(target: Path) -> Path:
    kept, number = target.with_name(f"{target.name}.orig"), 2
    while kept.exists():
        kept, number = target.with_name(f"{target.name}.orig{number}"), number + 1
    return kept
