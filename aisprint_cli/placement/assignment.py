"""The best placement inside one configuration, by depth-first search over components.

With resources, instances and the prices ``mu_i`` of the capacity rows fixed, let ``bound`` be the
configuration's Lagrangian bound (see `relaxation`). A complete placement whose candidates have the
regrets ``rho_c`` and put the weights ``w_i`` on rows of capacity ``n_i`` costs exactly

    cost = bound + sum over c of rho_c + sum over i of mu_i (n_i - w_i).

Both sums have no negative term. So a partial placement can be dropped as soon as the regrets so far,
plus the price of capacity that the components still to come cannot fill any more, exceed the budget
``best cost - bound``. It is also dropped when some constraint cannot hold any more: the weight that is
on a row, plus the least that each remaining component must add, overflows it; or a response time, taken
with those loads and the fastest candidates of what remains, passes its limit. Every term only grows as
components are placed, so nothing that could be completed is dropped.

The rule of no return to the edge is followed ahead: once a component ends off the edge, all its
descendants must start off the edge, and once one starts on the edge, all its ancestors must end there.
What the remaining components must add at least is taken over the candidates that are left to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, mul
from typing import TYPE_CHECKING, NamedTuple

from aisprint_cli.placement.candidates import SOMEWHERE, Candidate, CandidateMaker, Configuration, fastest
from aisprint_cli.placement.completion import (
    Complete,
    Verdicts,
    memory_holds,
    paths_hold,
    response_s,
    shared_cost,
)
from aisprint_cli.placement.piece_options import wait_s
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Tier
from aisprint_cli.placement.surrogate import surrogates
from aisprint_cli.placement.tails import Tail

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from aisprint_cli.placement.compiled import Compiled
    from aisprint_cli.placement.piece_options import PieceOption
    from aisprint_cli.placement.relaxation import Relaxation

ROW_TOLERANCE = 1e-8
"""By how much a capacity row may overflow: more than the limits it stands for may, for rounding."""

PROOF_TOLERANCE = 1e-9
"""Relative difference of cost below which two placements count as equally cheap."""

EASY_NODES = 100
"""Nodes after which a search starts again with surrogate rows."""

PAUSE_EVERY = 64
"""Nodes between two looks at the clock."""

_FEW = 4
"""So many completions are tried one after the other; more are held against the time limits at once."""

_NO_ROWS: Sequence[Sequence[float]] = ()

_ANY, _STARTS_OFF_EDGE, _ENDS_ON_EDGE = range(3)

Vector = tuple[float, ...]


class _HardError(Exception):
    """The search takes long enough to be worth a better preparation."""


class _Way(NamedTuple):
    """A candidate with what it adds to each watched row: slots first, then priced and surrogate rows."""

    candidate: Candidate
    weights: Vector


class _Ahead(NamedTuple):
    """What the components still to come add to the watched rows, at least and at most."""

    least: Vector
    most: Vector


class AssignmentSearch:
    """Depth-first search of one configuration within a budget."""

    def __init__(
        self,
        compiled: Compiled,
        relaxation: Relaxation,
        configuration: Configuration,
        costs: NDArray[np.float64],
        limit: float,
        pause: Callable[[], None],
        most_nodes: int = 0,
    ) -> None:
        """Prepare to look for placements that cost less than `limit`.

        Args:
            compiled: the problem.
            relaxation: its relaxation.
            configuration: what is decided.
            costs: the pieces' least costs at the configuration's prices.
            limit: what a placement must cost less than.
            pause: called now and then; what it raises ends the search.
            most_nodes: give up after so many nodes; zero: never.
        """
        self._compiled = compiled
        self._configuration = configuration
        self._pause = pause
        self._most_nodes = most_nodes
        self._fixed = sum(
            compiled.costs[column][count]
            for column, count in zip(configuration.columns, configuration.instances, strict=True)
        )
        self._tail: Tail | None = None
        self._energy_left_wh = _energy_left_wh(compiled, configuration)
        self._queues = configuration.queues(compiled)
        alternatives, components = relaxation.minima(costs)
        paid = sum(row.price * configuration.instances[row.slot] for row in configuration.rows)
        self._bound = float(components.sum()) + self._fixed - paid
        self._budget = limit - self._bound
        self.nodes = 0
        self.best: tuple[Candidate, ...] | None = None
        self.best_cost = limit
        maker = CandidateMaker(compiled, configuration, self._budget)
        self._candidates = _all_candidates(compiled, costs, alternatives, components, maker)
        self.cut = maker.cut
        """Whether anything was left out because of the budget only: if not, all was searched."""
        self.gave_up = False
        """Whether the search ended at `most_nodes`: then nothing is proven."""

    def run(self) -> None:
        """Search; `best` and `best_cost` then hold the cheapest placement found, if any."""
        if not all(self._candidates):
            return
        self._chosen: list[Candidate | None] = [None] * len(self._candidates)
        self._prepare_limits()
        self._patience = EASY_NODES
        try:
            self._start(_NO_ROWS)
        except _HardError:
            self._patience = self.nodes + self._most_nodes if self._most_nodes else 0
            tiers = [
                self._compiled.problem.tier(self._compiled.columns[c]) for c in self._configuration.columns
            ]
            edge = [tier is Tier.EDGE for tier in tiers]
            try:
                self._start(surrogates(self._candidates, self._configuration, edge))
            except _HardError:
                self.gave_up = True

    def _start(self, multipliers: Sequence[Sequence[float]]) -> None:
        self._watch(multipliers)
        self._order_components()
        self._tail = self._make_tail() if multipliers is not _NO_ROWS else None
        self._ahead: dict[tuple[int, int, int], _Ahead | None] = {}
        self._verdicts = Verdicts(self._compiled, self._configuration)
        try:
            if self._to_come(0, 0, 0) is not None:
                self._descend(0, 0.0, (0.0,) * len(self._capacity), 0, 0)
        finally:
            self._accept(self._verdicts.cheapest())

    def _watch(self, multipliers: Sequence[Sequence[float]]) -> None:
        """Choose the rows to watch: the slots, the queues, the rows with a price, and the surrogates."""
        rows, instances = self._configuration.rows, self._configuration.instances
        priced = [place for place, row in enumerate(rows) if row.price > 0]
        fixed = len(instances) + len(self._queues)
        self._priced = [(fixed + i, rows[place].price) for i, place in enumerate(priced)]
        self._capacity = [count * (1 - RELATIVE_TOLERANCE) for count in instances]
        self._capacity += [float("inf")] * len(self._queues)
        self._capacity += [instances[rows[place].slot] * (1 + ROW_TOLERANCE) for place in priced]
        counts = [instances[row.slot] for row in rows]
        self._capacity += [sum(map(mul, shares, counts)) * (1 + ROW_TOLERANCE) for shares in multipliers]
        self._ways: list[tuple[list[_Way], list[_Way], list[_Way]]] = []
        for items in self._candidates:
            ways = []
            for item in items:
                own = [item.weights[place] for place in priced]
                own += [sum(map(mul, shares, item.weights)) for shares in multipliers]
                ways.append(_Way(item, (*item.loads, *item.moments, *own)))
            if multipliers:
                place = fixed + len(priced)
                ways.sort(key=lambda way: (round(way.candidate.regret, 9), way.weights[place]))
            off = [way for way in ways if not way.candidate.first.edge]
            on = [way for way in ways if way.candidate.last.edge]
            self._ways.append((ways, off, on))

    def _order_components(self) -> None:
        """Those without a choice first; then, when it is hard, those that need most; then few choices."""
        last = len(self._capacity) - 1
        hard = last >= 0 and self._patience != EASY_NODES

        def rank(component: int) -> tuple[bool, float, int, int]:
            ways = self._ways[component][_ANY]
            need = max(way.weights[last] for way in ways) if hard else 0.0
            return len(ways) > 1, -need, len(ways), component

        self._order = sorted(range(len(self._ways)), key=rank)
        self._bit = [1 << component for component in range(len(self._ways))]
        self._remaining = [0] * (len(self._order) + 1)
        for depth in reversed(range(len(self._order))):
            self._remaining[depth] = self._remaining[depth + 1] | self._bit[self._order[depth]]
        self._least_wh = [0.0] * (len(self._order) + 1)
        for depth in reversed(range(len(self._order))):
            least = min(item.energy_wh for item in self._candidates[self._order[depth]])
            self._least_wh[depth] = self._least_wh[depth + 1] + least

    def _prepare_limits(self) -> None:
        self._fastest = [fastest(items) for items in self._candidates]
        self._limits: list[tuple[tuple[int, ...], float]] = [
            ((component,), limit_s * (1 + RELATIVE_TOLERANCE))
            for component, limit_s in enumerate(self._compiled.limits_s)
            if limit_s < float("inf")
        ]
        self._limits += [
            (limit.components, limit.limit_s * (1 + RELATIVE_TOLERANCE)) for limit in self._compiled.paths
        ]

    def _to_come(self, depth: int, off: int, on: int) -> _Ahead | None:
        """What the components from `depth` on add; None when one of them has nothing left to do.

        `off` has a bit for each component that must start off the edge, `on` for each that must end
        on it.
        """
        off, on = off & self._remaining[depth], on & self._remaining[depth]
        key = depth, off, on
        if key in self._ahead:
            return self._ahead[key]
        result: _Ahead | None
        if off & on:
            result = None
        elif depth == len(self._order):
            zero = (0.0,) * len(self._capacity)
            result = _Ahead(zero, zero)
        else:
            result = self._with_next(depth, off, on)
        self._ahead[key] = result
        return result

    def _with_next(self, depth: int, off: int, on: int) -> _Ahead | None:
        component = self._order[depth]
        ways = self._ways[component][self._state(component, off, on)]
        rest = self._to_come(depth + 1, off, on)
        if rest is None or not ways:
            return None
        weights = list(zip(*(way.weights for way in ways), strict=True))
        return _Ahead(
            tuple(map(add, rest.least, map(min, weights))), tuple(map(add, rest.most, map(max, weights)))
        )

    def _state(self, component: int, off: int, on: int) -> int:
        bit = self._bit[component]
        return _STARTS_OFF_EDGE if off & bit else _ENDS_ON_EDGE if on & bit else _ANY

    def _count_node(self) -> None:
        self.nodes += 1
        if self.nodes % PAUSE_EVERY == 0:
            self._pause()
        if self._patience and self.nodes > self._patience:
            raise _HardError

    def _descend(self, depth: int, regret: float, weights: Vector, off: int, on: int) -> None:
        """Place the next component in every way that can still be completed within the budget."""
        self._count_node()
        if depth == len(self._order):
            self._complete(weights)
            return
        if self._tail is not None and depth == len(self._order) - len(self._tail):
            self._finish(self._tail, regret, weights, off, on)
            return
        component = self._order[depth]
        after, before = self._compiled.descendants[component], self._compiled.ancestors[component]
        for candidate, own in self._ways[component][self._state(component, off, on)]:
            total = regret + candidate.regret
            off_then = off if candidate.last.edge else off | after
            on_then = on | before if candidate.first.edge else on
            ahead = self._to_come(depth + 1, off_then, on_then)
            if ahead is None:
                continue
            weights_then = tuple(map(add, weights, own))
            if self._affords(total, weights_then, ahead) and self._reaches(component, candidate):
                self._chosen[component] = candidate
                if self._in_time(weights_then, ahead.least) and self._draws_no_more(depth + 1):
                    self._descend(depth + 1, total, weights_then, off_then, on_then)
                self._chosen[component] = None

    def _make_tail(self) -> Tail | None:
        """The last components in every way at once."""
        ways = []
        for component in self._order:
            own = self._ways[component][_ANY]
            ways.append((component, [way.candidate for way in own], [way.weights for way in own]))
        tail = Tail(self._compiled, ways, self._capacity, self._priced, self._budget)
        if not len(tail):
            return None
        self.cut = True
        tail.watch(self._limits, len(self._configuration.instances))
        return tail

    def _finish(self, tail: Tail, regret: float, weights: Vector, off: int, on: int) -> None:
        """Complete a partial placement in every way that the last components leave, cheapest first."""
        found = tail.fitting(regret, self._budget, weights, off, on)
        if len(found) > _FEW:
            found = tail.in_time(found, self._chosen, weights, self._configuration.instances)
        for number in found.tolist():
            if tail.cost_of(number, regret, weights) >= self._budget:
                break
            self._count_node()
            ways = tail.candidates(number)
            weights_then = tuple(map(add, weights, tail.weights(number)))
            if (
                all(self._place(*way) for way in ways)
                and self._in_time(weights_then, (0.0,) * len(weights))
                and self._draws_no_more(len(self._order))
            ):
                self._complete(weights_then)
            for component, _ in ways:
                self._chosen[component] = None

    def _place(self, component: int, candidate: Candidate) -> bool:
        """Choose a candidate unless a bond or the network forbids it."""
        if not self._reaches(component, candidate):
            return False
        self._chosen[component] = candidate
        return True

    def _affords(self, regret: float, weights: Vector, ahead: _Ahead) -> bool:
        """Whether no row overflows, and regrets and capacity that stays idle keep the budget."""
        for capacity, weight, least in zip(self._capacity, weights, ahead.least, strict=True):
            if weight + least > capacity:
                return False
        for place, price in self._priced:
            idle = self._capacity[place] - weights[place] - ahead.most[place]
            if idle > 0:
                regret += price * idle * (1 - ROW_TOLERANCE)
        if regret < self._budget:
            return True
        self.cut = True
        return False

    def _reaches(self, component: int, candidate: Candidate) -> bool:
        """Whether it keeps its bonds, and a network joins it to its neighbours placed already."""
        if candidate.places and not self._compiled.bonds.agree(
            component, candidate.places, [item.places if item else None for item in self._chosen]
        ):
            return False
        if self._compiled.connected:
            return True
        for other in self._compiled.predecessors[component]:
            before = self._chosen[other]
            if before is not None and not _joined(self._compiled, before.last, candidate.first):
                return False
        for other in self._compiled.problem.components[component].successors:
            after = self._chosen[other]
            if after is not None and not _joined(self._compiled, candidate.last, after.first):
                return False
        return True

    def _stretch(self, weights: Vector, least: Vector) -> list[float]:
        """What load does to times (see `Candidate.times_s`), with the least that is still to come."""
        instances = self._configuration.instances
        stretch = [
            count / (count - load - more)
            for count, load, more in zip(instances, weights, least, strict=False)
        ]
        for place, slot in enumerate(self._queues, len(instances)):
            servers = self._compiled.servers[self._configuration.columns[slot]]
            load, moment = weights[slot] + least[slot], weights[place] + least[place]
            stretch.append(wait_s(servers, instances[slot], load, moment))
        return stretch

    def _in_time(self, weights: Vector, least: Vector) -> bool:
        """Whether every limit can still hold: what is placed, and the fastest way for what is not."""
        stretch = self._stretch(weights, least)
        known: dict[int, float] = {}
        for components, limit_s in self._limits:
            total_s = 0.0
            for component in components:
                time_s = known.get(component)
                if time_s is None:
                    candidate = self._chosen[component]
                    if candidate is not None:
                        time_s = response_s(candidate, stretch)
                    else:
                        time_s = min([response_s(item, stretch) for item in self._fastest[component]])
                    known[component] = time_s
                total_s += time_s
            if total_s > limit_s:
                return False
        return True

    def _draws_no_more(self, depth: int) -> bool:
        """Whether the limit on energy can still hold: what is placed, and the least of what is not."""
        if self._energy_left_wh == float("inf"):
            return True
        drawn = sum(candidate.energy_wh for candidate in self._chosen if candidate is not None)
        return drawn + self._least_wh[depth] <= self._energy_left_wh

    def _complete(self, weights: Vector) -> None:
        chosen = tuple(candidate for candidate in self._chosen if candidate is not None)
        cost = self._fixed + sum(candidate.cost for candidate in chosen)
        cost += shared_cost(self._compiled, chosen)
        if cost >= self.best_cost:
            self.cut = True
            return
        slots = range(len(self._configuration.instances))
        if any(weights[slot] >= self._capacity[slot] for slot in slots):
            return
        if not paths_hold(self._compiled, chosen, self._stretch(weights, (0.0,) * len(weights))):
            return
        if not memory_holds(self._compiled, chosen, self._configuration):
            return
        self._accept(self._verdicts.offer(Complete(cost, chosen)))

    def _accept(self, found: Complete | None) -> None:
        """Take a feasible choice as the best if it is, and look for cheaper ones only."""
        if found is not None and found.cost < self.best_cost:
            self.best, self.best_cost = found.chosen, found.cost
            self._budget = found.cost - PROOF_TOLERANCE * abs(found.cost) - self._bound


def _energy_left_wh(compiled: Compiled, configuration: Configuration) -> float:
    """What the limit on energy leaves to the pieces, besides the instances without work."""
    problem = compiled.problem
    drawn = sum(
        problem.instance_energy_wh(compiled.columns[column]) * count
        for column, count in zip(configuration.columns, configuration.instances, strict=True)
    )
    return problem.energy_limit_wh * (1 + RELATIVE_TOLERANCE) - drawn


def _all_candidates(
    compiled: Compiled,
    costs: NDArray[np.float64],
    alternatives: NDArray[np.float64],
    components: NDArray[np.float64],
    maker: CandidateMaker,
) -> list[list[Candidate]]:
    piece = iter(costs.tolist())
    alternative = iter(alternatives.tolist())
    result = []
    for component, cheapest in enumerate(components.tolist()):
        items = compiled.alternatives[component]
        result.append(
            maker.candidates(
                component,
                [next(alternative) for _ in items],
                cheapest,
                [[next(piece) for _ in item.options] for item in items],
            )
        )
    return result


def _joined(compiled: Compiled, last: PieceOption, first: PieceOption) -> bool:
    if SOMEWHERE in {last.resource, first.resource}:
        return True
    return compiled.problem.delay_s(last.resource, first.resource, 0.0) < float("inf")
