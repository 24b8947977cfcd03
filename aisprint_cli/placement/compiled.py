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

from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Tier, below, holds
from aisprint_cli.placement.structure import (
    ancestors,
    descendants,
    is_connected,
    memory_matters,
    transfers_matter,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aisprint_cli.placement.problem import Alternative, Component, Option, Piece, Problem

FUNCTION = -1
"""The column of an option that runs on a function."""


@dataclass(frozen=True, slots=True)
class PieceOption:
    """A piece on one resource.

    `load` is the mean number of busy instances it adds (bought resources), `cost` what it costs in the
    period (functions), `time_s` its share of the component's response time: final for a function, for a
    bought resource still to be divided by one minus the utilisation. `energy_wh` is what it draws besides
    the instance itself.
    """

    column: int
    resource: int
    load: float
    cost: float
    time_s: float
    memory_mib: float
    edge: bool
    energy_wh: float = 0.0


@dataclass(frozen=True, slots=True)
class CompiledAlternative:
    """An alternative with the options left to each piece; `number` is its place in the problem."""

    number: int
    source: Alternative
    options: tuple[tuple[PieceOption, ...], ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The searchable form of a problem.

    `prices`, `limits` and `memory_mib` are by column; `groups` holds the columns of each edge or cloud
    layer; `predecessors` and `limits_s` (local response limits, infinite where none) are by component.
    `shared_functions` are those billed once although several pieces may use them: their options carry
    no cost here, it is added when a placement is complete. `place_class` gives two resources the same
    value when no other piece can tell them apart by transfers: functions of one layer that only one
    piece may use. `ancestors` and `descendants` are bit masks by component; `connected`,
    `transfers_matter` (by component) and `memory_matters` (by resource) say which checks could ever
    fail.
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

    @property
    def feasible(self) -> bool:
        """False when some component has nothing left to run on."""
        return all(self.alternatives)


def compile_problem(problem: Problem) -> Compiled:
    """Flatten a problem and drop what cannot be part of any feasible placement."""
    columns = tuple(number for number in range(len(problem.resources)) if not problem.is_function(number))
    place = {resource: column for column, resource in enumerate(columns)}
    groups = tuple(
        tuple(place[number] for number in columns if problem.resources[number].layer == layer)
        for layer, value in enumerate(problem.layers)
        if value.tier is not Tier.FUNCTIONS
    )
    predecessors: list[list[int]] = [[] for _ in problem.components]
    for number, component in enumerate(problem.components):
        for successor in component.successors:
            predecessors[successor].append(number)
    limits_s = [float("inf")] * len(problem.components)
    for limit in problem.local_limits:
        limits_s[limit.component] = min(limits_s[limit.component], limit.limit_s)
    users = _users(problem)
    once = problem.semantics.functions_billed_once
    shared = frozenset(number for number, count in users.items() if once and count > 1)
    alternatives = [
        [
            CompiledAlternative(
                number,
                alternative,
                tuple(
                    tuple(_options(problem, place, shared, component, piece)) for piece in alternative.pieces
                ),
            )
            for number, alternative in enumerate(component.alternatives)
        ]
        for component in problem.components
    ]
    _apply_local_limits(problem, alternatives, limits_s)
    _apply_edge_rule(problem, alternatives, predecessors)
    connected = is_connected(problem)
    return Compiled(
        problem=problem,
        columns=columns,
        prices=tuple(problem.resources[number].cost_per_hour * problem.period_h for number in columns),
        limits=tuple(problem.resources[number].limit for number in columns),
        groups=tuple(group for group in groups if group),
        alternatives=tuple(tuple(items) for items in alternatives),
        predecessors=tuple(tuple(items) for items in predecessors),
        limits_s=tuple(limits_s),
        shared_functions=shared,
        place_class=tuple(
            -1 - resource.layer if users.get(number) == 1 else number
            for number, resource in enumerate(problem.resources)
        ),
        ancestors=ancestors(problem),
        descendants=descendants(problem),
        connected=connected,
        transfers_matter=transfers_matter(problem, connected=connected),
        memory_matters=memory_matters(problem),
    )


def _users(problem: Problem) -> dict[int, int]:
    """How many pieces each function is offered to."""
    users: dict[int, int] = {}
    for component in problem.components:
        for alternative in component.alternatives:
            for piece in alternative.pieces:
                for option in piece.options:
                    if problem.is_function(option.resource):
                        users[option.resource] = users.get(option.resource, 0) + 1
    return users


def _options(
    problem: Problem, place: dict[int, int], shared: frozenset[int], component: Component, piece: Piece
) -> Iterable[PieceOption]:
    for option in piece.options:
        resource = problem.resources[option.resource]
        if option.resource not in place:
            if holds(option.memory_mib, resource.memory_mib):
                yield _function_option(problem, shared, component, piece, option)
            continue
        load = component.rate_per_s * piece.reach * option.demand_s
        times = resource.limit if problem.semantics.memory_per_instance else 1
        if not below(load, resource.limit) or not holds(option.memory_mib, resource.memory_mib * times):
            continue
        yield PieceOption(
            column=place[option.resource],
            resource=option.resource,
            load=load,
            cost=0.0,
            time_s=piece.reach * option.demand_s,
            memory_mib=option.memory_mib,
            edge=problem.tier(option.resource) is Tier.EDGE,
            energy_wh=problem.piece_energy_wh(component, piece, option),
        )


def _function_option(
    problem: Problem, shared: frozenset[int], component: Component, piece: Piece, option: Option
) -> PieceOption:
    free = option.resource in shared
    return PieceOption(
        column=FUNCTION,
        resource=option.resource,
        load=0.0,
        cost=0.0 if free else problem.function_cost(component, piece, option),
        time_s=piece.reach * problem.function_response_s(component, piece, option),
        memory_mib=option.memory_mib,
        edge=False,
        energy_wh=problem.piece_energy_wh(component, piece, option),
    )


def _fastest_s(problem: Problem, option: PieceOption) -> float:
    """The option's response alone on all instances of its resource."""
    if option.column == FUNCTION:
        return option.time_s
    return option.time_s / (1 - option.load / problem.resources[option.resource].limit)


def _apply_local_limits(
    problem: Problem, alternatives: list[list[CompiledAlternative]], limits_s: Sequence[float]
) -> None:
    for component, limit_s in enumerate(limits_s):
        if limit_s == float("inf"):
            continue
        alternatives[component] = [
            CompiledAlternative(item.number, item.source, options)
            for item in alternatives[component]
            if (options := _fast_enough(problem, item.options, limit_s))
        ]


def _fast_enough(
    problem: Problem, pieces: tuple[tuple[PieceOption, ...], ...], limit_s: float
) -> tuple[tuple[PieceOption, ...], ...]:
    """The options that can be part of a response within the limit; empty when there is none."""
    fastest = [min((_fastest_s(problem, option) for option in piece), default=None) for piece in pieces]
    if any(value is None for value in fastest):
        return ()
    total = sum(value for value in fastest if value is not None)
    room_s = limit_s * (1 + 2 * RELATIVE_TOLERANCE) - total
    kept = tuple(
        tuple(option for option in piece if _fastest_s(problem, option) - (value or 0.0) <= room_s)
        for piece, value in zip(pieces, fastest, strict=True)
    )
    return kept if all(kept) else ()


def _apply_edge_rule(
    problem: Problem, alternatives: list[list[CompiledAlternative]], predecessors: Sequence[Sequence[int]]
) -> None:
    """Drop options that the rule of no return to the edge leaves without a legal neighbour.

    Forward: a piece may be on the edge only if what comes before it can be. Backward: a piece may be
    off the edge only if what comes after it can be. One sweep each way reaches the fixed point of its
    direction; both are repeated until nothing changes, which takes a few rounds at most.
    """
    changed = True
    while changed:
        changed = False
        for component in range(len(alternatives)):
            entry = all(_some_end(alternatives[item], edge=True) for item in predecessors[component])
            changed |= _filter(alternatives, component, forward=True, allowed=entry)
        for component in reversed(range(len(alternatives))):
            successors = problem.components[component].successors
            leave = all(_some_start(alternatives[item], edge=False) for item in successors)
            changed |= _filter(alternatives, component, forward=False, allowed=leave)


def _some_end(items: Sequence[CompiledAlternative], *, edge: bool) -> bool:
    return any(option.edge is edge for item in items for option in item.options[-1])


def _some_start(items: Sequence[CompiledAlternative], *, edge: bool) -> bool:
    return any(option.edge is edge for item in items for option in item.options[0])


def _filter(
    alternatives: list[list[CompiledAlternative]], component: int, *, forward: bool, allowed: bool
) -> bool:
    """Apply one direction of the edge rule inside a component; tell whether something was dropped."""
    kept: list[CompiledAlternative] = []
    changed = False
    for item in alternatives[component]:
        pieces = item.options if forward else item.options[::-1]
        swept = _sweep(pieces, edge=forward, allowed=allowed)
        if swept is pieces:
            kept.append(item)
            continue
        changed = True
        if all(swept):
            options = swept if forward else swept[::-1]
            kept.append(CompiledAlternative(item.number, item.source, options))
    alternatives[component] = kept
    return changed


def _sweep(
    pieces: tuple[tuple[PieceOption, ...], ...], *, edge: bool, allowed: bool
) -> tuple[tuple[PieceOption, ...], ...]:
    """Options left when options of one kind need one of the same kind before them."""
    result = []
    changed = False
    for piece in pieces:
        left = piece if allowed else tuple(option for option in piece if option.edge is not edge)
        changed |= len(left) != len(piece)
        allowed = any(option.edge is edge for option in left)
        result.append(left)
    return tuple(result) if changed else pieces
