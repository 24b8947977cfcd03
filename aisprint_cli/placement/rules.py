"""Rules that users set over a placement: where components may run, what stays together, quotas.

They say what is allowed, never what it costs or how long it takes. Numbers are those of the problem. A
rule's `name` is what its author calls it, its `words` say what it does ("keeps blur on layer1").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What two components share, or must not share."""

    RESOURCE = "resource"
    LAYER = "layer"
    REGION = "region"


class Bond(StrEnum):
    """Whether two components belong in the same place or in different ones."""

    TOGETHER = "together"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Confinement:
    """A component may run on some resources only: pinned, kept off the others, or kept private.

    With `first_piece_only` the rule is about the piece that sees the raw input; what a partition hands
    on are features, which may leave.
    """

    name: str
    component: int
    allowed: frozenset[int]
    first_piece_only: bool = False
    words: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Affinity:
    """Components bound to each other; every pair of them keeps the bond.

    Together: all pieces of all of them share one `scope`. Apart: no piece of one shares it with a piece
    of another.
    """

    name: str
    components: tuple[int, ...]
    bond: Bond
    scope: Scope
    words: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `limit` instances over a set of bought resources: an account's, a region's or a rack's."""

    name: str
    resources: frozenset[int]
    limit: int
    words: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a problem."""

    confinements: tuple[Confinement, ...] = ()
    affinities: tuple[Affinity, ...] = ()
    quotas: tuple[Quota, ...] = ()

    def allows(self, component: int, piece: int, resource: int) -> bool:
        """Whether the confinements let a piece (by its place in its alternative) run on a resource."""
        return all(
            resource in rule.allowed or (rule.first_piece_only and piece > 0)
            for rule in self.confinements
            if rule.component == component
        )

    def __bool__(self) -> bool:
        return bool(self.confinements or self.affinities or self.quotas)


NO_RULES: Final = Rules()
"""Everything is allowed."""
