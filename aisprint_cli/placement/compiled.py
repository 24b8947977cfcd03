"""A problem made ready for searching: only what a feasible placement could use, in flat form.

Options are dropped when no feasible placement contains them: their load alone fills all instances,
their memory never fits, their fastest response already breaks a local limit, or the rule of no return
to the edge leaves them without a legal neighbour. What remains is stored twice: as small objects for
the tree searches, and as arrays (pieces x resources) for the relaxation.

Bought resources (edge and cloud) are numbered anew, as *columns*; functions have no column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.placement.bonds import compile_bonds
from aisprint_cli.placement.completion import Judge
from aisprint_cli.placement.narrowing import Alternatives, apply_bonds, apply_edge_rule, apply_local_limits
from aisprint_cli.placement.piece_options import (
    CompiledAlternative,
    PieceOption,
    piece_options,
    servers_of,
)
from aisprint_cli.placement.problem import Tier
from aisprint_cli.placement.structure import (
    ancestors,
    descendants,
    is_connected,
    memory_matters,
    transfers_matter,
)
from aisprint_cli.placement.time_limits import TimeLimit, local_limits_s, path_limits, with_percentile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aisprint_cli.placement.bonds import Bonds
    from aisprint_cli.placement.problem import Problem


@dataclass(frozen=True, slots=True)
class Compiled:
    """The searchable form of a problem.

    By column: `costs` by number of instances, from none on; `prices`, the least cost of an instance in
    any number; `limits`, the most instances that the resource and every quota on it allow; `servers` of an
    instance, 0 where there is no queue. `groups` holds the columns of each edge or cloud layer, `quotas`
    sets of columns and the most instances over them. `predecessors` and `limits_s` are by component.
    `limits_s` (infinite where none) and `paths` are limits on mean times; those on percentiles stand there
    with the largest mean that could keep them. `shared_functions` are those billed once although several
    pieces may use them: their options carry no cost here, it is added when a placement is complete.
    `place_class` gives two resources the same value when no other piece can tell them apart by transfers:
    functions of one layer that only one piece may use. `ancestors` and `descendants` are bit masks by
    component; `connected`, `transfers_matter` (by component) and `memory_matters` (by resource) say which
    checks could ever fail. `bonds` are the affinities.

    What a search cannot tell while it goes is left to the `judge`, the one evaluator, once everything is
    placed: percentiles, shared networks, queues and curves. None where there is no such thing.
    `in_percentiles` (the components with a limit on one) and `shares_networks` say what dominance has to
    respect, `even_times` that a component's times on a resource are in proportion to its loads there.
    """

    problem: Problem
    columns: tuple[int, ...]
    prices: tuple[float, ...]
    limits: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    alternatives: tuple[tuple[CompiledAlternative, ...], ...]
    predecessors: tuple[tuple[int, ...], ...]
    limits_s: tuple[float, ...]
    shared_functions: frozenset[int]
    place_class: tuple[int, ...]
    ancestors: tuple[int, ...]
    descendants: tuple[int, ...]
    connected: bool
    transfers_matter: tuple[bool, ...]
    memory_matters: tuple[bool, ...]
    costs: tuple[tuple[float, ...], ...]
    servers: tuple[int, ...]
    quotas: tuple[tuple[frozenset[int], int], ...]
    paths: tuple[TimeLimit, ...]
    bonds: Bonds
    judge: Judge | None
    in_percentiles: frozenset[int]
    shares_networks: bool
    even_times: bool

    @property
    def feasible(self) -> bool:
        """False when some component has nothing left to run on."""
        return all(self.alternatives)


def compile_problem(problem: Problem) -> Compiled:
    """Flatten a problem and drop what cannot be part of any feasible placement."""
    bought = [layer.tier is not Tier.FUNCTIONS for layer in problem.layers]
    columns = tuple(number for number, item in enumerate(problem.resources) if bought[item.layer])
    place = {resource: column for column, resource in enumerate(columns)}
    groups = (
        tuple(place[number] for number in columns if problem.resources[number].layer == layer)
        for layer in range(len(problem.layers))
    )
    predecessors: list[list[int]] = [[] for _ in problem.components]
    for number, component in enumerate(problem.components):
        for successor in component.successors:
            predecessors[successor].append(number)
    quotas = tuple(
        (frozenset(place[number] for number in rule.resources if number in place), rule.limit)
        for rule in problem.rules.quotas
    )
    limits = _instance_limits(problem, columns, quotas)
    users = _users(problem, place)
    once = problem.semantics.functions_billed_once
    shared = frozenset(number for number, count in users.items() if once and count > 1)
    bonds = compile_bonds(problem)
    alternatives = _alternatives(problem, place, limits, shared)
    limits_s = local_limits_s(problem, alternatives)
    paths = path_limits(problem, alternatives)
    apply_local_limits(alternatives, limits_s)
    apply_edge_rule(problem, alternatives, predecessors)
    apply_bonds(alternatives, bonds)
    connected = is_connected(problem)
    costs = _costs(problem, columns, limits)
    servers = tuple(servers_of(problem.resources[number]) for number in columns)
    in_percentiles = with_percentile(problem)
    shares_networks = any(domain.shared for domain in problem.domains)
    even_times = not any(servers) and not _has_curves(alternatives)
    return Compiled(
        problem=problem,
        columns=columns,
        prices=tuple(_least_price(problem, *pair) for pair in zip(columns, costs, strict=True)),
        limits=limits,
        groups=tuple(group for group in groups if group),
        alternatives=tuple(tuple(items) for items in alternatives),
        predecessors=tuple(tuple(items) for items in predecessors),
        limits_s=limits_s,
        shared_functions=shared,
        place_class=tuple(
            -1 - resource.layer if users.get(number) == 1 else number
            for number, resource in enumerate(problem.resources)
        ),
        ancestors=ancestors(problem),
        descendants=descendants(problem),
        connected=connected,
        transfers_matter=transfers_matter(problem, connected=connected and not shares_networks),
        memory_matters=memory_matters(problem),
        costs=costs,
        servers=servers,
        quotas=quotas,
        paths=paths,
        bonds=bonds,
        judge=Judge(problem) if in_percentiles or shares_networks or not even_times else None,
        in_percentiles=in_percentiles,
        shares_networks=shares_networks,
        even_times=even_times,
    )


def _instance_limits(
    problem: Problem, columns: Sequence[int], quotas: Sequence[tuple[frozenset[int], int]]
) -> tuple[int, ...]:
    return tuple(
        min([problem.resources[number].limit, *(most for members, most in quotas if column in members)])
        for column, number in enumerate(columns)
    )


def _costs(problem: Problem, columns: Sequence[int], limits: Sequence[int]) -> tuple[tuple[float, ...], ...]:
    """What instances cost in the period, by column and number."""
    found = []
    for number, limit in zip(columns, limits, strict=True):
        resource = problem.resources[number]
        if resource.tiers:
            hourly = [resource.hourly_cost(count) for count in range(limit + 1)]
        else:
            hourly = [resource.cost_per_hour * count for count in range(limit + 1)]
        found.append(tuple([value * problem.period_h for value in hourly]))
    return tuple(found)


def _least_price(problem: Problem, number: int, costs: Sequence[float]) -> float:
    """The least cost of one of the instances in any number of them."""
    resource = problem.resources[number]
    if not resource.tiers:
        return resource.cost_per_hour * problem.period_h
    return min([cost / count for count, cost in enumerate(costs) if count], default=0.0)


def _alternatives(
    problem: Problem, place: Mapping[int, int], limits: Sequence[int], shared: frozenset[int]
) -> Alternatives:
    """Each component's alternatives with the options that are possible by themselves."""
    confined = {rule.component for rule in problem.rules.confinements}
    found: Alternatives = []
    for number, component in enumerate(problem.components):
        items = []
        for index, alternative in enumerate(component.alternatives):
            options = tuple(
                [
                    tuple(piece_options(problem, place, limits, shared, component, piece))
                    for piece in alternative.pieces
                ]
            )
            if number in confined:
                options = _confined(problem, number, options)
            if all(options):
                items.append(CompiledAlternative(index, alternative, options))
        found.append(items)
    return found


def _confined(
    problem: Problem, component: int, options: tuple[tuple[PieceOption, ...], ...]
) -> tuple[tuple[PieceOption, ...], ...]:
    return tuple(
        tuple(item for item in items if problem.rules.allows(component, piece, item.resource))
        for piece, items in enumerate(options)
    )


def _has_curves(alternatives: Alternatives) -> bool:
    return any(
        option.times_s
        for items in alternatives
        for item in items
        for piece in item.options
        for option in piece
    )


def _users(problem: Problem, place: Mapping[int, int]) -> dict[int, int]:
    """How many pieces each function is offered to."""
    users: dict[int, int] = {}
    for component in problem.components:
        for alternative in component.alternatives:
            for piece in alternative.pieces:
                for option in piece.options:
                    if option.resource not in place:
                        users[option.resource] = users.get(option.resource, 0) + 1
    return users
