"""Every shared instance solved to proven optimality, against what the reference published and took.

Then solved again at other rates, from nothing and from the placement known; and how soon there is a first
placement, and how far it is from the optimum after 0.2 and 1 s. All times are the processor's.

`python benchmarks/placement.py [--rate R]` prints the table that benchmarks/results/placement.txt keeps.
The instances are not part of this repository: AISPRINT_PLACEMENT_DATA names their folder.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from support.placement_instances import data_directory

from aisprint_cli.placement.exact import Status, solve
from aisprint_cli.placement.problem import CPP_SEMANTICS, PYTHON_SEMANTICS, Problem, Semantics
from aisprint_cli.placement.system_file import read_system

LIMIT_S = 60.0
RATIOS = (0.8, 0.9, 1.1, 1.25)
STOPS_S = (0.2, 1.0)
REFERENCE_S = {"07": 19.0}  # its Python program with local search: 19 to 56 s on strict 7-component instances


@dataclass(frozen=True, slots=True)
class Row:
    """One solved instance: CPU seconds, whether proven, and costs."""

    size: str
    cpu_s: float
    proven: bool
    cost: float
    known: float
    published: float | None


def solved(folder: Path, semantics: Semantics, column: str, rate_per_s: float) -> Iterable[Row]:
    """Solve every instance of the table of known optima, one after the other."""
    for line in csv.DictReader((folder / "optima.csv").open()):
        path = folder / f"{line['instance']}.json"
        problem = read_system(path, rate_per_s=rate_per_s, semantics=semantics).problem
        began = time.process_time()
        found = solve(problem, time_limit_s=LIMIT_S, clock=time.process_time)
        took = time.process_time() - began
        published = line["reference_cost_cpp_semantics"] if semantics == CPP_SEMANTICS else ""
        yield Row(
            line["instance"].split("_")[1],
            took,
            found.status is Status.OPTIMAL,
            found.cost,
            float(line[column]),
            float(published) if published else None,
        )


def show(title: str, rows: Iterable[Row]) -> None:
    """Print one line for each size."""
    by_size: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_size[row.size].append(row)
    print(title)
    print("components  instances  proven  at known optimum   median s    worst s  published costs more")
    for size, group in sorted(by_size.items()):
        times = [row.cpu_s for row in group]
        same = sum(abs(row.cost - row.known) <= 1e-6 * row.known for row in group)
        dearer = [row.published / row.cost - 1 for row in group if row.published is not None]
        mean = f"{100 * sum(dearer) / len(dearer):6.1f} %, worst {100 * max(dearer):5.1f} %" if dearer else ""
        print(
            f"{int(size):>10}  {len(group):>9}  {sum(row.proven for row in group):>6}  {same:>16}"
            f"  {median(times):>9.4f}  {max(times):>9.4f}  {mean}"
        )
        if size in REFERENCE_S:
            ratio = REFERENCE_S[size] / median(times)
            print(f"{'':12}the reference's least time on such instances / our median: {ratio:.0f} x")


def resolved(folder: Path, rate_per_s: float) -> None:
    """Solve every instance again at other rates, with and without the placement known for this one."""
    cold: defaultdict[str, list[float]] = defaultdict(list)
    warm: defaultdict[str, list[float]] = defaultdict(list)
    for size, problem in instances(folder, rate_per_s):
        known = solve(problem, time_limit_s=LIMIT_S, clock=time.process_time).placement
        for ratio in RATIOS:
            for times, start in ((cold, None), (warm, known)):
                changed = problem.at_rate(ratio * rate_per_s)
                began = time.process_time()
                solve(changed, warm_start=start, time_limit_s=LIMIT_S, clock=time.process_time)
                times[size].append(time.process_time() - began)
    print(f"Solved again at {', '.join(map(str, RATIOS))} times the rate, to the proof")
    print("components  solves  cold median s  warm median s  cold worst s  warm worst s  all cold / all warm")
    for size in sorted(cold):
        a, b = cold[size], warm[size]
        print(
            f"{int(size):>10}  {len(a):>6}  {median(a):>13.4f}  {median(b):>13.4f}  {max(a):>12.3f}"
            f"  {max(b):>12.3f}  {sum(a) / sum(b):>19.2f}"
        )


def stopped(folder: Path, rate_per_s: float) -> None:
    """Stop every instance early, and see what there is by then."""
    print("Stopped early")
    print("components  seconds  with a placement  median above optimum  worst above optimum")
    found: defaultdict[tuple[str, float], list[float | None]] = defaultdict(list)
    for size, problem in instances(folder, rate_per_s):
        best = solve(problem, time_limit_s=LIMIT_S, clock=time.process_time).cost
        for limit_s in STOPS_S:
            early = solve(problem, time_limit_s=limit_s, clock=time.process_time)
            found[size, limit_s].append(early.cost / best - 1 if early.placement is not None else None)
    for (size, limit_s), gaps in sorted(found.items()):
        known = [gap for gap in gaps if gap is not None] or [float("inf")]
        print(
            f"{int(size):>10}  {limit_s:>7}  {len(known):>10} of {len(gaps)}"
            f"  {100 * median(known):>18.2f} %  {100 * max(known):>17.2f} %"
        )


def instances(folder: Path, rate_per_s: float) -> Iterable[tuple[str, Problem]]:
    """Size and problem of every shared instance."""
    for line in csv.DictReader((folder / "optima.csv").open()):
        path = folder / f"{line['instance']}.json"
        yield line["instance"].split("_")[1], read_system(path, rate_per_s=rate_per_s).problem


def main() -> None:
    """Solve under both reference programs' semantics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1.8, help="requests per second (default 1.8)")
    rate = parser.parse_args().rate
    folder = data_directory()
    if folder is None:
        sys.exit("The instances are not here: set AISPRINT_PLACEMENT_DATA to their folder.")
    show("Python semantics", solved(folder, PYTHON_SEMANTICS, "optimal_cost", rate))
    show("C++ semantics", solved(folder, CPP_SEMANTICS, "optimal_cost_cpp_semantics", rate))
    resolved(folder, rate)
    stopped(folder, rate)


if __name__ == "__main__":
    main()
