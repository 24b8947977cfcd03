"""One placement's figures with names: what it costs, what takes how long, and how far each limit is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from aisprint_cli.placement.evaluation import Evaluator, Scores
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Placement, Problem, Resource, Tier, holds
from aisprint_cli.placement.rules import Bond

BINDING = 0.02
"""A response-time limit counts as binding when less than this share of it is left."""


class Kind(StrEnum):
    """The kinds of constraints."""

    UTILISATION = "utilisation"
    INSTANCES = "instances"
    MEMORY = "memory"
    LAYER = "one_resource_per_layer"
    RETURN = "no_return_to_edge"
    NETWORK = "network"
    LOCAL = "local"
    PATH = "global"
    ENERGY = "energy"
    RULE = "placement_rule"
    TOGETHER = "together"
    APART = "apart"
    QUOTA = "quota"
    BANDWIDTH = "bandwidth"
    RANGE = "measured_range"


STRUCTURE: Final = frozenset({Kind.RETURN, Kind.NETWORK, Kind.LAYER, Kind.RULE, Kind.TOGETHER, Kind.APART})
"""Constraints that hold or do not: there is nothing between."""


def percentile_words(percentile: float) -> str:
    """A percentile as people write it: ``p95`` for 0.95."""
    return f"p{100 * percentile:.6g}"


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint as it stands: `value` may be `limit` at most.

    `subject` names what it is about; `unit` is that of value, limit and slack. Response times are means,
    or the `percentile` (0 to 1).
    """

    kind: Kind
    subject: str
    value: float
    limit: float
    unit: str
    strict: bool = False
    percentile: float | None = None

    @property
    def title(self) -> str:
        """The kind in words, with the percentile where it is about one: ``local p95``."""
        words = self.kind.value.replace("_", " ")
        return words if self.percentile is None else f"{words} {percentile_words(self.percentile)}"

    @property
    def slack(self) -> float:
        """How much is left; negative when violated."""
        return self.limit - self.value

    @property
    def holds(self) -> bool:
        """Whether it holds, up to rounding."""
        if self.strict:
            return self.value < self.limit * (1 - RELATIVE_TOLERANCE)
        return holds(self.value, self.limit)

    @property
    def is_binding(self) -> bool:
        """Whether it is (nearly) used up, so that easing it could make a cheaper placement possible."""
        if self.kind in STRUCTURE:
            return not self.holds
        if self.kind in {Kind.INSTANCES, Kind.QUOTA}:
            return self.value >= self.limit
        return self.slack <= BINDING * abs(self.limit)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A resource in use: how many instances (functions: None) and what it costs in the period.

    `portions` say how many were bought at which price, where there is more than one; `transition_cost` is
    the part of a function's cost that is asked for each request.
    """

    resource: int
    instances: int | None
    cost: float
    portions: tuple[Portion, ...] = ()
    transition_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Portion:
    """Instances bought at one price; the name is that of the price, and may be empty."""

    name: str
    instances: int
    cost: float


@dataclass(frozen=True)
class Assessment:
    """A placement and its figures. Times in seconds; by component, path limit and piece.

    `component_s` and `path_s` are means, `local_value_s` and `path_value_s` what limits are about: means or
    percentiles.
    `energy_wh` is drawn in the period, `green_wh` of it from renewable sources.
    """

    problem: Problem
    placement: Placement
    cost: float
    utilisation: tuple[float, ...]
    component_s: tuple[float, ...]
    path_s: tuple[float, ...]
    piece_s: tuple[tuple[float, ...], ...]
    purchases: tuple[Purchase, ...]
    constraints: tuple[Constraint, ...]
    energy_wh: float = 0.0
    green_wh: float = 0.0
    local_value_s: tuple[float, ...] = ()
    path_value_s: tuple[float, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether every constraint holds."""
        return all(constraint.holds for constraint in self.constraints)

    @cached_property
    def violated(self) -> tuple[Constraint, ...]:
        """The constraints that do not hold."""
        return tuple(constraint for constraint in self.constraints if not constraint.holds)

    @cached_property
    def binding(self) -> tuple[Constraint, ...]:
        """The constraints that are (nearly) used up."""
        return tuple(constraint for constraint in self.constraints if constraint.is_binding)


