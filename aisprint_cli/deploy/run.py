"""Deploying and undeploying as a whole: plan against the world, execute, note where things stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from aisprint_cli.backends.interface import KEPT_DATA, ItemKind
from aisprint_cli.deploy.desired import DesiredState
from aisprint_cli.deploy.executor import Executor, Outcome, StepEvent
from aisprint_cli.deploy.ledger import DeploymentRecord, DeploymentState
from aisprint_cli.deploy.planner import Action, Plan, make_plan
from aisprint_cli.deploy.prepare import Prepared
from aisprint_cli.deploy.secrets import references_in
from aisprint_cli.deploy.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Execution:
    """How a plan is carried out: at most `parallel` steps at once; see `Executor`."""

    parallel: int
    listen: Callable[[StepEvent], None]
    stopped: Callable[[], bool]


def plan_deployment(workspace: Workspace, desired: DesiredState) -> Plan:
    """What has to be done to have the desired state. Reads only.

    Raises:
        InvalidInputError: when a secret that is needed has no value.
        ExternalError: when the back end cannot be asked.
    """
    workspace.secrets.require(
        reference for item in desired.items for reference in references_in(asdict(item.spec))
    )
    recorded = workspace.records()
    known = {name: record.item for name, record in recorded.items()}
    wanted = {item.id: item for item in desired.items}
    live = workspace.backend.observe((known | wanted).values())
    return make_plan(desired.items, recorded, live)


def plan_removal(workspace: Workspace, *, keep_data: bool, delete_kept: bool = False) -> Plan:
    """What has to be done to have nothing. Reads only.

    What was kept when a part was replaced goes with its cluster; what an earlier removal was asked to
    keep goes with `delete_kept` only.

    Raises:
        ExternalError: when the back end cannot be asked.
    """
    recorded = workspace.records()
    live = workspace.backend.observe(record.item for record in recorded.values())
    return make_plan((), recorded, live, keep_data=keep_data, release_kept=delete_kept)


def kept_data(workspace: Workspace) -> dict[str, str]:
    """Where data of removed clusters is kept, by cluster; a deploy that makes the cluster brings it back.

    Raises:
        ExternalError: when the back end cannot be asked.
    """
    gone = [record.item for record in workspace.records().values() if not record.exists]
    seen = workspace.backend.observe(item for item in gone if item.kind is ItemKind.CLUSTER)
    found = {item.name: seen[item.id].outputs.get(KEPT_DATA) for item in gone if item.id in seen}
    return {name: where for name, where in found.items() if where}


def deploy(workspace: Workspace, plan: Plan, prepared: Prepared, execution: Execution) -> Outcome:
    """Carry out the plan of a deployment. The ledger says it is active only when all of it is there."""
    ledger, current = workspace.ledger, workspace.current()
    application = prepared.desired.application
    if plan.is_empty and current is not None and _is_noted(current, prepared):
        return Outcome()
    record = ledger.begin(workspace.backend_name, application, prepared.choice, prepared.qos)
    outcome = _execute(workspace, plan, record, execution)
    if outcome.complete:
        ledger.mark(record.id, DeploymentState.ACTIVE, changed=not plan.is_empty)
    return outcome


def _is_noted(current: DeploymentRecord, prepared: Prepared) -> bool:
    """Whether the ledger already says that exactly this is there."""
    return (current.name, current.application, current.state, current.qos) == (
        prepared.choice,
        prepared.desired.application,
        DeploymentState.ACTIVE,
        prepared.qos,
    )


def undeploy(workspace: Workspace, plan: Plan, execution: Execution) -> Outcome:
    """Carry out the plan of a removal; the ledger keeps the history."""
    record = workspace.current() or workspace.ledger.last(workspace.backend_name)
    if record is None:
        return Outcome()
    if record.state not in {DeploymentState.REMOVED, DeploymentState.REPLACED}:
        workspace.ledger.mark(record.id, DeploymentState.REMOVING)
    outcome = _execute(workspace, plan, record, execution)
    if outcome.complete:
        workspace.ledger.mark(record.id, DeploymentState.REMOVED)
    return outcome


def _execute(workspace: Workspace, plan: Plan, record: DeploymentRecord, execution: Execution) -> Outcome:
    executor = Executor(
        workspace.backend,
        workspace.ledger,
        parallel=execution.parallel,
        redact=workspace.secrets.redact,
        listen=execution.listen,
        stopped=execution.stopped,
    )
    return executor.execute(plan, record)


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as plain values, `aisprint.plan/1`."""
    return {
        "schema": "aisprint.plan/1",
        "changes": len(plan.changes),
        "counts": {action.value: plan.count(action) for action in Action},
        "steps": [
            {
                "action": step.action.value,
                "item": step.item.id,
                "kind": step.item.kind.value,
                "name": step.item.name,
                "reason": step.reason,
                "after": list(step.after),
                "keep_data": step.keep_data,
                "digest": step.item.digest,
            }
            for step in plan.steps
        ],
    }


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """What came of a plan as plain values."""
    return {
        "complete": outcome.complete,
        "interrupted": outcome.interrupted,
        "done": [step.item.id for step in outcome.done],
        "failed": [{"item": step.item.id, "error": error} for step, error in outcome.failed],
        "skipped": [{"item": step.item.id, "reason": reason} for step, reason in outcome.skipped],
    }
