"""The best placement inside one configuration, by depth-first search over components.

With resources, instances and the prices ``mu_i`` of the capacity rows fixed, let ``bound`` be the
configuration's Lagrangian bound (see `relaxation`). A complete placement whose candidates have the
regrets ``rho_c`` and put the weights ``w_i`` on rows of capacity ``n_i`` costs exactly

    cost = bound + sum over c of rho_c + sum over i of mu_i (n_i - w_i).

Both sums have no negative term. So a partial placement can be dropped as soon as the regrets so far,
plus the price of capacity that the components still to come cannot fill any more, exceed the budget
``best cost - bound``. It is also dropped when some constraint cannot hold any more: the load that is
there, plus the least each remaining component must add, fills a resource; or a response time, taken with
those loads and the fastest candidates of what remains, passes its limit. Every term only grows as
components are placed, so nothing that could be completed is dropped.
"""

from __future__ import annotations

from operator import add, mul
from typing import TYPE_CHECKING

import numpy as np

from aisprint_cli.placement.candidates import SOMEWHERE, Candidate, CandidateMaker, Configuration
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from aisprint_cli.placement.compiled import Compiled, PieceOption
    from aisprint_cli.placement.relaxation import Relaxation

ROW_TOLERANCE = 1e-8
"""By how much a capacity row may overflow: more than the limits it stands for may, for rounding."""

PROOF_TOLERANCE = 1e-9
"""Relative difference of cost below which two placements count as equally cheap."""

EASY_NODES = 100
"""Nodes after which a search starts again with the surrogate row."""

PAUSE_EVERY = 256
"""Nodes between two looks at the clock."""


