"""Why a placement is the one: what each component would do instead, and what that would cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aisprint_cli.placement.conditions import forbid
from aisprint_cli.placement.constraints import Assessment
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.problem import Choice, Placement, Problem

Solve = Callable[[Problem], Result]
"""Solves a problem; bound to its time limit and its clock by the caller."""


@dataclass(frozen=True)
class NextBest:
    """The cheapest placement in which a component does something else.

    `placement` is None when there is none, or none was found; `proven` says whether nothing between
    the two costs was overlooked. `extra_cost` is then what the other choice costs more.
    """

    problem: Problem
    component: int
    placement: Placement | None
    extra_cost: float | None
    proven: bool

    @property
    def choice(self) -> Choice | None:
        """What the component would do then."""
        return None if self.placement is None else self.placement.choices[self.component]

    def to_json(self) -> dict[str, Any]:
        """The alternative as plain values."""
        component = self.problem.components[self.component]
        choice = self.choice
        values: dict[str, Any] = {"component": component.name, "deployment": None, "pieces": None}
        if choice is not None:
            pieces = component.alternatives[choice.alternative].pieces
            values["deployment"] = component.alternatives[choice.alternative].name
            values["pieces"] = {
                piece.name: self.problem.resources[resource].name
                for piece, resource in zip(pieces, choice.resources, strict=True)
            }
        return {**values, "extra_cost": self.extra_cost, "proven": self.proven}


def next_best(assessment: Assessment, solve: Solve) -> tuple[NextBest, ...]:
    """For each component, the cheapest placement in which it does not do what it does now."""
    return tuple(
        _next_best(assessment, number, solve) for number in range(len(assessment.problem.components))
    )


def _next_best(assessment: Assessment, component: int, solve: Solve) -> NextBest:
    problem = assessment.problem
    restricted = forbid(problem, component, assessment.placement.choices[component])
    if restricted is None:
        return NextBest(problem, component, None, None, proven=True)
    result = solve(restricted.problem)
    proven = result.status is not Status.STOPPED
    if result.placement is None:
        return NextBest(problem, component, None, None, proven)
    choices = list(result.placement.choices)
    choices[component] = restricted.restore(choices[component])
    placement = Placement(tuple(choices), result.placement.instances)
    return NextBest(problem, component, placement, result.cost - assessment.cost, proven)
