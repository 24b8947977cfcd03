"""Feeding inputs to a deployed application, following what each sets off, and bringing results back."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from aisprint_cli.backends.interface import DataPlane, Job, JobState, Trace
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.results import ResultFolders, object_name, result_name
from aisprint_cli.deploy.topology import FunctionNode, Input, Topology
from aisprint_cli.errors import AisprintError, UsageError

_POLL_S = 5.0
_PAUSE_S = 0.1
_TRIGGER_WITHIN_S = 60.0
_LOG_LINES = 12


class InvocationState(StrEnum):
    """How an input fared. SUBMITTED is one that was not waited for."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    SUBMITTED = "submitted"


@dataclass(frozen=True, slots=True)
class PartRun:
    """One run of a part; `seconds` it ran, `waited_s` it stood in the queue. None while not known."""

    part: str
    job: str
    state: JobState
    seconds: float | None
    waited_s: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an input failed; `part` and `job` are empty where no run is to blame."""

    part: str
    job: str
    reason: str
    log: str = ""


@dataclass(frozen=True)
class Invocation:
    """What came of one input.

    `results` are the files brought back. `ended_early` names parts that ran well, wrote nothing, and
    so ended their branch: a way through the graph that was not taken. `seconds` is end to end.
    """

    source: Path
    trace: str
    state: InvocationState
    folder: Path | None = None
    results: tuple[Path, ...] = ()
    runs: tuple[PartRun, ...] = ()
    ended_early: tuple[str, ...] = ()
    seconds: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A function and the input folder of it that gets a file."""

    function: FunctionNode
    source: Input


@dataclass(frozen=True, slots=True)
class Feed:
    """How inputs are fed.

    Args:
        targets: where each input goes.
        timeout_s: how long to follow one input, in seconds; None follows it to its end.
        wait: False only submits.
    """

    targets: tuple[Target, ...]
    timeout_s: float | None = None
    wait: bool = True


def find_targets(topology: Topology, component: str | None = None) -> tuple[Target, ...]:
    """Where input goes: the entry components, or the one named.

    A component inside the graph takes what its predecessors write; what is put there sets off every
    component that reads the same folder.

    Raises:
        UsageError: when there is no such component.
    """
    if component is None:
        return tuple(
            Target(function, source)
            for function in topology.entries
            for source in topology.entry_inputs(function)
        )
    function = topology.require(component)
    sources = topology.entry_inputs(function) or function.inputs[:1]
    return tuple(Target(function, source) for source in sources)


