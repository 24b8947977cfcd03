"""The evaluator on random placements of a 15-component instance: goal 100,000 placements a second.

The instance is read from AISPRINT_PLACEMENT_DATA, or from ../shared/data/placement beside the checkout;
without either it is a random one of the same size.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from support.placement_instances import instance

from aisprint_cli.placement.evaluation import Batch, Evaluator
from aisprint_cli.placement.problem import CPP_SEMANTICS, PYTHON_SEMANTICS, Problem, Semantics

PLACEMENTS = 20_000
ROUNDS = 5


def random_batch(evaluator: Evaluator, count: int, seed: int) -> Batch:
    """Placements drawn evenly: an alternative for each component, a resource for each piece, instances."""
    random = np.random.default_rng(seed)
    problem, arrays = evaluator.problem, evaluator.arrays
    columns = np.zeros((count, arrays.slots), dtype=np.int64)
    for number, component in enumerate(problem.components):
        first = int(arrays.first_slot[number])
        chosen = random.integers(len(component.alternatives), size=count)
        for index, alternative in enumerate(component.alternatives):
            rows = np.flatnonzero(chosen == index)
            for place, piece in enumerate(alternative.pieces):
                known = [evaluator.column(number, index, place, item.resource) for item in piece.options]
                columns[rows, first + place] = random.choice(known, size=len(rows))
    limits = np.array([0 if problem.is_function(i) else r.limit for i, r in enumerate(problem.resources)])
    instances = random.integers(1, np.maximum(limits, 1) + 1, size=(count, len(limits)))
    return Batch(columns, instances * (limits > 0))


def speed(problem: Problem) -> float:
    """Placements per second of CPU, the median of a few rounds."""
    evaluator = Evaluator(problem)
    batch = random_batch(evaluator, PLACEMENTS, seed=1)
    evaluator.evaluate(batch)
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        evaluator.evaluate(batch)
        found.append(PLACEMENTS / (time.process_time() - began))
    return median(found)


def main() -> None:
    """Measure under both semantics."""
    named: dict[str, Semantics] = {"python": PYTHON_SEMANTICS, "cpp": CPP_SEMANTICS}
    for name, semantics in named.items():
        source, problem = instance("strict_15_01", semantics)
        figure = speed(problem)
        print(f"{source}, {name} semantics: {figure:12,.0f} placements/s (goal 100,000)")


if __name__ == "__main__":
    main()
