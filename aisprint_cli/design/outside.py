"""The two files that design keeps outside its output tree.

They are written after the tree is in place. The manifest in the tree says what they have to hold and
what they held, so a run that was killed in between is completed by the next one.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.design.manifest import OutsideRecord
from aisprint_cli.design.records import record_bytes, record_file
from aisprint_cli.system.files import write_atomic

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


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file outside the tree whose text is on disk, waiting to be put in its place.

    `whole` is None for one that has to go; `keep` says that the present one is somebody else's.
    """

    path: str
    whole: Path | None
    keep: bool


def stage_outside(file: OutsideFile, scratch: Path, *, keep: bool) -> StagedFile:
    """Write a file where a killed run may leave it, so that only a rename is left to do.

    Args:
        file: what has to be there.
        scratch: a directory on the same file system.
        keep: whether the present one is somebody else's, and stays beside it.

    Raises:
        OSError: when it cannot be written.

    """
    whole = None if file.text is None else write_aside(scratch, Path(file.path).name, file.text)
    return StagedFile(file.path, whole, keep)


def put_in_place(directory: Path, staged: StagedFile) -> Path | None:
    """Bring a file of an application directory to what it has to hold.

    Returns:
        Where the present one was kept, None when it was not.

    Raises:
        OSError: when it cannot be written.

    """
    target = directory / staged.path
    kept: Path | None = None
    if staged.keep and target.exists():
        kept = _free_name(target)
        target.rename(kept)
    if staged.whole is None:
        target.unlink(missing_ok=True)
    else:
        target.parent.mkdir(exist_ok=True)
        _move(staged.whole, target)
    return kept


def _move(whole: Path, target: Path) -> None:
    try:
        whole.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_atomic(target, whole.read_bytes())  # its directory is a link to another file system


def write_aside(scratch: Path, name: str, text: str) -> Path:
    """Write a text to a file of that name in a directory, which is made if need be.

    Raises:
        OSError: when it cannot be written.

    """
    scratch.mkdir(parents=True, exist_ok=True)
    whole = scratch / name
    whole.write_text(text, encoding="utf-8")
    return whole


def _free_name(target: Path) -> Path:
    kept, number = target.with_name(f"{target.name}.orig"), 2
    while kept.exists():
        kept, number = target.with_name(f"{target.name}.orig{number}"), number + 1
    return kept
