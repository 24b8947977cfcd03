"""The components' code: the directories below `src`, what each declares, and which files it has."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.annotations import AnnotatedCode, read_annotations
from aisprint_cli.load.documents_reader import read_bytes
from aisprint_cli.load.reporter import Reporter

SOURCE: Final = "src"
MAIN: Final = "main.py"
_SKIPPED: Final = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class ComponentCode:
    """One directory below `src`: its path, the names of its entries, and what its `main.py` declares."""

    directory: str
    entries: frozenset[str]
    code: AnnotatedCode

    @property
    def main(self) -> str:
        """The path of its `main.py`."""
        return f"{self.directory}/{MAIN}"


@dataclass(frozen=True, slots=True)
class Components:
    """All code found. `by_name` holds those that declare a sound name, the first of each name.

    `unnamed` are the directories whose code could not be read so far as to know its name.
    """

    by_name: Mapping[str, ComponentCode] = field(default_factory=lambda: MappingProxyType({}))
    unnamed: tuple[str, ...] = ()


def read_components(directory: Path, reporter: Reporter) -> Components:
    """Read the code of every component."""
    root = directory / SOURCE
    if not root.is_dir():
        message = f"There is no directory {SOURCE}."
        reporter.report("code.no-source-directory", Location(SOURCE), message)
        return Components()
    found: dict[str, ComponentCode] = {}
    unnamed: list[str] = []
    for name, entries in _component_directories(root, reporter):
        component = _read_component(directory, f"{SOURCE}/{name}", entries, reporter)
        declared = component.code.component if component else None
        if component is None or declared is None:
            unnamed.append(name)
        elif declared in found:
            location = component.code.places["component_name"]
            message = f"The component `{declared}` is already declared in {found[declared].main}."
            reporter.report("code.duplicate-component", location, message)
        else:
            found[declared] = component
    return Components(MappingProxyType(found), tuple(unnamed))


def _component_directories(root: Path, reporter: Reporter) -> Iterator[tuple[str, frozenset[str]]]:
    """The directories below `src` that hold a `main.py`, by name; others are reported and skipped."""
    for name in sorted(_entries(root, SOURCE, reporter) or ()):
        path = root / name
        if name in _SKIPPED or name.startswith(".") or not path.is_dir():
            continue
        entries = _entries(path, f"{SOURCE}/{name}", reporter)
        if entries is None:
            continue
        if MAIN in entries:
            yield name, entries
        else:
            message = f"The directory {SOURCE}/{name} has no {MAIN}."
            reporter.report("code.no-main-file", Location(f"{SOURCE}/{name}"), message)


def _entries(directory: Path, path: str, reporter: Reporter) -> frozenset[str] | None:
    try:
        return frozenset(os.listdir(directory))  # noqa: PTH208  a Path for each name would cost time
    except OSError as error:
        reason = error.strerror or type(error).__name__
        reporter.report("file.unreadable", Location(path), f"The directory {path} cannot be read: {reason}.")
        return None


def _read_component(
    directory: Path, path: str, entries: frozenset[str], reporter: Reporter
) -> ComponentCode | None:
    source = read_bytes(directory, f"{path}/{MAIN}", reporter, required=True)
    code = None if source is None else read_annotations(f"{path}/{MAIN}", source, reporter)
    if code is None:
        return None
    if code.main is not None and "component_name" not in code.arguments:
        message = "`main` has no `component_name` annotation."
        reporter.report("annotation.no-component-name", code.main, message)
    return ComponentCode(path, entries, code)
