"""How a deployment is: what is recorded, what is live, what ran, and how long it took."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aisprint_cli.backends.interface import Item, ItemState, Job, JobState, Observed
from aisprint_cli.deploy.ledger import DeploymentRecord
from aisprint_cli.deploy.measures import Measure, Verdict, measure, read_constraints
from aisprint_cli.deploy.planner import Record, RecordState
from aisprint_cli.deploy.topology import Topology
from aisprint_cli.deploy.workspace import Workspace

RECENT_TRACES = 10


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """An item as recorded and as live; `drift` says how they differ, empty where they agree."""

    item: Item
    recorded: RecordState
    live: ItemState
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
    """Everything `aisprint status` shows. `measures` is empty unless asked for."""

    deployment: DeploymentRecord
    items: tuple[ItemStatus, ...]
    functions: tuple[FunctionStatus, ...]
    traces: tuple[TraceStatus, ...]
    measures: tuple[Measure, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether the world differs from the record."""
        return any(entry.drift for entry in self.items)

    @property
    def violated(self) -> bool:
        """Whether a constraint that was asked for does not hold."""
        return any(entry.verdict is Verdict.VIOLATED for entry in self.measures)


def read_status(workspace: Workspace, deployment: DeploymentRecord, *, qos: bool) -> Status:
    """Ask the ledger and the back end.

    Raises:
        ExternalError: when the back end cannot be asked.
    """
    records = {name: record for name, record in workspace.records().items() if record.exists}
    live = workspace.backend.observe(record.item for record in records.values())
    topology = workspace.topology()
    clusters = dict.fromkeys(function.cluster for function in topology.functions)
    jobs = [job for cluster in clusters for job in workspace.backend.jobs(cluster)]
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
    )


def _in_order(records: Mapping[str, Record], topology: Topology) -> list[str]:
    """Items by identifier, clusters before functions, and these along the chain."""
    place = {node.id: number for number, node in enumerate(topology.functions)}
    return sorted(records, key=lambda name: (place.get(name, -1), name))


def _item_status(record: Record, observed: Observed | None) -> ItemStatus:
    state = observed.state if observed is not None else ItemState.ABSENT
    return ItemStatus(record.item, record.state, state, _drift(record, observed), record.outputs)


def _drift(record: Record, observed: Observed | None) -> str:
    if record.state is not RecordState.PRESENT:
        return f"a run did not finish ({record.state})"
    if observed is None or observed.state is ItemState.ABSENT:
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
