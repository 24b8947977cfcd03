"""An evaluator that follows the formulas word by word: what the vectorised one is held against."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from aisprint_cli.performance.percentiles import percentile_of
from aisprint_cli.placement.problem import (
    Discipline,
    Option,
    Piece,
    Placement,
    Problem,
    Tier,
    below,
    holds,
)
from aisprint_cli.placement.rules import Bond


@dataclass
class Figures:
    """What a placement costs and how long it takes; `local_s` and `paths_s` are what limits are about."""

    cost: float
    times: list[float]
    paths: list[float]
    local_s: list[float]
    paths_s: list[float]
    feasible: bool
    pieces: list[list[float]] = field(default_factory=list)


def placed(problem: Problem, placement: Placement, component: int) -> list[tuple[Piece, Option]]:
    choice = placement.choices[component]
    pieces = problem.components[component].alternatives[choice.alternative].pieces
    return [
        (piece, next(option for option in piece.options if option.resource == resource))
        for piece, resource in zip(pieces, choice.resources, strict=True)
    ]


class PlainEvaluator:
    """One placement, one step after the other."""

    def __init__(self, problem: Problem, placement: Placement) -> None:
        self.problem = problem
        self.placement = placement
        self.fine = True
        self.everything = [placed(problem, placement, c) for c in range(len(problem.components))]
        self.load = [0.0] * len(problem.resources)
        self.squares = [0.0] * len(problem.resources)
        self.line_load = [0.0] * len(problem.domains)

    def figures(self) -> Figures:
        self._loads()
        self._line_loads()
        moments = [self._component(c) for c in range(len(self.problem.components))]
        times = [mean for mean, _, _ in moments]
        transfers = self._between()
        paths, local_s, paths_s = [], [], []
        for limit in self.problem.path_limits:
            steps = sum(transfers[pair] for pair in pairwise(limit.components))
            paths.append(sum(times[c] for c in limit.components) + steps)
            spread = sum(moments[c][1] for c in limit.components)
            paths_s.append(figure(paths[-1], spread, limit.percentile))
            self.fine &= holds(paths_s[-1], limit.limit_s)
        for local in self.problem.local_limits:
            mean, spread, _ = moments[local.component]
            local_s.append(figure(mean, spread, local.percentile))
            self.fine &= holds(local_s[-1], local.limit_s)
        self._structure()
        self._rules()
        pieces = [found for _, _, found in moments]
        return Figures(self._cost(), times, paths, local_s, paths_s, self.fine, pieces)

    def _count(self, resource: int) -> int:
        return max(self.placement.instances[resource], 1)

    def _servers(self, resource: int) -> int:
        item = self.problem.resources[resource]
        return max(1, int(item.cores)) if item.discipline is Discipline.MULTI_SERVER else 1

    def _loads(self) -> None:
        for component, pieces in zip(self.problem.components, self.everything, strict=True):
            for piece, option in pieces:
                r = option.resource
                if not self.problem.is_function(r):
                    rate = component.rate_per_s * piece.reach / self.problem.resources[r].availability
                    self.load[r] += rate * option.demand_s / self._count(r)
                    self.squares[r] += rate * (1 + option.scv) * option.demand_s**2 / self._count(r)

    def _line(self, source: int, target: int, size: float) -> tuple[int, float, float] | None:
        """The fastest empty domain: its number, access delay and sending time."""
        layers = {self.problem.resources[source].layer, self.problem.resources[target].layer}
        found = [
            (number, domain.access_delay_s, size * self.problem.semantics.bits_per_unit / domain.bandwidth)
            for number, domain in enumerate(self.problem.domains)
            if layers <= domain.layers
        ]
        return min(found, key=lambda line: line[1] + line[2], default=None)

    def _flow(self, source: int, target: int, size: float, rate: float) -> None:
        line = self._line(source, target, size) if source != target else None
        if line is not None and self.problem.domains[line[0]].shared:
            self.line_load[line[0]] += rate * line[2]

    def _line_loads(self) -> None:
        for c, component in enumerate(self.problem.components):
            for before, after in pairwise(self.everything[c]):
                rate = component.rate_per_s * after[0].reach
                self._flow(before[1].resource, after[1].resource, before[0].data_size, rate)
            sent = component.alternatives[self.placement.choices[c].alternative].sent
            for position, target in enumerate(component.successors):
                rate = component.rate_per_s * component.probabilities[position]
                last, first = self.everything[c][-1][1].resource, self.everything[target][0][1].resource
                self._flow(last, first, sent[position], rate)
        self.fine &= all(below(load, 1) for load in self.line_load)

    def _transfer_s(self, source: int, target: int, size: float) -> float:
        if source == target:
            return 0.0
        line = self._line(source, target, size)
        if line is None:
            self.fine = False
            return math.inf
        number, access_s, sending_s = line
        busy = self.line_load[number]
        if sending_s == 0 or not self.problem.domains[number].shared:
            return access_s + sending_s
        return access_s + sending_s / (1 - busy) if below(busy, 1) else math.inf

    def _piece(self, component: int, piece: Piece, option: Option) -> tuple[float, float]:
        """Mean and variance of a piece's response."""
        item, r = self.problem.components[component], option.resource
        if self.problem.is_function(r):
            return self._function(component, piece, option)
        rate = item.rate_per_s * piece.reach / self.problem.resources[r].availability / self._count(r)
        servers, offered = self._servers(r), self.load[r]
        busy = offered / servers
        if not below(busy, 1):
            return math.inf, math.inf
        if option.curve:
            self.fine &= holds(rate, option.curve[-1][0])
            alone = 1 - rate * option.demand_s / servers
            mean = interpolated(option.curve, rate) * alone / (1 - busy)
            return mean, mean**2
        if self.problem.resources[r].discipline is Discipline.MULTI_SERVER:
            waits = erlang_c(offered, servers)
            wait = waits / (servers - offered) * self.squares[r] / (2 * offered)
            return option.demand_s + wait, wait**2 * (2 / waits - 1) + option.scv * option.demand_s**2
        mean = option.demand_s / (1 - busy)
        return mean, mean**2 * (2 + busy) / (2 - busy)

    def _function(self, component: int, piece: Piece, option: Option) -> tuple[float, float]:
        item = self.problem.components[component]
        if option.curve:
            rate = self.problem.function_rate_per_s(item, piece)
            self.fine &= holds(rate, option.curve[-1][0])
            mean = interpolated(option.curve, rate)
            return mean, mean**2
        mean = self.problem.function_response_s(item, piece, option)
        cold = (mean - option.demand_s) / (option.cold_s - option.demand_s)
        square = (1 + option.scv) * (cold * option.cold_s**2 + (1 - cold) * option.demand_s**2)
        return mean, square - mean**2

    def _component(self, c: int) -> tuple[float, float, list[float]]:
        """Mean and variance of a component's response: over where a request may stop."""
        mean = square = so_far = spread_so_far = 0.0
        pieces, before = [], None
        chain = self.everything[c]
        for number, (piece, option) in enumerate(chain):
            time_s, spread = self._piece(c, piece, option)
            pieces.append(time_s)
            delay_s = 0.0
            if before is not None:
                delay_s = self._transfer_s(before[1].resource, option.resource, before[0].data_size)
            so_far += time_s + delay_s
            spread_so_far += spread
            after = chain[number + 1][0].reach if number + 1 < len(chain) else 0.0
            stops = piece.reach - after
            if stops > 0 or math.isinf(so_far):
                mean += stops * so_far if stops else so_far
                square += stops * (spread_so_far + so_far**2)
            before = (piece, option)
        self.fine &= math.isfinite(mean)
        return mean, square - mean**2 if math.isfinite(mean) else math.inf, pieces

    def _between(self) -> dict[tuple[int, int], float]:
        transfers = {}
        for source, component in enumerate(self.problem.components):
            sent = component.alternatives[self.placement.choices[source].alternative].sent
            for position, target in enumerate(component.successors):
                last = self.everything[source][-1][1].resource
                first = self.everything[target][0][1].resource
                transfers[source, target] = self._transfer_s(last, first, sent[position])
                self.fine &= math.isfinite(transfers[source, target])
                self._edge_rule(last, first)
            for before, after in pairwise(self.everything[source]):
                self._edge_rule(before[1].resource, after[1].resource)
        return transfers

    def _edge_rule(self, source: int, target: int) -> None:
        tier = self.problem.tier
        self.fine &= not (tier(source) is not Tier.EDGE and tier(target) is Tier.EDGE)

    def _cost(self) -> float:
        cost = 0.0
        for count, resource in zip(self.placement.instances, self.problem.resources, strict=True):
            prices = [tier.cost_per_hour for tier in resource.tiers for _ in range(tier.count)]
            prices += [resource.cost_per_hour] * count
            cost += sum(prices[:count]) * self.problem.period_h
        billed: set[int] = set()
        for component, pieces in zip(self.problem.components, self.everything, strict=True):
            for piece, option in pieces:
                if not self.problem.is_function(option.resource):
                    continue
                if self.problem.semantics.functions_billed_once and option.resource in billed:
                    continue
                billed.add(option.resource)
                resource = self.problem.resources[option.resource]
                rate = self.problem.function_rate_per_s(component, piece) * self.problem.period_h
                cost += rate * resource.cost_per_hour * option.demand_s
                cost += rate * 3600 * self.problem.layers[resource.layer].transition_cost
        return cost

    def _structure(self) -> None:
        problem, memory = self.problem, [0.0] * len(self.problem.resources)
        used = set()
        for pieces in self.everything:
            for _, option in pieces:
                memory[option.resource] += option.memory_mib
                used.add(option.resource)
        for number, resource in enumerate(problem.resources):
            if problem.is_function(number):
                self.fine &= holds(memory[number], resource.memory_mib)
                continue
            count = self.placement.instances[number]
            times_memory = max(count, 1) if problem.semantics.memory_per_instance else 1
            self.fine &= count <= resource.limit and (number not in used or count >= 1)
            self.fine &= holds(memory[number], resource.memory_mib * times_memory)
        bought = [problem.resources[number].layer for number in used if not problem.is_function(number)]
        self.fine &= len(set(bought)) == len(bought)

    def _rules(self) -> None:
        rules = self.problem.rules
        for confinement in rules.confinements:
            pieces = self.everything[confinement.component]
            pieces = pieces[:1] if confinement.first_piece_only else pieces
            self.fine &= all(option.resource in confinement.allowed for _, option in pieces)
        for affinity in rules.affinities:
            groups = [
                {self.problem.place(option.resource, affinity.scope) for _, option in self.everything[c]}
                for c in affinity.components
            ]
            if affinity.bond is Bond.TOGETHER:
                self.fine &= len(set().union(*groups)) == 1
            else:
                self.fine &= all(not one & other for one, other in combinations(groups, 2))
        for quota in rules.quotas:
            self.fine &= sum(self.placement.instances[r] for r in quota.resources) <= quota.limit


def erlang_c(offered: float, servers: int) -> float:
    """The share that waits, from the sum of the states' weights."""
    weights = [offered**n / math.factorial(n) for n in range(servers)]
    full = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return full / (sum(weights) + full)


def interpolated(curve: tuple[tuple[float, float], ...], rate: float) -> float:
    """Straight lines between points; flat below the first, infinite beyond the last."""
    if not holds(rate, curve[-1][0]):
        return math.inf
    if rate <= curve[0][0]:
        return curve[0][1]
    for (low, first), (high, second) in pairwise(curve):
        if rate <= high:
            return first + (second - first) * (rate - low) / (high - low)
    return curve[-1][1]


def figure(mean: float, variance: float, percentile: float | None) -> float:
    """What a limit is about."""
    if percentile is None or math.isinf(mean):
        return mean
    return float(percentile_of(mean, variance, percentile))


def plain_figures(problem: Problem, placement: Placement) -> Figures:
    """The figures of one placement."""
    return PlainEvaluator(problem, placement).figures()
