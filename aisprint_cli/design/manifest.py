"""The record of a design: from which inputs it was made, and what every file of it held.

It lies in the output tree, as `aisprint/.design.json`, so that the two are exchanged as one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aisprint_cli.errors import StateError

MANIFEST_NAME = ".design.json"
_SCHEMA = "aisprint.design-manifest/1"


@dataclass(frozen=True, slots=True)
class SplitRecord:
    """What is known of a component's splits.

    `key` identifies the model and the request they were made for, `cuts` describes each of them, and
    `files` names the model files of each design. `reason` says in words why there are fewer than asked
    for; `refused` and `failed` are the places where one tensor is alive that cannot be sent, and the
    cuts that did not verify. `left_out` are the files of the component that only the whole model needs.
    """

    key: str
    cuts: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""
    refused: tuple[Mapping[str, Any], ...] = ()
    failed: tuple[Mapping[str, Any], ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutsideRecord:
    """A file we keep outside the tree: its record, and the one it replaces (None: there was none)."""

    record: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class PlacementRecord:
    """A placement that was found.

    `key` identifies the problem it solves, `pieces` gives the resource of each part by component,
    `instances` how many are bought of a resource. No placement costs less than `lower_bound`; `proven`:
    nor less than this one. One that is not proven took `time_limit_s`. `next_best` says what each
    component would do instead, in the form of `aisprint.place/1`.
    """

    key: str
    pieces: Mapping[str, Mapping[str, str]]
    instances: Mapping[str, int]
    lower_bound: float
    proven: bool
    time_limit_s: float | None = None
    next_best: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The record of one design.

    Paths of `inputs` and `outside` start at the application directory, those of `outputs` at the tree.
    """

    tool: str
    count: int
    written: int
    inputs: Mapping[str, str]
    splits: Mapping[str, SplitRecord]
    outputs: Mapping[str, str]
    outside: Mapping[str, OutsideRecord]
    placement: PlacementRecord | None = None

    def to_text(self) -> str:
        """The manifest as its file holds it; the same for the same design."""
        document = {
            "schema": _SCHEMA,
            "tool": self.tool,
            "count": self.count,
            "written": self.written,
            "inputs": self.inputs,
            "splits": {name: asdict(record) for name, record in self.splits.items()},
            "outputs": self.outputs,
            "outside": {name: asdict(record) for name, record in self.outside.items()},
            "placement": asdict(self.placement) if self.placement else None,
        }
        return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read_manifest(tree: Path) -> Manifest | None:
    """The record of the design in an output tree; None when it has none.

    Raises:
        StateError: when there is one that cannot be understood.

    """
    path = tree / MANIFEST_NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("schema") != _SCHEMA:
            raise ValueError("it is of another version")
        splits = {name: _split(entry) for name, entry in document.pop("splits").items()}
        outside = {name: OutsideRecord(**entry) for name, entry in document.pop("outside").items()}
        placement = _placement(document.pop("placement", None))
        return Manifest(**document, splits=splits, outside=outside, placement=placement)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            f"The record of the design, {path}, cannot be read: {error}.",
            why="Without it there is no telling which files of the output tree are as they were written.",
            mend="Restore it, or remove the aisprint/ directory and run `aisprint design`.",
        ) from error


def _split(entry: Mapping[str, Any]) -> SplitRecord:
    # The first records had neither reasons nor what is left out.
    return SplitRecord(
        key=entry["key"],
        cuts=tuple(entry["cuts"]),
        files={design: tuple(names) for design, names in entry["files"].items()},
        reason=entry.get("reason", ""),
        refused=tuple(entry.get("refused", ())),
        failed=tuple(entry.get("failed", ())),
        left_out=tuple(entry.get("left_out", ())),
    )


def _placement(entry: Mapping[str, Any] | None) -> PlacementRecord | None:
    return None if entry is None else PlacementRecord(**{**entry, "next_best": tuple(entry["next_best"])})
