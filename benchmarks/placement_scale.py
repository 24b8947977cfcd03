"""Large placements: cost, proven bound, gap and CPU seconds within a time limit.

The instances are random ones of the reference's kind (`support/placement_scale_instances.py`). Goal: 30
components with a gap of 1 % at most in 60 s. Give the time limit in seconds, and names to run only some.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.placement_instances import random_system
from support.placement_scale_instances import Size, problem_of, scaled_problem

from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.solver import solve

TIME_LIMIT_S = 60.0


INSTANCES: dict[str, Callable[[], Problem]] = {
    "30 of the reference's layers": lambda: problem_of(random_system(30, seed=1)),
    "30 x 30, chain": lambda: scaled_problem(Size(30, 30, 6), seed=1),
    "100 x 200, chain": lambda: scaled_problem(Size(100, 200, 10), seed=1),
    "1000 x 40, chain": lambda: scaled_problem(Size(1000, 40, 8), seed=1),
    "1000 x 40, tree": lambda: scaled_problem(Size(1000, 40, 8, "tree"), seed=1),
}


def main() -> None:
    """Solve each within the time limit."""
    limit_s = float(sys.argv[1]) if len(sys.argv) > 1 else TIME_LIMIT_S
    wanted = sys.argv[2:]
    sys.stdout.write(f"{'instance':30} {'cost':>10} {'bound':>10} {'gap':>8} {'CPU s':>7}\n")
    for name, make in INSTANCES.items():
        if wanted and not any(name.startswith(item) for item in wanted):
            continue
        problem = make()
        began = time.process_time()
        result = solve(problem, time_limit_s=limit_s, clock=time.process_time)
        cpu_s = time.process_time() - began
        row = f"{name:30} {result.cost:10.3f} {result.lower_bound:10.3f} {result.gap:8.1%} {cpu_s:7.1f}\n"
        sys.stdout.write(row)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
