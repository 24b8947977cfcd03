"""Following what one input set off, from file names and the runs of functions.

No service keeps such a thread. The trace is in the name of the file that was fed, scripts carry it into
the names of their output, and a run's log names what it read and wrote. So the runs of a trace are those
that read an object of it; and it is complete when each object that a function takes was read by a run
that has ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from aisprint_cli.backends.folders import Folder, Routes, trace_in
from aisprint_cli.backends.interface import FunctionSpec, Job, JobState, Trace
from aisprint_cli.backends.objects.store import StoredObject

_POLL_S: Final = 0.5
_SLACK_S: Final = 60.0  # the clocks of a storage and of what runs the jobs differ
_UNTRIGGERED_S: Final = 120.0
_ENDED: Final = frozenset({JobState.SUCCEEDED, JobState.FAILED})


class Watched(Protocol):
    """A function whose runs can be asked for."""

    @property
    def cluster(self) -> str:
        """The cluster it is on."""

    @property
    def name(self) -> str:
        """Its service's name."""

    @property
    def inputs(self) -> tuple[Folder, ...]:
        """The folders that set it off."""

    def objects(self, prefix: str) -> Iterable[StoredObject]:
        """The objects of its cluster's storage below a prefix `bucket/folder/start`."""

    def runs(self, since_s: float) -> Iterable[Job]:
        """Its runs created since then, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Specified:
    """The part of `Watched` that follows from a function's specification alone."""

    spec: FunctionSpec
    routes: Routes

    @property
    def cluster(self) -> str:
        """The cluster it is on."""
        return self.spec.cluster

    @property
    def name(self) -> str:
        """Its service's name."""
        return str(self.spec.service["name"])

    @property
    def inputs(self) -> tuple[Folder, ...]:
        """The folders of its own cluster that set it off."""
        return tuple(folder for folder in self.routes.inputs if folder.cluster == self.spec.cluster)


def follow(
    functions: Callable[[], Iterable[Watched]],
    trace: str,
    *,
    before: Trace | None,
    wait_s: float,
    clusters: Collection[str] | None = None,
    clock: Callable[[], float] = time.time,
) -> Trace:
    """A trace as it is now; with `wait_s`, once it differs from `before`, or when that time is up.

    With `clusters`, only functions there are looked at.
    """
    deadline = time.monotonic() + wait_s
    while True:
        found = (entry for entry in functions() if clusters is None or entry.cluster in clusters)
        seen = look(found, trace, clock())
        if seen != before or time.monotonic() >= deadline:
            return seen
        time.sleep(min(_POLL_S, max(0.0, deadline - time.monotonic())))


def look(functions: Iterable[Watched], trace: str, now_s: float) -> Trace:
    """A trace at one moment."""
    waiting = [_Remembering(function) for function in functions]
    found: dict[str, Job] = {}
    written: set[str] = set()
    complete = True
    while True:
        complete, before = True, len(written)
        for function in waiting:
            objects = _taken(function, trace, written)
            if not objects:
                continue
            runs = _runs_of(function, objects)
            found.update((run.id, replace(run, trace=trace)) for run in runs)
            written.update(output for run in runs for output in run.outputs)
            complete = complete and _is_done(objects, runs, now_s)
        if len(written) == before:
            break
    jobs = sorted(found.values(), key=lambda job: (job.created_s, job.id))
    return Trace(trace, tuple(jobs), complete)


@dataclass(slots=True)
class _Remembering:
    """A function that is asked the same thing once only, as a trace is gone through several times."""

    function: Watched
    _objects: dict[str, list[StoredObject]] = field(default_factory=dict)
    _runs: tuple[float, list[Job]] | None = None

    @property
    def inputs(self) -> tuple[Folder, ...]:
        return self.function.inputs

    def objects(self, prefix: str) -> list[StoredObject]:
        if prefix not in self._objects:
            self._objects[prefix] = list(self.function.objects(prefix))
        return self._objects[prefix]

    def runs(self, since_s: float) -> list[Job]:
        if self._runs is None or self._runs[0] > since_s:
            self._runs = since_s, list(self.function.runs(since_s))
        return self._runs[1]


def _taken(function: _Remembering, trace: str, written: set[str]) -> dict[str, float]:
    """The objects of a trace that a function takes, and when each was stored.

    They are those named after the trace, and those that its runs wrote under other names.
    """
    found: dict[str, float] = {}
    for folder in function.inputs:
        starts = [f"{folder.path}/aisprint-{trace}"]
        for output in written:
            cluster, _, path = output.partition(":")
            if cluster == folder.cluster and folder.covers(path) and trace_in(path) != trace:
                starts.append(path)
        for start in starts:
            entries = (entry for entry in function.objects(start) if folder.covers(entry.path))
            found.update((entry.path, entry.stored_s) for entry in entries)
    return found


def _runs_of(function: _Remembering, objects: Mapping[str, float]) -> list[Job]:
    since = min(objects.values()) - _SLACK_S
    return [run for run in function.runs(since) if run.input_path in objects]


def _is_done(objects: Mapping[str, float], runs: list[Job], now_s: float) -> bool:
    """Whether all runs have ended, and each object was taken, or so long ago that none will take it."""
    taken = {run.input_path for run in runs}
    left = (stored_s for path, stored_s in objects.items() if path not in taken)
    return all(run.state in _ENDED for run in runs) and all(now_s - at > _UNTRIGGERED_S for at in left)
