"""Large placements: cost, proven bound, gap and CPU seconds within time limits.

The instances are random ones of the reference's kind: with its layers, resources and light or strict limits
(`support/random_placements.py`), and larger ones (`support/placement_scale_instances.py`).
Goals: 30 components with a gap of 1 % at most in 60 s; at 20 to 30 components a placement in 0.2 s and one
within 2 % of the optimum in 1 s.

    python benchmarks/placement_scale.py [--limits SECONDS...] [NAME...]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.placement_instances import random_system
from support.placement_scale_instances import Size, problem_of, scaled_problem
from support.random_placements import random_placement_problem

from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.solver import solve

INSTANCES: dict[str, Callable[[], Problem]] = {
    "20 of its experiments, strict": lambda: random_placement_problem(20, 2),
    "25 of its experiments, strict": lambda: random_placement_problem(25, 0),
    "30 of the reference's layers": lambda: problem_of(random_system(30, seed=1)),
    "30 of its experiments, light": lambda: random_placement_problem(30, 2, strict=False),
    "30 of its experiments, strict": lambda: random_placement_problem(30, 1),
    "30 of its experiments, hard": lambda: random_placement_problem(30, 0),
    "30 x 30, chain": lambda: scaled_problem(Size(30, 30, 6), seed=1),
    "100 x 200, chain": lambda: scaled_problem(Size(100, 200, 10), seed=1),
    "1000 x 40, chain": lambda: scaled_problem(Size(1000, 40, 8), seed=1),
    "1000 x 40, tree": lambda: scaled_problem(Size(1000, 40, 8, "tree"), seed=1),
}


def main() -> None:
    """Solve each within each time limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=float, nargs="+", default=[5.0, 20.0, 60.0], help="seconds of CPU")
    parser.add_argument("names", nargs="*", help="only instances whose names begin so")
    options = parser.parse_args()
    print(f"{'instance':30} {'limit s':>7} {'cost':>10} {'bound':>10} {'gap':>8} {'CPU s':>7}")
    for name, make in INSTANCES.items():
        if options.names and not any(name.startswith(item) for item in options.names):
            continue
        problem = make()
        for limit_s in options.limits:
            began = time.process_time()
            result = solve(problem, time_limit_s=limit_s, clock=time.process_time)
            cpu_s = time.process_time() - began
            print(
                f"{name:30} {limit_s:7g} {result.cost:10.3f} {result.lower_bound:10.3f} "
                f"{result.gap:8.1%} {cpu_s:7.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
