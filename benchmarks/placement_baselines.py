"""The reference's search methods against ours: cost above the proven optimum, share feasible, CPU seconds.

Random greedy, local search, tabu search, simulated annealing and a genetic algorithm, as SPACE4AI-D has them
(1,000 starts of random greedy, then 100 iterations), written anew on our evaluator, which only makes them
faster: each is scored by `Evaluator.evaluate_all` alone. To add one, write a function and name it in
`BASELINES`.

    python benchmarks/placement_baselines.py [--instances N] [--starts N] [--iterations N] [--seeds N]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

sys.path.insert(0, str(Path(__file__).parent))

from support.placement_baseline_moves import Candidate, Moves
from support.placement_instances import data_directory, instance
from support.random_placements import random_placement_problem

from aisprint_cli.placement.exact import Status, solve
from aisprint_cli.placement.problem import Problem

SIZES = (5, 7, 10, 15)
LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How often a method may try: random starts, then iterations of the heuristic; and its elite pool."""

    starts: int
    iterations: int
    elite: int = 10


Baseline = Callable[[Moves, Effort], Candidate | None]
"""A method: the best feasible placement it finds, if any."""


def random_greedy(moves: Moves, effort: Effort) -> Candidate | None:
    """Random choices with all instances, then as few instances as the limits allow; the best of all."""
    return min(_elite(moves, effort), default=None)


def local_search(moves: Moves, effort: Effort) -> Candidate | None:
    """From each of the elite, a better neighbour wherever there is one."""
    reached = []
    for current in _elite(moves, effort):
        for _ in range(effort.iterations):
            current = min([current, *moves.neighbours(current)])
        reached.append(current)
    return min(reached, default=None)


def tabu_search(moves: Moves, effort: Effort) -> Candidate | None:
    """The best neighbour that was not visited lately, better or not."""
    best = current = min(_elite(moves, effort), default=None)
    visited: list[object] = []
    for _ in range(effort.iterations):
        if current is None or best is None:
            break
        visited = [*visited[-effort.elite :], current.choices]
        allowed = [item for item in moves.neighbours(current) if item.choices not in visited]
        current = min(allowed, default=None)
        best = min(best, current) if current is not None else best
    return best


def simulated_annealing(moves: Moves, effort: Effort) -> Candidate | None:
    """Any neighbour, worse ones with a probability that falls as the temperature does."""
    best = current = min(_elite(moves, effort), default=None)
    if best is None or current is None:
        return None
    temperature = 0.1 * best.cost
    for _ in range(effort.iterations):
        near = moves.neighbours(current)
        if not near:
            break
        candidate = moves.draw.choice(near)
        if moves.accepts(candidate.cost - current.cost, temperature):
            current = candidate
        best = min(best, current)
        temperature *= 0.95
    return best


def genetic_algorithm(moves: Moves, effort: Effort) -> Candidate | None:
    """Generations of crossovers and mutations of the elite; those that are feasible compete."""
    pool = sorted(_elite(moves, effort))
    if not pool:
        return None
    for _ in range(effort.iterations):
        children = [moves.child(*_pair(moves.draw, pool)) for _ in range(effort.elite)]
        pool = sorted({item.choices: item for item in [*pool, *moves.settle(children)]}.values())
        pool = pool[: effort.elite]
    return pool[0]


BASELINES: dict[str, Baseline] = {
    "random greedy": random_greedy,
    "local search": local_search,
    "tabu search": tabu_search,
    "simulated annealing": simulated_annealing,
    "genetic algorithm": genetic_algorithm,
}


def _elite(moves: Moves, effort: Effort) -> list[Candidate]:
    return moves.elite(effort.starts, effort.elite)


def _pair(draw: random.Random, pool: Sequence[Candidate]) -> tuple[Candidate, Candidate]:
    return draw.choice(pool), draw.choice(pool)


def problems(size: int, count: int) -> list[Problem]:
    """Strict instances of a size: the reference's where they are, else random ones of the same kind."""
    if data_directory() is not None:
        names = [f"strict_{size:02}_{number:02}" for number in range(1, 2 * count, 2)]
        return [instance(name)[1] for name in names]
    return [random_placement_problem(size, seed) for seed in range(count)]


@dataclass(slots=True)
class _Row:
    """What a method reached on one size."""

    above: list[float]
    runs: int
    cpu_s: list[float]


def measure(size: int, count: int, effort: Effort, seeds: int) -> None:
    """Print the table of one size."""
    ours: list[float] = []
    rows = {name: _Row([], 0, []) for name in BASELINES}
    for problem in problems(size, count):
        began = time.process_time()
        proven = solve(problem, time_limit_s=LIMIT_S, clock=time.process_time)
        took = time.process_time() - began
        if proven.status is not Status.OPTIMAL:
            continue
        ours.append(took)
        for name, method in BASELINES.items():
            for seed in range(seeds):
                began = time.process_time()
                found = method(Moves(problem, seed), effort)
                rows[name].cpu_s.append(time.process_time() - began)
                rows[name].runs += 1
                if found is not None:
                    rows[name].above.append(found.cost / proven.cost - 1)
    if ours:
        print(f"{size:>10}  {'exact, proven':20} {0:>10.1%} {0:>10.1%} {1:>9.0%} {median(ours):>9.3f}")
    for name, row in rows.items():
        if not row.runs:
            continue
        gaps = f"{mean(row.above):>10.1%} {max(row.above):>10.1%}" if row.above else f"{'-':>10} {'-':>10}"
        seconds = median(row.cpu_s)
        share = len(row.above) / row.runs
        print(
            f"{'':>10}  {name:20} {gaps} {share:>9.0%} {seconds:>9.3f} {seconds / median(ours):>9.0f} x",
            flush=True,
        )


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=5, help="of each size")
    parser.add_argument("--starts", type=int, default=1000, help="of random greedy")
    parser.add_argument("--iterations", type=int, default=100, help="of the heuristic that follows")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each method on each instance")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="numbers of components")
    options = parser.parse_args()
    print(
        f"{'components':>10}  {'method':20} {'mean above':>10} {'worst':>10} {'feasible':>9} {'CPU s':>9} "
        f"{'of ours':>11}"
    )
    for size in options.sizes:
        measure(size, options.instances, Effort(options.starts, options.iterations), options.seeds)


if __name__ == "__main__":
    main()
