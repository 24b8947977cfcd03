"""Takes runs from the queue, gives each a node, runs it and passes its outputs on.

Order: first in, first out within a service; between services the one with fewest running comes first,
then the one that was served longest ago.
"""

from __future__ import annotations

import base64
import io
import logging
import threading
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.backends.local.layout import Home
from aisprint_cli.backends.local.runtime import processes, workplace
from aisprint_cli.backends.local.runtime.capacity import Capacity, Slot
from aisprint_cli.backends.local.runtime.joblog import JobLog, read_log
from aisprint_cli.backends.local.runtime.objects import Objects, Output
from aisprint_cli.backends.local.runtime.orphans import end_orphans
from aisprint_cli.backends.local.runtime.processes import MemoryGuard, Watched
from aisprint_cli.backends.local.runtime.records import JobRecord, NewJob, Stage
from aisprint_cli.backends.local.runtime.registry import Hosted, Registry
from aisprint_cli.backends.local.runtime.store import Store
from aisprint_cli.backends.local.runtime.workplace import JobRefusedError

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller of `/run` gets: the output, base64, or the reason why there is none."""

    succeeded: bool
    body: str


@dataclass(slots=True)
class _Running:
    """A run under way; `stopped` holds the reason once it has to end."""

    job: JobRecord
    hosted: Hosted
    process: Watched | None = None
    stopped: str = ""


class Engine:
    """One thread that hands out, and as many that run."""

    def __init__(
        self, home: Home, store: Store, registry: Registry, capacity: Capacity, objects: Objects
    ) -> None:
        self._home, self._store, self._registry = home, store, registry
        self._capacity, self._objects = capacity, objects
        self._guard = MemoryGuard()
        self._pool = ThreadPoolExecutor(max_workers=capacity.limit, thread_name_prefix="job")
        self._wake = threading.Event()
        self._stopping = False
        self._running: dict[str, _Running] = {}
        self._turn = 0
        self._turns: dict[tuple[str, str], int] = {}
        self._idle = threading.Condition()
        self._answers: dict[str, Future[Answer]] = {}
        self._thread = threading.Thread(target=self._loop, name="dispatch", daemon=True)

    def wake(self) -> None:
        """Say that something was queued or became free."""
        self._wake.set()

    def start(self) -> None:
        """Mend what an earlier process left, then begin."""
        self._recover()
        self._thread.start()
        self.wake()

    def stop(self) -> None:
        """End all runs, to be repeated by the next process, and stop."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._end_running(None, None, "the runtime is stopping")
        self._pool.shutdown()
        self.abandon(list(self._answers))
        self._guard.stop()

    def bundles(self) -> set[str]:
        """Digests of the bundles that runs execute from."""
        with self._idle:
            return {entry.hosted.record.hosting.bundle for entry in self._running.values()}

    def cancel(self, cluster: str, service: str | None = None) -> None:
        """End the runs of a service, or of a whole cluster, and wait until they have ended."""
        self._end_running(cluster, service, "its service was removed")

    def run_now(self, job: NewJob) -> Future[Answer]:
        """Queue a run that a caller waits for."""
        answer: Future[Answer] = Future()
        self._answers[job.id] = answer
        self._store.queue([job])
        self.wake()
        return answer

    def abandon(self, job_ids: Iterable[str]) -> None:
        """Tell callers that wait for runs which will never begin."""
        for job_id in job_ids:
            answer = self._answers.pop(job_id, None)
            if answer is not None:
                answer.set_result(Answer(False, "The function was removed before it ran"))

    def _end_running(self, cluster: str | None, service: str | None, reason: str) -> None:
        def concerned() -> list[_Running]:
            return [
                entry
                for entry in self._running.values()
                if cluster in {None, entry.job.cluster} and service in {None, entry.job.service}
            ]

        with self._idle:
            entries = concerned()
            for entry in entries:
                entry.stopped = entry.stopped or reason
        for entry in entries:
            if entry.process is not None:
                entry.process.stop(entry.stopped)
        with self._idle:
            self._idle.wait_for(lambda: not concerned())

    # What an earlier process left

    def _recover(self) -> None:
        left = self._store.open_jobs()
        if left:
            processes.end_leftovers((job.id, job.pid, job.process_started_s) for job in left)
        self._objects.recover()
        for job in left:
            if job.stage is Stage.RUNNING:
                self._store.update_job(job.id, stage=Stage.QUEUED.value, started_s=None, pid=None)
        for directory in (self._home.work, self._home.staging):
            for leftover in directory.iterdir():
                if leftover.is_dir():
                    workplace.Workplace(leftover).remove()
                else:
                    leftover.unlink(missing_ok=True)

    # Handing out

    def _loop(self) -> None:
        while not self._stopping:
            self._wake.wait()
            self._wake.clear()
            try:
                while not self._stopping and self._dispatch():
                    pass
            except Exception:
                _LOGGER.exception("handing out jobs failed")

    def _dispatch(self) -> bool:
        """Start one run; False when none waits or fits."""
        if self._capacity.is_full:
            return False
        for head in self._heads():
            hosted = self._registry.service(head.cluster, head.service)
            if hosted is None:
                continue
            definition = hosted.definition
            resource = hosted.record.hosting.resource or definition.resource
            slot = self._capacity.take(head.cluster, resource, definition.cores, definition.memory_mib)
            if slot is not None:
                self._begin(head, hosted, slot)
                return True
        return False

    def _heads(self) -> list[JobRecord]:
        with self._idle:
            counts = Counter((entry.job.cluster, entry.job.service) for entry in self._running.values())
        heads = [
            head
            for hosted in self._registry.services()
            if (head := self._store.head(hosted.record.cluster, hosted.record.name)) is not None
        ]
        return sorted(
            heads,
            key=lambda job: (
                not job.urgent,
                counts[job.cluster, job.service],
                self._turns.get((job.cluster, job.service), 0),
                job.seq,
            ),
        )

    def _begin(self, job: JobRecord, hosted: Hosted, slot: Slot) -> None:
        entry = _Running(job, hosted)
        with self._idle:
            self._running[job.id] = entry
        if self._registry.service(job.cluster, job.service) is None:  # removed since it was looked up
            self._end(entry, slot)
            return
        self._turn += 1
        self._turns[job.cluster, job.service] = self._turn
        self._store.start(job.id)
        self._pool.submit(self._work, entry, slot)

    # One run

    def _work(self, entry: _Running, slot: Slot) -> None:
        job = entry.job
        try:
            self._attempt(entry, slot.node.name)
        except JobRefusedError as refusal:
            self._fail(entry, None, str(refusal))
        except Exception as error:
            _LOGGER.exception("job %s", job.id)
            self._fail(entry, None, f"the runtime failed on it: {type(error).__name__}: {error}")
        finally:
            end_orphans(job.id)
            workplace.Workplace(self._home.work / job.id).remove()
            self._end(entry, slot)

    def _end(self, entry: _Running, slot: Slot) -> None:
        self._capacity.give_back(slot)
        with self._idle:
            self._running.pop(entry.job.id, None)
            self._idle.notify_all()
        self.wake()

    def _attempt(self, entry: _Running, node: str) -> None:
        job, hosted = entry.job, entry.hosted
        self._check_targets(hosted)
        place, command = workplace.prepare(self._home, job, hosted, node)
        log = JobLog(self._home.job_log(job.cluster, job.id))
        try:
            ending = processes.run(command, log, self._guard, lambda process: self._note(entry, process))
        except OSError as error:
            raise JobRefusedError(f"cannot start {command.arguments[0]}: {error.strerror or error}") from None
        finally:
            log.close()
        if ending.reason or ending.exit_code:
            self._fail(entry, ending.exit_code, ending.reason or f"exit code {ending.exit_code}")
            return
        outputs = workplace.collect(place, hosted.definition.outputs, job.cluster)
        body = _encode(_files(place.output)) if job.id in self._answers else ""
        self._publish(job, outputs)
        self._drop_payload(job)
        self._answer(job, Answer(True, body))

    def _note(self, entry: _Running, process: Watched) -> None:
        """Connect a run with its process; a removal may have come in between."""
        with self._idle:
            entry.process = process
        if entry.stopped:
            process.stop(entry.stopped)
        started_s = processes.process_start_s(process.pid)
        if started_s is not None:
            self._store.note_process(entry.job.id, process.pid, started_s)

    def _check_targets(self, hosted: Hosted) -> None:
        for route in hosted.definition.outputs:
            if not route.is_hosted:
                raise JobRefusedError(
                    f"its output goes to {route.provider!r}; only the storage of local clusters "
                    "('minio', 's3', and these of another cluster: 'minio.<cluster>') is known here"
                )
            if route.cluster is not None and self._registry.cluster(route.cluster) is None:
                raise JobRefusedError(
                    f"its output goes to the cluster {route.cluster!r}, which is not hosted here"
                )

    def _publish(self, job: JobRecord, outputs: Sequence[Output]) -> None:
        try:
            self._objects.publish(job, outputs)
        except OSError as error:
            raise JobRefusedError(f"cannot store its output: {error.strerror or error}") from None

    def _fail(self, entry: _Running, exit_code: int | None, reason: str) -> None:
        job = entry.job
        if self._stopping and entry.stopped:
            self._store.update_job(job.id, stage=Stage.QUEUED.value, started_s=None, pid=None)
        else:
            self._store.finish(job.id, Stage.FAILED, exit_code=exit_code, reason=reason)
            self._drop_payload(job)
        text = read_log(self._home.job_log(job.cluster, job.id)) if job.id in self._answers else ""
        self._answer(job, Answer(False, f"The function failed: {reason}\n{text[-4000:]}"))

    def _answer(self, job: JobRecord, answer: Answer) -> None:
        """Tell the caller that waits for a run, if one does."""
        waiting = self._answers.pop(job.id, None)
        if waiting is not None:
            waiting.set_result(answer)

    def _drop_payload(self, job: JobRecord) -> None:
        if job.payload:
            workplace.payload_file(self._home, job).unlink(missing_ok=True)


def _files(directory: Path) -> list[Path]:
    return sorted(file for file in directory.rglob("*") if file.is_file())


def _encode(files: Sequence[Path]) -> str:
    """One file as base64, several as a base64 archive, none as nothing."""
    if not files:
        return ""
    if len(files) == 1:
        return base64.b64encode(files[0].read_bytes()).decode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for file in files:
            members.write(file, file.name)
    return base64.b64encode(archive.getvalue()).decode()
