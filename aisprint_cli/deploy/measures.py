"""Measured times against the deployment's constraints, as the monitoring system judges them. Pure.

For a local constraint a sample is the time of one run of the part. For a global one it is, for each
trace, the end of the last run of the path's last part minus the start of the first run of its first
part. A constraint is violated when the mean of any minute (by the end of its samples) is above the
limit. All times are in seconds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aisprint_cli.backends.interface import Job, JobState
from aisprint_cli.model.qos import QosConstraints

_MINUTE_S = 60.0


class Verdict(StrEnum):
    """Whether a constraint holds."""

    OK = "ok"
    VIOLATED = "violated"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True)
class Constraint:
    """`parts` in order; one part where it is local."""

    parts: tuple[str, ...]
    limit_s: float
    is_global: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """A constraint with what was measured; the figures are None without a sample.

    `over` counts the samples above the limit; `worst_minute_s` is the highest mean of any minute.
    """

    constraint: Constraint
    samples: int
    over: int
    mean_s: float | None
    p95_s: float | None
    max_s: float | None
    worst_minute_s: float | None

    @property
    def verdict(self) -> Verdict:
        """Whether the constraint holds."""
        if self.worst_minute_s is None:
            return Verdict.UNMEASURED
        return Verdict.VIOLATED if self.worst_minute_s > self.constraint.limit_s else Verdict.OK


def constraints_document(qos: QosConstraints) -> dict[str, Any]:
    """The constraints of a deployment as plain values, for the ledger."""
    return {
        "local": [{"part": entry.part, "limit_s": entry.limit_s} for entry in qos.local],
        "global": [{"path": list(entry.path), "limit_s": entry.limit_s} for entry in qos.global_],
    }


def read_constraints(document: Mapping[str, Any]) -> tuple[Constraint, ...]:
    """The inverse of `constraints_document`."""
    local = [Constraint((entry["part"],), entry["limit_s"], False) for entry in document.get("local", ())]
    paths = [Constraint(tuple(entry["path"]), entry["limit_s"], True) for entry in document.get("global", ())]
    return (*local, *paths)


def measure(
    constraints: Iterable[Constraint], jobs: Iterable[Job], part_of: Mapping[tuple[str, str], str]
) -> tuple[Measure, ...]:
    """Compare the runs that succeeded with each constraint.

    Args:
        constraints: what should hold.
        jobs: the runs, of any state.
        part_of: the part of a (cluster, function).
    """
    runs: defaultdict[str, defaultdict[str, list[tuple[float, float]]]]
    runs = defaultdict(lambda: defaultdict(list))
    for job in jobs:
        part = part_of.get((job.cluster, job.function))
        ended = job.state is JobState.SUCCEEDED
        if part is not None and ended and job.started_s is not None and job.finished_s is not None:
            runs[part][job.trace].append((job.started_s, job.finished_s))
    return tuple(_judge(constraint, _samples(constraint, runs)) for constraint in constraints)


def _samples(
    constraint: Constraint, runs: Mapping[str, Mapping[str, list[tuple[float, float]]]]
) -> list[tuple[float, float]]:
    """(end, duration) of each sample."""
    first, last = runs.get(constraint.parts[0], {}), runs.get(constraint.parts[-1], {})
    if not constraint.is_global:
        return [(end, end - start) for spans in first.values() for start, end in spans]
    found = []
    for trace, spans in last.items():
        if trace in first:
            end = max(end for _, end in spans)
            found.append((end, end - min(start for start, _ in first[trace])))
    return found


def _judge(constraint: Constraint, samples: list[tuple[float, float]]) -> Measure:
    if not samples:
        return Measure(constraint, 0, 0, None, None, None, None)
    minutes: defaultdict[int, list[float]] = defaultdict(list)
    for end, seconds in samples:
        minutes[int(end // _MINUTE_S)].append(seconds)
    durations = sorted(seconds for _, seconds in samples)
    return Measure(
        constraint,
        samples=len(durations),
        over=sum(seconds > constraint.limit_s for seconds in durations),
        mean_s=math.fsum(durations) / len(durations),
        p95_s=durations[math.ceil(0.95 * len(durations)) - 1],
        max_s=durations[-1],
        worst_minute_s=max(math.fsum(group) / len(group) for group in minutes.values()),
    )
