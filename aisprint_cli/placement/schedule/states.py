"""What each known way to place the components may buy in each period: the states a schedule moves between.

How many instances a schedule keeps of a resource only ever needs to be one of a few numbers: one that some
period needs at least, one at which the price of the next instance changes, or the limit. Anything between
could be moved to the next such number without costing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from aisprint_cli.placement.counts import MOST_TRIES, cheapest_counts
from aisprint_cli.placement.evaluation import Batch, Evaluator
from aisprint_cli.placement.load_range import pinned
from aisprint_cli.placement.problem import Placement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aisprint_cli.placement.problem import Choice, Problem

_MOST_PURCHASES: Final = 4096
"""More numbers of instances than these are not all tried."""
_ALL_COUNT: Final = 64
"""Up to so many, all of them may be states."""


@dataclass(frozen=True, slots=True)
class State:
    """A placement in a period, and what it costs there."""

    way: int
    placement: Placement
    cost: float


@dataclass(frozen=True)
class Ways:
    """The states of one way to place the components, by kind of period.

    `whole` says whether nothing that could be part of a cheapest schedule is missing; else only the
    cheapest numbers of instances are there.
    """

    choices: tuple[Choice, ...]
    states: tuple[tuple[State, ...], ...]
    whole: bool

    def least_cost(self, kind: int) -> float:
        """What it costs at least in a kind of period; infinite where it keeps no limit."""
        return min((state.cost for state in self.states[kind]), default=float("inf"))


def find_states(
    way: int, choices: tuple[Choice, ...], kinds: Sequence[Problem], *, counts_matter: bool
) -> Ways:
    """What may be bought for a way to place the components.

    Args:
        way: its number.
        choices: the way.
        kinds: the different problems of the periods, prices with what is reserved.
        counts_matter: whether starting instances costs something; else only the cheapest numbers count.

    """
    bought = sorted(
        {item for choice in choices for item in choice.resources if not kinds[0].is_function(item)}
    )
    most = [max(problem.resources[item].limit for problem in kinds) for item in bought]
    if not counts_matter:
        return _cheapest(way, choices, kinds, few=prod(most) <= MOST_TRIES)
    if prod(most) > _MOST_PURCHASES:
        return replace(_cheapest(way, choices, kinds, few=False), whole=False)
    purchases = np.zeros((prod(most), len(kinds[0].resources)), dtype=np.int64)
    counts = list(product(*(range(1, count + 1) for count in most)))
    purchases[:, bought] = np.array(counts, dtype=np.int64).reshape(len(counts), len(bought))
    scores = [_scores(problem, choices, purchases) for problem in kinds]
    kept = _worth_keeping(kinds, bought, purchases, [feasible for _, feasible in scores])
    states = []
    for cost, feasible in scores:
        rows = np.flatnonzero(feasible & kept)
        placements = [Placement(choices, tuple(map(int, purchases[row]))) for row in rows]
        states.append(
            tuple(State(way, item, float(cost[row])) for item, row in zip(placements, rows, strict=True))
        )
    return Ways(choices, tuple(states), whole=True)


def _cheapest(way: int, choices: tuple[Choice, ...], kinds: Sequence[Problem], *, few: bool) -> Ways:
    """The cheapest purchases alone; `few`: where none are found there are none."""
    states = []
    for problem in kinds:
        found = cheapest_counts(problem, choices)
        states.append(() if found is None else (State(way, found[0], found[1]),))
    return Ways(choices, tuple(states), whole=few or all(states))


def _scores(
    problem: Problem, choices: tuple[Choice, ...], purchases: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Cost and feasibility of one way with many purchases."""
    small, first = pinned(problem, Placement(choices, tuple(map(int, purchases[0]))))
    evaluator = Evaluator(small)
    row = evaluator.encode([first])
    scores = evaluator.evaluate(Batch(np.repeat(row.columns, len(purchases), axis=0), purchases))
    return scores.cost, scores.feasible


def _worth_keeping(
    kinds: Sequence[Problem],
    bought: Sequence[int],
    purchases: NDArray[np.int64],
    feasible: Sequence[NDArray[np.bool_]],
) -> NDArray[np.bool_]:
    """Which purchases could be part of a cheapest schedule."""
    kept = np.ones(len(purchases), dtype=np.bool_)
    coupled = any(_more_may_harm(problem) for problem in kinds)
    if len(purchases) <= _ALL_COUNT or coupled:
        return kept
    least = [_minimal(purchases[fits][:, bought]) for fits in feasible]
    for place, resource in enumerate(bought):
        numbers = {int(count) for rows in least for count in rows[:, place]}
        numbers |= {count for problem in kinds for count in _price_steps(problem, resource)}
        kept &= np.isin(purchases[:, resource], list(numbers))
    return kept


def _more_may_harm(problem: Problem) -> bool:
    """Whether a further instance could break a limit: a quota, energy, or a measured response that falls."""
    falls = any(
        one[1] > other[1]
        for component in problem.components
        for alternative in component.alternatives
        for piece in alternative.pieces
        for option in piece.options
        for one, other in pairwise(option.curve)
    )
    return bool(problem.rules.quotas) or problem.energy_limit_wh < float("inf") or falls


def _price_steps(problem: Problem, resource: int) -> list[int]:
    item = problem.resources[resource]
    steps = [item.limit]
    filled = 0
    for tier in item.tiers:
        filled += tier.count
        steps.append(filled)
    return steps


def _minimal(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those rows that are not at least another one everywhere."""
    order = np.argsort(rows.sum(axis=1), kind="stable")
    found: list[NDArray[np.int64]] = []
    for row in rows[order]:
        if not any((other <= row).all() for other in found):
            found.append(row)
    return np.array(found, dtype=np.int64).reshape(len(found), rows.shape[1])


def without_dear(ways: Ways, most: Sequence[float]) -> Ways:
    """Without the states that cost more than `most` in their kind of period."""
    states = tuple(
        tuple(state for state in items if state.cost <= limit)
        for items, limit in zip(ways.states, most, strict=True)
    )
    return replace(ways, states=states)
