"""Local search for cheap placements when the resource of each layer is decided.

Moves: one component runs in another way; a layer buys one instance more or less, and components move
until the limits hold again. What is exceeded counts as a penalty, so that the search may pass through
placements that break limits; only those that the evaluator finds feasible are kept. All ways of a
component are scored at once, from running sums of loads and of the demand each limit has on each slot.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Placement
from aisprint_cli.placement.ways import Ways, ways_of

Floats = NDArray[np.float64]

_PENALTY = 50.0
"""How much a limit exceeded by its own size costs, in mean costs of a component."""
_CROWDED = 1e-6
_SWEEPS = 6
_LOOK_EVERY = 32
"""Components between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Found:
    """A feasible placement, its cost, and the way of each component in the search that found it."""

    placement: Placement
    cost: float


class LayerSearch:
    """Searches placements that use these columns (at most one of each layer) and functions."""

    def __init__(
        self, compiled: Compiled, columns: Sequence[int], worth: Floats, evaluator: Evaluator
    ) -> None:
        """Prepare the ways of all components; `worth` is the price of a unit of load by slot."""
        self._compiled = compiled
        self._columns = tuple(columns)
        self._worth = worth
        self._evaluator = evaluator
        self._ways = [
            ways_of(compiled, number, columns, worth) for number in range(len(compiled.alternatives))
        ]
        self._prices = np.array([compiled.prices[column] for column in columns])
        self._most = np.array([compiled.limits[column] for column in columns], dtype=float)
        resources = [compiled.problem.resources[compiled.columns[column]] for column in columns]
        self._room_mib = np.array([resource.memory_mib for resource in resources])
        self._prepare_limits()
        self._delays: dict[float, Floats] = {}
        self._layer = np.array([resource.layer for resource in compiled.problem.resources])

    @property
    def possible(self) -> bool:
        """Whether every component has some way to run."""
        return all(self._ways)

    def _prepare_limits(self) -> None:
        problem = self._compiled.problem
        limits: list[tuple[tuple[int, ...], float]] = [
            ((item.component,), item.limit_s) for item in problem.local_limits
        ]
        limits += [(item.components, item.limit_s) for item in problem.path_limits]
        self._limits_s = np.array([limit_s for _, limit_s in limits])
        self._of: list[list[int]] = [[] for _ in problem.components]
        self._over: dict[tuple[int, int], list[int]] = {}
        for number, (members, _) in enumerate(limits):
            for member in members:
                self._of[member].append(number)
            for pair in itertools.pairwise(members):
                self._over.setdefault(pair, []).append(number)

    def run(
        self, counts: Sequence[int], pause: Callable[[], bool], start: Placement | None = None
    ) -> Found | None:
        """The cheapest feasible placement found, beginning with so many instances of each column."""
        if not self.possible:
            return None
        self._begin(np.clip(np.array(counts, dtype=float), 1, self._most), start)
        best: Found | None = None
        for share in (1.0, 0.5, 0.0):
            self._sweep(share, pause)
            best = self._better(best)
        best = best or self._grow(pause)
        for _ in range(_SWEEPS):
            before = best.cost if best else np.inf
            best = self._resize_all(best, pause)
            if pause() or (best.cost if best else np.inf) >= before * (1 - 1e-9):
                break
        return best

    def _begin(self, counts: Floats, start: Placement | None) -> None:
        """Each component its cheapest way at the prices (or that of `start`), in order of the graph."""
        self._counts = counts
        self._chosen = [0] * len(self._ways)
        self._unit = max(float(np.mean([self._value(ways).min() for ways in self._each()])), 1e-9)
        for number, ways in enumerate(self._each()):
            known = start.choices[number] if start is not None else None
            if known is not None and known in ways.choices:
                self._chosen[number] = ways.choices.index(known)
                continue
            values = self._value(ways)
            for other in self._compiled.predecessors[number]:
                if not self._way(other).last_edge[self._chosen[other]]:
                    values = values + 1e6 * ways.first_edge
            self._chosen[number] = int(values.argmin())
        self._add_up()

    def _value(self, ways: Ways) -> Floats:
        return np.asarray(ways.costs + ways.loads @ self._worth)

    def _each(self) -> list[Ways]:
        return [ways for ways in self._ways if ways is not None]

    def _way(self, component: int) -> Ways:
        ways = self._ways[component]
        if ways is None:
            raise KeyError(component)
        return ways

    def _add_up(self) -> None:
        """The sums over all components, afresh."""
        slots = len(self._columns)
        self._load, self._memory = np.zeros(slots), np.zeros(slots)
        self._demand = np.zeros((len(self._limits_s), slots))
        self._fixed = np.zeros(len(self._limits_s))
        for number in range(len(self._ways)):
            self._put(number, 1.0)
        for source, target in self._over:
            self._fixed[self._over[source, target]] += self._transfer(source, target)

    def _put(self, component: int, sign: float) -> None:
        """Add a component's way to the sums, or with `sign` -1 take it away; transfers apart."""
        ways, row = self._way(component), self._chosen[component]
        self._load += sign * ways.loads[row]
        self._memory += sign * ways.memory_mib[row]
        of = self._of[component]
        self._demand[of] += sign * ways.times_s[row]
        self._fixed[of] += sign * ways.fixed_s[row]

    def _delay_table(self, size: float) -> Floats:
        table = self._delays.get(size)
        if table is None:
            count = len(self._compiled.problem.layers)
            table = np.full((count, count), 1e9)
            for domain in self._compiled.problem.domains:
                per_unit = self._compiled.problem.semantics.bits_per_unit / domain.bandwidth
                joined = np.ix_(sorted(domain.layers), sorted(domain.layers))
                table[joined] = np.minimum(table[joined], domain.access_delay_s + size * per_unit)
            self._delays[size] = table
        return table

    def _between(self, source: int, row: int, target: int) -> Floats:
        """Transfer times from one way of a component to all ways of a successor."""
        problem = self._compiled.problem
        ways, after = self._way(source), self._way(target)
        alternative = problem.components[source].alternatives[ways.choices[row].alternative]
        place = problem.components[source].successors.index(target)
        table = self._delay_table(alternative.sent[place] if alternative.sent else 0.0)
        last = int(ways.last[row])
        return np.where(after.first == last, 0.0, table[self._layer[last], self._layer[after.first]])

    def _transfer(self, source: int, target: int) -> float:
        return float(self._between(source, self._chosen[source], target)[self._chosen[target]])

    def _onward(self, source: int, target: int) -> Floats:
        """Transfer times from all ways of a component to the chosen way of a successor."""
        ways, row = self._way(source), self._chosen[target]
        first = int(self._way(target).first[row])
        problem = self._compiled.problem
        place = problem.components[source].successors.index(target)
        sizes = {
            number: item.sent[place] if item.sent else 0.0
            for number, item in enumerate(problem.components[source].alternatives)
        }
        to = self._layer[first]
        values = [
            0.0 if last == first else self._delay_table(sizes[choice.alternative])[self._layer[last], to]
            for choice, last in zip(ways.choices, ways.last.tolist(), strict=True)
        ]
        return np.array(values)

    def _sweep(self, share: float, pause: Callable[[], bool]) -> None:
        """Move components to their best way until none moves; `share` of the price of load counts."""
        for _ in range(_SWEEPS):
            moved = False
            for component in range(len(self._ways)):
                if component % _LOOK_EVERY == 0 and pause():
                    return
                moved |= self._improve(component, share)
            if not moved or pause():
                return

    def _improve(self, component: int, share: float) -> bool:
        ways, old = self._way(component), self._chosen[component]
        if len(ways.choices) == 1:
            return False
        scores = self._scores(component, share)
        best = int(scores.argmin())
        if scores[best] >= scores[old] - 1e-9 * self._unit:
            return False
        self._move(component, best)
        return True

    def _move(self, component: int, row: int) -> None:
        around = [(other, component) for other in self._compiled.predecessors[component]]
        successors = self._compiled.problem.components[component].successors
        around += [(component, other) for other in successors]
        around = [pair for pair in around if pair in self._over]
        self._put(component, -1.0)
        for pair in around:
            self._fixed[self._over[pair]] -= self._transfer(*pair)
        self._chosen[component] = row
        self._put(component, 1.0)
        for pair in around:
            self._fixed[self._over[pair]] += self._transfer(*pair)

    def _scores(self, component: int, share: float) -> Floats:
        """What each way of a component would cost, with the penalty of what is exceeded then."""
        ways, old = self._way(component), self._chosen[component]
        load = self._load - ways.loads[old] + ways.loads
        memory = self._memory - ways.memory_mib[old] + ways.memory_mib
        broken, extra_s = self._neighbours(component)
        demand, fixed = self._demand, np.broadcast_to(self._fixed, (len(ways.choices), len(self._fixed)))
        stretch = self._stretch(load)
        of = self._of[component]
        time_s = stretch @ demand.T + fixed
        if of:
            time_s[:, of] += (
                (stretch * (ways.times_s - ways.times_s[old])).sum(axis=1) + ways.fixed_s - ways.fixed_s[old]
            )[:, None]
        for numbers, more_s in extra_s:
            time_s[:, numbers] += (more_s - more_s[old])[:, None]
        exceeded = self._exceeded(load, memory, time_s) + broken
        return np.asarray(ways.costs + share * (ways.loads @ self._worth) + _PENALTY * self._unit * exceeded)

    def _neighbours(self, component: int) -> tuple[Floats, list[tuple[list[int], Floats]]]:
        """By way the rules broken with the neighbours, and the transfer times of limits."""
        ways = self._way(component)
        broken = np.zeros(len(ways.choices))
        extra: list[tuple[list[int], Floats]] = []
        for other in self._compiled.predecessors[component]:
            row = self._chosen[other]
            if not self._way(other).last_edge[row]:
                broken += ways.first_edge
            extra.append((self._over.get((other, component), []), self._between(other, row, component)))
        for other in self._compiled.problem.components[component].successors:
            if self._way(other).first_edge[self._chosen[other]]:
                broken += ~ways.last_edge
            extra.append((self._over.get((component, other), []), self._onward(component, other)))
        for _, times_s in extra:
            broken += times_s >= 1e8
        return broken, extra

    def _stretch(self, load: Floats) -> Floats:
        idle = 1 - load / self._counts
        return 1 / np.maximum(idle, 1e-4)

    def _exceeded(self, load: Floats, memory: Floats, time_s: Floats) -> Floats:
        """By how much, relatively and summed, loads, memory and limits are exceeded."""
        total = np.maximum(load / (self._counts * (1 - _CROWDED)) - 1, 0).sum(axis=-1)
        full_mib = self._room_mib
        if self._compiled.problem.semantics.memory_per_instance:
            full_mib = full_mib * self._counts
        total = total + np.maximum(memory / np.maximum(full_mib, 1e-9) - 1 - RELATIVE_TOLERANCE, 0).sum(
            axis=-1
        )
        over = np.minimum(np.maximum(time_s / self._limits_s - 1 - RELATIVE_TOLERANCE, 0), 10.0)
        return np.asarray(total + over.sum(axis=-1) + 0.02 * (over > 0).sum(axis=-1))

    def _violation(self) -> float:
        time_s = self._demand @ self._stretch(self._load) + self._fixed
        return float(self._exceeded(self._load, self._memory, time_s))

    def _grow(self, pause: Callable[[], bool]) -> Found | None:
        """Buy more of everything until the limits hold."""
        while not pause() and (self._counts < self._most).any():
            self._counts = np.minimum(np.ceil(self._counts * 1.15 + 0.5), self._most)
            self._sweep(0.5, pause)
            self._sweep(0.0, pause)
            found = self._better(None)
            if found is not None:
                return found
        return None

    def _shrink(self) -> None:
        """Give back instances that no limit needs, the dearest first."""
        for slot in np.argsort(-self._prices, kind="stable"):
            while self._counts[slot] > 1:
                self._counts[slot] -= 1
                if self._violation() > 0:
                    self._counts[slot] += 1
                    break

    def _better(self, best: Found | None) -> Found | None:
        """The placement as it is now, if it is feasible and cheaper."""
        self._add_up()
        if self._violation() > 0:
            return best
        self._shrink()
        placement = self._placement()
        scores = self._evaluator.evaluate_all([placement])
        cost = float(scores.cost[0])
        if not scores.feasible[0] or (best is not None and cost >= best.cost * (1 - 1e-12)):
            return best
        return Found(placement, cost)

    def _placement(self) -> Placement:
        choices = tuple(self._way(c).choices[row] for c, row in enumerate(self._chosen))
        instances = [0] * len(self._compiled.problem.resources)
        for slot, column in enumerate(self._columns):
            if self._load[slot] > 1e-12 or self._memory[slot] > 1e-9:
                instances[self._compiled.columns[column]] = int(self._counts[slot])
        used = {resource for choice in choices for resource in choice.resources}
        for resource in used:
            if not self._compiled.problem.is_function(resource):
                instances[resource] = max(instances[resource], 1)
        return Placement(choices, tuple(instances))

    def _resize_all(self, best: Found | None, pause: Callable[[], bool]) -> Found | None:
        """Try one instance less and one more of each column, moving components to make it fit."""
        for slot in range(len(self._columns)):
            wide = float(self._counts[slot] // 10)
            for step in (-wide, wide, -1.0, 1.0) if wide > 1 else (-1.0, 1.0):
                if pause() or not 1 <= self._counts[slot] + step <= self._most[slot]:
                    continue
                kept = list(self._chosen), self._counts.copy()
                self._counts[slot] += step
                self._sweep(0.3, pause)
                self._sweep(0.0, pause)
                found = self._better(best)
                if found is best:
                    self._chosen, self._counts = list(kept[0]), kept[1]
                    self._add_up()
                best = found
        return best
