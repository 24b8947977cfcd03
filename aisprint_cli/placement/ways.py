"""The ways in which components can run when each layer's resource is decided, as one table.

A way is an alternative and a resource for each of its pieces. With the prices of loads and seconds that a
bound found, only the cheapest options of each piece are combined: there are too many ways otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.piece_options import FUNCTION, CompiledAlternative, PieceOption
from aisprint_cli.placement.problem import Choice

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

MOST_WAYS = 200
"""Ways kept of one alternative at most, where components are few."""
FEW_WAYS = 30
"""The same for large problems."""
_MANY_COMPONENTS = 60

NO_LINK_S = 1e9
"""Stands for a transfer that no network makes."""


@dataclass(frozen=True, slots=True)
class WayPrices:
    """What makes a way cheap: the price of a unit of load by slot, and of a second by component."""

    load: Floats
    second: Floats


@dataclass(frozen=True, slots=True)
class WayTable:
    """All ways of all components, one row each; those of component c are rows ``starts[c]:starts[c + 1]``.

    Slots are the decided resources. `loads`, `times_s` (to be stretched by the load), `waits` (shares of
    the wait in the queue) and `memory_mib` are rows x slots, `costs` what functions cost, `fixed_s` time
    that no load stretches, `energy_wh` what the pieces draw, `first` and `last` the resources where a way
    begins and ends, `first_edge` and `last_edge` whether these are edge devices.
    """

    starts: Integers
    choices: tuple[Choice, ...]
    costs: Floats
    loads: Floats
    times_s: Floats
    waits: Floats
    memory_mib: Floats
    fixed_s: Floats
    energy_wh: Floats
    first: Integers
    last: Integers
    first_edge: Booleans
    last_edge: Booleans

    def rows(self, component: int) -> slice:
        """The rows of a component."""
        return slice(int(self.starts[component]), int(self.starts[component + 1]))


def way_table(compiled: Compiled, columns: Sequence[int], prices: WayPrices) -> WayTable | None:
    """The ways on the decided columns and on functions; None when some component has none.

    Args:
        compiled: the searchable problem.
        columns: the decided columns, one for each slot.
        prices: what is cheap.
    """
    maker = _Maker(compiled, columns, prices)
    starts = [0]
    for component in range(len(compiled.alternatives)):
        maker.add(component)
        starts.append(len(maker.choices))
        if starts[-1] == starts[-2]:
            return None
    return maker.table(starts)


class _Maker:
    def __init__(self, compiled: Compiled, columns: Sequence[int], prices: WayPrices) -> None:
        self._compiled = compiled
        self._problem = compiled.problem
        self._slots = {column: slot for slot, column in enumerate(columns)}
        self._prices = prices
        self._load_prices: list[float] = prices.load.tolist()
        self._most = MOST_WAYS if len(compiled.alternatives) <= _MANY_COMPONENTS else FEW_WAYS
        self._delays: dict[tuple[int, int, float], float] = {}
        self.choices: list[Choice] = []
        self._facts: list[tuple[float, float, float, int, int, bool, bool]] = []
        self._cells: list[tuple[int, int, float, float, float, float]] = []

    def add(self, component: int) -> None:
        """Add the ways of a component."""
        bonds = self._compiled.bonds
        for item in self._compiled.alternatives[component]:
            kept = [self._cheap(component, options, len(item.options)) for options in item.options]
            for chosen in product(*kept):
                if any(after.edge and not before.edge for before, after in pairwise(chosen)):
                    continue
                resources = tuple([option.resource for option in chosen])
                if bonds.of[component] and not bonds.stays_together(
                    component, bonds.places(component, resources)
                ):
                    continue
                self._row(item, chosen, resources)

    def _cheap(self, component: int, options: Sequence[PieceOption], pieces: int) -> list[PieceOption]:
        allowed = [option for option in options if option.column == FUNCTION or option.column in self._slots]
        most = max(2, int(self._most ** (1 / pieces)))
        if len(allowed) <= most:
            return allowed
        second = float(self._prices.second[component])

        def price(option: PieceOption) -> float:
            timed: float = option.cost + second * option.least_s
            if option.column == FUNCTION:
                return timed
            return timed + self._load_prices[self._slots[option.column]] * option.load

        return sorted(allowed, key=lambda option: (price(option), option.resource))[:most]

    def _row(
        self, item: CompiledAlternative, chosen: Sequence[PieceOption], resources: tuple[int, ...]
    ) -> None:
        row = len(self.choices)
        cost = energy_wh = 0.0
        fixed_s = self._transfers_s(item, chosen)
        for option in chosen:
            energy_wh += option.energy_wh
            if option.column == FUNCTION:
                cost += option.cost
                fixed_s += option.time_s
                continue
            fixed_s += option.fixed_s
            slot = self._slots[option.column]
            self._cells.append((row, slot, option.load, option.time_s, option.wait_share, option.memory_mib))
        first, last = chosen[0], chosen[-1]
        self.choices.append(Choice(item.number, resources))
        self._facts.append((cost, fixed_s, energy_wh, first.resource, last.resource, first.edge, last.edge))

    def _transfers_s(self, item: CompiledAlternative, chosen: Sequence[PieceOption]) -> float:
        """Seconds between the pieces."""
        total = 0.0
        for place in range(1, len(chosen)):
            source, target = chosen[place - 1].resource, chosen[place].resource
            if source != target:
                size = item.source.pieces[place - 1].data_size
                wait_s = self._delay_s(source, target, size)
                total += item.source.pieces[place].reach * wait_s if wait_s < NO_LINK_S else NO_LINK_S
        return total

    def _delay_s(self, source: int, target: int, size: float) -> float:
        resources = self._problem.resources
        key = (resources[source].layer, resources[target].layer, size)
        found = self._delays.get(key)
        if found is None:
            found = self._delays[key] = min(self._problem.delay_s(source, target, size), NO_LINK_S)
        return found

    def table(self, starts: Sequence[int]) -> WayTable:
        """The rows so far as arrays."""
        sums = np.zeros((4, len(self.choices), len(self._slots)))
        cells = np.array(self._cells).reshape(-1, 6)
        place = cells[:, 0].astype(np.int64), cells[:, 1].astype(np.int64)
        for part in range(4):
            np.add.at(sums[part], place, cells[:, 2 + part])
        facts = np.array(self._facts)
        return WayTable(
            starts=np.array(starts, dtype=np.int64),
            choices=tuple(self.choices),
            costs=facts[:, 0],
            loads=sums[0],
            times_s=sums[1],
            waits=sums[2],
            memory_mib=sums[3],
            fixed_s=np.minimum(facts[:, 1], NO_LINK_S),
            energy_wh=facts[:, 2],
            first=facts[:, 3].astype(np.int64),
            last=facts[:, 4].astype(np.int64),
            first_edge=facts[:, 5] > 0,
            last_edge=facts[:, 6] > 0,
        )
