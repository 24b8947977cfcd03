"""Schedule files: YAML to a `ScheduleProblem`, every problem at once with its position.

The form is described in docs/placement-schedule.md. What differs between periods is said in the words of
`--what-if` (`what_if`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisprint_cli.diagnostics import Diagnostic, Findings, Location
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.load.documents.schedule import LOAD_SCHEDULE
from aisprint_cli.load.documents_reader import read_bytes
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.shapes.reader import INVALID, Reader
from aisprint_cli.load.yaml_source import compose
from aisprint_cli.placement.schedule.meaning import Meaning

if TYPE_CHECKING:
    from pathlib import Path

    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.placement.schedule.problem import ScheduleProblem


def read_schedule(path: Path, problem: Problem) -> tuple[ScheduleProblem, tuple[Diagnostic, ...]]:
    """Read a schedule file; also gives what is odd about it.

    Args:
        path: the file; findings name it by its last part.
        problem: what is placed; periods differ from it in rate, length and the changes they name.

    Raises:
        InvalidInputError: when it cannot be used; carries every problem found.

    """
    findings = Findings()
    reporter = Reporter(findings)
    data = read_bytes(path.parent, path.name, reporter, required=True)
    root = None if data is None else compose(path.name, data, reporter)
    if root is None and not findings.has_errors:
        reporter.report(
            "file.empty",
            Location(path.name),
            f"The file {path.name} is empty.",
            mend="Give `periods` or `hourly`.",
        )
    found = None
    value: Any = INVALID if root is None else LOAD_SCHEDULE.read(root, Reader(path.name, reporter))
    if root is not None and value is not INVALID:
        found = Meaning(path.name, root, findings, problem).schedule(value)
    if findings.has_errors or found is None:
        raise InvalidInputError(f"{path} cannot be used.", findings.sorted(), directory=path.parent)
    return found, findings.sorted()
