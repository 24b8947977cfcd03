"""What a part needs besides its code: `requirements.txt`, and Debian's packages in `requirements.sys`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aisprint_cli.errors import InvalidInputError

SYSTEM_REQUIREMENTS: Final = "requirements.sys"

_OWN_LIBRARY = re.compile(r"aisprint\s*($|[\[=<>!~;@#,\s])", re.IGNORECASE)
_INCLUDE = re.compile(r"(-r|--requirement)[\s=]+(?P<file>\S+)")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]*")


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a part needs: lines of its `requirements.txt`, includes resolved, the own library left out.

    `local` tells that a line names a file, so that the same text may mean something else elsewhere.
    """

    lines: tuple[str, ...]
    directory: Path
    local: bool


def read_requirements(directory: Path) -> Requirements:
    """Read `requirements.txt` of a part's directory; none is the same as an empty one.

    Raises:
        InvalidInputError: when an included file is missing or the text is no UTF-8.
    """
    file = directory / "requirements.txt"
    lines = tuple(_lines(file, ())) if file.exists() else ()
    local = any(
        line.startswith((".", "/", "-e", "--editable", "file:", "-c", "--constraint")) for line in lines
    )
    return Requirements(lines, directory, local)


def read_system_packages(directory: Path) -> tuple[str, ...]:
    """The packages of `requirements.sys`, one to a line; none where there is no such file."""
    file = directory / SYSTEM_REQUIREMENTS
    if not file.exists():
        return ()
    named = (line.split("#", 1)[0].strip() for line in file.read_text(errors="replace").splitlines())
    return tuple(line for line in named if _PACKAGE.fullmatch(line))


def _lines(file: Path, including: tuple[Path, ...]) -> Iterator[str]:
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"The requirements file {file} cannot be read: {error}.") from error
    for raw in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*$", "", raw).strip()
        include = _INCLUDE.match(line)
        if include:
            nested = (file.parent / include["file"]).resolve()
            if nested not in including:
                yield from _lines(nested, (*including, nested))
        elif line and not _OWN_LIBRARY.match(line):
            yield line
