"""Measured runs, averaged by configuration."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run: the time (s) that `load` units of work took on `cores`."""

    cores: float
    runtime_s: float
    load: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """All runs of one configuration: their mean time (s) and how many they are."""

    cores: float
    load: float
    runtime_s: float
    runs: int


def points_of(runs: Iterable[Run]) -> tuple[Point, ...]:
    """The runs by configuration, in order of cores and load."""
    times: dict[tuple[float, float], list[float]] = {}
    for run in runs:
        times.setdefault((run.cores, run.load), []).append(run.runtime_s)
    return tuple(
        Point(cores, load, fmean(sorted(found)), len(found)) for (cores, load), found in sorted(times.items())
    )


def repetition_spread(runs: Iterable[Run]) -> float:
    """Standard deviation of the logarithm of the time between runs of one configuration; 0 if unknown."""
    logs: dict[tuple[float, float], list[float]] = {}
    for run in runs:
        logs.setdefault((run.cores, run.load), []).append(math.log(run.runtime_s))
    squares = sum((value - fmean(found)) ** 2 for found in logs.values() for value in sorted(found))
    freedom = sum(len(found) - 1 for found in logs.values())
    return math.sqrt(squares / freedom) if freedom else 0.0
