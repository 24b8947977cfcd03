"""Which runs to show the log of, and following logs as they grow."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aisprint_cli.backends.interface import DataPlane, Job, JobState
from aisprint_cli.deploy.topology import FunctionNode
from aisprint_cli.errors import ExternalError, UsageError

_LISTED = 5
_ENDED = frozenset({JobState.SUCCEEDED, JobState.FAILED})


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs: `last` of each component, of one trace, one job, or failed ones only.

    A trace and a job are given by the start of their identifier, or all of it.
    """

    last: int = 1
    job: str | None = None
    trace: str | None = None
    failed: bool = False

    def takes(self, job: Job) -> bool:
        """Whether a run is meant, leaving aside how many of them."""
        return (
            job.id.startswith(self.job or "")
            and job.trace.startswith(self.trace or "")
            and (not self.failed or job.state is JobState.FAILED)
        )


def jobs_of(
    plane: DataPlane, functions: Iterable[FunctionNode]
) -> tuple[list[Job], dict[str, ExternalError]]:
    """All runs of functions, oldest first, and why clusters could not be asked for theirs.

    Raises:
        ExternalError: when none of several, or the only one, could be asked.
    """
    found: list[Job] = []
    silent: dict[str, ExternalError] = {}
    asked = set[str]()
    for node in functions:
        asked.add(node.cluster)
        if node.cluster in silent:
            continue
        try:
            found += plane.jobs(node.cluster, node.service)
        except ExternalError as failure:
            silent[node.cluster] = failure
    if asked and asked == silent.keys():
        raise next(iter(silent.values()))
    return sorted(found, key=lambda job: job.created_s), silent


def select(jobs: Iterable[Job], selection: Selection) -> list[Job]:
    """The runs that are meant, oldest first.

    Raises:
        UsageError: when a job or a trace was named and there is none, or more than one.
    """
    found = [job for job in jobs if selection.takes(job)]
    if selection.job is not None:
        return _of_one("job", selection.job, {job: job.id for job in found}, selection)
    if selection.trace is not None:
        return _of_one("trace", selection.trace, {job: job.trace for job in found}, selection)
    groups: defaultdict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in found:
        groups[job.cluster, job.function].append(job)
    newest = [job for group in groups.values() for job in group[-selection.last :]]
    return sorted(newest, key=lambda job: job.created_s)


def _of_one(kind: str, named: str, found: Mapping[Job, str], selection: Selection) -> list[Job]:
    """The runs whose identifier is `named`, or begins with it where no other does."""
    known = sorted(set(found.values()))
    if not known:
        raise UsageError(
            f"There is no {kind} {named!r}{' that failed' if selection.failed else ''}.",
            mend="`aisprint status` shows recent traces; without --job, logs shows the last runs.",
        )
    if named not in known and len(known) > 1:
        raise UsageError(
            f"There are {len(known)} {kind}s that begin with {named!r}.",
            mend=f"Give more of one: {', '.join(known[:_LISTED])}.",
        )
    wanted = named if named in known else known[0]
    return [job for job, identifier in found.items() if identifier == wanted]


def tail(text: str, lines: int | None) -> str:
    """The last lines of a text; all of it without a number."""
    if lines is None:
        return text
    return "\n".join(text.splitlines()[-lines:]) if lines else ""


def follow(
    plane: DataPlane,
    functions: tuple[FunctionNode, ...],
    selection: Selection,
    *,
    since_s: float,
    interval_s: float,
    stopped: Callable[[], bool],
    missed: Callable[[str, ExternalError], None],
) -> Iterator[tuple[Job, str]]:
    """Each new line of each run that is meant, as it appears, with its run.

    A cluster that cannot be asked is told to `missed` once, and asked again at the next look.

    Runs that ended before `since_s` are left out. Runs that have ended are read once more and then
    forgotten, so following for days needs no more memory than the runs of a moment.
    """
    read: dict[str, int] = {}
    told = set[str]()
    horizon = since_s
    while not stopped():
        began = time.time()
        all_jobs, silent = jobs_of(plane, functions)
        for cluster in silent.keys() - told:
            missed(cluster, silent[cluster])
            told.add(cluster)
        jobs = [job for job in all_jobs if selection.takes(job)]
        for job in jobs:
            if job.state is JobState.QUEUED or _is_over(job, horizon, read):
                continue
            text = plane.log(job)
            lines, rest = _new_lines(text[read.get(job.id, 0) :], ended=job.state in _ENDED)
            read[job.id] = len(text) - rest
            for line in lines:
                yield job, line
            if job.state in _ENDED:
                del read[job.id]
        done = [job.finished_s for job in jobs if job.state in _ENDED and job.finished_s is not None]
        horizon = max([horizon, *done])
        time.sleep(max(0.0, interval_s - (time.time() - began)))


def _is_over(job: Job, horizon: float, read: dict[str, int]) -> bool:
    ended = job.finished_s if job.state in _ENDED else None
    return ended is not None and ended <= horizon and job.id not in read


def _new_lines(text: str, *, ended: bool) -> tuple[list[str], int]:
    """Whole lines, and how many characters of an unfinished one are left for the next time."""
    if ended:
        return text.splitlines(), 0
    whole, _, rest = text.rpartition("\n")
    return (whole.splitlines() if whole else []), len(rest)
