"""An application's resources in the words of a problem, and what they cost outside of one. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aisprint_cli.model.resources import Resource as ApplicationResource
from aisprint_cli.model.resources import ResourceCatalogue
from aisprint_cli.placement.application_rules import ApplicationRules
from aisprint_cli.placement.problem import Resource

_IDLE_S: Final = 600.0
"""How long functions are kept warm where the resource does not say: what the reference assumes."""
_TRANSITIONS: Final = 1000
"""Transitions that the `transitionCost` of a resource is the price of: as clouds state it."""


def problem_resource(
    resource: ApplicationResource, layer: int, rules: ApplicationRules, *, is_function: bool
) -> Resource:
    """A resource of the catalogue as one of a problem, with the prices that the placement rules give it.

    Args:
        resource: of the catalogue.
        layer: the number of its layer in the problem.
        rules: the application's placement rules.
        is_function: whether it is a function, which is not bought by the instance.

    """
    idle = resource.document.get("idleTime")
    asked = resource.document.get("transitionCost")
    plain = Resource(
        name=resource.name,
        layer=layer,
        limit=resource.nodes,
        cost_per_hour=resource.cost_per_hour,
        # Each function has its memory for itself; whether a part fits is checked once.
        memory_mib=math.inf if is_function or not resource.memory_mib else resource.memory_mib,
        cores=resource.cores or 1.0,
        idle_before_kill_s=float(idle) if isinstance(idle, (int, float)) else _IDLE_S,
        transition_cost=float(asked) / _TRANSITIONS if asked else 0.0,
    )
    priced = rules.on_terms(plain, resource)
    return priced if is_function else replace(priced, transition_cost=0.0)


class Tariff:
    """What the resources of an application cost an hour, in the currency of its catalogue.

    Args:
        catalogue: its resources.
        rules: its document of placement rules, which has prices in tiers; may be empty.

    """

    def __init__(self, catalogue: ResourceCatalogue, rules: Mapping[str, Any]) -> None:
        layers = tuple(catalogue)
        read = ApplicationRules(rules, layers)
        self._resources = {
            resource.name: problem_resource(resource, number, read, is_function=True)
            for number, layer in enumerate(layers)
            for resource in layer.resources
        }

    def nodes(self, name: str, count: float) -> float:
        """What that many bought instances of a resource cost an hour."""
        return self._resources[name].hourly_cost(count)

    def calls(self, name: str, rate_per_s: float, busy_s: float) -> float:
        """What requests (1/s) that each keep a function busy for `busy_s` cost an hour, with transitions."""
        resource = self._resources[name]
        return rate_per_s * (busy_s * resource.cost_per_hour + 3600 * resource.transition_cost)
