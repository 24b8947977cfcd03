"""Affinities in the form a search needs: what components bound to each other may still do.

Candidates know the places (resources, layers or regions, whatever the affinity is about) of their pieces.
A piece whose resource is still open has no place yet and breaks no bond: a relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.placement.rules import Bond, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aisprint_cli.placement.problem import Problem

Places = tuple[frozenset[int], ...]
"""Where a component's pieces are: for each of its bonds the numbers of the places."""


@dataclass(frozen=True, slots=True)
class CompiledBond:
    """An affinity; `place` numbers by resource what its components share or must not share."""

    components: frozenset[int]
    together: bool
    place: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bonds:
    """All affinities, by component: `of[c]` are the numbers of those that bind component c."""

    all: tuple[CompiledBond, ...]
    of: tuple[tuple[int, ...], ...]

    def places(self, component: int, resources: Iterable[int]) -> Places:
        """Where a component is when its pieces are on these resources."""
        used = tuple(resources)
        return tuple(frozenset(self.all[bond].place[item] for item in used) for bond in self.of[component])

    def stays_together(self, component: int, places: Places) -> bool:
        """Whether a component keeps its bonds with itself: together also means its own pieces."""
        return all(
            len(where) <= 1 or not self.all[bond].together
            for bond, where in zip(self.of[component], places, strict=True)
        )

    def agree(self, component: int, places: Places, others: Sequence[Places | None]) -> bool:
        """Whether a component keeps its bonds with those placed already (None: not yet)."""
        for bond, where in zip(self.of[component], places, strict=True):
            value = self.all[bond]
            for other in value.components:
                theirs = others[other]
                if other == component or theirs is None:
                    continue
                there = theirs[self.of[other].index(bond)]
                if len(where | there) > 1 if value.together else where & there:
                    return False
        return True


def compile_bonds(problem: Problem) -> Bonds:
    """The affinities of a problem, those that bind nothing left out."""
    bonds = tuple(
        CompiledBond(frozenset(rule.components), rule.bond is Bond.TOGETHER, _place(problem, rule.scope))
        for rule in problem.rules.affinities
    )
    of = tuple(
        tuple(number for number, bond in enumerate(bonds) if component in bond.components)
        for component in range(len(problem.components))
    )
    return Bonds(bonds, of)


def _place(problem: Problem, scope: Scope) -> tuple[int, ...]:
    places = [problem.place(number, scope) for number in range(len(problem.resources))]
    numbers = {place: number for number, place in enumerate(dict.fromkeys(places))}
    return tuple(numbers[place] for place in places)
