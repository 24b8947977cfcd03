"""Bringing back what was there before a run that failed, from what the ledger held then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aisprint_cli.backends.interface import RUNNER_FACT, Capability, FunctionSpec, Item
from aisprint_cli.backends.local.containers import CONTAINER
from aisprint_cli.deploy.desired import source_digest
from aisprint_cli.deploy.executor import Outcome
from aisprint_cli.deploy.ledger import DeploymentRecord, DeploymentState
from aisprint_cli.deploy.planner import Action, Plan, Record, RecordState, Step, make_plan
from aisprint_cli.deploy.run import Execution, execute
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.errors import AisprintError

_MAKES: Final = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE})


@dataclass(frozen=True)
class Before:
    """What was there before a run: the ledger's records, and the deployment, if there was one."""

    records: Mapping[str, Record]
    deployment: DeploymentRecord | None


@dataclass(frozen=True)
class Rollback:
    """What came of it. `lost` are items that cannot be as they were, with the reason."""

    plan: Plan
    outcome: Outcome
    lost: tuple[tuple[Item, str], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything is as it was before."""
        return self.outcome.complete and not self.lost


def before_run(workspace: Workspace) -> Before:
    """Remember what is there; to be called before a run begins."""
    return Before(workspace.records(), workspace.current())


def roll_back(workspace: Workspace, before: Before, execution: Execution) -> Rollback:
    """Go back to what was there, as far as that can be done.

    Stored objects that the run deleted are not brought back, and neither is code that is gone.

    Raises:
        ExternalError: when the back end cannot be asked.
    """
    prior = before.deployment
    wanted = tuple(entry.item for entry in before.records.values() if entry.state is RecordState.PRESENT)
    had_kept = any(entry.state is RecordState.KEPT for entry in before.records.values())
    plan, lost = _plan(workspace, wanted, keep_data=had_kept)
    record = workspace.current()
    if prior is not None:
        record = workspace.ledger.begin(
            *(prior.backend, prior.application, prior.name, prior.qos),
            routing=prior.routing,
            desired=prior.desired,
        )
    if record is None:
        return Rollback(plan, Outcome(), lost)
    outcome = execute(workspace, plan, record, execution)
    found = Rollback(plan, outcome, lost)
    if found.complete:
        state = prior.state if prior is not None else DeploymentState.REMOVED
        workspace.ledger.mark(record.id, state)
    return found


def _plan(
    workspace: Workspace, wanted: tuple[Item, ...], *, keep_data: bool
) -> tuple[Plan, tuple[tuple[Item, str], ...]]:
    """The way back, and what is not on it. Data that was kept before, and came back, is kept again."""
    recorded = workspace.records()
    known = {name: record.item for name, record in recorded.items()}
    live = workspace.observe((known | {item.id: item for item in wanted}).values())
    plan = make_plan(wanted, recorded, live, keep_data=keep_data, must_replace=workspace.must_replace)
    lost = tuple(_lost(workspace, plan))
    gone = {item.id for item, _ in lost}
    kept = (step for step in plan.steps if step.item.id not in gone)
    return Plan(tuple(_freed(step, gone) for step in kept)), lost


def _freed(step: Step, gone: set[str]) -> Step:
    """A step that waits for nothing that is not done."""
    return replace(step, after=tuple(name for name in step.after if name not in gone))


def _lost(workspace: Workspace, plan: Plan) -> Iterator[tuple[Item, str]]:
    """What would have to be made from code that is not there any more."""
    recorded = workspace.records()
    for step in plan.changes:
        spec = step.item.spec
        if step.action not in _MAKES or not isinstance(spec, FunctionSpec):
            continue
        if _present_digest(workspace.application / spec.source) == spec.source_digest:
            continue
        if _runs_sources(workspace, step.item, spec):
            yield step.item, f"{spec.source} is not what it was"
            continue
        now = recorded[step.item.id].item.spec if step.item.id in recorded else spec
        if isinstance(now, FunctionSpec) and _hides(now, spec):
            yield step.item, f"its image {spec.service.get('image')} has the name of the new one"


def _runs_sources(workspace: Workspace, item: Item, spec: FunctionSpec) -> bool:
    """Whether a function is made from its code; the local runtime may be told to run its image instead."""
    return (
        Capability.SOURCES in workspace.place_of(item).capabilities
        and spec.access.get(RUNNER_FACT) != CONTAINER
    )


def _hides(now: FunctionSpec, before: FunctionSpec) -> bool:
    """Whether the image of what there is now stands where that of other code stood before."""
    is_other = now.source_digest != before.source_digest
    return is_other and now.service.get("image") == before.service.get("image")


def _present_digest(directory: Path) -> str:
    try:
        return source_digest(directory)
    except AisprintError:
        return ""
