"""New applications from the scaffolds in `templates/new/`.

A scaffold is a folder with a one-line `summary.txt` and its `files/`: those that end in `.jinja` are
rendered, all others copied. What every scaffold gets stands in `_shared/files/`, what they include in
`_shared/parts/`. The JSON Schemas are copied into the application, because an editor must find them
without a network and wherever the application is checked out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aisprint_cli.errors import UsageError
from aisprint_cli.model.naming import (
    BUCKET_NAME_MINIMUM,
    OSCAR_NAME_LIMIT,
    is_path_safe,
    is_service_safe,
    service_name,
)
from aisprint_cli.system.packaged import schemas_directory, templates_directory

if TYPE_CHECKING:
    from jinja2 import Environment

DEFAULT_SCAFFOLD: Final = "minimal"
SCHEMA_FOLDER: Final = ".aisprint-schemas"

_SHARED: Final = "_shared"
_RENDERED: Final = ".jinja"


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A kind of new application, with one line on what it is."""

    name: str
    summary: str


def scaffolds() -> tuple[Scaffold, ...]:
    """All scaffolds, the default one first."""
    folders = (path.parent for path in _root().glob("*/summary.txt"))
    found = [
        Scaffold(folder.name, (folder / "summary.txt").read_text(encoding="utf-8").strip())
        for folder in folders
    ]
    return tuple(sorted(found, key=lambda item: (item.name != DEFAULT_SCAFFOLD, item.name)))


def require_application_name(name: str) -> None:
    """Refuse a name that cannot be that of a directory, a service and a bucket at once.

    Raises:
        UsageError: with every reason, and a name that would do.
    """
    reasons = list(_objections(name))
    if reasons:
        raise UsageError(
            f"{name!r} cannot be the name of an application: {'; '.join(reasons)}.",
            why="The name becomes that of a directory, of clusters and of buckets.",
            mend=f"For instance: {suggest_name(name)}",
        )


def suggest_name(name: str) -> str:
    """A legal name as close to `name` as can be had."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9_-]+", "_", plain)
    short = words.strip("-_")[:OSCAR_NAME_LIMIT].strip("-_")
    return short if len(short) >= BUCKET_NAME_MINIMUM else f"{short}_app".lstrip("_")


def render_scaffold(scaffold: str, name: str) -> dict[str, bytes]:
    """The files of a new application: `/`-separated relative paths to contents, in order of path.

    Raises:
        UsageError: when there is no such scaffold, or the name cannot be an application's.
    """
    require_application_name(name)
    known = [item.name for item in scaffolds()]
    if scaffold not in known:
        raise UsageError(f"There is no template {scaffold!r}.", mend=f"Take one of: {', '.join(known)}.")
    environment = _environment()
    files = dict(_schemas())
    for folder in (_root() / _SHARED / "files", _root() / scaffold / "files"):
        for source in _files(folder):
            path = source.relative_to(folder).as_posix()
            if path.endswith(_RENDERED):
                text = environment.from_string(source.read_text(encoding="utf-8")).render(name=name)
                files[path.removesuffix(_RENDERED)] = text.encode()
            else:
                files[path] = source.read_bytes()
    return dict(sorted(files.items()))


def _objections(name: str) -> Iterator[str]:
    service = service_name(name)
    if len(service) < BUCKET_NAME_MINIMUM:
        yield f"it has fewer than {BUCKET_NAME_MINIMUM} characters"
    if len(service) > OSCAR_NAME_LIMIT:
        yield f"it has more than {OSCAR_NAME_LIMIT} characters"
    if name and not is_path_safe(name):
        yield "it may hold letters, digits, - and _ only, and starts with a letter or digit"
    elif name.endswith(("-", "_")):
        yield "it ends with - or _"
    elif not is_service_safe(name) and BUCKET_NAME_MINIMUM <= len(service) <= OSCAR_NAME_LIMIT:
        yield "no service can have it"


def _root() -> Path:
    return templates_directory() / "new"


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(_root() / _SHARED / "parts"),
        autoescape=select_autoescape(enabled_extensions=()),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _schemas() -> Iterator[tuple[str, bytes]]:
    for path in schemas_directory().glob("*.json"):
        yield f"{SCHEMA_FOLDER}/{path.name}", path.read_bytes()
