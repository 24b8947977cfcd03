"""What of a problem's structure can matter to a search, found once: reach, networks, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisprint_cli.placement.problem import holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.placement.problem import Piece, Problem


def descendants(problem: Problem) -> tuple[int, ...]:
    """For each component a bit mask of all that come after it."""
    masks = [0] * len(problem.components)
    for number in reversed(range(len(problem.components))):
        for successor in problem.components[number].successors:
            masks[number] |= masks[successor] | 1 << successor
    return tuple(masks)


def ancestors(problem: Problem) -> tuple[int, ...]:
    """For each component a bit mask of all that come before it."""
    masks = [0] * len(problem.components)
    for number, component in enumerate(problem.components):
        for successor in component.successors:
            masks[successor] |= masks[number] | 1 << number
    return tuple(masks)


def is_connected(problem: Problem) -> bool:
    """Whether a network domain joins any two layers, and each layer with itself."""
    layers = range(len(problem.layers))
    joined = {(a, b) for domain in problem.domains for a in domain.layers for b in domain.layers}
    return all((a, b) in joined for a in layers for b in layers)


def transfers_matter(problem: Problem, *, connected: bool) -> tuple[bool, ...]:
    """By component, whether it matters where exactly it begins and ends.

    It does where some layers are not joined, or where a path limit counts a transfer to or from it.
    """
    found = [not connected] * len(problem.components)
    for limit in problem.path_limits:
        if len(limit.components) > 1:
            for component in limit.components:
                found[component] = True
    return tuple(found)


def memory_matters(problem: Problem) -> tuple[bool, ...]:
    """By resource, whether its memory could be too small for all that may be put on it."""
    most = [0.0] * len(problem.resources)
    for component in problem.components:
        own: dict[int, float] = {}
        for alternative in component.alternatives:
            for number, mib in _memory(alternative.pieces).items():
                own[number] = max(own.get(number, 0.0), mib)
        for number, mib in own.items():
            most[number] += mib
    return tuple(
        not holds(mib, resource.memory_mib) for mib, resource in zip(most, problem.resources, strict=True)
    )


def _memory(pieces: Sequence[Piece]) -> dict[int, float]:
    """What a chain of pieces occupies on each resource if all of them are there."""
    found: dict[int, float] = {}
    for piece in pieces:
        for option in piece.options:
            found[option.resource] = found.get(option.resource, 0.0) + option.memory_mib
    return found
