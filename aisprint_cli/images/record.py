"""What was built: so that only what changed is built again, and digests flow into what is deployed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from aisprint_cli.errors import StateError
from aisprint_cli.images.specification import Built, ImageSpec, Variant
from aisprint_cli.system.files import write_atomic
from aisprint_cli.system.state_directory import NAME, state_directory

_FILE: Final = "images.json"
_SCHEMA: Final = "aisprint.images-record/1"


@dataclass(frozen=True)
class BuildRecord:
    """The latest build of each image, and how images are made unless a command says otherwise."""

    entries: tuple[Built, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)

    def of(self, name: str) -> Built | None:
        """The latest build of an image."""
        return next((entry for entry in self.entries if entry.spec.name == name), None)

    def has(self, spec: ImageSpec, *, pushed: bool) -> Built | None:
        """The build that already gives exactly this, in its repository if it is to be there."""
        found = self.of(spec.name)
        if found is None or found.spec != spec or (pushed and not found.pushed):
            return None
        return found

    def with_builds(self, built: Iterable[Built]) -> BuildRecord:
        """The record with these builds in the place of earlier ones."""
        known = {entry.spec.name: entry for entry in self.entries}
        known |= {entry.spec.name: entry for entry in built}
        return replace(self, entries=tuple(known[name] for name in sorted(known)))


def read_record(application: Path) -> BuildRecord:
    """The record of an application; empty where nothing was built.

    Raises:
        StateError: when it cannot be read.
    """
    path = application / NAME / _FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != _SCHEMA:
            raise ValueError(document["schema"])
        return BuildRecord(tuple(_built(entry) for entry in document["images"]), document["settings"])
    except FileNotFoundError:
        return BuildRecord()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"The record of images {path} cannot be read ({type(error).__name__}).",
            mend="Remove the file and run `aisprint build` again.",
        ) from error


def write_record(application: Path, record: BuildRecord) -> None:
    """Write the record, in one step.

    Raises:
        StateError: when it cannot be written.
    """
    path = state_directory(application) / _FILE
    document = {
        "schema": _SCHEMA,
        "settings": dict(record.settings),
        "images": [asdict(entry) for entry in record.entries],
    }
    try:
        write_atomic(path, json.dumps(document, indent=2) + "\n")
    except OSError as error:
        raise StateError(f"The record of images {path} cannot be written: {error.strerror}.") from error


def _built(entry: dict[str, Any]) -> Built:
    spec = dict(entry["spec"])
    spec["variant"] = Variant(spec["variant"])
    spec["platforms"] = tuple(spec["platforms"])
    return Built(**{**entry, "spec": ImageSpec(**spec)})
