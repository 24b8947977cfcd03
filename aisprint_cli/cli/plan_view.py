"""A plan, its execution and its outcome as a person reads them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aisprint_cli.deploy.executor import Outcome, StepEvent, StepState
from aisprint_cli.deploy.planner import Action, Plan, Step
from aisprint_cli.errors import ExternalError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from aisprint_cli.cli.session import Session
    from aisprint_cli.deploy.planning import Cost
    from aisprint_cli.deploy.rollback import Rollback

_STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "magenta",
    Action.DELETE: "red",
    Action.ADOPT: "cyan",
    Action.UNCHANGED: "dim",
}
_PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "made anew",
    Action.DELETE: "deleted",
    Action.ADOPT: "adopted",
    Action.UNCHANGED: "left",
}
_DOING = {
    Action.CREATE: "creating",
    Action.UPDATE: "updating",
    Action.REPLACE: "making anew",
    Action.DELETE: "deleting",
    Action.ADOPT: "adopting",
    Action.UNCHANGED: "leaving",
}
_SHOWN = 4
"""How many of the steps that run the live line names."""


def print_plan(console: Console, plan: Plan, cost: Cost | None = None) -> None:
    """The steps as a table, their number, and what the deployment costs then."""
    from rich.text import Text

    from aisprint_cli.cli.tables import plain_table, print_page

    is_spread = len({step.item.spec.backend for step in plan.steps}) > 1
    table = plain_table("step", "kind", "name", *(["on"] if is_spread else []), "why", whole=("step", "kind"))
    for step in plan.steps:
        name = Text(step.action.value, style=_STYLES[step.action])
        where = [step.item.spec.backend] if is_spread else []
        table.add_row(name, step.item.kind.value, step.item.name, *where, Text(why(step)))
    print_page(console, table)
    console.print(summary(plan), markup=False)
    for line in cost_lines(cost):
        console.print(line, markup=False)


def why(step: Step) -> str:
    """The reason of a step, and whether data outlives it."""
    kept = ", data kept" if step.keep_data and "data" not in step.reason else ""
    return step.reason + kept


def cost_lines(cost: Cost | None) -> list[str]:
    """What a deployment costs, in words; nothing where it costs nothing and nothing is unknown."""
    if cost is None or not (cost.after.lines or cost.after.unknown or cost.before.hourly):
        return []
    before = f"; now {cost.before.hourly:.4g} an hour" if cost.before.hourly != cost.after.hourly else ""
    said = f"Estimated cost: {cost.after.hourly:.4g} an hour, {cost.after.monthly:.4g} a month{before}."
    return [said, *(f"  Not in it: {text}." for text in cost.after.unknown)]


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
        self._ended = 0
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
        item, action = event.step.id, event.step.action
        if event.state is StepState.RUNNING:
            doing = f"{_DOING[action]} {item}"
            self._running[item] = f"{doing}: {event.text}" if event.text else doing
            if event.text:
                self._session.detail(f"  {item}: {event.text}")
        elif event.state is StepState.RETRYING:
            self._running[item] = f"{item}: {event.text}"
            self._session.note(f"  {item} {event.text}")
        else:
            self._running.pop(item, None)
            self._ended += 1
            self._session.note(_line(event))
        if self._live is not None:
            from rich.text import Text

            self._live.update(Text(self._under_way()))

    def _under_way(self) -> str:
        """What runs now, the first few of it in words."""
        running = list(self._running.values())
        more = f"; and {len(running) - _SHOWN} more" if len(running) > _SHOWN else ""
        ended = f" ({self._ended} ended)" if self._ended else ""
        return f"{'; '.join(running[:_SHOWN])}{more}{ended}"


def _line(event: StepEvent) -> str:
    """What to say of a step that ended, with what it said itself, such as where data was kept."""
    item, action = event.step.id, event.step.action
    if event.state is StepState.DONE:
        said = f": {event.text}" if event.text else ""
        return f"  {_PAST[action]} {item} ({event.seconds:.1f} s){said}"
    if event.state is StepState.FAILED:
        return f"  failed {item}: {event.text}"
    return f"  skipped {item}: {event.text}"


def require_complete(outcome: Outcome, command: str, again: str, back: Rollback | None = None) -> None:
    """End the command with an error when not every step was done.

    Args:
        outcome: what came of the plan.
        command: what was run, such as `deploy`.
        again: what to run to go on.
        back: what came of going back, where that was tried.

    Raises:
        ExternalError: when a step failed, or the time was over.
        InterruptedRunError: when it was stopped.
    """
    from aisprint_cli.errors import InterruptedRunError

    if outcome.failed or outcome.skipped:
        first, error = outcome.failed[0]
        total = len(outcome.done) + len(outcome.failed) + len(outcome.skipped) + len(outcome.left)
        names = ", ".join(step.id for step, _ in outcome.failed)
        left = f", {len(outcome.skipped)} skipped" if outcome.skipped else ""
        raise ExternalError(
            f"{command}: {len(outcome.failed)} of {total} steps failed{left}: {names}.{_said_of(back)}",
            why=f"{first.id}: {error}",
            mend=f"Mend the cause and run `{again}`{'' if back else ': it goes on where this one ended'}.",
        )
    if outcome.timed_out:
        raise ExternalError(
            f"{command}: the time was over with {len(outcome.left)} steps left:"
            f" {', '.join(step.id for step in outcome.left)}.{_said_of(back)}",
            mend=f"Run `{again}` to go on, or give it more with --timeout.",
        )
    if outcome.interrupted:
        raise InterruptedRunError(
            f"{command} was stopped after {len(outcome.done)} steps; the ledger says where it stands.",
            mend=f"Run `{again}` to go on.",
        )


def _said_of(back: Rollback | None) -> str:
    """How far it went back, in words."""
    if back is None:
        return ""
    if back.complete:
        return " What was there before is there again."
    reasons = [f"{item.id}: {reason}" for item, reason in back.lost]
    reasons += [f"{step.id}: {error}" for step, error in back.outcome.failed]
    return f" Not everything is as it was before: {'; '.join(reasons) or 'it was stopped'}."