def assess(problem: Problem, placement: Placement, evaluator: Evaluator | None = None) -> Assessment:
    """The figures of one placement.

    Args:
        problem: what is placed.
        placement: one choice for each component, and the instances bought.
        evaluator: one of the same problem, if there is one already.

    Raises:
        KeyError: when a piece is placed where it may not run.

    """
    evaluator = evaluator or Evaluator(problem)
    scores = evaluator.evaluate_all([placement], pieces=True)
    return Assessment(
        problem=problem,
        placement=placement,
        cost=float(scores.cost[0]),
        utilisation=tuple(map(float, scores.utilisation[0])),
        component_s=tuple(map(float, scores.component_s[0])),
        path_s=tuple(map(float, scores.path_s[0])),
        piece_s=tuple(_piece_times(evaluator, placement, scores)),
        purchases=tuple(_purchases(problem, placement)),
        constraints=tuple(_constraints(evaluator, problem, placement, scores)),
        energy_wh=float(scores.energy_wh[0]),
        green_wh=_green_wh(problem, placement),
        local_value_s=tuple(map(float, scores.local_value_s[0])),
        path_value_s=tuple(map(float, scores.path_value_s[0])),
    )


def _green_wh(problem: Problem, placement: Placement) -> float:
    """The part of a placement's energy that comes from renewable sources."""
    if not any(resource.green_share for resource in problem.resources):
        return 0.0
    green = 0.0
    for number, (resource, count) in enumerate(zip(problem.resources, placement.instances, strict=True)):
        green += resource.green_share * problem.instance_energy_wh(number) * count
    for component, choice in zip(problem.components, placement.choices, strict=True):
        pieces = component.alternatives[choice.alternative].pieces
        for piece, number in zip(pieces, choice.resources, strict=True):
            option = next(item for item in piece.options if item.resource == number)
            share = problem.resources[number].green_share
            green += share * problem.piece_energy_wh(component, piece, option)
    return green


def _piece_times(evaluator: Evaluator, placement: Placement, scores: Scores) -> Iterator[tuple[float, ...]]:
    if scores.piece_s is None:
        return
    for first, choice in zip(evaluator.arrays.first_slot, placement.choices, strict=True):
        row = scores.piece_s[0, int(first) : int(first) + len(choice.resources)]
        yield tuple(map(float, row))


def _purchases(problem: Problem, placement: Placement) -> Iterator[Purchase]:
    functions: dict[int, float] = {}
    transitions: dict[int, float] = {}
    used: set[int] = set()
    for component, choice in zip(problem.components, placement.choices, strict=True):
        pieces = component.alternatives[choice.alternative].pieces
        for piece, resource in zip(pieces, choice.resources, strict=True):
            billed = resource in used and problem.semantics.functions_billed_once
            used.add(resource)
            if problem.is_function(resource):
                option = next(item for item in piece.options if item.resource == resource)
                cost = 0.0 if billed else problem.function_cost(component, piece, option)
                asked = 0.0 if billed else problem.transition_cost(component, piece, option)
                functions[resource] = functions.get(resource, 0.0) + cost
                transitions[resource] = transitions.get(resource, 0.0) + asked
    for number, resource_value in enumerate(problem.resources):
        count = placement.instances[number]
        if problem.is_function(number):
            if number in functions:
                yield Purchase(number, None, functions[number], transition_cost=transitions[number])
        elif number in used or count:
            yield _bought(resource_value, number, count, problem.period_h)


def _bought(resource: Resource, number: int, count: int, period_h: float) -> Purchase:
    portions = tuple(
        Portion(tier.name, int(taken), tier.cost_per_hour * taken * period_h)
        for tier, taken in resource.bought(count)
    )
    cost = resource.hourly_cost(count) * period_h
    return Purchase(number, count, cost, portions if resource.tiers else ())