class _HardError(Exception):
    """The search takes long enough to be worth a better preparation."""


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
            compiled.prices[column] * count
            for column, count in zip(configuration.columns, configuration.instances, strict=True)
        )
        self._energy_left_wh = _energy_left_wh(compiled, configuration)
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
        self._patience = EASY_NODES
        try:
            self._start(None)
        except _HardError:
            self._patience = self.nodes + self._most_nodes if self._most_nodes else 0
            try:
                self._start(surrogate(self._candidates, self._configuration))
            except _HardError:
                self.gave_up = True

    def _start(self, multipliers: list[float] | None) -> None:
        self._prepare_rows(multipliers)
        self._prepare()
        self._descend(0, 0.0, (0.0,) * len(self._configuration.columns), (0.0,) * len(self._row_capacity))

    def _prepare_rows(self, multipliers: list[float] | None) -> None:
        """Choose the rows to watch: those with a price and, if given, the surrogate of all."""
        rows = self._configuration.rows
        instances = self._configuration.instances
        priced = [place for place, row in enumerate(rows) if row.price > 0]
        self._row_prices = [rows[place].price for place in priced]
        self._row_capacity = [float(instances[rows[place].slot]) for place in priced]
        self._weighted: list[list[tuple[Candidate, tuple[float, ...], float]]] = []
        if multipliers is not None:
            self._row_prices.append(0.0)
            self._row_capacity.append(
                sum(share * instances[row.slot] for share, row in zip(multipliers, rows, strict=True))
            )
        for items in self._candidates:
            weighted = []
            for item in items:
                weights = [item.weights[place] for place in priced]
                pressure = 0.0
                if multipliers is not None:
                    pressure = sum(map(mul, multipliers, item.weights))
                    weights.append(pressure)
                weighted.append((item, tuple(weights), pressure))
            if multipliers is not None:
                weighted.sort(key=lambda entry: (round(entry[0].regret, 9), entry[2]))
            self._weighted.append(weighted)

    def _prepare(self) -> None:
        """Order the components and add up what those still to come must or can add."""
        order = sorted(
            range(len(self._candidates)),
            key=lambda c: (
                len(self._candidates[c]) > 1,
                -max(entry[2] for entry in self._weighted[c]),
                len(self._candidates[c]),
                c,
            ),
        )
        slots = range(len(self._configuration.columns))
        loads = [[dict(item.loads) for item in self._candidates[component]] for component in order]
        self._least = _still_to_come(
            [[min(load.get(slot, 0.0) for load in group) for slot in slots] for group in loads]
        )
        self._least_wh = _still_to_come(
            [[min(item.energy_wh for item in self._candidates[component])] for component in order]
        )
        rows = range(len(self._row_capacity))
        items = [[weights for _, weights, _ in self._weighted[component]] for component in order]
        self._least_weight = _still_to_come(
            [[min(weights[row] for weights in group) for row in rows] for group in items]
        )
        self._most_weight = _still_to_come(
            [[max(weights[row] for weights in group) for row in rows] for group in items]
        )
        self._order = order
        rank = {component: place for place, component in enumerate(order)}
        successors = [component.successors for component in self._compiled.problem.components]
        self._before = [
            tuple(item for item in self._compiled.predecessors[component] if rank[item] < rank[component])
            for component in range(len(order))
        ]
        self._after = [
            tuple(item for item in successors[component] if rank[item] < rank[component])
            for component in range(len(order))
        ]
        self._prepare_limits()

    def _prepare_limits(self) -> None:
        self._fastest = [_fastest(items) for items in self._candidates]
        self._limits: list[tuple[tuple[int, ...], float]] = [
            ((component,), limit_s * (1 + RELATIVE_TOLERANCE))
            for component, limit_s in enumerate(self._compiled.limits_s)
            if limit_s < float("inf")
        ]
        self._limits += [
            (limit.components, limit.limit_s * (1 + RELATIVE_TOLERANCE))
            for limit in self._compiled.problem.path_limits
        ]

    def _inverse_idle(self, depth: int, loads: Sequence[float]) -> tuple[float, ...] | None:
        """One over one minus the utilisation of each slot, at least; None when one is full."""
        result = []
        for load, least, count in zip(loads, self._least[depth], self._configuration.instances, strict=True):
            room = count * (1 - RELATIVE_TOLERANCE) - load - least
            if room <= 0:
                return None
            result.append(count / (count - load - least))
        return tuple(result)

    def _descend(
        self, depth: int, regret: float, loads: tuple[float, ...], weights: tuple[float, ...]
    ) -> None:
        self.nodes += 1
        if self.nodes % PAUSE_EVERY == 0:
            self._pause()
        if self._patience and self.nodes > self._patience:
            raise _HardError
        if depth == len(self._order):
            self._complete(loads)
            return
        component = self._order[depth]
        for candidate, own_weights, _ in self._weighted[component]:
            total = regret + candidate.regret
            if total >= self._budget:
                self.cut = True
                continue
            after_weights = tuple(map(add, weights, own_weights))
            idle = self._idle_price(depth + 1, after_weights)
            if idle is None:
                continue
            if total + idle >= self._budget:
                self.cut = True
                continue
            after = list(loads)
            for slot, load in candidate.loads:
                after[slot] += load
            inverse = self._inverse_idle(depth + 1, after)
            if inverse is None or not self._fits(component, candidate):
                continue
            self._chosen[component] = candidate
            if self._in_time(inverse) and self._draws_no_more(depth + 1):
                self._descend(depth + 1, total, tuple(after), after_weights)
            self._chosen[component] = None

    def _idle_price(self, depth: int, weights: tuple[float, ...]) -> float | None:
        """The price of capacity that cannot be filled any more; None when a row overflows."""
        idle = 0.0
        for price, capacity, weight, least, most in zip(
            self._row_prices,
            self._row_capacity,
            weights,
            self._least_weight[depth],
            self._most_weight[depth],
            strict=True,
        ):
            if weight + least > capacity * (1 + ROW_TOLERANCE):
                return None
            left = capacity - weight - most
            if left > 0:
                idle += price * left
        return idle

    def _fits(self, component: int, candidate: Candidate) -> bool:
        """Whether the edge rule and the networks allow it beside its neighbours placed already."""
        for other in self._before[component]:
            before = self._chosen[other]
            if before is not None and not _may_follow(self._compiled, before.last, candidate.first):
                return False
        for other in self._after[component]:
            after = self._chosen[other]
            if after is not None and not _may_follow(self._compiled, candidate.last, after.first):
                return False
        return True

    def _in_time(self, inverse: tuple[float, ...]) -> bool:
        """Whether every limit can still hold: what is placed, and the fastest way for what is not."""
        known: dict[int, float] = {}
        for components, limit_s in self._limits:
            total_s = 0.0
            for component in components:
                time_s = known.get(component)
                if time_s is None:
                    candidate = self._chosen[component]
                    if candidate is not None:
                        time_s = candidate.constant_s
                        for slot, part_s in candidate.times_s:
                            time_s += part_s * inverse[slot]
                    else:
                        time_s = min([_response_s(item, inverse) for item in self._fastest[component]])
                    known[component] = time_s
                total_s += time_s
            if total_s > limit_s:
                return False
        return True

    def _draws_no_more(self, depth: int) -> bool:
        """Whether the limit on energy can still hold: what is placed, and the least of what is not."""
        if self._energy_left_wh == float("inf"):
            return True
        drawn = sum(self._chosen_energy_wh(component) for component in self._order[:depth])
        return drawn + self._least_wh[depth][0] <= self._energy_left_wh

    def _chosen_energy_wh(self, component: int) -> float:
        candidate = self._chosen[component]
        return candidate.energy_wh if candidate is not None else 0.0

    def _complete(self, loads: tuple[float, ...]) -> None:
        chosen = tuple(candidate for candidate in self._chosen if candidate is not None)
        cost = self._fixed + sum(candidate.cost for candidate in chosen)
        cost += shared_cost(self._compiled, chosen)
        if cost >= self.best_cost:
            self.cut = True
            return
        inverse = self._inverse_idle(len(chosen), loads)
        if inverse is None or not paths_hold(self._compiled, chosen, inverse):
            return
        if not memory_holds(self._compiled, chosen, self._configuration):
            return
        self.best, self.best_cost = chosen, cost
        self._budget = cost - PROOF_TOLERANCE * abs(cost) - self._bound


