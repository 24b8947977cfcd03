"""Inputs and what came of them, as a person reads it and as JSON."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from aisprint_cli.backends.interface import JobState
from aisprint_cli.deploy.invocation import Invocation, InvocationState, PartRun

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from aisprint_cli.cli.session import Session

SHOWN_INPUTS = 50
_TOLD_INPUTS = 5


def invocation_document(invocation: Invocation) -> dict[str, Any]:
    """One input as plain values."""
    failure = invocation.failure
    return {
        "input": str(invocation.source),
        "trace": invocation.trace,
        "state": invocation.state.value,
        "seconds": invocation.seconds,
        "folder": str(invocation.folder) if invocation.folder is not None else None,
        "results": [str(path) for path in invocation.results],
        "runs": [
            {
                "component": run.part,
                "job": run.job,
                "state": run.state.value,
                "seconds": run.seconds,
                "queued_s": run.waited_s,
            }
            for run in invocation.runs
        ],
        "ended_early": list(invocation.ended_early),
        "failure": None
        if failure is None
        else {"component": failure.part, "job": failure.job, "reason": failure.reason, "log": failure.log},
    }


class Tally:
    """Counts inputs by how they fared; keeps the first few to be shown and nothing of the rest."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(InvocationState, 0)
        self.first: list[Invocation] = []
        self.bad: list[Invocation] = []

    def add(self, invocation: Invocation) -> None:
        """Count one."""
        self.counts[invocation.state] += 1
        if len(self.first) < SHOWN_INPUTS:
            self.first.append(invocation)
        if is_bad(invocation) and len(self.bad) < SHOWN_INPUTS:
            self.bad.append(invocation)

    @property
    def total(self) -> int:
        """How many there were."""
        return sum(self.counts.values())

    @property
    def failures(self) -> int:
        """How many did not end well."""
        return self.counts[InvocationState.FAILED] + self.counts[InvocationState.TIMED_OUT]

    def document(self) -> dict[str, int]:
        """The counts as plain values."""
        return {"total": self.total} | {
            state.value.replace(" ", "_"): count for state, count in self.counts.items()
        }


def is_bad(invocation: Invocation) -> bool:
    """Whether an input did not end well."""
    return invocation.state in {InvocationState.FAILED, InvocationState.TIMED_OUT}


def print_invocations(console: Console, tally: Tally) -> None:
    """Each input with its results, by name; of many, those that went wrong; and the counts."""
    from rich.text import Text

    from aisprint_cli.cli.tables import plain_table, print_page

    rows = sorted(
        tally.first if tally.total <= SHOWN_INPUTS else tally.bad,
        key=lambda row: str(row.source),  # not as they happened to end
    )
    if rows:
        table = plain_table("input", "state", "seconds", "results", numbers=("seconds",), whole=("state",))
        for row in rows:
            state = Text(row.state.value, style="red" if is_bad(row) else "green")
            table.add_row(Text(row.source.name), state, _seconds(row.seconds), Text(_results(row)))
        print_page(console, table)
    counted = [f"{count} {state.value}" for state, count in tally.counts.items() if count]
    inputs = "1 input" if tally.total == 1 else f"{tally.total} inputs"
    console.print(f"{inputs}: {', '.join(counted) or 'none'}.", markup=False)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"


def _results(invocation: Invocation) -> str:
    if invocation.results:
        return "\n".join(_relative(path) for path in invocation.results)
    if invocation.failure is not None:
        part = f"{invocation.failure.part}: " if invocation.failure.part else ""
        return part + invocation.failure.reason
    if invocation.ended_early:
        return f"ended at {', '.join(invocation.ended_early)}, which wrote nothing"
    return invocation.trace


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class InvocationView(AbstractContextManager["InvocationView"]):
    """Progress on stderr: a bar on a terminal, a line for each input that ends otherwise.

    Args:
        session: where to.
        total: how many inputs there are.
    """

    def __init__(self, session: Session, total: int) -> None:
        self._session = session
        self._total = total
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._session.err.is_terminal and not self._session.quiet:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._session.err,
                transient=True,
            )
            self._task = self._bar.add_task("feeding", total=self._total)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def on_run(self, source: Path, run: PartRun) -> None:
        """Take news of a run."""
        text = f"{source.name}: {run.part} {run.state.value}"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=text)
        few = self._bar is None and self._total <= _TOLD_INPUTS and run.state is not JobState.QUEUED
        if self._session.verbose or few:
            after = "" if run.seconds is None else f" ({run.seconds:.2f} s)"
            self._session.note(f"  {text}{after}")

    def on_end(self, invocation: Invocation) -> None:
        """Take news of an input that ended."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)
        failure = invocation.failure
        if failure is not None:
            where = f" at {failure.part} ({failure.job})" if failure.part else ""
            self._session.note(f"{invocation.source.name}: failed{where}: {failure.reason}")
            for line in failure.log.splitlines():
                self._session.note(f"  | {line}")
        elif self._bar is None or is_bad(invocation):
            self._session.note(f"{invocation.source.name}: {invocation.state.value}{_ending(invocation)}")


def _ending(invocation: Invocation) -> str:
    early = f"; ended at {', '.join(invocation.ended_early)}" if invocation.ended_early else ""
    if invocation.state is InvocationState.SUBMITTED:
        return f" as {invocation.trace}"
    spent = "" if invocation.seconds is None else f" in {invocation.seconds:.2f} s"
    return spent + early
