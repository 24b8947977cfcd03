"""Reads one file of an application directory by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.documents import DocumentKind
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.shapes.collections import ANYTHING
from aisprint_cli.load.shapes.reader import INVALID, Reader, describe
from aisprint_cli.load.yaml_source import compose


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read. `value` is None when it is absent, empty or unusable; `root` is its node tree."""

    kind: DocumentKind
    value: Mapping[str, Any] | None = None
    root: Node | None = None


def read_document(directory: Path, kind: DocumentKind, reporter: Reporter) -> Document:
    """Read a file; an optional one may be absent or empty, anything else wrong is reported."""
    data = read_bytes(directory, kind.path, reporter, required=kind.required)
    if data is None:
        return Document(kind)
    root = _compose(kind, data, reporter)
    if root is None:
        return Document(kind)
    if not isinstance(root, MappingNode):
        if kind.shape is not ANYTHING:
            message = f"The file should be a mapping of keys to values, but is {describe(root)}."
            location = Location(kind.path, root.start_mark.line + 1, root.start_mark.column + 1)
            reporter.report("structure.not-a-mapping", location, message, mend=_mend(kind))
        return Document(kind, None, root)
    try:
        value = kind.shape.read(root, Reader(kind.path, reporter))
    except RecursionError:
        reporter.report("yaml.too-deep", Location(kind.path), "Values are nested too deep to be read.")
        return Document(kind)
    return Document(kind, None if value is INVALID else value, root)


def read_bytes(directory: Path, path: str, reporter: Reporter, *, required: bool) -> bytes | None:
    """The bytes of a file below the directory; None once its absence or the failure is reported."""
    try:
        return (directory / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if required:
            reporter.report("file.missing", Location(path), f"There is no file {path}.")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        reporter.report("file.unreadable", Location(path), f"The file {path} cannot be read: {reason}.")
    return None


def _compose(kind: DocumentKind, data: bytes, reporter: Reporter) -> Node | None:
    before = len(reporter.findings)
    try:
        root = compose(kind.path, data, reporter)
    except RecursionError:
        reporter.report("yaml.too-deep", Location(kind.path), "Values are nested too deep to be read.")
        return None
    empty = root is None or root.tag == "tag:yaml.org,2002:null"
    if empty and kind.required and len(reporter.findings) == before:
        reporter.report(
            "file.empty", Location(kind.path), f"The file {kind.path} is empty.", mend=_mend(kind)
        )
    return None if empty else root


def _mend(kind: DocumentKind) -> str:
    return f"`aisprint schema {kind.name}` shows what belongs there."
