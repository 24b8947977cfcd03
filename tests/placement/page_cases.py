"""Pages of schedules, three-way fronts and problems without placement, to look at."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from placement_systems import BOARD, random_problem, read, two_steps
from report_cases import HOSTILE, renamed, report_of
from schedule_cases import schedule_of, solver

from aisprint_cli.placement.anytime import Searcher
from aisprint_cli.placement.objectives import energy, latency
from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.schedule.problem import Reservable, Switching
from aisprint_cli.placement.schedule.search import solve_schedule
from aisprint_cli.placement.surface import surface
from aisprint_cli.report.conflict_page import ConflictReport
from aisprint_cli.report.html import conflict_html, report_html, schedule_html
from aisprint_cli.report.schedule_page import ScheduleReport


def day_page(problem: Problem, title: str) -> str:
    loads = [(0.3, 7.0), (1.0, 2.0), (2.6, 3.5), (1.2, 1.5), (2.6, 4.0), (0.6, 6.0)]
    schedule = schedule_of(problem, loads, Switching(0.02, 0.01, 60), (Reservable(BOARD, 3.0, 1),))
    found = solve_schedule(schedule, solver)
    assert found.placements
    return schedule_html(ScheduleReport(title, "aisprint 0", found, 0.123, ("rate*=1.1",)))


@cache
def schedule_page() -> str:
    return day_page(read(two_steps()).problem, "a day")


@cache
def hostile_schedule_page() -> str:
    return day_page(read(renamed(two_steps(), "second", HOSTILE)).problem, HOSTILE)


@cache
def three_way_page() -> str:
    problem = random_problem(1, components=3)
    drawing = tuple(
        replace(item, idle_w=5.0 * number, busy_w=20.0 + 9.0 * number)
        for number, item in enumerate(problem.resources)
    )
    problem = replace(problem, resources=drawing).at_rate(1.7)
    found = surface((latency(problem), energy(problem)), solver)
    assert len(found.points) > 2
    return report_html(replace(report_of(problem, "three ways"), surfaces=(found,)))


def without_placement(problem: Problem, title: str, period: str = "") -> str:
    conflict = Searcher(None, lambda: False, lambda: 0.0).conflict(problem)
    return conflict_html(
        ConflictReport(title, "aisprint 0", ((period, conflict),), proven=True, cpu_s=0.01, changes=())
    )


@cache
def conflict_page() -> str:
    system = two_steps()
    system["GlobalConstraints"]["p1"]["global_res_time"] = 0.2
    return without_placement(read(system).problem, "no way", "rush hour")


@cache
def hostile_conflict_page() -> str:
    system = renamed(two_steps(), "second", HOSTILE)
    system["GlobalConstraints"]["p1"]["global_res_time"] = 0.2
    return without_placement(read(system).problem, HOSTILE)
