"""What is different between two placements of the same components: cost, places, purchases, limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aisprint_cli.placement.constraints import Assessment
    from aisprint_cli.placement.problem import Choice, Problem


@dataclass(frozen=True, slots=True)
class Move:
    """A component that runs otherwise than before: as which deployment, and where its pieces run."""

    component: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PurchaseChange:
    """A resource whose number of instances or cost changed.

    Instances are None on functions, which are not bought; 0 where a resource is not used.
    """

    resource: str
    instances_before: int | None
    instances_after: int | None
    cost_before: float
    cost_after: float


@dataclass(frozen=True)
class Comparison:
    """Two placements side by side; costs of the period, each under its own problem."""

    before: Assessment
    after: Assessment
    moves: tuple[Move, ...]
    purchases: tuple[PurchaseChange, ...]

    @property
    def cost_change(self) -> float:
        """How much more the second one costs; negative when it is cheaper."""
        return self.after.cost - self.before.cost

    @property
    def relative_change(self) -> float | None:
        """The same as a share of the first one's cost; None when that one is free."""
        return self.cost_change / self.before.cost if self.before.cost else None

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain values."""
        return {
            "cost_before": self.before.cost,
            "cost_after": self.after.cost,
            "relative_change": self.relative_change,
            "moves": [
                {"component": item.component, "before": item.before, "after": item.after}
                for item in self.moves
            ],
            "purchases": [
                {
                    "resource": item.resource,
                    "instances_before": item.instances_before,
                    "instances_after": item.instances_after,
                    "cost_before": item.cost_before,
                    "cost_after": item.cost_after,
                }
                for item in self.purchases
            ],
        }


def compare(before: Assessment, after: Assessment) -> Comparison:
    """Set two placements side by side; their problems have the same components and resources."""
    return Comparison(before, after, tuple(_moves(before, after)), tuple(_purchases(before, after)))


def place_words(assessment: Assessment, component: int) -> str:
    """How a component runs, in words: ``s1 on VM1``, or ``s2 on Drone1, VM1`` piece by piece."""
    return choice_words(assessment.problem, component, assessment.placement.choices[component])


def choice_words(problem: Problem, component: int, choice: Choice) -> str:
    """A component's choice in words, the resource only once where all pieces are on the same."""
    alternative = problem.components[component].alternatives[choice.alternative]
    return f"{alternative.name} on {resource_words(problem, choice)}"


def resource_words(problem: Problem, choice: Choice) -> str:
    """Where a choice's pieces run, in their order."""
    names = [problem.resources[item].name for item in choice.resources]
    return names[0] if len(set(names)) == 1 else ", ".join(names)


def _moves(before: Assessment, after: Assessment) -> Iterator[Move]:
    for number, component in enumerate(before.problem.components):
        one, other = place_words(before, number), place_words(after, number)
        if one != other:
            yield Move(component.name, one, other)


def _purchases(before: Assessment, after: Assessment) -> Iterator[PurchaseChange]:
    old = {item.resource: item for item in before.purchases}
    new = {item.resource: item for item in after.purchases}
    for number, resource in enumerate(before.problem.resources):
        one, other = old.get(number), new.get(number)
        if one is None and other is None:
            continue
        unused = None if before.problem.is_function(number) else 0
        counts = (one.instances if one else unused, other.instances if other else unused)
        costs = (one.cost if one else 0.0, other.cost if other else 0.0)
        if counts[0] != counts[1] or abs(costs[1] - costs[0]) > 1e-9 * max(costs):
            yield PurchaseChange(resource.name, *counts, *costs)