class Invoker:
    """Feeds inputs, one call each; may be called by several threads at once.

    Args:
        plane: the data plane of the back end.
        topology: the functions deployed.
        ledger: told of each input before it is fed and after its end.
        deployment: the ledger's number of the deployment.
        feed: how inputs are fed.
        redact: takes secrets out of a text.
        listen: told of each run that changes its state, with the input it belongs to.
    """

    def __init__(
        self,
        plane: DataPlane,
        topology: Topology,
        ledger: Ledger,
        deployment: int,
        *,
        feed: Feed,
        redact: Callable[[str], str],
        listen: Callable[[Path, PartRun], None],
    ) -> None:
        self._plane = plane
        self._topology = topology
        self._ledger = ledger
        self._deployment = deployment
        self._feed = feed
        self._redact = redact
        self._listen = listen

    def __call__(self, source: Path, folder: Path | None) -> Invocation:
        """Feed one file and, unless told otherwise, follow it and bring its results into `folder`."""
        trace = str(uuid.uuid4())
        self._ledger.submit(self._deployment, trace, str(source.absolute()))
        try:
            self._put(source, trace)
            if not self._feed.wait:
                return Invocation(source, trace, InvocationState.SUBMITTED)
            found = self._settle(source, trace, folder, self._follow(source, trace))
        except AisprintError as error:
            failure = Failure("", "", self._redact(error.message))
            found = Invocation(source, trace, InvocationState.FAILED, failure=failure)
        names = [str(path.relative_to(folder)) for path in found.results] if folder is not None else []
        self._ledger.conclude(trace, found.state, str(folder or ""), tuple(names))
        return found

    def _put(self, source: Path, trace: str) -> None:
        name = object_name(trace, source)
        for target in self._feed.targets:
            if not target.source.accepts(name):
                wanted = ", ".join(target.source.suffixes)
                raise UsageError(f"{target.function.part} takes only names that end in {wanted}.")
        for target in self._feed.targets:
            folder = target.source.folder
            self._plane.put(folder.cluster, f"{folder.path}/{name}", source)

    def _follow(self, source: Path, trace: str) -> tuple[Trace, bool]:
        """The trace when nothing of it runs any more, and whether that was in time."""
        began = time.monotonic()
        limit = self._feed.timeout_s
        functions = [target.function for target in self._feed.targets]
        expected = {(function.cluster, function.service) for function in functions}
        told: dict[str, JobState] = {}
        clusters = self._topology.clusters_reached(target.source.folder for target in self._feed.targets)
        while True:
            spent = time.monotonic() - began
            wait = _POLL_S if limit is None else min(_POLL_S, max(0.0, limit - spent))
            asked = time.monotonic()
            seen = self._plane.trace(trace, wait_s=wait, clusters=clusters)
            changed = self._tell(source, seen.jobs, told)
            started = {(job.cluster, job.function) for job in seen.jobs}
            if seen.complete and expected <= started:
                return seen, True
            spent = time.monotonic() - began
            if limit is not None and spent >= limit:
                return seen, False
            if not started and spent > _TRIGGER_WITHIN_S:
                return seen, True
            if not changed and time.monotonic() - asked < _PAUSE_S:
                time.sleep(_PAUSE_S)

    def _tell(self, source: Path, jobs: Iterable[Job], told: dict[str, JobState]) -> bool:
        news = [job for job in jobs if told.get(job.id) is not job.state]
        for job in news:
            told[job.id] = job.state
            self._listen(source, self._run(job))
        return bool(news)

    def _run(self, job: Job) -> PartRun:
        node = self._topology.by_service(job.cluster, job.function)
        ran = job.finished_s - job.started_s if job.finished_s and job.started_s else None
        waited = job.started_s - job.created_s if job.started_s else None
        return PartRun(node.part if node else job.function, job.id, job.state, ran, waited)

    def _settle(
        self, source: Path, trace: str, folder: Path | None, followed: tuple[Trace, bool]
    ) -> Invocation:
        """Judge a trace and bring back what it left."""
        seen, in_time = followed
        failure = self._failure(seen)
        state = InvocationState.SUCCEEDED
        if failure is not None:
            state = InvocationState.FAILED
        elif not in_time:
            state = InvocationState.TIMED_OUT
        results = self._fetch(source, trace, folder, seen.jobs) if folder is not None else ()
        ends = [job.finished_s for job in seen.jobs if job.finished_s is not None]
        starts = [job.created_s for job in seen.jobs]
        return Invocation(
            source,
            trace,
            state,
            folder,
            results,
            tuple(self._run(job) for job in seen.jobs),
            self._ended_early(seen.jobs),
            max(ends) - min(starts) if ends else None,
            failure,
        )

    def _failure(self, seen: Trace) -> Failure | None:
        for job in seen.jobs:
            if job.state is JobState.FAILED:
                lines = self._plane.log(job).rstrip().splitlines()[-_LOG_LINES:]
                reason = job.reason or f"exit code {job.exit_code}"
                log = "\n".join(lines)
                return Failure(self._run(job).part, job.id, self._redact(reason), self._redact(log))
        if not seen.jobs and seen.complete:
            return Failure("", "", f"no run began within {_TRIGGER_WITHIN_S:g} s of feeding it")
        return None

    def _ended_early(self, jobs: Iterable[Job]) -> tuple[str, ...]:
        found = []
        for job in jobs:
            node = self._topology.by_service(job.cluster, job.function)
            if node is None or job.outputs or job.state is not JobState.SUCCEEDED:
                continue
            if any(self._topology.readers(output) for output in node.outputs):
                found.append(node.part)
        return tuple(dict.fromkeys(found))

    def _fetch(self, source: Path, trace: str, folder: Path, jobs: Iterable[Job]) -> tuple[Path, ...]:
        wanted: dict[Path, tuple[str, str]] = {}
        for job in jobs:
            node = self._topology.by_service(job.cluster, job.function)
            for output in job.outputs if node is not None else ():
                cluster, _, path = output.partition(":")
                rest = self._topology.rest_of_result(node, cluster, path) if node is not None else None
                name = result_name(rest, trace, source.stem) if rest is not None else None
                if node is not None and name is not None:
                    wanted[folder / node.part / name] = (cluster, path)
        for target, (cluster, path) in wanted.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._plane.fetch(cluster, path, target)
        return tuple(wanted)


def invoke_each(
    invoke: Callable[[Path, Path | None], Invocation],
    sources: Iterable[Path],
    folders: ResultFolders | None,
    *,
    concurrency: int,
    stopped: Callable[[], bool],
) -> Iterator[Invocation]:
    """Feed many files with a bounded number under way; gives each as it ends.

    Neither the sources nor the outcomes are held: ten thousand need no more memory than ten. When
    stopped, no further file is fed and those under way are followed to their end.
    """
    todo = iter(sources)
    pulling = threading.Lock()
    ended: queue.Queue[Invocation | BaseException | None] = queue.Queue(maxsize=concurrency)

    def take() -> tuple[Path, Path | None] | None:
        with pulling:
            source = None if stopped() else next(todo, None)
            return None if source is None else (source, folders.reserve(source) if folders else None)

    def work() -> None:
        try:
            while (taken := take()) is not None:
                ended.put(invoke(*taken))
            ended.put(None)
        except BaseException as error:  # noqa: BLE001  handed to the calling thread, which raises it
            ended.put(error)

    for number in range(concurrency):
        threading.Thread(target=work, daemon=True, name=f"invoke-{number}").start()
    working = concurrency
    while working:
        outcome = ended.get()
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is None:
            working -= 1
        else:
            yield outcome
