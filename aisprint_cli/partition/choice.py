"""Which cuts to make: the policy, pure and deterministic. docs/partitioning.md says it in words.

Cuts are ranked by, in this order:

1. whether both sides work: first the cuts that leave at least `smallest_share` of the operations on
   either side, then those that leave less, last those that leave one side less and no parameters
   either (a Softmax, a Reshape);
2. the bytes that travel, fewest first, unknown sizes last;
3. fusions: after an activation, then neutral, then inside something run times compute as one;
4. the more even division of the operations;
5. the place in the graph, earlier first.

Alternatives must differ: two chosen cuts are at least `spacing` apart, in their share of the
operations or of the parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from typing import Final

from aisprint_cli.partition.cuts import Cut, Fusion

_FUSION_WORDS: Final = {
    Fusion.AFTER_ACTIVATION: "right after an activation, so no fusion is broken",
    Fusion.NEUTRAL: "no fusion is broken",
    Fusion.BROKEN: "at the price of a fusion: no cut of this size avoids it",
}


class Usefulness(IntEnum):
    """Whether both sides have something to do; lower is better. An idle side holds no weights either."""

    BOTH_WORK = 0
    LOPSIDED = 1
    IDLE_SIDE = 2


@dataclass(frozen=True, slots=True)
class ChoicePolicy:
    """The two numbers of the policy: shares of the operations (or parameters), 0 to 1."""

    smallest_share: float = 0.01
    spacing: float = 0.1

    def spacing_for(self, wanted: int) -> float:
        """The distance between alternatives, narrowed when so many are wanted that 0.1 leaves no room."""
        return min(self.spacing, 0.5 / wanted)


def usefulness(cut: Cut, policy: ChoicePolicy) -> Usefulness:
    """Whether both sides of a cut have work, one has little, or one has next to none."""
    share = cut.operations_share
    if min(share, 1 - share) >= policy.smallest_share:
        return Usefulness.BOTH_WORK
    smaller = cut.parameters_before if share < policy.smallest_share else cut.parameters_after
    return Usefulness.LOPSIDED if smaller else Usefulness.IDLE_SIDE


def rank(cuts: Iterable[Cut], policy: ChoicePolicy) -> tuple[Cut, ...]:
    """The cuts, best first."""

    def key(cut: Cut) -> tuple[float, ...]:
        size = inf if cut.bytes is None else cut.bytes
        unevenness = round(abs(cut.operations_share - 0.5), 9)
        return (usefulness(cut, policy), size, cut.fusion, unevenness, cut.position)

    return tuple(sorted(cuts, key=key))


def is_different(cut: Cut, chosen: Iterable[Cut], spacing: float, policy: ChoicePolicy) -> bool:
    """Whether a cut is a real alternative to those chosen before it.

    A cut with an idle side is one only while nothing better was chosen.
    """
    others = tuple(chosen)
    if others and usefulness(cut, policy) is Usefulness.IDLE_SIDE:
        return False
    return all(_distance(cut, other) >= spacing for other in others)


def _distance(one: Cut, other: Cut) -> float:
    operations = abs(one.operations_share - other.operations_share)
    parameters = abs(one.parameters_share - other.parameters_share)
    return round(max(operations, parameters), 9)


def explain(cut: Cut, policy: ChoicePolicy) -> str:
    """Why this cut stands where it does, in one line."""
    size = "size unknown" if cut.bytes is None else f"{cut.bytes:,} bytes"
    per = " per sample" if cut.symbolic_dims and cut.bytes is not None else ""
    parts = [f"{size}{per} travel", _FUSION_WORDS[cut.fusion]]
    parts.append(f"{cut.operations_share:.1%} of the operations before it")
    standing = usefulness(cut, policy)
    if standing is Usefulness.LOPSIDED:
        parts.append(f"one side has less than {policy.smallest_share:.0%} of the work")
    if standing is Usefulness.IDLE_SIDE:
        parts.append("one side has next to nothing to do")
    return "; ".join(parts)
