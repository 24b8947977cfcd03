"""What a component may do inside one configuration: a resource for each piece, as one candidate.

A configuration fixes the resources in use and their instances; prices on their capacity give every
candidate a *regret*: how much dearer it is, at these prices, than the component's cheapest candidate.
A placement's cost is the configuration's bound plus the regrets of its candidates plus the price of the
capacity left unused (see `assignment`), so only candidates whose regret fits the budget are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import le
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from aisprint_cli.placement.piece_options import FUNCTION, PieceOption
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisprint_cli.placement.bonds import Places
    from aisprint_cli.placement.compiled import Compiled
    from aisprint_cli.placement.piece_options import CompiledAlternative
    from aisprint_cli.placement.relaxation import Array, Relaxation


_MANY = 24
"""From so many candidates on arrays tell sooner which of them may be the fastest."""

SOMEWHERE = -1
"""The resource of an option in a layer that is still open: near everything, used by nobody else."""


@dataclass(frozen=True, slots=True)
class PricedRow:
    """A capacity row with its price, which may be zero; see `relaxation`.

    `slot` is the place of its resource in the configuration, `share` (by component) what a second of
    demand weighs besides the load itself.
    """

    slot: int
    share: tuple[float, ...]
    price: float


def priced_rows(
    relaxation: Relaxation, columns: Sequence[int], instances: Sequence[int], prices: Sequence[Array]
) -> tuple[PricedRow, ...]:
    """The capacity rows of a configuration with their prices; none are negative."""
    rows = []
    for slot, (column, count, own) in enumerate(zip(columns, instances, prices, strict=True)):
        shares = relaxation.rows(column, count).share
        for share, price in zip(shares.tolist(), own.tolist(), strict=True):
            rows.append(PricedRow(slot, tuple(share), max(price, 0.0)))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The columns in use, their instances and capacity rows, and the columns still open.

    On an open column a piece pays for its load alone and waits for nobody: a relaxation.
    """

    columns: tuple[int, ...]
    instances: tuple[int, ...]
    rows: tuple[PricedRow, ...]
    open: frozenset[int] = frozenset()

    def queues(self, compiled: Compiled) -> tuple[int, ...]:
        """The slots with a queue in front of their servers."""
        return tuple([slot for slot, column in enumerate(self.columns) if compiled.servers[column]])


class Candidate(NamedTuple):
    """One way to run a component.

    `loads` are the mean busy instances added to each slot (position in the configuration), `times_s`
    pairs places in the stretch vector with seconds: for each slot first one over one minus its
    utilisation, then for each slot with a queue the wait there (see `Slots`). `constant_s` is the rest of
    the response (functions, transfers between pieces, service after a wait); `weights` is what the
    candidate puts on each priced row, `energy_wh` what it draws besides its instances, `moments` what it
    adds to each queue, `places` where its pieces are, by bond.
    """

    regret: float
    cost: float
    loads: tuple[float, ...]
    times_s: tuple[tuple[int, float], ...]
    constant_s: float
    weights: tuple[float, ...]
    source: CompiledAlternative
    options: tuple[PieceOption, ...]
    energy_wh: float = 0.0
    moments: tuple[float, ...] = ()
    places: Places = ()

    @property
    def first(self) -> PieceOption:
        """Where the first piece runs."""
        return self.options[0]

    @property
    def last(self) -> PieceOption:
        """Where the last piece runs."""
        return self.options[-1]


