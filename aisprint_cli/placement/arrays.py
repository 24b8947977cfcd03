"""A placement problem as arrays: what the evaluator looks up instead of walking through values.

Every (component, alternative, piece, option) is a *column*, numbered from 1; column 0 means "nothing
here". A placement is then a row of columns: each component has as many *slots* as its longest
alternative has pieces. Resources and layers have one number more than the problem has, for column 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.problem import Component, Option, Piece, Problem, Tier

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

UNREACHABLE_S = 1e250
"""Stands for an infinite time inside the arrays: unlike infinity it may be multiplied by zero."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What is known of each column; index 0 is neutral.

    `load` is the mean number of instances it keeps busy (functions: 0), `response_s` its time without
    contention (functions: their mean response), `memory_mib` what it occupies there, `energy_wh` what it
    draws in the period,
    `last` how many slots after the first one the last piece of its alternative is. `next_size` and
    `sent_size` are rows of `ProblemArrays.delays_s`: for the next piece, and for the first successor.
    """

    resource: Integers
    layer: Integers
    load: Floats
    response_s: Floats
    reach: Floats
    memory_mib: Floats
    function_cost: Floats
    energy_wh: Floats
    on_edge: Booleans
    off_edge: Booleans
    last: Integers
    next_size: Integers
    sent: Integers


@dataclass(frozen=True, slots=True)
class ProblemArrays:
    """A problem in arrays.

    `first_slot[c]` is the first slot of component c, `inner_slots` are all slots that follow another of
    the same component. `sizes` are the data sizes by number, and `delays_s[size, from, to]` the times (s)
    each takes between layers when nothing else is on its way. `sent_sizes` holds
    the sizes to all successors of an alternative one after the other, from `Columns.sent` on.
    `edges` are (source, target, position among the source's successors), one row each.
    """

    columns: Columns
    first_slot: Integers
    inner_slots: Integers
    slots: int
    sizes: Floats
    delays_s: Floats
    sent_sizes: Integers
    edges: Integers
    path_components: Floats
    path_edges: Floats
    shared_functions: Booleans
    numbers: dict[tuple[int, int, int, int], int]


def build_arrays(problem: Problem) -> ProblemArrays:
    """The arrays of a problem.

    Raises:
        ValueError: when a path names two components that no edge joins.

    """
    sizes = _Sizes(problem)
    columns, numbers, sent_sizes = _columns(problem, sizes)
    widths = [max(len(item.pieces) for item in component.alternatives) for component in problem.components]
    first_slot = np.concatenate(([0], np.cumsum(widths)[:-1])).astype(np.int64)
    inner = [slot + step for slot, width in zip(first_slot, widths, strict=True) for step in range(1, width)]
    edges = _edges(problem)
    path_components, path_edges = _paths(problem, edges)
    return ProblemArrays(
        columns=columns,
        first_slot=first_slot,
        inner_slots=np.array(inner, dtype=np.int64),
        slots=sum(widths),
        sizes=sizes.known(),
        delays_s=sizes.delays(),
        sent_sizes=sent_sizes,
        edges=edges,
        path_components=path_components,
        path_edges=path_edges,
        shared_functions=_shared_functions(problem),
        numbers=numbers,
    )


class _Sizes:
    """Numbers the data sizes of a problem, so that each delay is computed once for each."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._numbers: dict[float, int] = {}

    def number(self, size: float) -> int:
        return self._numbers.setdefault(size, len(self._numbers))

    def known(self) -> Floats:
        return np.array(list(self._numbers) or [0.0])

    def delays(self) -> Floats:
        """Delays (s) by size and the layers of both ends; column 0's layer is no distance away."""
        problem = self._problem
        count = len(problem.layers)
        delays = np.zeros((max(len(self._numbers), 1), count + 1, count + 1))
        delays[:, :count, :count] = UNREACHABLE_S
        known = self.known()
        for domain in problem.domains:
            times = domain.access_delay_s + known * problem.semantics.bits_per_unit / domain.bandwidth
            joined = np.ix_(range(len(known)), sorted(domain.layers), sorted(domain.layers))
            delays[joined] = np.minimum(delays[joined], times[:, None, None])
        return delays


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column belongs: numbers of component, alternative, piece and option."""

    component: int
    alternative: int
    piece: int
    option: int


def places(problem: Problem) -> Iterator[tuple[Place, Component, Piece, Option]]:
    """What the columns from 1 on stand for, in their order."""
    for c, component in enumerate(problem.components):
        for a, alternative in enumerate(component.alternatives):
            for k, piece in enumerate(alternative.pieces):
                for o, option in enumerate(piece.options):
                    yield Place(c, a, k, o), component, piece, option


def _columns(
    problem: Problem, sizes: _Sizes
) -> tuple[Columns, dict[tuple[int, int, int, int], int], Integers]:
    neutral = (len(problem.resources), len(problem.layers), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, False, False, 0)
    rows: list[tuple[float, ...]] = [(*neutral, sizes.number(0.0), 0)]
    numbers: dict[tuple[int, int, int, int], int] = {}
    sent_sizes: list[int] = []
    sent_from: dict[tuple[int, int], int] = {}
    for place, component, piece, option in places(problem):
        alternative = component.alternatives[place.alternative]
        key = (place.component, place.alternative)
        if key not in sent_from:
            sent_from[key] = len(sent_sizes)
            sent_sizes.extend(sizes.number(size) for size in alternative.sent)
        numbers[place.component, place.alternative, place.piece, option.resource] = len(rows)
        facts = _facts(problem, component, piece, option)
        last = len(alternative.pieces) - 1
        rows.append((*facts, last, sizes.number(piece.data_size), sent_from[key]))
    table = list(zip(*rows, strict=True))
    kinds = (int, int, float, float, float, float, float, float, bool, bool, int, int, int)
    arrays: list[Any] = [np.array(values, dtype=kind) for values, kind in zip(table, kinds, strict=True)]
    return Columns(*arrays), numbers, np.array(sent_sizes or [0], dtype=np.int64)


def _facts(problem: Problem, component: Component, piece: Piece, option: Option) -> tuple[float, ...]:
    resource = problem.resources[option.resource]
    tier = problem.tier(option.resource)
    edge = (tier is Tier.EDGE, tier is not Tier.EDGE)
    if tier is Tier.FUNCTIONS:
        load, cost = 0.0, problem.function_cost(component, piece, option)
        response = min(problem.function_response_s(component, piece, option), UNREACHABLE_S)
    else:
        load, cost = problem.load(component, piece, option), 0.0
        response = option.demand_s
    energy_wh = problem.piece_energy_wh(component, piece, option)
    return (
        option.resource,
        resource.layer,
        load,
        response,
        piece.reach,
        option.memory_mib,
        cost,
        energy_wh,
        *edge,
    )


def _edges(problem: Problem) -> Integers:
    found = [
        (source, target, position)
        for source, component in enumerate(problem.components)
        for position, target in enumerate(component.successors)
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def _paths(problem: Problem, edges: Integers) -> tuple[Floats, Floats]:
    """Which components (rows) and edges (rows) each path (columns) goes over."""
    numbers = {(int(source), int(target)): index for index, (source, target, _) in enumerate(edges)}
    components = np.zeros((len(problem.components), len(problem.path_limits)))
    over = np.zeros((len(edges), len(problem.path_limits)))
    for index, limit in enumerate(problem.path_limits):
        for component in limit.components:
            components[component, index] += 1
        for pair in pairwise(limit.components):
            if pair not in numbers:
                names = " and ".join(problem.components[item].name for item in pair)
                raise ValueError(f"no edge joins {names} on the path {limit.name}")
            over[numbers[pair], index] += 1
    return components, over


def _shared_functions(problem: Problem) -> Booleans:
    """Which resources are functions that more than one piece may use."""
    users: dict[int, set[tuple[int, int, int]]] = {}
    for place, _, _, option in places(problem):
        if problem.is_function(option.resource):
            key = (place.component, place.alternative, place.piece)
            users.setdefault(option.resource, set()).add(key)
    return np.array([len(users.get(index, ())) > 1 for index in range(len(problem.resources) + 1)])
