"""Best-first search over what layers use, for problems too large to be proven: bound and placement climb.

A node is a part of the placements (`Scope`): which resource some layers use, and later how many instances.
Its bound comes from `decomposition`; the resources that the layers would use at the node's prices are
where `local_search` looks for a placement. The node with the least bound is split on the layer whose
decision costs most either way, so the least bound of all open nodes, which is valid for the whole problem,
rises as fast as it can. The search may end at any moment: what it holds then is a placement and a bound.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.decomposition import Bound, LayerDecomposition, columns_by_layer
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.layer_bids import Scope
from aisprint_cli.placement.local_search import LayerSearch
from aisprint_cli.placement.problem import Placement
from aisprint_cli.placement.trial import Found

_ROOT_ROUNDS = 300
_ROUNDS = 60
_BUSIEST = 0.97
_USUAL = 0.85
_HOPE = 1.05
"""Guesses up to so many times the best cost are looked into."""


@dataclass(order=True, slots=True)
class _Node:
    value: float
    age: int
    bound: Bound = field(compare=False)
    scope: Scope = field(compare=False)
    climbed: bool = field(compare=False, default=False)


class LayerBranching:
    """The search; `best` and `lower_bound` hold what is known at any moment."""

    def __init__(self, compiled: Compiled, tolerance: float) -> None:
        """Prepare; `tolerance` is the relative gap that counts as none."""
        self._compiled = compiled
        self._stop: Callable[[], bool] = bool
        self._stop_climbing: Callable[[], bool] = bool
        self._tolerance = tolerance
        self._decomposition = LayerDecomposition(compiled)
        self._evaluator = Evaluator(compiled.problem)
        self._guesses: dict[tuple[int, ...], float] = {}
        self._queue: list[_Node] = []
        self._closed = float("inf")
        self._age = 0
        self._begun = False
        self.best: Found | None = None
        self.lower_bound = 0.0
        self.nodes = 0
        self.searches = 0

    def offer(self, placement: Placement) -> None:
        """Take a placement from elsewhere as the best if it is feasible and cheaper."""
        scores = self._evaluator.evaluate_all([placement])
        if scores.feasible[0]:
            self._take(Found(placement, float(scores.cost[0])))

    def run(
        self,
        stop: Callable[[], bool],
        most_nodes: int | None = None,
        stop_climbing: Callable[[], bool] | None = None,
    ) -> None:
        """Search until the gap is closed, nothing is left to split, or `stop` says so.

        Args:
            stop: asked often.
            most_nodes: stop after so many nodes of the tree too; the next call goes on from there.
            stop_climbing: ends the climb of a bound early, to leave time for placements; a later call
                goes on with it.
        """
        self._stop = stop
        self._stop_climbing = stop_climbing or stop
        if not self._begun:
            self._begin()
        last = self.nodes + most_nodes if most_nodes is not None else None
        while self._queue and not stop() and self.nodes != last:
            if self._queue[0].value >= self._target():
                break
            self._step(heapq.heappop(self._queue))
        self._settle()

    def _begin(self) -> None:
        self._begun = True
        scope = self._decomposition.everything
        root, _ = self._decomposition.bound(self._decomposition.start(), scope)
        self.lower_bound = root.value
        node = _Node(root.value, 0, root, scope)
        self._queue = [node]
        if not self._stop():
            self._first(node)

    def _first(self, node: _Node) -> None:
        """Look for some placement at once, before any price is good."""
        search = self._search(_used(self._every_layer(node)), node)
        if search.guess(search.even(), self._stop) < np.inf:
            self._take(search.run(self._stop))

    def _settle(self) -> None:
        """Take the least bound of what is not searched yet, or cannot be split, as the bound of all.

        It is infinite when nothing is left and nothing was found: then there is no placement.
        """
        least = min(self._queue[0].value if self._queue else np.inf, self._closed)
        if self.best is not None:
            least = min(least, self.best.cost)
        if np.isfinite(least) or not self._queue:
            self.lower_bound = max(self.lower_bound, float(least))

    def _target(self) -> float:
        if self.best is None:
            return float("inf")
        return self.best.cost * (1 - self._tolerance)

    def _take(self, found: Found | None) -> None:
        if found is not None and (self.best is None or found.cost < self.best.cost):
            self.best = found

    def _step(self, node: _Node) -> None:
        """Improve or split the node with the least bound; put it back when it is no longer the least."""
        self.nodes += 1
        if not node.climbed:
            finished = self._climb(node)
            self._look(node)
            if not finished or self._stop() or (self._queue and node.value > self._queue[0].value):
                heapq.heappush(self._queue, node)
                return
        if node.value < self._target():
            self._split(node)

    def _climb(self, node: _Node) -> bool:
        """Raise the bound of a node; false when there is more to gain later."""
        node.bound = self._decomposition.climb(
            node.bound.prices,
            node.scope,
            target=self._target(),
            rounds=_ROUNDS if node.age else _ROOT_ROUNDS,
            pause=self._stop_climbing,
        )
        node.climbed = not self._stop_climbing()
        node.value = max(node.value, node.bound.value)
        return node.climbed

    def _look(self, node: _Node) -> None:
        """Search for placements where the node's layers would run things."""
        if node.value >= self._target() or self._stop():
            return
        decided = columns_by_layer(self._compiled, node.scope, node.bound.bids)
        begun = self._begin_at(node, decided)
        if self.best is None and not self._stop():
            every = self._every_layer(node)
            begun = self._begin_at(node, every) or begun
            decided = every if begun is not None and begun[0].columns == _used(every) else decided
        if begun is None:
            return
        search = begun[0]
        if not node.age:
            search = self._exchange(node, dict(enumerate(decided)), *begun)
        self._take(search.polish(self._stop))

    def _begin_at(self, node: _Node, decided: tuple[int | None, ...]) -> tuple[LayerSearch, float] | None:
        """Search with these columns, unless that was done or they promise nothing."""
        columns = _used(decided)
        if columns in self._guesses:
            return None
        search = self._search(columns, node)
        busy = np.minimum(self._decomposition.bands[node.bound.bids.bands[list(columns)]], _BUSIEST)
        guess = self._guesses[columns] = search.guess([busy, *search.even()], self._stop)
        if guess == np.inf or guess >= self._promising():
            return None
        search.refine(self._stop)
        self._take(search.run(self._stop))
        return search, guess

    def _every_layer(self, node: _Node) -> tuple[int | None, ...]:
        """The best column of each layer, whether or not it pays by itself: what there is most room with."""
        bound, _ = self._decomposition.bound(node.bound.prices, node.scope, every=True)
        values = bound.bids.values
        found = [
            min(group, key=lambda column: (float(values[column]), column)) for group in self._compiled.groups
        ]
        return tuple(column if np.isfinite(values[column]) else None for column in found)

    def _promising(self) -> float:
        """Up to what guess a search is worth the time."""
        return float("inf") if self.best is None else self.best.cost * _HOPE

    def _search(self, columns: tuple[int, ...], node: _Node) -> LayerSearch:
        self.searches += 1
        prices = self._decomposition.by_limit(node.bound.prices)
        return LayerSearch(self._compiled, columns, prices, self._evaluator)

    def _exchange(
        self, node: _Node, current: dict[int, int | None], search: LayerSearch, guess: float
    ) -> LayerSearch:
        """Change the resource of one layer at a time, the most promising first, while that helps."""
        bound, _ = self._decomposition.bound(node.bound.prices, node.scope, every=True)
        improved = True
        while improved and not self._stop():
            improved = False
            for _, layer, column in self._moves(bound.bids.values, bound.value):
                trial = {**current, layer: column}
                columns = _used(tuple(trial.values()))
                if columns in self._guesses or self._stop():
                    continue
                other = self._search(columns, node)
                busy = dict(zip(search.columns, search.busy, strict=True))
                plan = np.array([busy.get(item, _USUAL) for item in columns])
                self._guesses[columns] = other.guess([plan], self._stop)
                if self._guesses[columns] < guess:
                    guess, search, current, improved = self._guesses[columns], other, trial, True
            if improved:
                search.refine(self._stop)
                self._take(search.run(self._stop))
        return search

    def _moves(self, values: NDArray[np.float64], bound: float) -> list[tuple[float, int, int | None]]:
        """What layers could use instead without the bound passing the best cost, the best first."""
        result: list[tuple[float, int, int | None]] = []
        for layer, group in enumerate(self._compiled.groups):
            least = min(0.0, *(float(values[column]) for column in group))
            options: list[tuple[float, int | None]] = [(0.0, None)]
            options += [(float(values[column]), column) for column in group]
            for value, column in options:
                if bound - least + value < self._target():
                    result.append((value - least, layer, column))
        result.sort(key=lambda item: (item[0], item[1], -1 if item[2] is None else item[2]))
        return result

    def _split(self, node: _Node) -> None:
        layer = self._layer_to_split(node)
        parts = self._by_column(node, layer) if layer is not None else self._by_count(node)
        parts = parts or self._by_band(node)
        if not parts:
            self._closed = min(self._closed, node.value)
            return
        for scope in parts:
            bound, _ = self._decomposition.bound(node.bound.prices, scope)
            value = max(node.value, bound.value)
            if value < self._target():
                self._age += 1
                heapq.heappush(self._queue, _Node(value, self._age, bound, scope))

    def _layer_to_split(self, node: _Node) -> int | None:
        """The undecided layer whose second-best decision is dearest; None when all are decided."""
        bound, _ = self._decomposition.bound(node.bound.prices, node.scope, every=True)
        values, best, gain = bound.bids.values, None, -1.0
        for layer, group in enumerate(self._compiled.groups):
            if node.scope.forced[layer] or not any(node.scope.most[column] for column in group):
                continue
            ranked = sorted([0.0, *(float(values[c]) for c in group if np.isfinite(values[c]))])
            difference = ranked[1] - ranked[0]
            if difference > gain:
                best, gain = layer, difference
        return best

    def _by_column(self, node: _Node, layer: int) -> list[Scope]:
        group = self._compiled.groups[layer]
        parts: list[Scope] = [node.scope.using(group, layer, None)]
        parts += [node.scope.using(group, layer, column) for column in group if node.scope.most[column] > 0]
        return parts

    def _by_count(self, node: _Node) -> list[Scope]:
        """Fewer instances than the dearest layer would buy, as many, or more."""
        scope = node.scope
        free = [
            column
            for column in range(len(scope.most))
            if scope.most[column] > scope.least[column] and np.isfinite(node.bound.bids.values[column])
        ]
        if not free:
            return []
        column = max(free, key=lambda item: (self._compiled.prices[item], -item))
        least, most = int(scope.least[column]), int(scope.most[column])
        middle = int(node.bound.bids.counts[column])
        ranges = [(least, middle - 1), (middle, middle), (middle + 1, most)]
        return [scope.counting(column, low, high) for low, high in ranges if low <= high]

    def _by_band(self, node: _Node) -> list[Scope]:
        """Less busy than the dearest layer would be, or at least as busy."""
        scope, bids = node.scope, node.bound.bids
        free = [
            column
            for column in range(len(scope.most))
            if scope.highest[column] > scope.lowest[column] and np.isfinite(bids.values[column])
        ]
        if not free:
            return []
        column = max(free, key=lambda item: (self._compiled.prices[item] * scope.most[item], -item))
        low, high = int(scope.lowest[column]), int(scope.highest[column])
        middle = min(max(int(bids.bands[column]), low + 1), high)
        return [scope.busy(column, low, middle - 1), scope.busy(column, middle, high)]


def _used(decided: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(column for column in decided if column is not None)
