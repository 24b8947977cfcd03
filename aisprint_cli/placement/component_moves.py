"""Where components run, as rows of a table of ways, and what moving one of them would mean.

The plan fixes times, so sums of loads and of limited times change only by what the component itself
brings. All ways of a component are scored at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.plan import Plan, Slots
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Choice
from aisprint_cli.placement.time_sums import TimeSums, calibrated
from aisprint_cli.placement.ways import NO_LINK_S, WayPrices, way_table

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_PENALTY = 50.0
"""How much a limit exceeded by its own size costs, in mean costs of a component."""
_ANY_EXCESS = 0.02
_MOST_EXCESS = 10.0
_ESTIMATE = 10.0
"""The same where a rough guess of what mending takes is wanted."""
_OVERLOAD = 3.0
"""What load above the plan costs, in prices of the instances it would need; doubled with every sweep."""
_SWEEPS = 6
_PATIENCE = 15
_LOOK_EVERY = 32
"""Components between two looks at the clock."""
_USUAL = 0.9
_PRICED_OUT = 1e9


@dataclass(frozen=True, slots=True)
class PlanPrices:
    """What a unit of load costs by slot, and a second by limit."""

    load: Floats
    limits: Floats


@dataclass(frozen=True, slots=True)
class Priced:
    """Where everything goes at some prices: rows, instances by slot, and about what it costs."""

    rows: Integers
    counts: Floats
    value: float
    prices: PlanPrices


class ComponentMoves:
    """The present assignment, and its moves."""

    def __init__(self, compiled: Compiled, slots: Slots, limit_prices: Floats) -> None:
        """Lay out the ways; `limit_prices` are by limit what a second is worth, as far as is known."""
        self._compiled = compiled
        self._slots = slots
        self._times = TimeSums(compiled)
        self._goals_s = self._times.limits_s.copy()
        self._limit_prices = limit_prices
        seconds = limit_prices @ self._times.members
        self._at_cost = slots.prices / _USUAL
        table = way_table(compiled, slots.columns, WayPrices(self._at_cost, seconds))
        self.possible = table is not None
        self._pressure = _OVERLOAD
        self.plan = Plan(slots, slots.most, np.full(len(slots.columns), _USUAL))
        self.rows = np.zeros(len(compiled.alternatives), dtype=np.int64)
        if table is None:
            return
        self._table = table
        self._times.lay_over(table)
        self._component = np.repeat(np.arange(len(table.starts) - 1), np.diff(table.starts))
        self._crowded = bool((table.memory_mib.sum(axis=0) > slots.room_mib).any())
        self._bonded = [bool(of) for of in compiled.bonds.of]
        self._edges = np.array(
            [(source, target) for target, sources in enumerate(compiled.predecessors) for source in sources],
            dtype=np.int64,
        ).reshape(-1, 2)
        self._keep_together()
        usual = table.costs + table.loads @ self._at_cost
        self._unit = max(float(np.minimum.reduceat(usual, table.starts[:-1]).mean()), 1e-9)

    def _keep_together(self) -> None:
        """Price out what components that belong together could do anywhere but in their cheapest place.

        One component at a time could never leave the others; the place is where all of them are cheapest.
        """
        table, bonds = self._table, self._compiled.bonds
        usual = table.costs + table.loads @ self._at_cost
        for number, bond in enumerate(bonds.all):
            if not bond.together:
                continue
            least: dict[int, dict[int, float]] = {}
            places: dict[int, int] = {}
            for component in sorted(bond.components):
                at = bonds.of[component].index(number)
                for row in range(*table.rows(component).indices(len(usual))):
                    places[row] = place = min(bonds.places(component, table.choices[row].resources)[at])
                    known = least.setdefault(place, {})
                    known[component] = min(known.get(component, np.inf), float(usual[row]))
            shared = [place for place, known in least.items() if len(known) == len(bond.components)]
            if shared:
                best = min(shared, key=lambda place: (sum(least[place].values()), place))
                table.costs[[row for row, place in places.items() if place != best]] = _PRICED_OUT

    def choices(self) -> list[Choice]:
        """What each component does."""
        return [self._table.choices[row] for row in self.rows.tolist()]

    def touched(self, slot: int) -> list[int]:
        """The components that have a way on a slot."""
        there = np.bincount(self._component, self._table.loads[:, slot] > 0, len(self.rows))
        return [int(item) for item in np.flatnonzero(there)]

    def take(self, plan: Plan, rows: Integers) -> None:
        """Go on from these rows with this plan."""
        table = self._table
        self.plan, self.rows = plan, rows.copy()
        self._capacity = plan.capacity
        self._row_s = table.fixed_s + table.times_s @ plan.stretch + table.waits @ plan.waits_s
        self._load, self._memory = table.loads[rows].sum(axis=0), table.memory_mib[rows].sum(axis=0)
        self._time_s = self._limited_s(rows)

    def _limited_s(self, rows: Integers) -> Floats:
        return np.asarray(self._times.members @ self._row_s[rows] + self._times.transfers_s(rows))

    def calibrate(self, shares: Floats) -> bool:
        """Aim at less time where the evaluator found a limit exceeded; tell whether there is any such.

        Only where times depend on what is not planned: else a plan that is kept keeps the limits.
        """
        if self._compiled.judge is None:
            return False
        if not (shares > 1 + RELATIVE_TOLERANCE).any() or not np.isfinite(shares).all():
            return False
        self._goals_s = calibrated(self._goals_s, self._time_s, self._times.limits_s, shares)
        return True

    def price_out(
        self, plan: Plan, start: PlanPrices | None, rounds: int, pause: Callable[[], bool]
    ) -> Priced:
        """Each component where it is cheapest, at prices of loads and seconds that make the limits hold.

        Instances are bought as loads need them, each load at what its share of an instance costs.

        Args:
            plan: the most instances there are, and how busy they may get.
            start: prices to begin with.
            rounds: how often prices are changed at most.
            pause: asked before each round but the first.
        """
        self.take(plan, self._table.starts[:-1])
        table, members, goals_s = self._table, self._times.members, self._goals_s
        at_cost, full = self._slots.prices / plan.busy, np.maximum(self._capacity, 1e-9)
        prices = start or PlanPrices(at_cost, self._limit_prices)
        best: Priced | None = None
        since = 0
        for step in range(rounds):
            if best is not None and (since > _PATIENCE or pause()):
                break
            seconds = (prices.limits @ members)[self._component]
            rows = self._cheapest(table.costs + table.loads @ prices.load + seconds * self._row_s)
            load, time_s = table.loads[rows].sum(axis=0), self._limited_s(rows)
            memory = table.memory_mib[rows].sum(axis=0)
            counts = np.ceil(load / plan.busy - 1e-9)
            excess = _ESTIMATE * float(self._late(time_s, goals_s)) * self._unit
            excess += float(self._over(load, memory))
            value = float(table.costs[rows].sum() + self._slots.prices @ counts) + excess
            since += 1
            if best is None or value < best.value - 1e-9:
                best, since = Priced(rows, counts, value, prices), 0
            rate = 1 / (1 + step / 10)
            late = np.clip(time_s / goals_s - 1, -1.0, 1.0)
            fill = np.maximum(load / full, memory / self._room_mib()) if self._crowded else load / full
            prices = PlanPrices(
                np.maximum(at_cost, prices.load * np.clip(fill, 0.5, 2.0) ** rate),
                np.maximum(prices.limits + rate * self._unit / goals_s * 4 * late, 0.0),
            )
        if best is None:
            raise ValueError("no rounds")
        return best

    def _cheapest(self, values: Floats) -> Integers:
        """By component its cheapest row; in the order of the graph where the edge rule would be broken."""
        table = self._table
        least = np.minimum.reduceat(values, table.starts[:-1])
        places = np.flatnonzero(values <= least[self._component])
        first = np.searchsorted(self._component[places], np.arange(len(table.starts) - 1))
        rows = places[first]
        source, target = self._edges[:, 0], self._edges[:, 1]
        if (~table.last_edge[rows[source]] & table.first_edge[rows[target]]).any():
            rows = rows.copy()
            for component, sources in enumerate(self._compiled.predecessors):
                if sources and not all(table.last_edge[rows[other]] for other in sources):
                    of = table.rows(component)
                    legal = np.where(table.first_edge[of], np.inf, values[of])
                    if np.isfinite(legal).any():
                        rows[component] = of.start + int(legal.argmin())
        return rows

    def sweep(self, share: float, pause: Callable[[], bool], subset: Sequence[int] | None = None) -> None:
        """Move components to their best way until none moves.

        Args:
            share: how much of the price of load counts.
            pause: asked now and then.
            subset: the components that may move; None: all.
        """
        everyone = range(len(self.rows))
        self._pressure = _OVERLOAD
        for _ in range(_SWEEPS):
            moved = 0
            for count, component in enumerate(everyone if subset is None else subset):
                if count % _LOOK_EVERY == 0 and pause():
                    return
                moved += self._improve(component, share)
            crowded = bool((self._load > self._capacity * (1 + 2 * RELATIVE_TOLERANCE)).any())
            crowded |= self._crowded and bool((self._memory > self._room_mib() * (1 + 1e-9)).any())
            if not moved and not crowded:
                return
            self._pressure *= 2 if crowded else 1

    def _improve(self, component: int, share: float) -> bool:
        of = self._table.rows(component)
        if of.stop - of.start == 1:
            return False
        old = int(self.rows[component]) - of.start
        scores = self._scores(component, share)
        best = int(scores.argmin())
        if scores[best] >= scores[old] - 1e-9 * self._unit:
            return False
        self._move(component, of.start + best)
        return True

    def _move(self, component: int, row: int) -> None:
        table, old = self._table, int(self.rows[component])
        self._load = self._load + (table.loads[row] - table.loads[old])
        self._memory = self._memory + (table.memory_mib[row] - table.memory_mib[old])
        of = self._times.of[component]
        if of:
            own = self._own_s(component)
            begin = int(table.starts[component])
            self._time_s[of] += own[row - begin] - own[old - begin]
        self.rows[component] = row

    def _own_s(self, component: int) -> Floats:
        """By way and limit of a component the time it brings, transfers to its neighbours included."""
        times, of = self._times, self._table.rows(component)
        own = np.outer(self._row_s[of], times.counts[component])
        for other, places in times.before[component]:
            own[:, places] += times.into(other, int(self.rows[other]), component)[:, None]
        for other, places in times.after[component]:
            own[:, places] += times.onward(component, other, int(self.rows[other]))[:, None]
        return own

    def _scores(self, component: int, share: float) -> Floats:
        """What each way of a component would cost, with the penalty of what is exceeded then."""
        table, of = self._table, self._table.rows(component)
        old = int(self.rows[component])
        load = table.loads[of]
        over = self._over(
            self._load - table.loads[old] + load, self._memory - table.memory_mib[old] + table.memory_mib[of]
        )
        excess = self._broken(component)
        limits = self._times.of[component]
        if limits:
            own = self._own_s(component)
            time_s = self._time_s[limits] - own[old - of.start] + own
            excess = excess + self._late(time_s, self._goals_s[limits])
        price = table.costs[of] + share * (load @ self._at_cost)
        return np.asarray(price + over + _PENALTY * self._unit * excess)

    def _over(self, load: Floats, memory: Floats) -> Floats:
        """What loads and memory above the plan cost as a penalty."""
        over = np.maximum(load - self._capacity * (1 + RELATIVE_TOLERANCE), 0)
        total = over @ (self._pressure * self._at_cost)
        if self._crowded:
            full = np.maximum(memory / self._room_mib() - 1 - RELATIVE_TOLERANCE, 0).sum(axis=-1)
            total = total + self._pressure * _PENALTY * self._unit * full
        return np.asarray(total)

    def _room_mib(self) -> Floats:
        """The memory of each slot."""
        room_mib = np.maximum(self._slots.room_mib, 1e-9)
        if self._compiled.problem.semantics.memory_per_instance:
            room_mib = room_mib * np.maximum(self.plan.counts, 1)
        return room_mib

    def _late(self, time_s: Floats, goals_s: Floats) -> Floats:
        """By how much, relatively and summed, limits on time are exceeded."""
        over = np.clip(time_s / goals_s - 1 - RELATIVE_TOLERANCE, 0, _MOST_EXCESS)
        return np.asarray(over.sum(axis=-1) + _ANY_EXCESS * (over > 0).sum(axis=-1))

    def _broken(self, component: int) -> Floats:
        """By way how many rules it breaks with the neighbours, and with those it is bound to."""
        table, of = self._table, self._table.rows(component)
        broken = (table.fixed_s[of] >= NO_LINK_S / 2).astype(float)
        successors = self._compiled.problem.components[component].successors
        for other in self._compiled.predecessors[component]:
            row = int(self.rows[other])
            if not table.last_edge[row]:
                broken += table.first_edge[of]
            if not self._compiled.connected:
                broken += self._times.into(other, row, component) >= NO_LINK_S / 2
        for other in successors:
            row = int(self.rows[other])
            if table.first_edge[row]:
                broken += ~table.last_edge[of]
            if not self._compiled.connected:
                broken += self._times.onward(component, other, row) >= NO_LINK_S / 2
        if self._bonded[component]:
            broken += self._unbound(component)
        return broken

    def _unbound(self, component: int) -> Floats:
        """By way whether it breaks a bond with where the others are now."""
        bonds, table, of = self._compiled.bonds, self._table, self._table.rows(component)
        others = [
            bonds.places(other, table.choices[int(row)].resources) if bonds.of[other] else None
            for other, row in enumerate(self.rows)
        ]
        return np.array(
            [
                not bonds.agree(component, bonds.places(component, choice.resources), others)
                for choice in table.choices[of]
            ],
            dtype=float,
        )
