"""The states of all periods with what moving between them costs, and bounds where some states are unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from aisprint_cli.placement.schedule.cycle import Walk, cheapest_walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aisprint_cli.placement.problem import Problem
    from aisprint_cli.placement.schedule.problem import ScheduleProblem
    from aisprint_cli.placement.schedule.states import State, Ways

UNKNOWN: Final = -1
"""In a relaxed walk: some way to place the components that is not known yet."""


@dataclass(frozen=True)
class Relaxed:
    """A walk in which periods may use ways that are not known: its cost bounds that of every schedule.

    `unknown` are the kinds of the periods that do; `always` says that all do.
    """

    cost: float
    unknown: frozenset[int] = frozenset()
    always: bool = False


class Network:
    """States by kind of period, and what moves between them cost."""

    def __init__(self, schedule: ScheduleProblem, kinds: Sequence[Problem], ways: Sequence[Ways]) -> None:
        self._schedule = schedule
        self._kinds = kinds
        self._ways = ways
        self._order = self._rotated()
        self._tables: dict[tuple[int, int], NDArray[np.float64]] = {}

    @cached_property
    def states(self) -> tuple[tuple[State, ...], ...]:
        """All states by kind."""
        return tuple(
            tuple(state for item in self._ways for state in item.states[kind])
            for kind in range(len(self._kinds))
        )

    @property
    def size(self) -> int:
        """The most states of any kind."""
        return max(map(len, self.states))

    def cheapest(self, limit: float) -> tuple[float, tuple[State, ...]]:
        """The cheapest schedule over all states; infinite and empty when none costs less than `limit`."""
        kinds = [self._kind_of(period) for period in self._order]
        costs = [self._costs(kind) for kind in kinds]
        moves = [self._moves(one, other) for one, other in pairwise(kinds)]
        walk = cheapest_walk(costs, moves, self._closing(kinds), limit)
        if not walk.places:
            return float("inf"), ()
        found = {
            period: self.states[kind][place]
            for period, kind, place in zip(self._order, kinds, walk.places, strict=True)
        }
        return walk.cost, tuple(found[period] for period in range(len(found)))

    def relaxed(self, unknown: Sequence[float], *, never_moving: float, limit: float) -> Relaxed:
        """A bound on every schedule, also those through ways that are not known.

        Args:
            unknown: by kind, what a way that is not known costs at least.
            never_moving: what a schedule costs at least that keeps one way that is not known for ever.
            limit: bounds as high as this need not be exact.

        """
        move = self._schedule.switching.component_moved
        if not all(item.whole for item in self._ways):
            move = 0.0
        always = sum(unknown[period.kind] for period in self._schedule.periods)
        switches = 2 if self._schedule.repeats else 1
        if len(self._schedule.periods) > 1:
            always = max(always, min(never_moving, always + switches * move))
        mixed = self._mixed(unknown, move, limit)
        if mixed.cost < always:
            return mixed
        return Relaxed(always, frozenset(range(len(self._kinds))), always=True)

    def _mixed(self, unknown: Sequence[float], move: float, limit: float) -> Relaxed:
        """The cheapest walk with at least one known state."""
        kinds = [self._kind_of(period) for period in self._order]
        costs = [np.append(self._costs(kind), [unknown[kind]] * 2) for kind in kinds]
        costs[0][-1] = np.inf
        moves = [_with_unknown(self._moves(one, other), move) for one, other in pairwise(kinds)]
        walk = self._walk_with_a_known_one(costs, moves, self._closing(kinds), move, limit)
        if not walk.places:
            return Relaxed(float("inf"))
        used = {
            kind for kind, place in zip(kinds, walk.places, strict=True) if place >= len(self.states[kind])
        }
        return Relaxed(walk.cost, frozenset(used))

    def _walk_with_a_known_one(
        self,
        costs: list[NDArray[np.float64]],
        moves: list[NDArray[np.float64]],
        closing: NDArray[np.float64] | None,
        move: float,
        limit: float,
    ) -> Walk:
        if closing is None:
            # A last state of its own, of no cost, which is out of reach without a known state before.
            costs, final = [*costs, np.zeros(1)], np.zeros((len(costs[-1]), 1))
            final[-2] = np.inf
            return _without_last(cheapest_walk(costs, [*moves, final], None, limit))
        return cheapest_walk(costs, moves, _closed_with_unknown(closing, move), limit)

    def _closing(self, kinds: Sequence[int]) -> NDArray[np.float64] | None:
        if not self._schedule.repeats:
            return None
        if len(kinds) == 1:
            size = len(self.states[kinds[0]])
            return np.where(np.eye(size, dtype=np.bool_), 0.0, np.inf)
        return self._moves(kinds[-1], kinds[0])

    def _rotated(self) -> list[int]:
        """The periods in order, from one with the fewest states where the schedule repeats."""
        order = list(range(len(self._schedule.periods)))
        if not self._schedule.repeats:
            return order
        first = min(order, key=lambda period: len(self.states[self._kind_of(period)]))
        return order[first:] + order[:first]

    def _kind_of(self, period: int) -> int:
        return self._schedule.periods[period].kind

    def _costs(self, kind: int) -> NDArray[np.float64]:
        return np.array([state.cost for state in self.states[kind]], dtype=np.float64)

    def _moves(self, before: int, after: int) -> NDArray[np.float64]:
        """What it costs to go from each state of one kind to each of another."""
        if (before, after) not in self._tables:
            self._tables[before, after] = self._table(before, after)
        return self._tables[before, after]

    def _table(self, before: int, after: int) -> NDArray[np.float64]:
        switching = self._schedule.switching
        old, new = self.states[before], self.states[after]
        table = np.zeros((len(old), len(new)))
        if not table.size:
            return table
        if switching.component_moved:
            rows, columns = [state.way for state in old], [state.way for state in new]
            table += switching.component_moved * self._distances[np.ix_(rows, columns)]
        if switching.counts_instances:
            table += self._starts(old, new, self._kinds[after])
        return table

    @cached_property
    def _distances(self) -> NDArray[np.int64]:
        """In how many components two ways differ."""
        numbers: list[dict[object, int]] = [{} for _ in self._ways[0].choices]
        codes = np.array(
            [
                [
                    known.setdefault(choice, len(known))
                    for known, choice in zip(numbers, item.choices, strict=True)
                ]
                for item in self._ways
            ]
        )
        return np.asarray((codes[:, None, :] != codes[None, :, :]).sum(axis=2))

    def _starts(self, old: Sequence[State], new: Sequence[State], problem: Problem) -> NDArray[np.float64]:
        switching = self._schedule.switching
        before = np.array([state.placement.instances for state in old])
        after = np.array([state.placement.instances for state in new])
        table = np.zeros((len(old), len(new)))
        for number, resource in enumerate(problem.resources):
            most = int(max(before[:, number].max(), after[:, number].max()))
            if not most:
                continue
            hourly = np.array([resource.hourly_cost(count) for count in range(most + 1)])
            price = switching.instance_started * np.arange(most + 1) + switching.start_s / 3600 * hourly
            more = price[after[:, number]][None, :] - price[before[:, number]][:, None]
            table += np.where(after[:, number][None, :] > before[:, number][:, None], more, 0.0)
        return table


def _with_unknown(moves: NDArray[np.float64], move: float) -> NDArray[np.float64]:
    """Moves with two more states: one of the walks that began unknown and stayed so, one of all others.

    From a known state to an unknown one, and back, at least one component moves.
    """
    rows, columns = moves.shape
    wide = np.full((rows + 2, columns + 2), np.inf)
    wide[:rows, :columns] = moves
    wide[:rows, columns + 1] = move
    wide[rows:, :columns] = move
    wide[rows, columns] = 0.0
    wide[rows + 1, columns + 1] = 0.0
    return wide


def _closed_with_unknown(closing: NDArray[np.float64], move: float) -> NDArray[np.float64]:
    """The same from the last period to the first: back to the state that it began with."""
    rows, columns = closing.shape
    wide = np.full((rows + 2, columns + 2), np.inf)
    wide[:rows, :columns] = closing
    wide[:rows, columns] = move
    wide[rows + 1, :columns] = move
    wide[rows + 1, columns] = 0.0
    return wide


def _without_last(walk: Walk) -> Walk:
    return Walk(walk.cost, walk.places[:-1])
