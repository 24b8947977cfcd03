"""A plan, its execution and its outcome as a person reads them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aisprint_cli.deploy.executor import Outcome, StepEvent, StepState
from aisprint_cli.deploy.planner import Action, Plan
from aisprint_cli.errors import ExternalError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from aisprint_cli.cli.session import Session

_STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.DELETE: "red",
    Action.ADOPT: "cyan",
    Action.UNCHANGED: "dim",
}
_PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DELETE: "deleted",
    Action.ADOPT: "adopted",
    Action.UNCHANGED: "left",
}
_DOING = {
    Action.CREATE: "creating",
    Action.UPDATE: "updating",
    Action.DELETE: "deleting",
    Action.ADOPT: "adopting",
    Action.UNCHANGED: "leaving",
}


def print_plan(console: Console, plan: Plan) -> None:
    """The steps as a table, and their number."""
    from rich.text import Text

    from aisprint_cli.cli.tables import plain_table, print_page

    table = plain_table("step", "kind", "name", "why", whole=("step", "kind"))
    for step in plan.steps:
        kept = ", data kept" if step.keep_data and "data" not in step.reason else ""
        name = Text(step.action.value, style=_STYLES[step.action])
        table.add_row(name, step.item.kind.value, step.item.name, Text(step.reason + kept))
    print_page(console, table)
    console.print(summary(plan), markup=False)


def summary(plan: Plan) -> str:
    """The number of steps of each kind, in words."""
    counted = [
        f"{plan.count(action)} to {action.value}" for action in Action if action is not Action.UNCHANGED
    ]
    return f"Plan: {', '.join(counted)}, {plan.count(Action.UNCHANGED)} unchanged."


def say_stopping(session: Session) -> None:
    """What the first Ctrl-C is answered with."""
    session.note("Stopping: waiting for what runs. Ctrl-C again stops at once.")


class StepView(AbstractContextManager["StepView"]):
    """Shows steps as they go: a live line of those that run on a terminal, one line for each that ends."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._running: dict[str, str] = {}
        self._live: Status | None = None

    def __enter__(self) -> Self:
        console = self._session.err
        if console.is_terminal and not console.quiet:
            self._live = console.status("")
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: StepEvent) -> None:
        """Take news of a step."""
        item, action = event.step.item.id, event.step.action
        if event.state is StepState.RUNNING:
            doing = f"{_DOING[action]} {item}"
            self._running[item] = f"{doing}: {event.text}" if event.text else doing
            if event.text:
                self._session.detail(f"  {item}: {event.text}")
        else:
            self._running.pop(item, None)
            self._session.note(_line(event))
        if self._live is not None:
            from rich.text import Text

            self._live.update(Text("; ".join(self._running.values())))


def _line(event: StepEvent) -> str:
    """What to say of a step that ended, with what it said itself, such as where data was kept."""
    item, action = event.step.item.id, event.step.action
    if event.state is StepState.DONE:
        said = f": {event.text}" if event.text else ""
        return f"  {_PAST[action]} {item} ({event.seconds:.1f} s){said}"
    if event.state is StepState.FAILED:
        return f"  failed {item}: {event.text}"
    return f"  skipped {item}: {event.text}"


def require_complete(outcome: Outcome, command: str, again: str) -> None:
    """End the command with an error when not every step was done.

    Args:
        outcome: what came of the plan.
        command: what was run, such as `deploy`.
        again: what to run to go on.

    Raises:
        ExternalError: when a step failed.
        InterruptedRunError: when it was stopped.
    """
    from aisprint_cli.errors import InterruptedRunError

    if outcome.failed or outcome.skipped:
        first, error = outcome.failed[0]
        total = len(outcome.done) + len(outcome.failed) + len(outcome.skipped)
        names = ", ".join(step.item.id for step, _ in outcome.failed)
        left = f", {len(outcome.skipped)} skipped" if outcome.skipped else ""
        raise ExternalError(
            f"{command}: {len(outcome.failed)} of {total} steps failed{left}: {names}.",
            why=f"{first.item.id}: {error}",
            mend=f"Mend the cause and run `{again}`: it goes on where this one ended.",
        )
    if outcome.interrupted:
        raise InterruptedRunError(
            f"{command} was stopped after {len(outcome.done)} steps; the ledger says where it stands.",
            mend=f"Run `{again}` to go on.",
        )
