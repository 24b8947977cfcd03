"""How a deployment is: what is recorded, what is live, what ran, and how long it took."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aisprint_cli.backends.interface import (
    Capability,
    Item,
    ItemKind,
    ItemState,
    Job,
    JobState,
    Observed,
    Place,
)
from aisprint_cli.deploy.ledger import DeploymentRecord
from aisprint_cli.deploy.measures import Measure, Verdict, measure, read_constraints
from aisprint_cli.deploy.planner import Record, RecordState
from aisprint_cli.deploy.topology import Topology
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.errors import AisprintError

RECENT_TRACES = 10


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """An item as recorded and as live; `drift` says how they differ, empty where they agree.

    `live` is None where its back end did not answer.
    """

    item: Item
    recorded: RecordState
    live: ItemState | None
    drift: str
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FunctionStatus:
    """The runs of a function by their state."""

    part: str
    cluster: str
    service: str
    jobs: Mapping[JobState, int]


@dataclass(frozen=True, slots=True)
class TraceStatus:
    """What one input set off: how many runs of each state, and its time from first to last."""

    trace: str
    input: str
    began_s: float
    seconds: float | None
    jobs: Mapping[JobState, int]
    last_part: str


@dataclass(frozen=True)
class Status:
    """Everything `aisprint status` shows.

    `measures` is empty unless asked for; `unreachable` says of each back end that did not answer why.
    """

    deployment: DeploymentRecord
    items: tuple[ItemStatus, ...]
    functions: tuple[FunctionStatus, ...]
    traces: tuple[TraceStatus, ...]
    measures: tuple[Measure, ...] = ()
    unreachable: Mapping[str, str] = field(default_factory=dict)

    @property
    def drifted(self) -> bool:
        """Whether the world differs from the record."""
        return any(entry.drift for entry in self.items)

    @property
    def violated(self) -> bool:
        """Whether a constraint that was asked for does not hold."""
        return any(entry.verdict is Verdict.VIOLATED for entry in self.measures)


def read_status(workspace: Workspace, deployment: DeploymentRecord, *, qos: bool) -> Status:
    """Ask the ledger and the back ends; one of several that does not answer leaves its items unknown.

    Raises:
        ExternalError: when no back end can be asked.
    """
    records = {name: record for name, record in workspace.records().items() if record.exists}
    topology = workspace.topology()
    live, jobs, unreachable = _look(workspace, records)
    part_of = {(entry.cluster, entry.service): entry.part for entry in topology.functions}
    ours = [job for job in jobs if (job.cluster, job.function) in part_of]
    since = [job for job in ours if job.created_s >= deployment.changed_s]
    newest = _newest_traces(ours)
    sources = workspace.ledger.inputs([group[0].trace for group in newest])
    return Status(
        deployment,
        tuple(_item_status(records[name], live.get(name)) for name in _in_order(records, topology)),
        tuple(_function_statuses(topology, ours)),
        tuple(_trace_status(group, part_of, sources) for group in newest),
        measure(read_constraints(deployment.qos), since, part_of) if qos else (),
        unreachable,
    )


def _look(
    workspace: Workspace, records: Mapping[str, Record]
) -> tuple[dict[str, Observed], list[Job], dict[str, str]]:
    """What each back end says of its items, the runs on it, and which of them did not answer.

    Raises:
        AisprintError: when none did.
    """
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for record in records.values():
        groups[workspace.place_of(record.item).name].append(record.item)
    live: dict[str, Observed] = {}
    jobs: list[Job] = []
    failures: dict[str, AisprintError] = {}
    silent: dict[str, AisprintError] = {}
    for name, items in groups.items():
        place = workspace.place_of(items[0])
        try:
            live |= workspace.observe(items, place)
        except AisprintError as failure:
            failures[name] = failure
            continue
        try:
            jobs += _runs(place, items)
        except AisprintError as failure:
            silent[name] = failure  # such as a cluster that is made, and not reached from here
    if failures and len(failures) == len(groups):
        raise next(iter(failures.values()))
    told = {**silent, **failures}
    return live, jobs, {name: workspace.secrets.redact(failure.message) for name, failure in told.items()}


def _runs(place: Place, items: Iterable[Item]) -> list[Job]:
    """The runs on the clusters among some items of a back end."""
    if Capability.LOGS not in place.capabilities:
        return []
    clusters = [item.name for item in items if item.kind is ItemKind.CLUSTER]
    return [job for cluster in clusters for job in place.jobs(cluster)]


def _in_order(records: Mapping[str, Record], topology: Topology) -> list[str]:
    """Items by identifier, clusters before functions, and these along the chain."""
    place = {node.id: number for number, node in enumerate(topology.functions)}
    return sorted(records, key=lambda name: (place.get(name, -1), name))


def _item_status(record: Record, observed: Observed | None) -> ItemStatus:
    state = observed.state if observed is not None else None
    return ItemStatus(record.item, record.state, state, _drift(record, observed), record.outputs)


def _drift(record: Record, observed: Observed | None) -> str:
    if record.state is not RecordState.PRESENT:
        return f"a run did not finish ({record.state})"
    if observed is None:
        return f"{record.item.spec.backend} did not answer"
    if observed.state is ItemState.ABSENT:
        return "it is gone"
    if observed.state is not ItemState.READY:
        return observed.detail or f"it is {observed.state}"
    if observed.digest is not None and observed.digest != record.item.digest:
        return "it was changed outside"
    return ""


def _function_statuses(topology: Topology, jobs: Iterable[Job]) -> Iterable[FunctionStatus]:
    counts: defaultdict[tuple[str, str], Counter[JobState]] = defaultdict(Counter)
    for job in jobs:
        counts[job.cluster, job.function][job.state] += 1
    for node in topology.functions:
        found = counts[node.cluster, node.service]
        yield FunctionStatus(
            node.part, node.cluster, node.service, {state: found[state] for state in JobState}
        )


def _newest_traces(jobs: Iterable[Job]) -> list[list[Job]]:
    """The runs of the newest traces, newest trace first."""
    groups: defaultdict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        groups[job.trace].append(job)
    return sorted(groups.values(), key=lambda group: group[0].created_s, reverse=True)[:RECENT_TRACES]


def _trace_status(
    group: list[Job], part_of: Mapping[tuple[str, str], str], sources: Mapping[str, str]
) -> TraceStatus:
    last = max(group, key=lambda job: (job.started_s or 0.0, job.created_s))
    began = min(job.created_s for job in group)
    ends = [job.finished_s for job in group if job.finished_s is not None]
    counted = Counter(job.state for job in group)
    return TraceStatus(
        last.trace,
        sources.get(last.trace, ""),
        began,
        max(ends) - began if len(ends) == len(group) else None,
        {state: counted[state] for state in JobState},
        part_of[last.cluster, last.function],
    )