class CandidateMaker:
    """Makes the candidates of one component after another, within a budget of regret."""

    def __init__(self, compiled: Compiled, configuration: Configuration, budget: float) -> None:
        self._compiled = compiled
        self._instances = configuration.instances
        self._queues = configuration.queues(compiled)
        self._bonds = compiled.bonds
        self._slots = {column: slot for slot, column in enumerate(configuration.columns)}
        self._open = configuration.open
        self._rows = configuration.rows
        self._budget = budget
        self.cut = False
        """Whether the budget kept a candidate out."""

    def candidates(
        self,
        component: int,
        alternatives: Sequence[float],
        cheapest: float,
        pieces: Sequence[Sequence[float]],
    ) -> list[Candidate]:
        """The component's candidates by ascending regret, those dominated by another left out.

        Args:
            component: its number.
            alternatives: each alternative's cost at the configuration's prices.
            cheapest: the least of them.
            pieces: for each alternative, each piece's least cost at these prices.
        """
        found: list[Candidate] = []
        self._price_component(component)
        for item, cost, minima in zip(
            self._compiled.alternatives[component], alternatives, pieces, strict=True
        ):
            regret = cost - cheapest
            if regret > self._budget:
                self.cut = True
                continue
            self._extend(component, item, minima, regret, (), 0.0, found)
        found.sort(key=lambda candidate: candidate.regret)
        return self._undominated(component, found)

    def _time_s(self, option: PieceOption, slot: int) -> float:
        """What an option takes on a slot before load stretches it; infinite where it may not run."""
        return option.times_s[self._instances[slot] - 1] if option.times_s else option.time_s

    def _price_component(self, component: int) -> None:
        """The price of a unit of load and of a second of demand on each slot."""
        self._per_load = [0.0] * len(self._instances)
        self._per_second = [0.0] * len(self._instances)
        for row in self._rows:
            self._per_load[row.slot] += row.price
            self._per_second[row.slot] += row.price * row.share[component]

    def _extend(
        self,
        component: int,
        item: CompiledAlternative,
        minima: Sequence[float],
        regret: float,
        chosen: tuple[PieceOption, ...],
        transfer_s: float,
        found: list[Candidate],
    ) -> None:
        """Place the next piece in every affordable and legal way."""
        place = len(chosen)
        if place == len(minima):
            self._finish(component, item, regret, chosen, transfer_s, found)
            return
        before = chosen[-1] if chosen else None
        for price, option in self._affordable(item.options[place]):
            extra = price - minima[place]
            if regret + extra > self._budget:
                self.cut = True
                continue
            sent_s = 0.0
            if before is not None and before.resource != option.resource:
                if option.edge and not before.edge:
                    continue
                delay_s = self._delay_s(before, option, item.source.pieces[place - 1].data_size)
                if delay_s == float("inf"):
                    continue
                sent_s = item.source.pieces[place].reach * delay_s
            self._extend(
                component, item, minima, regret + extra, (*chosen, option), transfer_s + sent_s, found
            )

    def _delay_s(self, source: PieceOption, target: PieceOption, size: float) -> float:
        if SOMEWHERE in {source.resource, target.resource}:
            return 0.0
        return self._compiled.problem.delay_s(source.resource, target.resource, size)

    def _affordable(self, options: Sequence[PieceOption]) -> list[tuple[float, PieceOption]]:
        """A piece's options with their price; of those in open layers only the cheapest and fastest."""
        result: list[tuple[float, PieceOption]] = []
        open_: list[tuple[float, PieceOption]] = []
        for option in options:
            if option.column == FUNCTION:
                result.append((option.cost, option))
            elif (slot := self._slots.get(option.column)) is not None:
                time_s = self._time_s(option, slot)
                if time_s < float("inf"):
                    price = self._per_load[slot] * option.load + self._per_second[slot] * time_s
                    result.append((price, option))
            elif option.column in self._open:
                price = self._compiled.prices[option.column] * option.load
                time_s, edge = option.least_s, option.edge
                free = PieceOption(option.column, SOMEWHERE, 0.0, price, time_s, 0.0, edge)
                open_.append((price, free))
        open_.sort(key=lambda entry: (entry[0], entry[1].time_s))
        fastest_s = {True: float("inf"), False: float("inf")}
        for price, option in open_:
            if option.time_s < fastest_s[option.edge]:
                fastest_s[option.edge] = option.time_s
                result.append((price, option))
        return result

    def _finish(
        self,
        component: int,
        item: CompiledAlternative,
        regret: float,
        chosen: tuple[PieceOption, ...],
        transfer_s: float,
        found: list[Candidate],
    ) -> None:
        loads: dict[int, float] = {}
        times_s: dict[int, float] = {}
        cost = 0.0
        constant_s = transfer_s
        for option in chosen:
            slot = self._slots.get(option.column)
            if slot is None:
                cost += option.cost
                constant_s += option.time_s
            else:
                loads[slot] = loads.get(slot, 0.0) + option.load
                times_s[slot] = times_s.get(slot, 0.0) + self._time_s(option, slot)
                constant_s += option.fixed_s
        response_s = constant_s
        for slot, load in loads.items():
            idle = 1 - load / self._instances[slot]
            if idle <= 0:
                return
            response_s += times_s[slot] / idle
        if response_s > self._compiled.limits_s[component] * (1 + 2 * RELATIVE_TOLERANCE):
            return
        weights = tuple(
            [
                loads.get(row.slot, 0.0) + row.share[component] * times_s.get(row.slot, 0.0)
                for row in self._rows
            ]
        )
        places: Places = ()
        if self._bonds.of[component]:
            known = [option.resource for option in chosen if option.resource != SOMEWHERE]
            places = self._bonds.places(component, known)
            if not self._bonds.stays_together(component, places):
                return
        moments = self._add_queues(chosen, times_s) if self._queues else ()
        found.append(
            Candidate(
                regret,
                cost,
                tuple([loads.get(slot, 0.0) for slot in range(len(self._instances))]),
                tuple(times_s.items()),
                constant_s,
                weights,
                item,
                chosen,
                sum([option.energy_wh for option in chosen]),
                moments,
                places,
            )
        )

    def _add_queues(self, chosen: Sequence[PieceOption], times_s: dict[int, float]) -> tuple[float, ...]:
        """Add the shares of the waits to `times_s`; what the candidate adds to each queue."""
        moments = [0.0] * len(self._queues)
        for option in chosen:
            slot = self._slots.get(option.column)
            if slot in self._queues:
                queue = self._queues.index(slot)
                moments[queue] += option.moment
                place = len(self._instances) + queue
                times_s[place] = times_s.get(place, 0.0) + option.wait_share
        return tuple(moments)

    def _undominated(self, component: int, found: list[Candidate]) -> list[Candidate]:
        """Leave out candidates that another one equals or beats whatever the other components do.

        Percentiles may fall when a mean or variance rises (the fit's tail gets thinner), so where there
        are any, only candidates with equal loads are compared, and none of a component that has one.
        """
        if component in self._compiled.in_percentiles:
            return found
        kept: dict[object, list[tuple[Candidate, dict[int, float]]]] = {}
        result = []
        even = self._compiled.even_times
        for candidate in found:
            rivals = kept.setdefault(self._outside(component, candidate), [])
            memory = self._memory(candidate)
            if not any(_beats(*rival, candidate, memory, even=even) for rival in rivals):
                rivals.append((candidate, memory))
                result.append(candidate)
        return result

    def _place(self, option: PieceOption) -> tuple[int | None, bool]:
        if option.resource == SOMEWHERE:
            return None, option.edge
        return self._compiled.place_class[option.resource], option.edge

    def _memory(self, candidate: Candidate) -> dict[int, float]:
        used: dict[int, float] = {}
        for option in candidate.options:
            if option.resource != SOMEWHERE and self._compiled.memory_matters[option.resource]:
                used[option.resource] = used.get(option.resource, 0.0) + option.memory_mib
        return used

    def _outside(self, component: int, candidate: Candidate) -> object:
        """What the rest of the placement sees of a candidate besides loads, cost and times.

        Where it begins and ends (edge rule, networks), what it sends, and which functions it shares.
        """
        compiled = self._compiled
        shared = tuple(
            (option.resource, option.memory_mib, piece.options)
            for piece, option in zip(candidate.source.source.pieces, candidate.options, strict=True)
            if option.resource in compiled.shared_functions
        )
        if not compiled.transfers_matter[component]:
            key: tuple[object, ...] = candidate.first.edge, candidate.last.edge, shared
        else:
            sent = candidate.source.source.sent
            key = self._place(candidate.first), self._place(candidate.last), sent, shared
        if compiled.shares_networks:
            key += candidate.source.number, self._flows(candidate)
        if compiled.in_percentiles:
            key += candidate.loads, candidate.moments
        return (*key, candidate.places) if candidate.places else key

    def _flows(self, candidate: Candidate) -> tuple[object, ...]:
        """The layers its pieces are in, and where one goes on where the one before it was."""
        problem = self._compiled.problem
        pairs = zip(candidate.options, (None, *candidate.options), strict=False)
        return tuple(
            (
                SOMEWHERE if one.resource == SOMEWHERE else problem.resources[one.resource].layer,
                before is not None and before.resource == one.resource,
            )
            for one, before in pairs
        )