def _constraints(
    evaluator: Evaluator, problem: Problem, placement: Placement, scores: Scores
) -> Iterator[Constraint]:
    for limit, time_s in zip(problem.local_limits, scores.local_value_s[0], strict=True):
        name = problem.components[limit.component].name
        yield Constraint(Kind.LOCAL, name, float(time_s), limit.limit_s, "s", percentile=limit.percentile)
    for path, time_s in zip(problem.path_limits, scores.path_value_s[0], strict=True):
        names = " -> ".join(problem.components[number].name for number in path.components)
        subject = f"{path.name}: {names}"
        yield Constraint(Kind.PATH, subject, float(time_s), path.limit_s, "s", percentile=path.percentile)
    if problem.energy_limit_wh < float("inf"):
        energy_wh = float(scores.energy_wh[0])
        yield Constraint(Kind.ENERGY, "all resources", energy_wh, problem.energy_limit_wh, "Wh")
    for number, resource in enumerate(problem.resources):
        if scores.used[0, number] or placement.instances[number]:
            yield from _resource_constraints(problem, placement, scores, number, resource.name)
    for number, layer in enumerate(problem.layers):
        count = int(scores.layer_resources[0, number])
        if layer.tier is not Tier.FUNCTIONS and count:
            yield Constraint(Kind.LAYER, layer.name, count, 1, "resources")
    yield Constraint(Kind.RETURN, "all moves", int(scores.returns[0]), 0, "moves")
    yield Constraint(Kind.NETWORK, "all transfers", int(scores.cut_off[0]), 0, "transfers without a network")
    yield from _shared_networks(problem, scores)
    yield from _measured_ranges(evaluator, problem, placement, scores)
    yield from _rules(problem, placement, scores)


def _shared_networks(problem: Problem, scores: Scores) -> Iterator[Constraint]:
    if scores.bandwidth is None:
        return
    for domain, busy in zip(problem.domains, scores.bandwidth[0], strict=True):
        if domain.shared:
            yield Constraint(Kind.BANDWIDTH, domain.name, float(busy), 1, "busy share", strict=True)


def _measured_ranges(
    evaluator: Evaluator, problem: Problem, placement: Placement, scores: Scores
) -> Iterator[Constraint]:
    """How far each piece whose response was measured is within what was measured."""
    if scores.measured_rate_per_s is None:
        return
    slots = evaluator.arrays.first_slot
    for number, (component, choice) in enumerate(zip(problem.components, placement.choices, strict=True)):
        pieces = component.alternatives[choice.alternative].pieces
        for place, (piece, resource) in enumerate(zip(pieces, choice.resources, strict=True)):
            option = next(item for item in piece.options if item.resource == resource)
            if option.curve:
                rate = float(scores.measured_rate_per_s[0, int(slots[number]) + place])
                subject = f"{component.name}/{piece.name} on {problem.resources[resource].name}"
                yield Constraint(Kind.RANGE, subject, rate, option.measured_rate_per_s, "requests/s")


def _rules(problem: Problem, placement: Placement, scores: Scores) -> Iterator[Constraint]:
    rules = problem.rules
    broken = map(int, scores.rule_violations[0])
    for confinement, pieces in zip(rules.confinements, broken, strict=False):
        yield Constraint(Kind.RULE, confinement.name, pieces, 0, "pieces elsewhere")
    for affinity, found in zip(rules.affinities, broken, strict=True):
        if affinity.bond is Bond.TOGETHER:
            yield Constraint(Kind.TOGETHER, affinity.name, found, 0, "pieces elsewhere")
        else:
            yield Constraint(Kind.APART, affinity.name, found, 0, "pairs together")
    for quota in rules.quotas:
        count = sum(placement.instances[number] for number in quota.resources)
        yield Constraint(Kind.QUOTA, quota.name, count, quota.limit, "instances")


def _resource_constraints(
    problem: Problem, placement: Placement, scores: Scores, number: int, name: str
) -> Iterator[Constraint]:
    resource = problem.resources[number]
    if not problem.is_function(number):
        utilisation = float(scores.utilisation[0, number])
        yield Constraint(Kind.UTILISATION, name, utilisation, 1, "busy share", strict=True)
        count = placement.instances[number]
        needed, limit = (count, resource.limit) if count else (1, 0)
        yield Constraint(Kind.INSTANCES, name, needed, limit, "instances")
    memory_mib = float(scores.memory_mib[0, number])
    yield Constraint(Kind.MEMORY, name, memory_mib, float(scores.memory_limit_mib[0, number]), "MiB")
