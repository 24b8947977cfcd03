"""Schedule files: YAML to a `ScheduleProblem`, every problem at once with its position.

The form is described in docs/placement-schedule.md. What differs between periods is said in the words of
`--what-if` (`what_if`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aisprint_cli.diagnostics import Diagnostic, Findings, Location
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.load.documents_reader import read_bytes
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.shapes.collections import ANYTHING, Field, ListOf, MapOf, Record
from aisprint_cli.load.shapes.reader import INVALID, Reader
from aisprint_cli.load.shapes.values import Boolean, Number, Text
from aisprint_cli.load.yaml_source import compose
from aisprint_cli.placement.schedule.meaning import Meaning

if TYPE_CHECKING:
    from pathlib import Path

    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.placement.schedule.problem import ScheduleProblem

_RATE: Final = Number(above=0)
_CHANGES: Final = MapOf(ANYTHING, "changes, each a target of --what-if with a number")
_PERIOD: Final = Record(
    "SchedulePeriod",
    "A stretch of time with one load.",
    {
        "name": Field(Text("the period's name"), "What it is called."),
        "from": Field(Number(minimum=0, maximum=24), "The hour of the day at which it begins."),
        "hours": Field(Number(above=0), "How many hours it lasts."),
        "rate": Field(_RATE, "Requests per second that enter.", required=True),
        "changes": Field(_CHANGES, "What else is different then."),
    },
)
_SWITCHING: Final = Record(
    "ScheduleSwitching",
    "What it costs to go from one period's placement to the next one's.",
    {
        "component_moved": Field(
            Number(minimum=0), "Cost of each component that runs otherwise than before."
        ),
        "instance_started": Field(Number(minimum=0), "Cost of each instance that was not there before."),
        "start_seconds": Field(Number(minimum=0), "How long before its period an instance is paid already."),
    },
)
_RESERVE: Final = Record(
    "ScheduleReservation",
    "Instances that can be reserved for the whole schedule.",
    {
        "resource": Field(Text("the name of a resource"), "Which resource.", required=True),
        "cost": Field(Number(minimum=0), "Price per hour of each reserved instance.", required=True),
        "instances": Field(Number(minimum=1, integer=True), "How many can be reserved at most."),
    },
)
_FILE: Final = Record(
    "LoadSchedule",
    "Load and prices over time.",
    {
        "periods": Field(ListOf(_PERIOD, "periods", 1), "The periods, in their order."),
        "hourly": Field(
            MapOf(ListOf(ANYTHING, "values, one for each hour", 1), "lists"),
            "Instead of periods: `rate` and targets of --what-if, each with one value for each hour.",
        ),
        "repeat": Field(
            Boolean(), "Whether the first period follows the last one again (it does unless false)."
        ),
        "switching": Field(_SWITCHING, "What switching costs."),
        "reserve": Field(ListOf(_RESERVE, "reservations"), "What can be reserved."),
    },
)


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
    value: Any = INVALID if root is None else _FILE.read(root, Reader(path.name, reporter))
    if root is not None and value is not INVALID:
        found = Meaning(path.name, root, findings, problem).schedule(value)
    if findings.has_errors or found is None:
        raise InvalidInputError(f"{path} cannot be used.", findings.sorted(), directory=path.parent)
    return found, findings.sorted()
