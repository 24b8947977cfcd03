"""Mending the ledger by hand: take in what is there, or strike off what nobody should look after any more."""

from __future__ import annotations

from aisprint_cli.backends.interface import Item, ItemState
from aisprint_cli.deploy.ledger import DeploymentState
from aisprint_cli.deploy.planner import Action, RecordState
from aisprint_cli.deploy.prepare import Prepared
from aisprint_cli.deploy.run import begin
from aisprint_cli.deploy.selection import named_items
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.errors import StateError


def import_item(workspace: Workspace, prepared: Prepared, name: str) -> tuple[Item, ...]:
    """Record what is there as what this application wants; nothing but the ledger changes.

    Where it is not as wanted, the next plan says so.

    Args:
        workspace: the open workspace.
        prepared: what is wanted.
        name: an item, or a component, which means all its parts.

    Raises:
        UsageError: when nothing of that name is wanted.
        StateError: when it is not there, or recorded already.
        ExternalError: when the back end cannot be asked.
    """
    wanted = {item.id: item for item in prepared.desired.items}
    found = named_items(wanted.values(), [name])
    for item_id in found:
        record = workspace.records().get(item_id)
        if record is not None and record.state is RecordState.PRESENT:
            raise StateError(f"{item_id} is in the ledger already.")
    items = [wanted[item_id] for item_id in found]
    live = workspace.observe(items)
    for item in items:
        if live[item.id].state is ItemState.ABSENT:
            raise StateError(
                f"{item.id} is not there: {item.spec.backend} knows nothing of that name.",
                why="Only what exists can be taken into the ledger.",
                mend="`aisprint plan` shows what there is to be made.",
            )
    deployment = workspace.current() or begin(workspace, prepared)
    for item in items:
        number = workspace.ledger.intend(deployment, Action.ADOPT, item, "imported by hand")
        outputs = live[item.id].outputs
        workspace.ledger.finish(deployment, number, item.id, RecordState.PRESENT, outputs=outputs)
    records = workspace.records()
    present = {item_id for item_id, record in records.items() if record.state is RecordState.PRESENT}
    if wanted.keys() <= present:
        workspace.ledger.mark(deployment.id, DeploymentState.ACTIVE)
    return tuple(items)


def forget_item(workspace: Workspace, name: str) -> tuple[Item, ...]:
    """Strike an item off the ledger; the thing itself stays as it is, and nobody looks after it.

    Raises:
        UsageError: when the ledger has nothing of that name.
        StateError: when something else that is recorded needs it.
    """
    records = workspace.records()
    found = named_items([record.item for record in records.values()], [name])
    for item_id, record in records.items():
        needed = [needs for needs in record.item.requires if needs in found]
        if needed and record.exists and item_id not in found:
            raise StateError(
                f"{needed[0]} is needed by {item_id}, which is recorded too.",
                mend=f"Strike off {item_id} first.",
            )
    deployment = workspace.current() or workspace.ledger.last(workspace.backend_name)
    if deployment is None:
        raise StateError("The ledger has no deployment.")
    for item_id in found:
        workspace.ledger.forget(deployment, item_id, "struck off by hand")
    if not any(record.exists for record in workspace.records().values()):
        workspace.ledger.mark(deployment.id, DeploymentState.REMOVED)
    return tuple(records[item_id].item for item_id in found)
