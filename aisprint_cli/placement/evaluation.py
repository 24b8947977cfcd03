"""What placements cost, how long requests take and which constraints hold: the one evaluator.

It works on batches: each figure is an array whose first axis is the placement. A single placement is
a batch of one (`constraints.assess` gives its figures names). The formulas are those of SPACE4AI-D
(docs/placement.md); `Problem.semantics` chooses where its two programs differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisprint_cli.placement.arrays import (
    Booleans,
    Floats,
    Integers,
    ProblemArrays,
    build_arrays,
    places,
)
from aisprint_cli.placement.batches import FINITE_S, Batch, View
from aisprint_cli.placement.contention import Contention
from aisprint_cli.placement.problem import RELATIVE_TOLERANCE, Choice, Placement, Problem
from aisprint_cli.placement.rule_checks import RuleChecks
from aisprint_cli.placement.service_facts import Curves, Facts, build_facts
from aisprint_cli.placement.shared_links import SharedLinks, Transfers
from aisprint_cli.placement.spread import Spread

__all__ = ["Batch", "Evaluator", "Scores"]


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
        local_value_s: what each local limit is held against: the mean, or the percentile it names.
        path_value_s: the same by path limit.
        bandwidth: the busy share of each network domain; None when none is shared.
        measured_rate_per_s: by slot the rate at which a measured curve is read; None when there is none.
        unmeasured: how many pieces get more requests than were measured.
        rule_violations: how many pieces break each confinement, then each affinity.
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
    local_value_s: Floats
    path_value_s: Floats
    bandwidth: Floats | None
    measured_rate_per_s: Floats | None
    unmeasured: Integers
    rule_violations: Integers
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
        parts = [self._chunk(part, pieces=pieces) for part in batch.chunks()]
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
        view = View(self.arrays, batch)
        utilisation = self._utilisation(view)
        piece_s, rates = self._piece_s(view, utilisation)
        transfers = self._transfers(view)
        component_s = view.component_s(piece_s, transfers.inner_s)
        path_s = component_s @ self.arrays.path_components + transfers.edge_s @ self.arrays.path_edges
        local_s, path_value_s = self._held(view, utilisation, piece_s, transfers, component_s, path_s)
        function_cost = self._function_cost(view)
        nothing = np.zeros(len(batch), dtype=np.int64)
        scores = Scores(
            cost=self._purchase_cost(batch) + function_cost,
            function_cost=function_cost,
            energy_wh=batch.instances @ self._instance_energy_wh + self._energy_wh(batch),
            utilisation=utilisation,
            component_s=_infinite(component_s),
            path_s=_infinite(path_s),
            edge_s=_infinite(transfers.edge_s),
            piece_s=_infinite(piece_s) if pieces else None,
            local_value_s=_infinite(local_s),
            path_value_s=_infinite(path_value_s),
            bandwidth=transfers.utilisation,
            measured_rate_per_s=rates,
            unmeasured=nothing if rates is None else self._contention.unmeasured(view, rates),
            rule_violations=self._rules.violations(view) if self._rules else nothing[:, None][:, :0],
            memory_mib=view.by_resource(self.arrays.columns.memory_mib[batch.columns]),
            memory_limit_mib=self._memory_limit_mib(batch),
            used=view.used,
            layer_resources=np.asarray(view.used.astype(np.int64) @ self._layers),
            returns=view.returns(),
            cut_off=transfers.cut_off,
            feasible=np.ones(len(batch), dtype=np.bool_),
        )
        scores.feasible[:] = self._feasible(scores, batch)
        return scores

    def _utilisation(self, view: View) -> Floats:
        load = view.per_instance(self.arrays.columns.load[view.batch.columns])
        return load / self._servers if self._has_servers else load

    def _piece_s(self, view: View, utilisation: Floats) -> tuple[Floats, Floats | None]:
        """Response times by slot, and the rates at which measured curves were read for them."""
        if not self._is_contended:
            return view.piece_s(utilisation), None
        rates = self._contention.measured_rates(view)
        return self._contention.piece_s(view, utilisation, rates), rates

    def _transfers(self, view: View) -> Transfers:
        if self._links is not None:
            return self._links.transfers(view)
        inner_s, edge_s = view.delays_s(view.inner()), view.delays_s(view.between())
        cut_off = (inner_s > FINITE_S).sum(axis=1) + (edge_s > FINITE_S).sum(axis=1)
        return Transfers(inner_s, edge_s, None, cut_off)

    def _held(
        self,
        view: View,
        utilisation: Floats,
        piece_s: Floats,
        transfers: Transfers,
        component_s: Floats,
        path_s: Floats,
    ) -> tuple[Floats, Floats]:
        """What local and path limits are held against."""
        if self._spread is None:
            return component_s[:, self._local_components], path_s
        piece_s2 = self._spread.piece_s2(view, utilisation, piece_s)
        component_s2 = self._spread.component_s2(view, piece_s, transfers.inner_s, piece_s2)
        path_s2 = component_s2 @ self.arrays.path_components
        local = self._spread.local_values_s(component_s, component_s2)
        return local, self._spread.path_values_s(path_s, path_s2)

    def _purchase_cost(self, batch: Batch) -> Floats:
        cost = batch.instances @ self._prices
        for resource, start, count, extra in self._tiers:
            cost = cost + extra * np.clip(batch.instances[:, resource] - start, 0, count)
        return np.asarray(cost)

    def _function_cost(self, view: View) -> Floats:
        costs = self.arrays.columns.function_cost[view.batch.columns]
        if self.problem.semantics.functions_billed_once:
            costs = view.unbilled_again(costs)
        return np.asarray(costs.sum(axis=1))

    def _energy_wh(self, batch: Batch) -> Floats:
        """What the pieces draw, besides the instances they run on."""
        if not self._draws:
            return np.zeros(len(batch))
        return np.asarray(self.arrays.columns.energy_wh[batch.columns].sum(axis=1))

    def _memory_limit_mib(self, batch: Batch) -> Floats:
        memory = self._memory_mib
        if self.problem.semantics.memory_per_instance:
            return memory * np.where(self._is_bought, np.maximum(batch.instances, 1), 1)
        return np.broadcast_to(memory, (len(batch), len(memory)))

    def _feasible(self, scores: Scores, batch: Batch) -> Booleans:
        structure = scores.returns + scores.cut_off + scores.unmeasured == 0
        if self._rules is not None:
            structure &= ~scores.rule_violations.any(axis=1) & self._rules.within_quotas(batch.instances)
        if scores.bandwidth is not None:
            structure &= (scores.bandwidth < 1 - RELATIVE_TOLERANCE).all(axis=1)
        bought = scores.used & self._is_bought
        enough = ~self._is_bought | (batch.instances >= scores.used) & (batch.instances <= self._limits)
        stable = ~bought | (scores.utilisation < 1 - RELATIVE_TOLERANCE)
        fits = scores.memory_mib <= scores.memory_limit_mib * (1 + RELATIVE_TOLERANCE)
        local = scores.local_value_s <= self._local_limits_s
        paths = scores.path_value_s <= self._path_limits_s
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
    def _facts(self) -> tuple[Facts, Curves]:
        return build_facts(self.problem)

    @cached_property
    def _is_contended(self) -> bool:
        """Whether any response time is not that of processor sharing or of a function's formula."""
        return any(item.queues for item in self.problem.resources) or any(
            option.curve for _, _, _, option in places(self.problem)
        )

    @cached_property
    def _contention(self) -> Contention:
        return Contention(self.problem, *self._facts)

    @cached_property
    def _spread(self) -> Spread | None:
        return Spread(self.problem, self._facts[0]) if self.problem.has_percentiles else None

    @cached_property
    def _links(self) -> SharedLinks | None:
        if not any(domain.shared for domain in self.problem.domains):
            return None
        return SharedLinks(self.problem, self.arrays.sizes)

    @cached_property
    def _rules(self) -> RuleChecks | None:
        return RuleChecks(self.problem, self.arrays) if self.problem.rules else None

    @cached_property
    def _servers(self) -> Integers:
        return np.array([item.servers for item in self.problem.resources])

    @cached_property
    def _has_servers(self) -> bool:
        return bool((self._servers > 1).any())

    @cached_property
    def _tiers(self) -> tuple[tuple[int, int, int, float], ...]:
        """Instances with a price of their own: resource, first, how many, and what they cost more."""
        found = []
        for number, resource in enumerate(self.problem.resources):
            start = 0
            for tier in resource.tiers if not self.problem.is_function(number) else ():
                extra = (tier.cost_per_hour - resource.cost_per_hour) * self.problem.period_h
                found.append((number, start, tier.count, extra))
                start += tier.count
        return tuple(found)

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


def _count(choice: Choice, piece: int, instances: int) -> int:
    return choice.counts[piece] if choice.counts is not None else instances


def _infinite(times: Floats) -> Floats:
    return np.where(times > FINITE_S, np.inf, times)
