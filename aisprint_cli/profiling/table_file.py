"""Reading a table of measured runs: CSV with a header, every problem at once."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aisprint_cli.diagnostics import Diagnostic, Findings, Location
from aisprint_cli.load.suggestions import closest
from aisprint_cli.profiling.measurements import Run

RUNTIME: Final = "runtime"
CORES: Final = "cores"
LOADS: Final = ("number_of_files", "load")
_DERIVED: Final = ("log(cores)",)
_KNOWN: Final = (RUNTIME, CORES, *LOADS, *_DERIVED)
MOST_CONFIGURATIONS: Final = 1000
_LIMIT_BYTES: Final = 50_000_000
_LARGEST: Final = 1e12


@dataclass(frozen=True)
class Table:
    """A table as read: its runs, the name of its load column or "", and what was found."""

    runs: tuple[Run, ...]
    load_column: str
    findings: tuple[Diagnostic, ...]


@dataclass
class _Reading:
    """A table while it is read."""

    path: str
    findings: Findings = field(default_factory=Findings)
    columns: dict[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    width: int = 0

    def at(self, line: int, column: int = 1) -> Location:
        return Location(self.path, line, column)


def read_table(path: Path, names: Mapping[str, str] | None = None) -> Table:
    """Read a table of runs; problems are findings, with paths as given.

    Columns: `runtime` (s) and `cores`, and `number_of_files` or `load` where that varies. `log(cores)` is
    allowed and not needed; any other column is told and not used. `names` maps columns to these.

    Raises:
        OSError: when the file cannot be read.

    """
    reading = _Reading(path.name, names=names or {})
    text = _text(path, reading)
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        if not reading.findings.has_errors:
            reading.findings.error(
                "table.empty",
                reading.at(1),
                "The table is empty.",
                why="There is nothing to fit.",
                mend="Give a header `runtime,cores` and one row for each run.",
            )
        return Table((), "", reading.findings.sorted())
    _header(reading, *lines[0])
    load_column = next((name for name in LOADS if name in reading.columns), "")
    if reading.findings.has_errors:
        return Table((), load_column, reading.findings.sorted())
    runs = [run for number, line in lines[1:] if (run := _run(reading, number, line, load_column))]
    if not runs and not reading.findings.has_errors:
        reading.findings.error(
            "table.no-rows",
            reading.at(lines[0][0]),
            "The table has a header and no rows.",
            why="There is nothing to fit.",
            mend="Give one row for each run.",
        )
    configurations = len({(run.cores, run.load) for run in runs})
    if configurations > MOST_CONFIGURATIONS:
        reading.findings.error(
            "table.too-large",
            reading.at(lines[0][0]),
            f"The table has {configurations} configurations; at most {MOST_CONFIGURATIONS} can be fitted.",
            why="Campaigns have a few levels, each measured several times; this is probably no such table.",
            mend="Give the table of one campaign, or round its cores and loads.",
        )
    return Table(tuple(runs), load_column, reading.findings.sorted())


def _text(path: Path, reading: _Reading) -> str:
    data = path.read_bytes()[: _LIMIT_BYTES + 1]
    if len(data) > _LIMIT_BYTES:
        reading.findings.error(
            "table.too-large",
            reading.at(1),
            f"The table has more than {_LIMIT_BYTES // 1_000_000} MB.",
            why="A table of runs is small; this is probably another file.",
            mend="Give the table of one campaign.",
        )
        return ""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        reading.findings.error(
            "table.encoding",
            reading.at(line),
            "The file is not UTF-8 text.",
            why="Its numbers cannot be read.",
            mend="Give a CSV file in UTF-8.",
        )
        return ""


def _cells(line: str) -> list[tuple[str, int]]:
    """The cells of a line, each with the column (from 1) where it starts."""
    cells = next(csv.reader([line]), [])
    pieces = line.split(",")
    if len(pieces) != len(cells):
        return [(cell.strip(), 1) for cell in cells]
    found, start = [], 0
    for cell, piece in zip(cells, pieces, strict=True):
        found.append((cell.strip(), start + len(piece) - len(piece.lstrip()) + 1))
        start += len(piece) + 1
    return found


def _header(reading: _Reading, line: int, text: str) -> None:
    cells = _cells(text)
    reading.width = len(cells)
    for index, (written, column) in enumerate(cells):
        name = reading.names.get(written, written)
        if name in reading.columns:
            reading.findings.error(
                "table.duplicate-column",
                reading.at(line, column),
                f"Column {name!r} is there twice.",
                why="Which of them counts cannot be known.",
                mend="Leave one of them.",
            )
        reading.columns.setdefault(name, index)
        if name not in _KNOWN:
            _unknown(reading, name, reading.at(line, column))
    for name in (RUNTIME, CORES):
        if name not in reading.columns:
            reading.findings.error(
                "table.missing-column",
                reading.at(line),
                f"There is no column {name!r}.",
                why="A model gives the time of a run by its cores.",
                mend=f"Name the column `{name}` in the first line.",
            )
    if all(name in reading.columns for name in LOADS):
        reading.findings.error(
            "table.two-loads",
            reading.at(line),
            f"Both {LOADS[0]!r} and {LOADS[1]!r} are given.",
            why="They mean the same: how much work a run has.",
            mend="Leave one of them.",
        )


def _unknown(reading: _Reading, name: str, place: Location) -> None:
    like = closest(name, _KNOWN, cutoff=0.75)
    if like is not None and like not in reading.columns:
        reading.findings.error(
            "table.unknown-column",
            place,
            f"Column {name!r} is not known.",
            why=f"It is like {like!r}, which would be missing.",
            mend=f"Call it `{like}`.",
        )
        return
    reading.findings.warning(
        "table.unused-column",
        place,
        f"Column {name!r} is not used.",
        why="Models are fitted on runtime, cores and number_of_files (or load).",
        mend="Nothing, if it does not change during the campaign.",
    )


def _run(reading: _Reading, line: int, text: str, load_column: str) -> Run | None:
    cells = _cells(text)
    if len(cells) != reading.width:
        reading.findings.error(
            "table.row-width",
            reading.at(line),
            f"The row has {len(cells)} cells, the header has {reading.width}.",
            why="Which number belongs to which column cannot be known.",
            mend="Give one cell for each column.",
        )
        return None
    wanted = [RUNTIME, CORES, *([load_column] if load_column else [])]
    values = [_number(reading, line, name, *cells[reading.columns[name]]) for name in wanted]
    if any(value is None for value in values):
        return None
    runtime, cores, *load = (value for value in values if value is not None)
    return Run(cores, runtime, load[0] if load else 1.0)


def _number(reading: _Reading, line: int, name: str, cell: str, column: int) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if 0 < value <= _LARGEST:
        return value
    reading.findings.error(
        "table.number",
        reading.at(line, column),
        f"{name} is {cell!r}, not a number above 0 and up to {_LARGEST:g}."
        if cell
        else f"{name} is missing.",
        why="Relative errors are minimised, so every time, core count and load has to be above 0.",
        mend="Give the measured number, or leave the row out.",
    )
    return None
