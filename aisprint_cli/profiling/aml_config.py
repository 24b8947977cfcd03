"""Configuration files of aMLLibrary: which table they name, and what they hold out of it."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from aisprint_cli.diagnostics import Diagnostic, Findings, Location
from aisprint_cli.profiling.table_file import CORES, LOADS, RUNTIME

_HELD_OUT: Final = ("interpolation_columns", "extrapolation_columns")


@dataclass(frozen=True)
class AmlConfig:
    """What a configuration says that a fit can follow.

    `table` is None where an error keeps it from being known. `names` maps columns of the table to those
    that are known here. `levels` are held out of the cores, `files` of the load; `above_cores` and
    `above_files` hold out what is more than that.
    """

    table: Path | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    levels: tuple[float, ...] = ()
    files: tuple[float, ...] = ()
    above_cores: float | None = None
    above_files: float | None = None
    findings: tuple[Diagnostic, ...] = ()


@dataclass
class _Reading:
    path: Path
    lines: list[str]
    findings: Findings = field(default_factory=Findings)
    values: dict[str, Any] = field(default_factory=dict)

    def place(self, key: str) -> Location:
        for number, line in enumerate(self.lines, start=1):
            if line.split("=")[0].split(":")[0].strip().lower() == key:
                return Location(self.path.name, number)
        return Location(self.path.name)


def read_aml_config(path: Path) -> AmlConfig:
    """Read a configuration; problems are findings.

    Raises:
        OSError: when the file cannot be read.

    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    reading = _Reading(path, text.splitlines())
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    try:
        parser.read_string(text, source=path.name)
    except configparser.Error as error:
        reading.findings.error(
            "aml.syntax",
            Location(path.name, getattr(error, "lineno", None) or 1),
            "This is no configuration of aMLLibrary.",
            why="Nothing of it can be followed.",
            mend="Give a file with sections and `key = value`, or the table itself.",
        )
        return AmlConfig(findings=reading.findings.sorted())
    for section in ("General", "DataPreparation"):
        for key, value in parser.items(section) if parser.has_section(section) else ():
            reading.values[key] = _literal(value)
    return _config(reading)


def _literal(text: str) -> Any:
    """The value as aMLLibrary reads it: a Python literal, else the text. Nothing is executed."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _config(reading: _Reading) -> AmlConfig:
    table = _table(reading)
    names = _names(reading)
    held: dict[str, Any] = {}
    given = [key for key in _HELD_OUT if key in reading.values]
    for key in given:
        _held_out(reading, key, names, held)
    if len(given) == len(_HELD_OUT) or len(held) > 1:
        _wrong(
            reading, given[-1], "More than one thing is held out.", "Hold out levels of one column at a time."
        )
    if "techniques" in reading.values:
        reading.findings.warning(
            "aml.techniques",
            reading.place("techniques"),
            "The techniques are not chosen from.",
            why="Ridge regression, trees and boosting on terms of cores are stood for by the families here.",
            mend="Nothing; docs/profiling.md says what is fitted instead.",
        )
    found = AmlConfig(table, MappingProxyType(names), **held)
    if reading.findings.has_errors:
        return AmlConfig(findings=reading.findings.sorted())
    return AmlConfig(found.table, found.names, **held, findings=reading.findings.sorted())


def _table(reading: _Reading) -> Path | None:
    named = reading.values.get("input_path")
    if not isinstance(named, str) or not named:
        _wrong(
            reading, "input_path", "No `input_path` names a table.", "Name the CSV file in [DataPreparation]."
        )
        return None
    for start in (reading.path.parent, Path()):
        if (start / named).is_file():
            return start / named
    _wrong(
        reading,
        "input_path",
        f"There is no file {named}.",
        "Give the path from the configuration, or from here.",
    )
    return None


def _names(reading: _Reading) -> dict[str, str]:
    renamed = reading.values.get("rename_columns", {})
    if not isinstance(renamed, dict) or not all(
        isinstance(name, str) for pair in renamed.items() for name in pair
    ):
        _wrong(reading, "rename_columns", "`rename_columns` is no mapping of names.", "Write {'old': 'new'}.")
        renamed = {}
    response = reading.values.get("y", RUNTIME)
    if not isinstance(response, str):
        _wrong(reading, "y", "`y` is no name of a column.", "Name the column of measured seconds.")
        return {}
    names = dict(renamed)
    names[next((old for old, new in renamed.items() if new == response), response)] = RUNTIME
    return names


def _held_out(reading: _Reading, key: str, names: Mapping[str, str], held: dict[str, Any]) -> None:
    columns = reading.values[key]
    if not isinstance(columns, dict) or not columns:
        _wrong(reading, key, f"`{key}` is no mapping of columns.", f"Write {{'{CORES}': ...}}.")
        return
    for column, value in columns.items():
        known = names.get(column, column)
        if known not in (CORES, *LOADS):
            _wrong(reading, key, f"Column {column!r} cannot be held out.", f"Hold out {CORES} or {LOADS[0]}.")
            continue
        of_cores = known == CORES
        if key == "extrapolation_columns" and _is_number(value):
            held["above_cores" if of_cores else "above_files"] = float(value)
        elif (
            key == "interpolation_columns"
            and isinstance(value, list)
            and value
            and all(map(_is_number, value))
        ):
            held["levels" if of_cores else "files"] = tuple(sorted({float(item) for item in value}))
        else:
            form = "a list of levels" if key == "interpolation_columns" else "a number"
            _wrong(reading, key, f"`{key}` of {column} is {value!r}.", f"Write {form} above 0.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")


def _wrong(reading: _Reading, key: str, message: str, mend: str) -> None:
    reading.findings.error(
        "aml.value",
        reading.place(key),
        message,
        why="What is to be fitted, or held out, would not be known.",
        mend=mend,
    )
