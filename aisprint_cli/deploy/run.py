"""Deploying and undeploying as a whole: plan against the world, execute, note where things stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from aisprint_cli.backends.interface import KEPT_DATA, Capability, FindsStrays, Item, ItemKind, Observed
from aisprint_cli.deploy.desired import DesiredState
from aisprint_cli.deploy.executor import Executor, Outcome, StepEvent
from aisprint_cli.deploy.ledger import DeploymentRecord, DeploymentState
from aisprint_cli.deploy.patience import Patience
from aisprint_cli.deploy.planner import Plan, Record, RecordState, make_plan
from aisprint_cli.deploy.prepare import Prepared
from aisprint_cli.deploy.secrets import needed_references
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.errors import StateError, UsageError
from aisprint_cli.load.application import load_application
from aisprint_cli.system.typed_commands import typed

_FOUND = "found"
"""The name in the ledger of a deployment that only the back end knew of."""


@dataclass(frozen=True, slots=True)
class Execution:
    """How a plan is carried out: at most `parallel` steps at once; see `Executor`."""

    parallel: int
    listen: Callable[[StepEvent], None]
    stopped: Callable[[], bool]
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class Survey:
    """What a plan is made from: what is wanted, what the ledger knows and what the back end says, by id."""

    desired: tuple[Item, ...]
    recorded: Mapping[str, Record]
    live: Mapping[str, Observed]


def survey(workspace: Workspace, desired: DesiredState) -> Survey:
    """Look at everything that is wanted or recorded. Reads only.

    Raises:
        InvalidInputError: when a secret that is needed has no value.
        StateError: when something wanted belongs to another deployment.
        ExternalError: when the back end cannot be asked.
    """
    workspace.secrets.require(reference for item in desired.items for reference in needed_references(item))
    _require_own(workspace, desired.items)
    recorded = workspace.records()
    known = {record.item.id: record.item for record in _left(recorded)}
    wanted = {item.id: item for item in desired.items}
    return Survey(desired.items, recorded, workspace.observe((known | wanted).values()))


def plan_deployment(workspace: Workspace, found: Survey) -> Plan:
    """What has to be done to have what is desired."""
    return make_plan(found.desired, found.recorded, found.live, must_replace=workspace.must_replace)


def _left(recorded: Mapping[str, Record]) -> list[Record]:
    """Records of what may be there, or keeps data for its cluster: nobody is asked for what is gone."""
    return [
        record
        for record in recorded.values()
        if record.exists or (record.is_cluster and record.state is RecordState.KEPT)
    ]


def _require_own(workspace: Workspace, items: Iterable[Item]) -> None:
    """See that nothing wanted is part of a deployment that the ledger keeps under another name.

    Raises:
        StateError: when something is.
    """
    wanted = {(item.id, item.spec.backend) for item in items}
    for other in workspace.ledger.active():
        if other.backend == workspace.backend_name:
            continue
        for name, entry in workspace.ledger.recorded(other.backend).items():
            if (name, entry.item.spec.backend) in wanted:
                option = ("--backend", other.backend)
                raise StateError(
                    f"{name} is there already, as part of the deployment on {other.backend}.",
                    why="Two deployments of one application would change the same things.",
                    mend=f"Run `{typed('undeploy', workspace.application, *option)}` first,"
                    f" or deploy with `{' '.join(option)}`.",
                )


def plan_removal(workspace: Workspace, *, keep_data: bool, delete_kept: bool = False) -> Plan:
    """What has to be done to have nothing. Reads only.

    What was kept when a part was replaced goes with its cluster; what an earlier removal was asked to
    keep goes with `delete_kept` only. What a back end has of the application and the ledger does not
    know goes too.

    Raises:
        UsageError: when data is to be kept where it cannot.
        ExternalError: when the back end cannot be asked.
    """
    recorded = workspace.records()
    if keep_data:
        _require_keeping(workspace, recorded.values())
    recorded |= strays(workspace, recorded)
    live = workspace.observe(record.item for record in _left(recorded))
    return make_plan((), recorded, live, keep_data=keep_data, release_kept=delete_kept)


def _require_keeping(workspace: Workspace, records: Iterable[Record]) -> None:
    """See that each back end in use can keep data.

    Raises:
        UsageError: when one cannot.
    """
    places = {
        place.name: place
        for record in records
        if record.exists
        for place in [workspace.place_of(record.item)]
    }
    unable = [name for name, place in places.items() if Capability.KEEP_DATA not in place.capabilities]
    if unable:
        raise UsageError(
            f"{', '.join(unable)} cannot keep data: what is stored goes with its cluster or function.",
            mend="Save what you need first, then run this again without --keep-data.",
        )


def strays(workspace: Workspace, recorded: Mapping[str, Record]) -> dict[str, Record]:
    """What is there of the application though the ledger does not say so, by item id.

    Where the ledger says that everything was removed, nobody is asked: a run that was killed always
    leaves a record. So undeploying again needs no back end.

    Raises:
        ExternalError: when the back end cannot be asked.
    """
    place = workspace.backend
    is_over = bool(recorded) and not any(record.exists for record in recorded.values())
    if is_over or not isinstance(place, FindsStrays):
        return {}
    last = workspace.ledger.last(workspace.backend_name)
    found = place.strays(last.application if last else _application_name(workspace.application))
    unknown = [item for item in found if item.id not in recorded or not recorded[item.id].exists]
    return {item.id: Record(item, RecordState.STRAY, {}) for item in unknown}


def _application_name(directory: Path) -> str:
    """The name that an application gives itself; that of its directory where it cannot be read."""
    application = load_application(directory).application
    return application.name if application is not None else directory.name


def kept_data(workspace: Workspace) -> dict[str, str]:
    """Where data of removed clusters is kept, by cluster; a deploy that makes the cluster brings it back.

    Raises:
        ExternalError: when the back end cannot be asked.
    """
    left = [record.item for record in workspace.records().values() if record.state is RecordState.KEPT]
    clusters = [item for item in left if item.kind is ItemKind.CLUSTER]
    seen = workspace.observe(clusters)
    found = {item.name: seen[item.id].outputs.get(KEPT_DATA) for item in clusters}
    return {name: where for name, where in found.items() if where}


def deploy(workspace: Workspace, plan: Plan, prepared: Prepared, execution: Execution) -> Outcome:
    """Carry out the plan of a deployment. The ledger says it is active only when all of it is there."""
    ledger, current = workspace.ledger, workspace.current()
    if plan.is_empty and current is not None and _is_noted(workspace, current, prepared):
        return Outcome()
    record = begin(workspace, prepared)
    ledger.refresh(workspace.backend_name, prepared.desired.items)
    outcome = execute(workspace, plan, record, execution)
    if outcome.complete and _is_whole(workspace, prepared.desired.items):
        ledger.mark(record.id, DeploymentState.ACTIVE, changed=not plan.is_empty)
    return outcome


def begin(workspace: Workspace, prepared: Prepared) -> DeploymentRecord:
    """Note in the ledger that a deployment is on its way."""
    return workspace.ledger.begin(
        workspace.backend_name,
        prepared.desired.application,
        prepared.choice,
        prepared.qos,
        routing=workspace.choice.document(),
        desired=prepared.desired.fingerprint,
    )


def _is_whole(workspace: Workspace, items: Iterable[Item]) -> bool:
    """Whether everything wanted is there, though perhaps as it was before."""
    records = workspace.records()
    return all(item.id in records and records[item.id].state is RecordState.PRESENT for item in items)


def _is_noted(workspace: Workspace, current: DeploymentRecord, prepared: Prepared) -> bool:
    """Whether the ledger already says that exactly this is there."""
    return (current.name, current.application, current.state, current.qos, current.routing) == (
        prepared.choice,
        prepared.desired.application,
        DeploymentState.ACTIVE,
        prepared.qos,
        workspace.choice.document(),
    )


def undeploy(workspace: Workspace, plan: Plan, execution: Execution) -> Outcome:
    """Carry out the plan of a removal; the ledger keeps the history."""
    record = workspace.current() or workspace.ledger.last(workspace.backend_name)
    if record is None:
        if plan.is_empty:
            return Outcome()
        name = _application_name(workspace.application)
        record = workspace.ledger.begin(workspace.backend_name, name, _FOUND, {})
    if record.state not in {DeploymentState.REMOVED, DeploymentState.REPLACED}:
        workspace.ledger.mark(record.id, DeploymentState.REMOVING)
    outcome = execute(workspace, plan, record, execution)
    if outcome.complete:
        workspace.ledger.mark(record.id, DeploymentState.REMOVED)
    return outcome


def execute(workspace: Workspace, plan: Plan, record: DeploymentRecord, execution: Execution) -> Outcome:
    """Carry out a plan on the back ends of a workspace."""
    executor = Executor(
        workspace.backend,
        workspace.ledger,
        parallel=execution.parallel,
        redact=workspace.secrets.redact,
        listen=execution.listen,
        stopped=execution.stopped,
        patience=replace(execution.patience, seed=record.id),
    )
    return executor.execute(plan, record)
