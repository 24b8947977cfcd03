"""The time limits of a problem over a table of ways: who is under which, and the transfers they count.

Limits are on mean times. Where a limit is on a percentile, or times depend on what a search does not
know, `calibrate` tightens the mean that a search aims at until the evaluator agrees.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.time_limits import mean_limit_s
from aisprint_cli.placement.ways import NO_LINK_S, WayTable

if TYPE_CHECKING:
    from aisprint_cli.placement.compiled import Compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_MOST_S = 1e8
"""Stands for no limit."""


class TimeSums:
    """Local and path limits, in the order of the problem, and transfers along the edges of paths.

    `of[c]` are the limits component c is under, `counts[c]` how often it comes in each. `before[c]` and
    `after[c]` are its neighbours along paths, with the places in `of[c]` of the limits that go over both.
    """

    def __init__(self, compiled: Compiled) -> None:
        """Collect the limits, and number the edges that count."""
        self._compiled = compiled
        problem = compiled.problem
        limits: list[tuple[tuple[int, ...], float]] = [
            ((item.component,), mean_limit_s(item.limit_s, item.percentile)) for item in problem.local_limits
        ]
        limits += [
            (item.components, mean_limit_s(item.limit_s, item.percentile)) for item in problem.path_limits
        ]
        self.limits_s = np.minimum(np.array([limit_s for _, limit_s in limits]), _MOST_S)
        self.members = np.zeros((len(limits), len(problem.components)))
        self.of: list[list[int]] = [[] for _ in problem.components]
        pairs: dict[tuple[int, int], list[int]] = {}
        for number, (components, _) in enumerate(limits):
            for component in components:
                self.members[number, component] += 1.0
                if number not in self.of[component]:
                    self.of[component].append(number)
            for pair in itertools.pairwise(components):
                pairs.setdefault(pair, []).append(number)
        self.before: list[list[tuple[int, list[int]]]] = [[] for _ in problem.components]
        self.after: list[list[tuple[int, list[int]]]] = [[] for _ in problem.components]
        for (source, target), numbers in pairs.items():
            self.before[target].append((source, [self.of[target].index(number) for number in numbers]))
            self.after[source].append((target, [self.of[source].index(number) for number in numbers]))
        self.counts = [self.members[of, component] for component, of in enumerate(self.of)]
        self._layer = np.array([resource.layer for resource in problem.resources])
        self._sizes: dict[float, int] = {}
        self._size_of = [
            [
                [self._sizes.setdefault(size, len(self._sizes)) for size in item.sent] if item.sent else []
                for item in component.alternatives
            ]
            for component in problem.components
        ]
        self._delays = self._delay_tables()
        self._pairs = list(pairs)
        self._edge_limits = np.zeros((len(limits), len(pairs)))
        for place, pair in enumerate(self._pairs):
            np.add.at(self._edge_limits[:, place], pairs[pair], 1.0)

    def _delay_tables(self) -> Floats:
        """Transfer times by size, layer and layer."""
        problem = self._compiled.problem
        count = len(problem.layers)
        sizes = np.array(list(self._sizes) or [0.0])
        table = np.full((len(sizes), count, count), NO_LINK_S)
        for domain in problem.domains:
            times_s = domain.access_delay_s + sizes * problem.semantics.bits_per_unit / domain.bandwidth
            joined = np.ix_(range(len(sizes)), sorted(domain.layers), sorted(domain.layers))
            table[joined] = np.minimum(table[joined], times_s[:, None, None])
        return table

    def lay_over(self, table: WayTable) -> None:
        """Take the ways whose transfers are asked for from now on."""
        self._table = table
        alternatives = np.array([choice.alternative for choice in table.choices])
        self._way_sizes: dict[tuple[int, int], Integers] = {}
        components = self._compiled.problem.components
        for source, component in enumerate(components):
            for place, target in enumerate(component.successors):
                numbers = np.array([sizes[place] if sizes else 0 for sizes in self._size_of[source]])
                self._way_sizes[source, target] = numbers[alternatives[table.rows(source)]]
        self._edge_starts = np.array([int(table.starts[source]) for source, _ in self._pairs], dtype=np.int64)
        lengths = [len(self._way_sizes[pair]) for pair in self._pairs]
        self._edge_offsets = np.cumsum([0, *lengths])[:-1].astype(np.int64)
        sizes = [self._way_sizes[pair] for pair in self._pairs]
        self._edge_sizes = np.concatenate(sizes) if sizes else np.zeros(0, dtype=np.int64)
        self._sources = np.array([source for source, _ in self._pairs], dtype=np.int64)
        self._targets = np.array([target for _, target in self._pairs], dtype=np.int64)

    def transfers_s(self, rows: Integers) -> Floats:
        """By limit, the transfers when each component goes the way in its row."""
        if not self._pairs:
            return np.zeros(len(self.limits_s))
        source, target = rows[self._sources], rows[self._targets]
        size = self._edge_sizes[self._edge_offsets + source - self._edge_starts]
        last, first = self._table.last[source], self._table.first[target]
        times_s = np.where(last == first, 0.0, self._delays[size, self._layer[last], self._layer[first]])
        return np.asarray(self._edge_limits @ times_s)

    def into(self, source: int, row: int, target: int) -> Floats:
        """Transfer times (s) from one way of a component to all ways of a successor."""
        size = self._way_sizes[source, target][row - int(self._table.starts[source])]
        first, last = self._table.first[self._table.rows(target)], self._table.last[row]
        return np.where(first == last, 0.0, self._delays[size, self._layer[last], self._layer[first]])

    def onward(self, source: int, target: int, row: int) -> Floats:
        """Transfer times (s) from all ways of a component to one way of a successor."""
        last, first = self._table.last[self._table.rows(source)], self._table.first[row]
        sizes = self._way_sizes[source, target]
        return np.where(first == last, 0.0, self._delays[sizes, self._layer[last], self._layer[first]])


def calibrated(goals_s: Floats, planned_s: Floats, limits_s: Floats, shares: Floats) -> Floats:
    """Limits on means that are tightened where the evaluator finds more of a limit used than was planned.

    Args:
        goals_s: the limits on means so far.
        planned_s: the means that a search counted.
        limits_s: the limits on means to begin with.
        shares: what the evaluator found of each limit used up: value over limit.
    """
    planned = planned_s / limits_s
    more = shares / np.maximum(planned, 1e-12)
    tight = limits_s / np.maximum(more, 1.0)
    return np.where(shares > 1, np.minimum(goals_s * 0.995, tight), goals_s)
