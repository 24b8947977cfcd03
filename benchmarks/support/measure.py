"""Whole-process CPU, wall and memory by the operating system's own accounting of a finished child."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the counted runs: seconds of CPU (user + system), seconds of wall, MiB at the peak."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def _once(command: Sequence[str | Path], cwd: Path | None, env: Mapping[str, str] | None) -> Figures:
    began = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with exit code {child.returncode}")
    return Figures(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def measure(
    command: Sequence[str | Path],
    *,
    runs: int = 5,
    warmup: int = 1,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Figures:
    """Run a command several times, one after the other, and give the medians."""
    for _ in range(warmup):
        _once(command, cwd, env)
    found = [_once(command, cwd, env) for _ in range(runs)]
    return Figures(
        median(figures.cpu_s for figures in found),
        median(figures.wall_s for figures in found),
        median(figures.peak_mib for figures in found),
    )


def show(name: str, figures: Figures) -> None:
    """Print one row of figures."""
    times = f"cpu {figures.cpu_s:8.3f} s   wall {figures.wall_s:8.3f} s"
    print(f"{name:<44} {times}   peak {figures.peak_mib:7.1f} MiB")


def ratio(name: str, value: float, baseline: float) -> None:
    """Print how many times the baseline a value is."""
    print(f"{name:<44} {value / baseline:8.2f} x")
