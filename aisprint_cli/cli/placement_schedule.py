"""What `aisprint place --schedule` does: find the cheapest schedule, tell it, and say why there is none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aisprint_cli.cli.placement_source import interruptible
from aisprint_cli.errors import InfeasibleError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from aisprint_cli.cli.session import Session
    from aisprint_cli.placement.conflict import Conflict
    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.placement.schedule.search import Schedule

_MOST_EXPLAINED = 3


@dataclass(frozen=True)
class ScheduleRun:
    """One search for a schedule.

    `time_s` is how long it may take; `report` the page to write, if any, about what is called `name`;
    `changes` are those of what-if, which the problem already has.
    """

    session: Session
    schema: str
    name: str
    time_s: float
    report: Path | None = None
    changes: tuple[str, ...] = ()

    def run(self, problem: Problem, path: Path) -> None:
        """Read the schedule file, search, and tell what was found.

        Raises:
            InvalidInputError: when the file cannot be used; carries every problem found.
            InfeasibleError: when some period has no placement; the reasons are printed.

        """
        from aisprint_cli.placement.anytime import Searcher
        from aisprint_cli.placement.schedule.file import read_schedule
        from aisprint_cli.placement.schedule.search import solve_schedule

        wanted, warnings = read_schedule(path, problem)
        if warnings and not self.session.quiet:
            from aisprint_cli.cli.diagnostics_view import show

            show(self.session, warnings, path.parent)
        periods = "1 period" if len(wanted.periods) == 1 else f"{len(wanted.periods)} periods"
        self.session.note(f"Looking for the cheapest schedule of {periods}.")
        began = time.process_time()
        with interruptible(self.session) as cancelled:
            end = Searcher(None, cancelled, time.monotonic).until(self.time_s)
            found = solve_schedule(wanted, end.solve, first_solver=end.solve_surely, cancelled=end.over)
        cpu_s = time.process_time() - began
        if not found.placements:
            raise self._none(found, cpu_s)
        self._tell(found, cpu_s)

    def _tell(self, found: Schedule, cpu_s: float) -> None:
        from aisprint_cli.cli.schedule_view import print_schedule
        from aisprint_cli.placement.schedule.values import schedule_values

        if self.report is not None:
            from aisprint_cli.cli.report_file import program, write_page
            from aisprint_cli.report.html import schedule_html
            from aisprint_cli.report.schedule_page import ScheduleReport

            report = ScheduleReport(self.name, program(), found, cpu_s, self.changes)
            write_page(self.session, self.report, schedule_html(report))
        self.session.emit(
            self.schema,
            {**schedule_values(found), "cpu_s": cpu_s},
            lambda console: print_schedule(console, found, cpu_s),
        )

    def _none(self, found: Schedule, cpu_s: float) -> InfeasibleError:
        """Tell which periods have no placement, and why."""
        from aisprint_cli.cli.schedule_view import print_impossible
        from aisprint_cli.placement.schedule.values import schedule_values

        self.session.note("Some period has no placement; looking for the reason.")
        conflicts = self._conflicts(found)
        reasons = [
            {"period": found.problem.periods[number].name, **conflict.to_json()}
            for number, conflict in conflicts.items()
        ]
        if self.report is not None:
            from aisprint_cli.cli.report_file import conflict_page, write_page

            parts = tuple(
                (found.problem.periods[item].name, conflict) for item, conflict in conflicts.items()
            )
            proven = found.status.value == "infeasible"
            page = conflict_page(self.name, parts, cpu_s, self.changes, proven=proven)
            write_page(self.session, self.report, page)
        data: dict[str, Any] = {**schedule_values(found), "cpu_s": cpu_s, "conflicts": reasons}
        self.session.emit(self.schema, data, lambda console: print_impossible(console, found, conflicts))
        if found.status.value == "infeasible":
            return InfeasibleError(
                "There is no schedule: some period has no placement that keeps every limit."
            )
        return InfeasibleError(
            "No schedule was found in time; whether there is one is not known.",
            mend="Give a longer --time-limit, or ease a limit.",
        )

    def _conflicts(self, found: Schedule) -> dict[int, Conflict]:
        """Why the first few kinds of periods have no placement, by period."""
        from aisprint_cli.placement.anytime import Searcher

        periods = found.problem.periods
        kinds = {periods[number].kind: number for number in reversed(found.impossible)}
        numbers = sorted(kinds.values())[:_MOST_EXPLAINED]
        with interruptible(self.session) as cancelled:
            searcher = Searcher(None, cancelled, time.monotonic)
            return {number: searcher.conflict(periods[number].problem) for number in numbers}


def find_schedule_file(system: Path, given: Path) -> Path:
    """The schedule file of a command line; by its name alone also in an application's `common_config`.

    Raises:
        UsageError: when there is none.

    """
    places = [given]
    if system.is_dir() and not given.is_absolute():
        places += [system / given, system / "common_config" / given]
    for path in places:
        if path.is_file():
            return path
    raise UsageError(
        f"There is no schedule {given}.",
        mend="Give a schedule file (YAML); docs/placement-schedule.md says how.",
    )
