"""Small schedules, and the cheapest of all sequences of placements by trying every one."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import numpy as np
from brute_force import all_placements
from placement_systems import random_problem

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.exact import Result
from aisprint_cli.placement.problem import Placement, Problem
from aisprint_cli.placement.schedule.problem import Period, Reservable, ScheduleProblem, Switching
from aisprint_cli.placement.solver import solve


def solver(problem: Problem, start: Placement | None) -> Result:
    return solve(problem, warm_start=start)


def schedule_of(
    base: Problem,
    loads: list[tuple[float, float]],
    switching: Switching,
    reservable: tuple[Reservable, ...] = (),
    *,
    repeats: bool = True,
) -> ScheduleProblem:
    """A schedule of one problem under (rate, hours) loads."""
    kinds = list(dict.fromkeys(loads))
    periods = []
    start_h = 0.0
    for number, (rate, hours) in enumerate(loads):
        problem = replace(base, period_h=hours).at_rate(rate)
        periods.append(Period(f"p{number}", start_h, hours, problem, kinds.index((rate, hours))))
        start_h += hours
    return ScheduleProblem(tuple(periods), switching, reservable, repeats)


def random_schedule(seed: int, *, reserve: bool) -> ScheduleProblem:
    """Two components, few instances, up to four periods."""
    draw = random.Random(seed)
    base = random_problem(seed, components=2)
    few = tuple(replace(item, limit=min(item.limit, 2)) for item in base.resources)
    loads = [
        (draw.choice([0.5, 1.0, 1.6, 2.2]), draw.choice([1.0, 2.0, 6.0])) for _ in range(draw.randint(1, 4))
    ]
    switching = Switching(
        draw.choice([0.0, 0.1, 0.7, 5.0]), draw.choice([0.0, 0.2, 1.0]), draw.choice([0, 600])
    )
    offered = (Reservable(draw.choice([2, 3, 4, 5]), draw.uniform(0.05, 1), draw.randint(1, 2)),)
    return schedule_of(
        replace(base, resources=few),
        loads,
        switching,
        offered if reserve else (),
        repeats=draw.random() < 0.7,
    )


def cheapest_by_trying(schedule: ScheduleProblem) -> float:
    """The cost of the cheapest sequence of placements under any reservation; infinite without one."""
    ranges = [range(item.most + 1) for item in schedule.reservable]
    return min(_cheapest(schedule, reserved) for reserved in product(*ranges))


def _cheapest(schedule: ScheduleProblem, reserved: tuple[int, ...]) -> float:
    problems = [schedule.with_reserved(period.problem, reserved) for period in schedule.periods]
    costs: list[dict[Placement, float]] = []
    for problem in problems:
        found = [assess(problem, placement) for placement in all_placements(problem)]
        costs.append({item.placement: item.cost for item in found if item.feasible})
    pairs = zip(costs, [*costs[1:], costs[0]], [*problems[1:], problems[0]], strict=True)
    moves = [
        np.array([[schedule.switching_cost(one, other, problem) for other in after] for one in before])
        for before, after, problem in pairs
    ]
    if not all(costs):
        return float("inf")
    values = [np.array(list(options.values())) for options in costs]
    best = float("inf")
    for first, cost in enumerate(values[0]):
        reached = np.full(len(values[0]), np.inf)
        reached[first] = cost
        for move, options in zip(moves, values[1:], strict=False):
            reached = (reached[:, None] + move).min(axis=0) + options
        closing = moves[-1][:, first] if schedule.repeats else 0.0
        best = min(best, float((reached + closing).min()))
    return best + schedule.reservation_cost(reserved)
