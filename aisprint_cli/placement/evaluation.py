"""What placements cost, how long requests take and which constraints hold: the one evaluator.

It works on batches: each figure is an array whose first axis is the placement. A single placement is
a batch of one (`constraints.assess` gives its figures names). The formulas are those of SPACE4AI-D
(docs/placement.md); `Problem.semantics` chooses where its two programs differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.arrays import (
    UNREACHABLE_S,
    Booleans,
    Floats,
    Integers,
    ProblemArrays,
    build_arrays,
)
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Choice, Placement, Problem

_CHUNK = 512
"""Placements at a time: few enough that what is looked up stays in the processor's cache."""
_OVERLOADED = UNREACHABLE_S
_FINITE_S = 1e200


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


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures of a batch; the first axis of each array is the placement.

    Attributes:
        cost: of the period, in the problem's currency; `function_cost` is the part of functions.
        energy_wh: drawn in the period.
        utilisation: by resource; of functions 0.
        component_s: mean response time by component, infinite where a queue grows without end.
        path_s: mean time by path limit.
        edge_s: transfer time by edge of the graph, in the order of components and their successors;
            infinite where no network joins the two.
        piece_s: mean response by slot, without transfers; None unless asked for.
        memory_mib: used by resource.
        memory_limit_mib: what there is of it, by resource.
        used: whether anything runs there, by resource.
        layer_resources: how many resources are used, by layer; of functions 0.
        returns: how many moves lead back to the edge.
        cut_off: how many transfers have no network.
        feasible: whether all constraints hold.

    """

    cost: Floats
    function_cost: Floats
    energy_wh: Floats
    utilisation: Floats
    component_s: Floats
    path_s: Floats
    edge_s: Floats
    piece_s: Floats | None
    memory_mib: Floats
    memory_limit_mib: Floats
    used: Booleans
    layer_resources: Integers
    returns: Integers
    cut_off: Integers
    feasible: Booleans


@dataclass(frozen=True)
class Evaluator:
    """Evaluates placements of one problem."""

    problem: Problem

    @cached_property
    def arrays(self) -> ProblemArrays:
        """The problem in arrays."""
        return build_arrays(self.problem)

    def column(self, component: int, alternative: int, piece: int, resource: int) -> int:
        """The column of a piece on a resource.

        Raises:
            KeyError: when the piece may not run there.

        """
        return self.arrays.numbers[component, alternative, piece, resource]

    def encode(self, placements: Sequence[Placement]) -> Batch:
        """Placements as a batch.

        Raises:
            KeyError: when a piece is placed where it may not run.

        """
        columns = np.zeros((len(placements), self.arrays.slots), dtype=np.int64)
        instances = np.zeros((len(placements), len(self.problem.resources)), dtype=np.int64)
        counts = np.zeros_like(columns)
        for row, placement in enumerate(placements):
            instances[row] = placement.instances
            for component, choice in enumerate(placement.choices):
                first = int(self.arrays.first_slot[component])
                for piece, resource in enumerate(choice.resources):
                    columns[row, first + piece] = self.column(component, choice.alternative, piece, resource)
                    counts[row, first + piece] = _count(choice, piece, placement.instances[resource])
        given = any(choice.counts for placement in placements for choice in placement.choices)
        return Batch(columns, instances, counts if given else None)

    def evaluate(self, batch: Batch, *, pieces: bool = False) -> Scores:
        """The figures of a batch.

        Args:
            batch: placements of this problem.
            pieces: whether to keep the response time of each piece.

        """
        parts = [self._chunk(part, pieces=pieces) for part in _chunks(batch)]
        if len(parts) == 1:
            return parts[0]
        joined: dict[str, Any] = {}
        for field in fields(Scores):
            values = [getattr(part, field.name) for part in parts]
            joined[field.name] = None if values[0] is None else np.concatenate(values)
        return Scores(**joined)

    def evaluate_all(self, placements: Sequence[Placement], *, pieces: bool = False) -> Scores:
        """The figures of placements."""
        return self.evaluate(self.encode(placements), pieces=pieces)

    def _chunk(self, batch: Batch, *, pieces: bool) -> Scores:
        look = _Look(self, batch)
        utilisation = look.utilisation()
        piece_s = look.piece_s(utilisation)
        inner_s = look.inner_delays_s()
        component_s = look.component_s(piece_s, inner_s)
        edge_s = look.edge_delays_s()
        path_s = component_s @ self.arrays.path_components + edge_s @ self.arrays.path_edges
        function_cost = look.function_cost()
        memory, memory_limit = look.memory_mib(), look.memory_limit_mib()
        unreached = (inner_s > _FINITE_S).sum(axis=1) + (edge_s > _FINITE_S).sum(axis=1)
        scores = Scores(
            cost=batch.instances @ self._prices + function_cost,
            function_cost=function_cost,
            energy_wh=batch.instances @ self._instance_energy_wh + look.energy_wh(),
            utilisation=utilisation,
            component_s=_infinite(component_s),
            path_s=_infinite(path_s),
            edge_s=_infinite(edge_s),
            piece_s=_infinite(piece_s) if pieces else None,
            memory_mib=memory,
            memory_limit_mib=memory_limit,
            used=look.used,
            layer_resources=look.layer_resources(),
            returns=look.returns(),
            cut_off=unreached,
            feasible=np.ones(len(batch), dtype=np.bool_),
        )
        scores.feasible[:] = self._feasible(scores, batch)
        return scores

    def _feasible(self, scores: Scores, batch: Batch) -> Booleans:
        structure = scores.returns + scores.cut_off == 0
        bought = scores.used & self._is_bought
        enough = ~self._is_bought | (batch.instances >= scores.used) & (batch.instances <= self._limits)
        stable = ~bought | (scores.utilisation < 1 - RELATIVE_TOLERANCE)
        fits = scores.memory_mib <= scores.memory_limit_mib * (1 + RELATIVE_TOLERANCE)
        local = scores.component_s[:, self._local_components] <= self._local_limits_s
        paths = scores.path_s <= self._path_limits_s
        single = scores.layer_resources <= 1
        energy = scores.energy_wh <= self.problem.energy_limit_wh * (1 + RELATIVE_TOLERANCE)
        return np.asarray(
            structure
            & energy
            & (enough & stable & fits).all(axis=1)
            & local.all(axis=1)
            & paths.all(axis=1)
            & single.all(axis=1)
        )

    @cached_property
    def _is_bought(self) -> Booleans:
        return np.array([not self.problem.is_function(index) for index in range(len(self.problem.resources))])

    @cached_property
    def _prices(self) -> Floats:
        prices = np.array([item.cost_per_hour * self.problem.period_h for item in self.problem.resources])
        return np.where(self._is_bought, prices, 0.0)

    @cached_property
    def _instance_energy_wh(self) -> Floats:
        return np.array(
            [self.problem.instance_energy_wh(index) for index in range(len(self.problem.resources))]
        )

    @cached_property
    def _draws(self) -> bool:
        """Whether any piece draws power: if not, nothing needs to be added up."""
        return bool(self.arrays.columns.energy_wh.any())

    @cached_property
    def _limits(self) -> Integers:
        return np.array([item.limit for item in self.problem.resources])

    @cached_property
    def _memory_mib(self) -> Floats:
        return np.array([item.memory_mib for item in self.problem.resources])

    @cached_property
    def _layers(self) -> NDArray[np.int64]:
        """Which layer each bought resource is in: resources by layers, 0 or 1."""
        table = np.zeros((len(self.problem.resources), len(self.problem.layers)), dtype=np.int64)
        for index, resource in enumerate(self.problem.resources):
            table[index, resource.layer] = self._is_bought[index]
        return table

    @cached_property
    def _local_components(self) -> Integers:
        return np.array([item.component for item in self.problem.local_limits], dtype=np.int64)

    @cached_property
    def _local_limits_s(self) -> Floats:
        return np.array([item.limit_s for item in self.problem.local_limits]) * (1 + RELATIVE_TOLERANCE)

    @cached_property
    def _path_limits_s(self) -> Floats:
        return np.array([item.limit_s for item in self.problem.path_limits]) * (1 + RELATIVE_TOLERANCE)


class _Look:
    """One chunk of placements, and what is looked up for it more than once."""

    def __init__(self, evaluator: Evaluator, batch: Batch) -> None:
        self._evaluator = evaluator
        self._arrays = evaluator.arrays
        self._batch = batch
        columns = batch.columns
        table = self._arrays.columns
        self._resource = table.resource[columns]
        self._stride = len(evaluator.problem.resources) + 1
        self._cells = self._resource + np.arange(len(batch))[:, None] * self._stride
        self._first = columns[:, self._arrays.first_slot]
        last_slots = self._arrays.first_slot + table.last[self._first]
        self._last = np.take_along_axis(columns, last_slots, axis=1)
        self.used: Booleans = self._by_resource(None) > 0

    def _by_resource(self, values: Floats | None) -> Floats:
        """Sums over the slots by resource; without values, how many slots there are."""
        size = len(self._batch) * self._stride
        weights = None if values is None else values.ravel()
        sums = np.bincount(self._cells.ravel(), weights=weights, minlength=size)
        return sums.reshape(len(self._batch), self._stride)[:, :-1].astype(np.float64)

    def utilisation(self) -> Floats:
        load = self._arrays.columns.load[self._batch.columns]
        if self._batch.counts is not None:
            return self._by_resource(load / np.maximum(self._batch.counts, 1))
        return self._by_resource(load) / np.maximum(self._batch.instances, 1)

    def piece_s(self, utilisation: Floats) -> Floats:
        """Processor sharing: time without contention over what is free."""
        stretch = np.full((len(self._batch), self._stride), 1.0)
        stable = utilisation < 1 - RELATIVE_TOLERANCE
        stretch[:, :-1] = np.where(stable, 1 / np.where(stable, 1 - utilisation, 1), _OVERLOADED)
        own = self._arrays.columns.response_s[self._batch.columns]
        return np.asarray(own * stretch.ravel()[self._cells])

    def inner_delays_s(self) -> Floats:
        """Transfers between the pieces of a component, by inner slot."""
        inner = self._arrays.inner_slots
        source, target = self._batch.columns[:, inner - 1], self._batch.columns[:, inner]
        return self._delays(source, target, self._arrays.columns.next_size[source])

    def edge_delays_s(self) -> Floats:
        """Transfers between components, by edge."""
        edges = self._arrays.edges
        source, target = self._last[:, edges[:, 0]], self._first[:, edges[:, 1]]
        sent = self._arrays.sent_sizes[self._arrays.columns.sent[source] + edges[:, 2]]
        return self._delays(source, target, sent)

    def _delays(self, source: Integers, target: Integers, size: Integers) -> Floats:
        table = self._arrays.columns
        delays = self._arrays.delays_s
        count = delays.shape[1]
        cells = (size * count + table.layer[source]) * count + table.layer[target]
        return np.where(table.resource[source] == table.resource[target], 0.0, delays.ravel()[cells])

    def component_s(self, piece_s: Floats, inner_s: Floats) -> Floats:
        total = piece_s.copy()
        total[:, self._arrays.inner_slots] += inner_s
        total *= self._arrays.columns.reach[self._batch.columns]
        return np.asarray(np.add.reduceat(total, self._arrays.first_slot, axis=1))

    def function_cost(self) -> Floats:
        costs = self._arrays.columns.function_cost[self._batch.columns]
        if self._evaluator.problem.semantics.functions_billed_once:
            costs = self._billed_once(costs)
        return np.asarray(costs.sum(axis=1))

    def energy_wh(self) -> Floats:
        """What the pieces draw, besides the instances they run on."""
        if not self._evaluator._draws:
            return np.zeros(len(self._batch))
        return np.asarray(self._arrays.columns.energy_wh[self._batch.columns].sum(axis=1))

    def _billed_once(self, costs: Floats) -> Floats:
        """Without the cost of functions that an earlier slot already uses."""
        shared = self._arrays.shared_functions
        if not shared.any():
            return costs
        costs = costs.copy()
        seen = np.zeros((len(self._batch), self._stride), dtype=np.bool_)
        rows = np.arange(len(self._batch))
        for slot in range(self._arrays.slots):
            resource = self._resource[:, slot]
            costs[seen[rows, resource] & shared[resource], slot] = 0.0
            seen[rows, resource] = True
        return costs

    def memory_mib(self) -> Floats:
        return self._by_resource(self._arrays.columns.memory_mib[self._batch.columns])

    def memory_limit_mib(self) -> Floats:
        memory = self._evaluator._memory_mib
        if self._evaluator.problem.semantics.memory_per_instance:
            return memory * np.where(self._evaluator._is_bought, np.maximum(self._batch.instances, 1), 1)
        return np.broadcast_to(memory, (len(self._batch), len(memory)))

    def layer_resources(self) -> Integers:
        return np.asarray(self.used.astype(np.int64) @ self._evaluator._layers)

    def returns(self) -> Integers:
        """Moves from a virtual machine or function to an edge device."""
        table = self._arrays.columns
        inner = self._arrays.inner_slots
        columns, edges = self._batch.columns, self._arrays.edges
        within = table.off_edge[columns[:, inner - 1]] & table.on_edge[columns[:, inner]]
        between = table.off_edge[self._last[:, edges[:, 0]]] & table.on_edge[self._first[:, edges[:, 1]]]
        return np.asarray(within.sum(axis=1) + between.sum(axis=1))


def _count(choice: Choice, piece: int, instances: int) -> int:
    return choice.counts[piece] if choice.counts is not None else instances


def _chunks(batch: Batch) -> Iterator[Batch]:
    for start in range(0, max(len(batch), 1), _CHUNK):
        part = slice(start, start + _CHUNK)
        counts = None if batch.counts is None else batch.counts[part]
        yield Batch(batch.columns[part], batch.instances[part], counts)


def _infinite(times: Floats) -> Floats:
    return np.where(times > _FINITE_S, np.inf, times)
