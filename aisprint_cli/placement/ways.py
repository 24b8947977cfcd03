"""The ways a component can run when each layer's resource is decided, as arrays for local search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.piece_options import FUNCTION, CompiledAlternative, PieceOption
from aisprint_cli.placement.problem import Choice

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_WAYS = 200
"""Ways kept of one alternative at most; the cheapest options of each piece go first."""


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways of one component, one row each; slots are the decided resources.

    `loads`, `times_s` (without contention) and `memory_mib` are rows x slots, `costs` what functions
    cost, `fixed_s` time on functions and between pieces, `first` and `last` the resources where a way
    begins and ends, `first_edge` and `last_edge` whether these are edge devices.
    """

    choices: tuple[Choice, ...]
    costs: Floats
    loads: Floats
    times_s: Floats
    memory_mib: Floats
    fixed_s: Floats
    first: Integers
    last: Integers
    first_edge: NDArray[np.bool_]
    last_edge: NDArray[np.bool_]


def ways_of(compiled: Compiled, component: int, columns: Sequence[int], worth: Floats) -> Ways | None:
    """The ways of a component on the decided columns and on functions; None when there is none.

    Args:
        compiled: the searchable problem.
        component: its number.
        columns: the decided columns, one for each slot.
        worth: by slot the price of one unit of load, which says what is cheap.
    """
    slots = {column: slot for slot, column in enumerate(columns)}
    found: list[tuple[Choice, tuple[PieceOption, ...], CompiledAlternative]] = []
    for item in compiled.alternatives[component]:
        kept = [_cheap(options, slots, worth, len(item.options)) for options in item.options]
        for chosen in product(*kept):
            if _returns(chosen):
                continue
            choice = Choice(item.number, tuple(option.resource for option in chosen))
            found.append((choice, chosen, item))
    if not found:
        return None
    return _as_arrays(compiled, component, slots, found)


def _cheap(
    options: Sequence[PieceOption], slots: dict[int, int], worth: Floats, pieces: int
) -> list[PieceOption]:
    allowed = [option for option in options if option.column == FUNCTION or option.column in slots]
    most = max(2, int(MOST_WAYS ** (1 / pieces)))
    if len(allowed) <= most:
        return allowed

    def price(option: PieceOption) -> float:
        return option.cost if option.column == FUNCTION else float(worth[slots[option.column]]) * option.load

    return sorted(allowed, key=lambda option: (price(option), option.resource))[:most]


def _returns(chosen: Sequence[PieceOption]) -> bool:
    return any(after.edge and not before.edge for before, after in pairwise(chosen))


def _as_arrays(
    compiled: Compiled,
    component: int,
    slots: dict[int, int],
    found: Sequence[tuple[Choice, tuple[PieceOption, ...], CompiledAlternative]],
) -> Ways:
    problem = compiled.problem
    shape = (len(found), len(slots))
    loads, times_s, memory_mib = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    costs, fixed_s = np.zeros(len(found)), np.zeros(len(found))
    for row, (_, chosen, item) in enumerate(found):
        for place, option in enumerate(chosen):
            piece = item.source.pieces[place]
            if place:
                before = item.source.pieces[place - 1]
                wait_s = problem.delay_s(chosen[place - 1].resource, option.resource, before.data_size)
                fixed_s[row] += piece.reach * wait_s if piece.reach or wait_s == np.inf else 0.0
            if option.column == FUNCTION:
                original = next(o for o in piece.options if o.resource == option.resource)
                costs[row] += problem.function_cost(problem.components[component], piece, original)
                fixed_s[row] += option.time_s
                continue
            slot = slots[option.column]
            loads[row, slot] += option.load
            times_s[row, slot] += option.time_s
            memory_mib[row, slot] += option.memory_mib
    first, last = [chosen[0] for _, chosen, _ in found], [chosen[-1] for _, chosen, _ in found]
    return Ways(
        choices=tuple(choice for choice, _, _ in found),
        costs=costs,
        loads=loads,
        times_s=times_s,
        memory_mib=memory_mib,
        fixed_s=np.where(np.isfinite(fixed_s), fixed_s, 1e9),
        first=np.array([option.resource for option in first]),
        last=np.array([option.resource for option in last]),
        first_edge=np.array([option.edge for option in first]),
        last_edge=np.array([option.edge for option in last]),
    )
