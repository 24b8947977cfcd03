"""Options that no feasible placement contains, dropped before any search.

Those whose fastest response already breaks a local limit, those that the rule of no return to the edge
leaves without a legal neighbour, and those in places where not all components that belong together can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisprint_cli.placement.piece_options import CompiledAlternative, PieceOption
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.placement.bonds import Bonds, CompiledBond
    from aisprint_cli.placement.problem import Problem

Alternatives = list[list[CompiledAlternative]]
"""What is left, by component; changed in place."""


def apply_local_limits(alternatives: Alternatives, limits_s: Sequence[float]) -> None:
    """Drop options that are too slow for a local limit even by themselves."""
    for component, limit_s in enumerate(limits_s):
        if limit_s == float("inf"):
            continue
        alternatives[component] = [
            CompiledAlternative(item.number, item.source, options)
            for item in alternatives[component]
            if (options := _fast_enough(item.options, limit_s))
        ]


def _fast_enough(
    pieces: tuple[tuple[PieceOption, ...], ...], limit_s: float
) -> tuple[tuple[PieceOption, ...], ...]:
    """The options that can be part of a response within the limit; empty when there is none."""
    fastest = [min(option.least_s for option in piece) for piece in pieces]
    room_s = limit_s * (1 + 2 * RELATIVE_TOLERANCE) - sum(fastest)
    kept = tuple(
        tuple([option for option in piece if option.least_s - value <= room_s])
        for piece, value in zip(pieces, fastest, strict=True)
    )
    return kept if all(kept) else ()


def apply_bonds(alternatives: Alternatives, bonds: Bonds) -> None:
    """Drop options in places where not all components that belong together could be whole."""
    for bond in bonds.all:
        if not bond.together:
            continue
        common = set(bond.place)
        for component in bond.components:
            common &= _whole_places(alternatives[component], bond)
        for component in bond.components:
            alternatives[component] = [
                CompiledAlternative(item.number, item.source, options)
                for item in alternatives[component]
                if all(options := _inside(item, bond, common))
            ]


def _whole_places(items: Sequence[CompiledAlternative], bond: CompiledBond) -> set[int]:
    """The places in which some alternative has room for all its pieces."""
    found: set[int] = set()
    for item in items:
        found |= set.intersection(
            *({bond.place[option.resource] for option in piece} for piece in item.options)
        )
    return found


def _inside(
    item: CompiledAlternative, bond: CompiledBond, places: set[int]
) -> tuple[tuple[PieceOption, ...], ...]:
    return tuple(
        tuple(option for option in piece if bond.place[option.resource] in places) for piece in item.options
    )


def apply_edge_rule(
    problem: Problem, alternatives: Alternatives, predecessors: Sequence[Sequence[int]]
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


def _filter(alternatives: Alternatives, component: int, *, forward: bool, allowed: bool) -> bool:
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
