"""Where the values that a deployment was made from stand in the application's files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aisprint_cli.diagnostics import Location

if TYPE_CHECKING:
    from aisprint_cli.load.source_map import SourceMap


class Locate(Protocol):
    """Where a value of one of the application's documents stands."""

    def __call__(self, path: str, *keys: str | int) -> Location:
        """The position of the value under `keys` in the document `path`, or of its nearest parent."""


def whole_file(path: str, *keys: str | int) -> Location:  # noqa: ARG001  the keys are not known to it
    """The start of the file: for callers that have no positions."""
    return Location(path)


def positions_in(directory: Path) -> Locate:
    """Positions in the files of an application directory, read only when one is asked for."""

    @cache
    def sources() -> SourceMap:
        from aisprint_cli.load.application import load_application

        return load_application(directory).sources

    def locate(path: str, *keys: str | int) -> Location:
        return sources().locate(path, *keys)

    return locate
