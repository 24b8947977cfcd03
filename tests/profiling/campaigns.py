"""Campaigns made up by scheduling jobs on slots, as a cluster does, and tables of them."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from aisprint_cli.profiling.measurements import Run

LEVELS = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32)


def makespan_s(jobs: int, cores: int, job_s: float, contention: float, per_node: int = 4) -> float:
    """When the last of equal jobs ends, each slowed down by the others of its node."""
    slots = [0.0] * cores
    length = job_s * (1 + contention * (min(cores, jobs, per_node) - 1))
    for _ in range(jobs):
        heapq.heappush(slots, heapq.heappop(slots) + length)
    return max(slots)


def campaign(
    jobs: Sequence[int], *, levels: Iterable[int] = LEVELS, noise: float = 0.01, seed: int = 0
) -> list[Run]:
    """Three runs of each configuration; the load is the number of jobs."""
    chance = random.Random(seed)
    return [
        Run(cores, (20 + makespan_s(n, cores, 60, 0.2)) * (1 + chance.gauss(0, noise)), n)
        for n in jobs
        for cores in levels
        for _ in range(3)
    ]


def write_table(path: Path, runs: Iterable[Run], *, files: bool = False) -> Path:
    """The runs as a table in the form of the reference."""
    header = "runtime,cores,log(cores)" + (",number_of_files" if files else "")
    rows = [f"{run.runtime_s},{run.cores},0" + (f",{run.load}" if files else "") for run in runs]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path