def _energy_left_wh(compiled: Compiled, configuration: Configuration) -> float:
    """What the limit on energy leaves to the pieces, besides the instances without work."""
    problem = compiled.problem
    drawn = sum(
        problem.instance_energy_wh(compiled.columns[column]) * count
        for column, count in zip(configuration.columns, configuration.instances, strict=True)
    )
    return problem.energy_limit_wh * (1 + RELATIVE_TOLERANCE) - drawn


def surrogate(candidates: Sequence[Sequence[Candidate]], configuration: Configuration) -> list[float]:
    """Multipliers that make one row of all capacity rows, as tight as possible (Glover 1968).

    With multipliers ``v`` the components need at least the sum of their least ``v w``, and have
    ``v n``. Multiplicative weights (Plotkin, Shmoys, Tardos 1995) look for the ``v`` at which the
    first comes nearest to the second, or passes it.
    """
    if not configuration.rows:
        return []
    capacity = np.array([float(configuration.instances[row.slot]) for row in configuration.rows])
    weights = np.array([item.weights for items in candidates for item in items]).reshape(-1, len(capacity))
    weights = weights / capacity
    starts = np.cumsum([0, *(len(items) for items in candidates[:-1])])
    group = np.repeat(np.arange(len(candidates)), [len(items) for items in candidates])
    shares = np.full(len(capacity), 1.0 / len(capacity))
    best, best_need = shares, -1.0
    for round_ in range(40):
        pressure = weights @ shares
        least = np.minimum.reduceat(pressure, starts)
        need = float(least.sum())
        if need > best_need:
            best, best_need = shares, need
        chosen = pressure <= least[group]
        ties = np.add.reduceat(chosen, starts, dtype=float)
        used = (chosen / ties[group]) @ weights
        shares = shares * np.exp(2.0 / (1 + 0.3 * round_) * (used - used.max()))
        shares = shares / shares.sum()
    return [float(value) for value in best / capacity]


