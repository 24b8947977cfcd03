"""Load sensitivity and fronts as plain values, part of `aisprint.place/1` (docs/placement-analysis.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisprint_cli.placement.comparison import choice_words
from aisprint_cli.placement.report import constraint_values, finite

if TYPE_CHECKING:
    from aisprint_cli.placement.constraints import Constraint
    from aisprint_cli.placement.load_range import LoadRange
    from aisprint_cli.placement.load_sensitivity import LoadSensitivity, Stretch
    from aisprint_cli.placement.pareto import Front
    from aisprint_cli.placement.problem import Placement, Problem
    from aisprint_cli.placement.surface import Surface


def placement_values(problem: Problem, placement: Placement) -> dict[str, Any]:
    """A placement in short: how each component runs, and what is bought."""
    return {
        "components": {
            component.name: choice_words(problem, number, placement.choices[number])
            for number, component in enumerate(problem.components)
        },
        "instances": {
            resource.name: count
            for resource, count in zip(problem.resources, placement.instances, strict=True)
            if count
        },
    }


def range_values(span: LoadRange) -> dict[str, Any]:
    """The rates that a placement carries, and what ends them."""
    return {
        "low_per_s": span.low,
        "high_per_s": span.high,
        "low_constraint": _constraint(span.low_constraint),
        "high_constraint": _constraint(span.high_constraint),
    }


def sensitivity_values(problem: Problem, sensitivity: LoadSensitivity) -> dict[str, Any]:
    """The cheapest placements over a range of rates."""
    return {
        "proven": sensitivity.proven,
        "solves": sensitivity.solves,
        "stretches": [_stretch(problem, item) for item in sensitivity.stretches],
    }


def front_values(problem: Problem, front: Front) -> dict[str, Any]:
    """The front of cost against another figure."""
    return {
        "objective": front.objective.name,
        "unit": front.objective.unit,
        "complete": front.complete,
        "open_gaps": [[finite(low), finite(high)] for low, high in front.open_gaps],
        "solves": front.solves,
        "points": [
            {
                "value": point.value,
                "cost": point.cost,
                "placement": placement_values(problem, point.placement),
            }
            for point in front.points
        ],
    }


def surface_values(problem: Problem, found: Surface) -> dict[str, Any]:
    """The front of cost and two other figures."""
    return {
        "objectives": [{"objective": item.name, "unit": item.unit} for item in found.objectives],
        "complete": found.complete,
        "complete_up_to_cost": finite(found.complete_up_to),
        "open_regions": [
            {"most": [finite(item) for item in region.most], "least_cost": region.least_cost}
            for region in found.open_regions
        ],
        "solves": found.solves,
        "points": [
            {
                "cost": point.cost,
                "values": list(point.values),
                "placement": placement_values(problem, point.placement),
            }
            for point in found.points
        ],
    }


def _stretch(problem: Problem, item: Stretch) -> dict[str, Any]:
    line = item.line
    return {
        "low_per_s": item.low,
        "high_per_s": item.high,
        "feasible": item.placement is not None if item.gap == 0 or item.placement is not None else None,
        "cost_at_low": None if line is None else line.at(item.low),
        "cost_at_high": None if line is None else line.at(item.high),
        "gap": finite(item.gap),
        "carries_up_to_per_s": None if item.carries is None else item.carries.high,
        "ends_by": _constraint(item.ends_by),
        "placement": None if item.placement is None else placement_values(problem, item.placement),
    }


def _constraint(constraint: Constraint | None) -> dict[str, Any] | None:
    return None if constraint is None else constraint_values(constraint)
