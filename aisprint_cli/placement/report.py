"""A placement as plain values, in the form `aisprint.place/1` (docs/placement.md)."""

from __future__ import annotations

import math
from typing import Any

from aisprint_cli.placement.constraints import Assessment, Constraint, Purchase
from aisprint_cli.placement.problem import CPP_SEMANTICS, PYTHON_SEMANTICS, Problem, Semantics

SEMANTICS = {"python": PYTHON_SEMANTICS, "cpp": CPP_SEMANTICS}
"""The reference's two programs by name."""


def semantics_name(semantics: Semantics) -> str:
    """The name of semantics; `custom` for what neither program does."""
    return next((name for name, value in SEMANTICS.items() if value == semantics), "custom")


def finite(value: float) -> float | None:
    """The number, or None where it is infinite: JSON knows no infinity."""
    return value if math.isfinite(value) else None


def assessment_values(assessment: Assessment) -> dict[str, Any]:
    """A placement, what is bought for it, and every constraint with its slack."""
    problem = assessment.problem
    return {
        "semantics": semantics_name(problem.semantics),
        "rate_per_s": problem.entry_rate_per_s,
        "period_h": problem.period_h,
        "feasible": assessment.feasible,
        "cost": assessment.cost,
        **_energy_values(assessment),
        "placement": {
            component.name: _component(assessment, number)
            for number, component in enumerate(problem.components)
        },
        "resources": [_purchase(assessment, item) for item in assessment.purchases],
        "constraints": [constraint_values(item) for item in assessment.constraints],
    }


def _energy_values(assessment: Assessment) -> dict[str, float]:
    """The energy, where resources say what they draw."""
    if not any(item.busy_w for item in assessment.problem.resources):
        return {}
    return {"energy_wh": assessment.energy_wh, "green_energy_wh": assessment.green_wh}


def constraint_values(constraint: Constraint) -> dict[str, Any]:
    """A constraint with its value, limit and slack."""
    return {
        "kind": constraint.kind.value,
        "subject": constraint.subject,
        **({} if constraint.percentile is None else {"percentile": 100 * constraint.percentile}),
        "value": finite(constraint.value),
        "limit": finite(constraint.limit),
        "slack": finite(constraint.slack),
        "unit": constraint.unit,
        "holds": constraint.holds,
        "binding": constraint.is_binding,
    }


def _component(assessment: Assessment, number: int) -> dict[str, Any]:
    problem = assessment.problem
    component, choice = problem.components[number], assessment.placement.choices[number]
    alternative = component.alternatives[choice.alternative]
    pieces: dict[str, Any] = {}
    for place, (piece, resource) in enumerate(zip(alternative.pieces, choice.resources, strict=True)):
        pieces[piece.name] = {
            "layer": problem.layers[problem.resources[resource].layer].name,
            "resource": problem.resources[resource].name,
            "instances": instances_of(problem, assessment, number, place),
            "response_time_s": finite(assessment.piece_s[number][place]),
        }
    return {
        "deployment": alternative.name,
        "pieces": pieces,
        "rate_per_s": component.rate_per_s,
        "response_time_s": finite(assessment.component_s[number]),
    }


def instances_of(problem: Problem, assessment: Assessment, component: int, place: int) -> int | None:
    """How many instances serve a piece; None on functions, which scale by themselves."""
    choice = assessment.placement.choices[component]
    resource = choice.resources[place]
    if problem.is_function(resource):
        return None
    return choice.counts[place] if choice.counts else assessment.placement.instances[resource]


def _purchase(assessment: Assessment, purchase: Purchase) -> dict[str, Any]:
    problem = assessment.problem
    resource = problem.resources[purchase.resource]
    is_function = problem.is_function(purchase.resource)
    return {
        "resource": resource.name,
        "layer": problem.layers[resource.layer].name,
        "tier": problem.tier(purchase.resource).value,
        "instances": purchase.instances,
        "available": None if is_function else resource.limit,
        "utilisation": None if is_function else finite(assessment.utilisation[purchase.resource]),
        "cost": purchase.cost,
        **_cost_parts(purchase),
    }


def _cost_parts(purchase: Purchase) -> dict[str, Any]:
    """What a cost is made of, where there is more than one price."""
    parts: dict[str, Any] = {}
    if purchase.portions:
        parts["prices"] = [
            {"name": item.name or None, "instances": item.instances, "cost": item.cost}
            for item in purchase.portions
        ]
    if purchase.transition_cost:
        parts["transition_cost"] = purchase.transition_cost
    return parts
