"""What a fit is made from: a table of runs, or a configuration of aMLLibrary that names one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aisprint_cli.cli.session import Session
from aisprint_cli.errors import InvalidInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.diagnostics import Diagnostic
    from aisprint_cli.profiling.aml_config import AmlConfig
    from aisprint_cli.profiling.table_file import Table


@dataclass(frozen=True)
class FitSource:
    """A table and what is held out of it: levels of cores, or of files."""

    path: Path
    table: Table
    levels: tuple[float, ...] = ()
    files: tuple[float, ...] = ()


def read_fit_source(session: Session, path: Path) -> FitSource:
    """Read a table, or the configuration (`.ini`) that names it; warnings go to stderr.

    Raises:
        UsageError: when there is no such file.
        InvalidInputError: with every problem of it.

    """
    from aisprint_cli.profiling.table_file import read_table

    if not path.is_file():
        raise UsageError(f"There is no file {path}.", mend="Give a CSV table of measured runs.")
    if path.suffix.lower() != ".ini":
        table = read_table(path)
        _tell(session, path, table.findings)
        return FitSource(path, table)
    from aisprint_cli.profiling.aml_config import read_aml_config

    config = read_aml_config(path)
    _tell(session, path, config.findings)
    if config.table is None:
        raise InvalidInputError(f"{path.name} names no table.", directory=path.parent)
    table = read_table(config.table, config.names)
    _tell(session, config.table, table.findings)
    return FitSource(config.table, table, *_held_out(config, table))


def _held_out(config: AmlConfig, table: Table) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The levels of cores and of files that a configuration holds out of a table."""
    levels, files = config.levels, config.files
    if config.above_cores is not None:
        levels = _above([run.cores for run in table.runs], config.above_cores)
    if config.above_files is not None:
        files = _above([run.load for run in table.runs], config.above_files)
    return levels, files


def _above(values: Sequence[float], bound: float) -> tuple[float, ...]:
    found = tuple(sorted({value for value in values if value > bound}))
    if not found:
        raise UsageError(
            f"The configuration holds out what is above {bound:g}, and nothing is.",
            mend="Correct `extrapolation_columns`.",
        )
    return found


def _tell(session: Session, path: Path, findings: tuple[Diagnostic, ...]) -> None:
    from aisprint_cli.cli import diagnostics_view

    if any(item.is_error for item in findings):
        raise InvalidInputError(f"{path.name} cannot be used.", findings, directory=path.parent)
    if findings:
        diagnostics_view.show(session, findings, path.parent)
