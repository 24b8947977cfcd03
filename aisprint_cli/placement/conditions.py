"""Conditions of a problem one at a time, and the problem without some of them: for explanations."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Final

from aisprint_cli.placement.constraints import Kind
from aisprint_cli.placement.problem import Choice, NetworkDomain, Option, Piece, Problem, Resource, Tier
from aisprint_cli.placement.rules import Bond, Rules

BOND_KINDS: Final = {Bond.TOGETHER: Kind.TOGETHER, Bond.APART: Kind.APART}
_AMPLE = 8
"""Instances stand for "as many as one likes" when they are this many times the largest possible load."""
_PLENTY = 1_000
_MOST_INSTANCES = 1e15
"""What 64-bit integers and floats can still count exactly."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that could be dropped or eased.

    `number` is that of the limit, resource, layer, rule or domain it is about; `limit` its figure, where it
    has one. `words` say what a rule does; a limit on a percentile has its `percentile`.
    """

    kind: Kind
    subject: str
    number: int = 0
    limit: float | None = None
    words: str = ""
    percentile: float | None = None


def conditions(problem: Problem) -> Iterator[Condition]:
    """Every condition that could stand in the way.

    Not among them: that utilisation stays below one, which no system can do without, and memory that
    all components together could not fill.
    """
    for number, local in enumerate(problem.local_limits):
        name = problem.components[local.component].name
        yield Condition(Kind.LOCAL, name, number, local.limit_s, percentile=local.percentile)
    for number, path in enumerate(problem.path_limits):
        names = " -> ".join(problem.components[item].name for item in path.components)
        yield Condition(Kind.PATH, names, number, path.limit_s, percentile=path.percentile)
    yield from _of_resources(problem)
    yield from _of_rules(problem)
    for number, domain in enumerate(problem.domains):
        if domain.shared:
            yield Condition(Kind.BANDWIDTH, domain.name, number, domain.bandwidth)
    if any(True for _ in _measured(problem)):
        yield Condition(Kind.RANGE, "all measured pieces")


def _of_resources(problem: Problem) -> Iterator[Condition]:
    most = _most_memory_mib(problem)
    for number, resource in enumerate(problem.resources):
        if not problem.is_function(number):
            yield Condition(Kind.INSTANCES, resource.name, number, resource.limit)
        if resource.memory_mib < most.get(number, 0.0):
            yield Condition(Kind.MEMORY, resource.name, number, resource.memory_mib)
    for number, layer in enumerate(problem.layers):
        members = [item for item in problem.resources if item.layer == number]
        if layer.tier is not Tier.FUNCTIONS and len(members) > 1:
            yield Condition(Kind.LAYER, layer.name, number)
    if any(layer.tier is Tier.EDGE for layer in problem.layers):
        yield Condition(Kind.RETURN, "all moves")
    if any(True for _ in _unjoined(problem)):
        yield Condition(Kind.NETWORK, "all transfers")


def _of_rules(problem: Problem) -> Iterator[Condition]:
    rules = problem.rules
    for number, confinement in enumerate(rules.confinements):
        yield Condition(Kind.RULE, confinement.name, number, words=confinement.words)
    for number, affinity in enumerate(rules.affinities):
        yield Condition(BOND_KINDS[affinity.bond], affinity.name, number, words=affinity.words)
    for number, quota in enumerate(rules.quotas):
        yield Condition(Kind.QUOTA, quota.name, number, quota.limit, words=quota.words)


def _measured(problem: Problem) -> Iterator[Option]:
    for component in problem.components:
        for alternative in component.alternatives:
            for piece in alternative.pieces:
                yield from (option for option in piece.options if option.curve)


def without(problem: Problem, dropped: Collection[Condition], *, counted: bool = True) -> Problem:
    """The problem without some of its conditions; numbers of components and resources stay.

    Args:
        problem: what is placed.
        dropped: the conditions to drop.
        counted: whether a resource without a limit on its instances has as many as one likes. Otherwise it
            has one that can do the work of all of them: whether there is a placement is the same, and much
            sooner known, but its cost and its instances mean nothing.

    """
    by_kind: dict[Kind, set[int]] = {}
    for condition in dropped:
        by_kind.setdefault(condition.kind, set()).add(condition.number)
    local, paths = by_kind.get(Kind.LOCAL, set()), by_kind.get(Kind.PATH, set())
    rules = _fewer_rules(problem.rules, by_kind)
    resources = list(problem.resources)
    ample = _ample(problem) if Kind.INSTANCES in by_kind else {}
    counting = frozenset().union(*(quota.resources for quota in rules.quotas))
    for number in by_kind.get(Kind.INSTANCES, ()):
        plenty = max(resources[number].limit, ample[number])
        if counted or number in counting:
            resources[number] = replace(resources[number], limit=plenty)
        else:
            resources[number] = _unlimited(problem, resources[number], plenty)
    for number in by_kind.get(Kind.MEMORY, ()):
        resources[number] = replace(resources[number], memory_mib=math.inf)
    eased = replace(
        _unmeasured(problem) if Kind.RANGE in by_kind else problem,
        resources=tuple(resources),
        rules=rules,
        domains=_unshared(problem, by_kind.get(Kind.BANDWIDTH, set())),
        local_limits=tuple(item for i, item in enumerate(problem.local_limits) if i not in local),
        path_limits=tuple(item for i, item in enumerate(problem.path_limits) if i not in paths),
    )
    if Kind.NETWORK in by_kind:
        pairs = [
            NetworkDomain(f"join {a} {b}", frozenset({a, b}), 0.0, math.inf) for a, b in _unjoined(eased)
        ]
        eased = replace(eased, domains=(*eased.domains, *pairs))
    if Kind.RETURN in by_kind:
        layers = tuple(
            replace(item, tier=Tier.CLOUD) if item.tier is Tier.EDGE else item for item in eased.layers
        )
        eased = replace(eased, layers=layers)
    return _split_layers(eased, by_kind.get(Kind.LAYER, set()))


def _unlimited(problem: Problem, resource: Resource, plenty: int) -> Resource:
    """A resource of which one instance does the work of more than `plenty`."""
    most = _PLENTY * plenty
    memory = resource.memory_mib * (most if problem.semantics.memory_per_instance else 1)
    return replace(resource, limit=1, availability=resource.availability * most, memory_mib=memory, tiers=())


def _fewer_rules(rules: Rules, dropped: Mapping[Kind, Collection[int]]) -> Rules:
    bonds = {bond: dropped.get(kind, ()) for bond, kind in BOND_KINDS.items()}
    return Rules(
        tuple(item for i, item in enumerate(rules.confinements) if i not in dropped.get(Kind.RULE, ())),
        tuple(item for i, item in enumerate(rules.affinities) if i not in bonds[item.bond]),
        tuple(item for i, item in enumerate(rules.quotas) if i not in dropped.get(Kind.QUOTA, ())),
    )


def _unshared(problem: Problem, numbers: Collection[int]) -> tuple[NetworkDomain, ...]:
    return tuple(
        replace(domain, shared=domain.shared and number not in numbers)
        for number, domain in enumerate(problem.domains)
    )


def _unmeasured(problem: Problem) -> Problem:
    """The problem in which measured responses go on beyond their last rate as they were there."""
    return problem.with_options(
        lambda item: replace(item, curve=(*item.curve, (math.inf, item.curve[-1][1]))) if item.curve else item
    )


def _ample(problem: Problem) -> dict[int, int]:
    """More instances of each resource than any placement could make good use of."""
    loads = dict.fromkeys(range(len(problem.resources)), 0.0)
    for component in problem.components:
        largest: dict[int, float] = {}
        for alternative in component.alternatives:
            mine: dict[int, float] = {}
            for piece in alternative.pieces:
                for option in piece.options:
                    load = problem.load(component, piece, option)
                    mine[option.resource] = mine.get(option.resource, 0.0) + load
            for resource, load in mine.items():
                largest[resource] = max(largest.get(resource, 0.0), load)
        for resource, load in largest.items():
            loads[resource] += load
    return {resource: math.ceil(min(_AMPLE * load, _MOST_INSTANCES)) + 1 for resource, load in loads.items()}


def _most_memory_mib(problem: Problem) -> dict[int, float]:
    """The memory that all components together could want of each resource."""
    most: dict[int, float] = {}
    for component in problem.components:
        wanted: dict[int, float] = {}
        for alternative in component.alternatives:
            mine: dict[int, float] = {}
            for piece in alternative.pieces:
                for option in piece.options:
                    mine[option.resource] = mine.get(option.resource, 0.0) + option.memory_mib
            for resource, memory_mib in mine.items():
                wanted[resource] = max(wanted.get(resource, 0.0), memory_mib)
        for resource, memory_mib in wanted.items():
            most[resource] = most.get(resource, 0.0) + memory_mib
    return most


def _unjoined(problem: Problem) -> Iterator[tuple[int, int]]:
    """Pairs of layers that no network domain joins."""
    joined = {(one, other) for domain in problem.domains for one in domain.layers for other in domain.layers}
    for pair in combinations_with_replacement(range(len(problem.layers)), 2):
        if pair not in joined:
            yield pair


def _split_layers(problem: Problem, numbers: Collection[int]) -> Problem:
    """Give each resource of these layers a layer of its own, in the same networks."""
    if not numbers:
        return problem
    layers, resources = list(problem.layers), list(problem.resources)
    twins: dict[int, list[int]] = {number: [] for number in numbers}
    for index, resource in enumerate(resources):
        if resource.layer not in twins:
            continue
        twins[resource.layer].append(len(layers))
        resources[index] = replace(resource, layer=len(layers))
        layer = layers[resource.layer]
        part_of = resource.layer if layer.part_of is None else layer.part_of
        layers.append(replace(layer, name=f"{layer.name}: {resource.name}", part_of=part_of))
    domains = tuple(
        replace(
            domain,
            layers=domain.layers.union(*(twins[number] for number in domain.layers if number in twins)),
        )
        for domain in problem.domains
    )
    return replace(problem, layers=tuple(layers), resources=tuple(resources), domains=domains)


@dataclass(frozen=True, slots=True)
class Restricted:
    """A problem without one choice; `origin[a]` is the original number of that component's alternative a."""

    problem: Problem
    component: int
    origin: tuple[int, ...]

    def restore(self, choice: Choice) -> Choice:
        """The choice of that component in the original problem's numbers."""
        return replace(choice, alternative=self.origin[choice.alternative])


