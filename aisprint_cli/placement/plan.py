"""What a local search plans for its slots: instances, how busy they may get, and the times that gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.compiled import Compiled
from aisprint_cli.placement.piece_options import wait_s

Floats = NDArray[np.float64]

_BUSIEST = 0.995


@dataclass(frozen=True, slots=True)
class Slots:
    """The decided resources.

    `prices` are the least costs of an instance, `most` how many there are, `quotas` say which slots (0 or
    1 each) share a quota, and how many instances that allows. `servers` of an instance are 0 where requests
    share the processor; `moments` is what a unit of load adds, on average, to the rate times the second
    moment of service there.
    """

    columns: tuple[int, ...]
    prices: Floats
    most: Floats
    room_mib: Floats
    quotas: tuple[tuple[Floats, int], ...]
    servers: tuple[int, ...]
    moments: Floats

    @classmethod
    def of(cls, compiled: Compiled, columns: Sequence[int]) -> Slots:
        """The slots of some columns."""
        resources = [compiled.problem.resources[compiled.columns[column]] for column in columns]
        quotas = [
            (np.array([column in members for column in columns], dtype=float), limit)
            for members, limit in compiled.quotas
        ]
        servers = tuple(compiled.servers[column] for column in columns)
        return cls(
            columns=tuple(columns),
            prices=np.array([compiled.prices[column] for column in columns], dtype=float),
            most=np.array([compiled.limits[column] for column in columns], dtype=float),
            room_mib=np.array([resource.memory_mib for resource in resources], dtype=float),
            quotas=tuple(quotas),
            servers=servers,
            moments=_moments(compiled, columns) if any(servers) else np.zeros(len(columns)),
        )

    def allows(self, counts: Floats) -> bool:
        """Whether there are so many instances, quotas included."""
        inside = bool((counts >= 0).all() and (counts <= self.most).all())
        return inside and all(float(members @ counts) <= limit for members, limit in self.quotas)

    def cut(self, counts: Floats) -> Floats:
        """The counts, with fewer where there are not so many."""
        counts = np.clip(counts, 0, self.most)
        for members, limit in self.quotas:
            wanted = float(members @ counts)
            if wanted > limit:
                counts = np.where(members > 0, np.floor(counts * limit / wanted), counts)
        return counts


def _moments(compiled: Compiled, columns: Sequence[int]) -> Floats:
    loads = dict.fromkeys(columns, 1e-12)
    moments = dict.fromkeys(columns, 0.0)
    for items in compiled.alternatives:
        for item in items:
            for options in item.options:
                for option in options:
                    if option.column in loads:
                        loads[option.column] += option.load
                        moments[option.column] += option.moment
    return np.array([moments[column] / loads[column] for column in columns])


@dataclass(frozen=True, slots=True)
class Plan:
    """So many instances of each slot, and the utilisation they may reach."""

    slots: Slots
    counts: Floats
    busy: Floats

    @property
    def capacity(self) -> Floats:
        """The load each slot may take."""
        return np.asarray(self.counts * self.busy)

    @property
    def stretch(self) -> Floats:
        """By how much processor sharing stretches times, if slots are as busy as planned."""
        return np.asarray(1 / (1 - self.busy))

    @property
    def waits_s(self) -> Floats:
        """The wait in the queue of each slot, if it is as busy as planned."""
        waits = [
            wait_s(servers, max(int(count), 1), busy * max(count, 1), moment * busy * max(count, 1))
            if servers
            else 0.0
            for servers, count, busy, moment in zip(
                self.slots.servers, self.counts.tolist(), self.busy.tolist(), self.slots.moments, strict=True
            )
        ]
        return np.array(waits)

    def buying(self, counts: Floats) -> Plan:
        """The same with other instances."""
        return replace(self, counts=counts)

    def loaded(self, busy: Floats) -> Plan:
        """The same with other utilisations."""
        return replace(self, busy=np.clip(busy, 0.05, _BUSIEST))
