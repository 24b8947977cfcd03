"""Reports to look at: a small one with everything in it, and one whose names try to break the page."""

from __future__ import annotations

from functools import cache
from typing import Any

from placement_systems import random_problem, read, two_steps

from aisprint_cli.placement.comparison import compare
from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.exact import Result, solve
from aisprint_cli.placement.explanation import next_best
from aisprint_cli.placement.load_range import load_range
from aisprint_cli.placement.load_sensitivity import load_sensitivity
from aisprint_cli.placement.objectives import latency
from aisprint_cli.placement.pareto import pareto
from aisprint_cli.placement.problem import Placement, Problem
from aisprint_cli.placement.what_if import what_if
from aisprint_cli.report.html import report_html
from aisprint_cli.report.placement_report import PlacementReport

HOSTILE = "<script>alert('x')</script>&\"{{7*7}}"


def solver(problem: Problem, start: Placement | None) -> Result:
    return solve(problem, warm_start=start)


def report_of(problem: Problem, title: str = "two steps", changes: tuple[str, ...] = ()) -> PlacementReport:
    """A report with every section."""
    before = assess(problem, _placed(solve(problem)))
    if changes:
        problem = what_if(problem, changes)
    result = solve(problem)
    assessment = assess(problem, _placed(result))
    rate = problem.entry_rate_per_s
    return PlacementReport(
        title=title,
        program="aisprint 0",
        assessment=assessment,
        result=result,
        cpu_s=0.0123,
        load_range=load_range(problem, assessment.placement),
        sensitivity=load_sensitivity(problem, solver, rate / 2, rate * 2, start=assessment.placement),
        fronts=(pareto(latency(problem), solver, start=result),),
        next_best=next_best(assessment, solve),
        what_if=compare(before, assessment) if changes else None,
        changes=changes,
    )


def _placed(result: Result) -> Placement:
    assert result.placement is not None
    return result.placement


@cache
def full_page() -> str:
    """The page of a problem of five components on two layers and more, with splits, and all sections."""
    problem = next(
        item for item in (random_problem(seed, components=5) for seed in range(200)) if _is_rich(item)
    )
    return report_html(report_of(problem, "five steps", ("resource.r10.cost*=1.5", "rate*=0.9")))


def _is_rich(problem: Problem) -> bool:
    placement = solve(problem).placement
    if placement is None:
        return False
    layers = {problem.resources[item].layer for choice in placement.choices for item in choice.resources}
    split = any(len(choice.resources) > 1 for choice in placement.choices)
    return split and len(layers) > 2


@cache
def hostile_page() -> str:
    """A page whose title and names are mark-up."""
    return report_html(report_of(read(renamed(two_steps(), "second", HOSTILE)).problem, HOSTILE))


def renamed(value: Any, old: str, new: str) -> Any:
    """A system with a name replaced wherever it stands."""
    if isinstance(value, dict):
        return {renamed(key, old, new): renamed(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, old, new) for item in value]
    return new if value == old else value