def forbid(problem: Problem, component: int, choice: Choice) -> Restricted | None:
    """The problem in which a component may do anything but that choice; None when nothing else is left.

    The choice is an alternative with a resource for each of its pieces. What remains of that alternative
    is written as several ones: the k-th has the first k - 1 pieces where they were, and the k-th elsewhere.
    """
    alternatives = []
    origin: list[int] = []
    for number, alternative in enumerate(problem.components[component].alternatives):
        if number != choice.alternative:
            alternatives.append(alternative)
            origin.append(number)
            continue
        for place in range(len(alternative.pieces)):
            pieces = tuple(
                _narrowed(piece, choice.resources[index], place - index)
                for index, piece in enumerate(alternative.pieces)
            )
            if all(piece.options for piece in pieces):
                alternatives.append(replace(alternative, pieces=pieces))
                origin.append(number)
    if not alternatives:
        return None
    components = list(problem.components)
    components[component] = replace(components[component], alternatives=tuple(alternatives))
    return Restricted(replace(problem, components=tuple(components)), component, tuple(origin))


def _narrowed(piece: Piece, resource: int, pieces_after: int) -> Piece:
    """A piece kept on its resource before the place in question, kept off it there, and free behind it."""
    if pieces_after < 0:
        return piece
    stays = pieces_after > 0
    return replace(
        piece, options=tuple(item for item in piece.options if (item.resource == resource) is stays)
    )