def _still_to_come(by_component: Sequence[Sequence[float]]) -> list[tuple[float, ...]]:
    """For each depth, the sums over the components from there on."""
    sums = [tuple(0.0 for _ in by_component[0])]
    for values in reversed(by_component):
        sums.append(tuple(map(add, sums[-1], values)))
    return sums[::-1]


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


def _fastest(items: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates of which one is the fastest, whatever the utilisations."""
    kept: list[Candidate] = []
    for item in sorted(items, key=lambda item: item.constant_s + sum(part for _, part in item.times_s)):
        parts = dict(item.times_s)
        if not any(
            other.constant_s <= item.constant_s
            and all(part <= parts.get(slot, 0.0) for slot, part in other.times_s)
            for other in kept
        ):
            kept.append(item)
    return tuple(kept)


def _may_follow(compiled: Compiled, last: PieceOption, first: PieceOption) -> bool:
    if first.edge and not last.edge:
        return False
    if SOMEWHERE in {last.resource, first.resource}:
        return True
    return compiled.problem.delay_s(last.resource, first.resource, 0.0) < float("inf")


def _response_s(candidate: Candidate, inverse: Sequence[float]) -> float:
    return candidate.constant_s + sum(part_s * inverse[slot] for slot, part_s in candidate.times_s)


def paths_hold(compiled: Compiled, chosen: Sequence[Candidate], inverse: Sequence[float]) -> bool:
    """Whether all local and path limits hold, transfers included."""
    times_s = [_response_s(candidate, inverse) for candidate in chosen]
    if not all(holds(time_s, limit_s) for time_s, limit_s in zip(times_s, compiled.limits_s, strict=True)):
        return False
    for limit in compiled.problem.path_limits:
        total_s = sum(times_s[component] for component in limit.components)
        for source, target in zip(limit.components, limit.components[1:], strict=False):
            total_s += transfer_s(compiled, source, target, chosen)
        if not holds(total_s, limit.limit_s):
            return False
    return True


def transfer_s(compiled: Compiled, source: int, target: int, chosen: Sequence[Candidate]) -> float:
    """Seconds from the last piece of one component to the first piece of its successor."""
    if SOMEWHERE in {chosen[source].last.resource, chosen[target].first.resource}:
        return 0.0
    place = compiled.problem.components[source].successors.index(target)
    size = chosen[source].source.source.sent[place]
    return compiled.problem.delay_s(chosen[source].last.resource, chosen[target].first.resource, size)


def memory_holds(compiled: Compiled, chosen: Sequence[Candidate], configuration: Configuration) -> bool:
    """Whether all pieces fit the memory of their resources."""
    used: dict[int, float] = {}
    for candidate in chosen:
        for option in candidate.options:
            if option.resource == SOMEWHERE:
                continue
            used[option.resource] = used.get(option.resource, 0.0) + option.memory_mib
    counts = {
        compiled.columns[column]: count
        for column, count in zip(configuration.columns, configuration.instances, strict=True)
    }
    per_instance = compiled.problem.semantics.memory_per_instance
    return all(
        holds(
            mib,
            compiled.problem.resources[number].memory_mib * (counts.get(number, 1) if per_instance else 1),
        )
        for number, mib in used.items()
    )


def shared_cost(compiled: Compiled, chosen: Sequence[Candidate]) -> float:
    """The cost of functions billed once: each for the first piece that uses it."""
    if not compiled.shared_functions:
        return 0.0
    problem = compiled.problem
    billed: dict[int, float] = {}
    for component, candidate in zip(problem.components, chosen, strict=True):
        for piece, option in zip(candidate.source.source.pieces, candidate.options, strict=True):
            if option.resource in compiled.shared_functions and option.resource not in billed:
                original = next(item for item in piece.options if item.resource == option.resource)
                billed[option.resource] = problem.function_cost(component, piece, original)
    return sum(billed.values())
