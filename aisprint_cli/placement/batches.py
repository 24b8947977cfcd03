"""Placements as arrays, and what is looked up for a chunk of them more than once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from aisprint_cli.placement.arrays import UNREACHABLE_S, Booleans, Floats, Integers, ProblemArrays
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE

CHUNK = 512
"""Placements at a time: few enough that what is looked up stays in the processor's cache."""
OVERLOADED = UNREACHABLE_S
FINITE_S = 1e200
"""Times above this stand for infinite ones."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Placements as arrays, made by `Evaluator.encode` or directly from `Evaluator.column`.

    `columns[b, slot]` is the column that placement b uses there (0: none), `instances[b, r]` how many
    of resource r it buys. `counts` has the shape of `columns` and is only for solutions that divide a
    resource's load by a number of instances of each piece's own.
    """

    columns: Integers
    instances: Integers
    counts: Integers | None = None

    def __len__(self) -> int:
        return len(self.columns)

    def chunks(self) -> Iterator[Batch]:
        """The same in parts; one empty part when there is nothing."""
        for start in range(0, max(len(self), 1), CHUNK):
            part = slice(start, start + CHUNK)
            counts = None if self.counts is None else self.counts[part]
            yield Batch(self.columns[part], self.instances[part], counts)


def stretch_of(utilisation: Floats) -> Floats:
    """By how much processor sharing stretches times at each utilisation."""
    stable = utilisation < 1 - RELATIVE_TOLERANCE
    return np.where(stable, 1 / np.where(stable, 1 - utilisation, 1), OVERLOADED)


class View:
    """One chunk of placements.

    Attributes:
        batch: the placements.
        resource: by slot; one more than there are for slots without a piece.
        first: the column of the first piece, by component.
        last: the column of the last piece, by component.
        used: whether anything runs there, by resource.

    """

    def __init__(self, arrays: ProblemArrays, batch: Batch) -> None:
        self.arrays = arrays
        self.batch = batch
        columns, table = batch.columns, arrays.columns
        self.resource: Integers = table.resource[columns]
        self._stride = batch.instances.shape[1] + 1
        self._cells = self.resource + np.arange(len(batch))[:, None] * self._stride
        self.first: Integers = columns[:, arrays.first_slot]
        last_slots = arrays.first_slot + table.last[self.first]
        self.last: Integers = np.take_along_axis(columns, last_slots, axis=1)
        self.used: Booleans = self.by_resource(None) > 0

    def by_resource(self, values: Floats | None) -> Floats:
        """Sums over the slots by resource; without values, how many slots there are."""
        size = len(self.batch) * self._stride
        weights = None if values is None else values.ravel()
        sums = np.bincount(self._cells.ravel(), weights=weights, minlength=size)
        return sums.reshape(len(self.batch), self._stride)[:, :-1].astype(np.float64)

    def per_instance(self, values: Floats) -> Floats:
        """Sums by resource of what the pieces bring, for each of its instances."""
        if self.batch.counts is not None:
            return self.by_resource(values / np.maximum(self.batch.counts, 1))
        return self.by_resource(values) / np.maximum(self.batch.instances, 1)

    def by_slot(self, values: Floats, neutral: float) -> Floats:
        """What is known by resource, by slot; `neutral` where there is no piece."""
        padded = np.full((len(self.batch), self._stride), neutral)
        padded[:, :-1] = values
        return np.asarray(padded.ravel()[self._cells])

    def counts(self) -> Floats:
        """How many instances share a piece's requests, by slot; 1 for functions."""
        if self.batch.counts is not None:
            return np.maximum(self.batch.counts, 1)
        return self.by_slot(np.maximum(self.batch.instances, 1), 1)

    def piece_s(self, utilisation: Floats) -> Floats:
        """Processor sharing: time without contention over what is free, by slot."""
        own = self.arrays.columns.response_s[self.batch.columns]
        return np.asarray(own * self.by_slot(stretch_of(utilisation), 1.0))

    def inner(self) -> tuple[Integers, Integers, Integers]:
        """Transfers between the pieces of a component, by inner slot: from, to (columns) and size."""
        slots, columns = self.arrays.inner_slots, self.batch.columns
        source = columns[:, slots - 1]
        return source, columns[:, slots], self.arrays.columns.next_size[source]

    def between(self) -> tuple[Integers, Integers, Integers]:
        """Transfers between components, by edge: from, to (columns) and size."""
        edges = self.arrays.edges
        source = self.last[:, edges[:, 0]]
        sent = self.arrays.sent_sizes[self.arrays.columns.sent[source] + edges[:, 2]]
        return source, self.first[:, edges[:, 1]], sent

    def links(self, flows: tuple[Integers, Integers, Integers]) -> tuple[Integers, Booleans]:
        """Where a table by size and two layers holds each transfer, and which ones are none at all."""
        source, target, size = flows
        table, count = self.arrays.columns, self.arrays.delays_s.shape[1]
        cells = (size * count + table.layer[source]) * count + table.layer[target]
        return cells, table.resource[source] == table.resource[target]

    def delays_s(self, flows: tuple[Integers, Integers, Integers]) -> Floats:
        """What transfers take when nothing else is on its way."""
        cells, nothing = self.links(flows)
        return np.where(nothing, 0.0, self.arrays.delays_s.ravel()[cells])

    def component_s(self, piece_s: Floats, inner_s: Floats) -> Floats:
        """Mean times by component: each piece and the transfer to it, as often as it is reached."""
        total = piece_s.copy()
        total[:, self.arrays.inner_slots] += inner_s
        total *= self.arrays.columns.reach[self.batch.columns]
        return np.asarray(np.add.reduceat(total, self.arrays.first_slot, axis=1))

    def returns(self) -> Integers:
        """Moves from a virtual machine or function to an edge device."""
        table = self.arrays.columns
        inner = self.arrays.inner_slots
        columns, edges = self.batch.columns, self.arrays.edges
        within = table.off_edge[columns[:, inner - 1]] & table.on_edge[columns[:, inner]]
        between = table.off_edge[self.last[:, edges[:, 0]]] & table.on_edge[self.first[:, edges[:, 1]]]
        return np.asarray(within.sum(axis=1) + between.sum(axis=1))

    def unbilled_again(self, costs: Floats) -> Floats:
        """Costs by slot without those of functions that an earlier slot already uses."""
        shared = self.arrays.shared_functions
        if not shared.any():
            return costs
        costs = costs.copy()
        seen = np.zeros((len(self.batch), self._stride), dtype=np.bool_)
        rows = np.arange(len(self.batch))
        for slot in range(self.arrays.slots):
            resource = self.resource[:, slot]
            costs[seen[rows, resource] & shared[resource], slot] = 0.0
            seen[rows, resource] = True
        return costs