def _beats(
    better: Candidate,
    better_memory: dict[int, float],
    other: Candidate,
    memory: dict[int, float],
    *,
    even: bool,
) -> bool:
    """Whether `better` costs, loads, takes and draws at most as much, and occupies no more memory.

    `even`: times are in proportion to loads, and need no comparison of their own.
    """
    return (
        better.cost <= other.cost
        and better.constant_s <= other.constant_s
        and better.energy_wh <= other.energy_wh
        and all(map(le, better.loads, other.loads))
        and all(mib <= memory.get(resource, 0.0) for resource, mib in better_memory.items())
        and (even or _waits_no_longer(better, other))
    )


def _waits_no_longer(better: Candidate, other: Candidate) -> bool:
    times_s = dict(other.times_s)
    return all(map(le, better.moments, other.moments)) and all(
        part <= times_s.get(place, 0.0) for place, part in better.times_s
    )


def fastest(items: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates of which one is the fastest, whatever the utilisations."""
    by_time = sorted(items, key=lambda item: item.constant_s + sum([part for _, part in item.times_s]))
    if len(by_time) > _MANY:
        return _fastest_of_many(by_time)
    kept: list[Candidate] = []
    for item in by_time:
        parts = dict(item.times_s)
        if not any(
            other.constant_s <= item.constant_s
            and all(part <= parts.get(slot, 0.0) for slot, part in other.times_s)
            for other in kept
        ):
            kept.append(item)
    return tuple(kept)


def _fastest_of_many(by_time: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The same from candidates by ascending time, with arrays: each that is kept drops all it beats."""
    width = 2 + max((place for item in by_time for place, _ in item.times_s), default=-1)
    times_s = np.zeros((len(by_time), width))
    for row, item in enumerate(by_time):
        times_s[row, -1] = item.constant_s
        for place, part in item.times_s:
            times_s[row, place] = part
    left = np.arange(len(by_time))
    kept = []
    while len(left):
        kept.append(by_time[left[0]])
        left = left[(times_s[left] < times_s[left[0]]).any(axis=1)]
    return tuple(kept)
