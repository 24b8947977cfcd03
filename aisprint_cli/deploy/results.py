"""Where results go: `<directory>/<input>/<part>/<file>`, never over those of another input."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.errors import StateError

TRACE_PREFIX = "aisprint-"


class ResultFolders:
    """Hands out one folder for each input below a directory.

    A folder is named after the input's stem; where that is taken, after its whole name, then with a
    number. The folder that an earlier run filled from the very same input is used again, and what
    that run brought there is taken out first. Files of other origin are never touched.

    Args:
        directory: where the folders go.
        ledger: knows which input filled which folder.
    """

    def __init__(self, directory: Path, ledger: Ledger) -> None:
        self.directory = directory.absolute()
        self._ledger = ledger
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def reserve(self, source: Path) -> Path:
        """The folder for an input's results; it is not made yet.

        Raises:
            StateError: when what an earlier run left there cannot be removed.
        """
        with self._lock:
            for name in _candidates(source):
                folder = self.directory / name
                if name not in self._taken and self._is_free(folder, source):
                    self._taken.add(name)
                    return folder
        raise AssertionError("the names never end")

    def _is_free(self, folder: Path, source: Path) -> bool:
        if not os.path.lexists(folder):
            return True
        earlier = self._ledger.last_in(str(folder))
        if earlier is None or earlier.input != str(source.absolute()):
            return False
        try:
            for name in earlier.results:
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise StateError(
                f"The results of an earlier run in {folder} cannot be replaced: {error.strerror}.",
                mend="Give another --output-dir, or remove that folder.",
            ) from error
        return True


def _candidates(source: Path) -> Iterator[str]:
    yield source.stem
    if source.suffix:
        yield source.name
    number = 2
    while True:
        yield f"{source.stem}-{number}"
        number += 1


def object_name(trace: str, source: Path) -> str:
    """What an input is called in the entry component's bucket: the trace id and its own suffix."""
    return f"{TRACE_PREFIX}{trace}{source.suffix}"


def result_name(rest: str, trace: str, stem: str) -> str | None:
    """The path of a result below its part's folder, from the object's path below the output folder.

    The trace id, which means nothing to a person, becomes the input's stem. None where the object's
    name would leave the folder.
    """
    path = PurePosixPath(rest)
    if path.is_absolute() or not path.parts or any(part in {"..", "."} for part in path.parts):
        return None
    marked = f"{TRACE_PREFIX}{trace}"
    parts = [stem + part[len(marked) :] if part.startswith(marked) else part for part in path.parts]
    return "/".join(parts)
