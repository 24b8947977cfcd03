"""The placement problem as a value: what may run where, what it costs, and what must hold.

Components are numbered in topological order, layers and resources in the order of their files; every
reference between values is such a number. Times are seconds, rates requests per second, memory MiB,
costs the file's own currency. Data sizes and bandwidths keep the file's units: `Semantics` says how
one is divided by the other.

The formulas are those of SPACE4AI-D (Sedghani et al.) with the function model of Mahmoudi and
Khazaei; where its two programs disagree, `Semantics` chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from aisprint_cli.placement.rules import NO_RULES, Rules, Scope

RELATIVE_TOLERANCE = 1e-9
"""By how much, relatively, a value may pass its limit and still hold; one rule for all programs."""

FunctionResponse = Callable[[float, float, float, float], float]
"""Mean response (s) of a function from its rate (1/s), warm and cold service (s) and idle time (s)."""


def holds(value: float, limit: float) -> bool:
    """Whether `value` is at most `limit`, up to rounding."""
    return value <= limit * (1 + RELATIVE_TOLERANCE)


def below(load: float, instances: int) -> bool:
    """Whether a load (mean busy instances) leaves the utilisation of `instances` below one."""
    return load < instances * (1 - RELATIVE_TOLERANCE)


class Tier(StrEnum):
    """The three kinds of layers; edge comes first along every path."""

    EDGE = "edge"
    CLOUD = "cloud"
    FUNCTIONS = "functions"


@dataclass(frozen=True, slots=True)
class Semantics:
    """The points on which the two reference programs disagree.

    Attributes:
        bits_per_unit: what a data size is multiplied by before it is divided by a bandwidth.
        memory_per_instance: whether each further instance of a resource adds its memory.
        functions_see_piece_rate: whether a function's rate is that of the piece it runs (after early
            exits), for cost and response; otherwise that of the whole component.
        functions_billed_once: whether a function that several pieces use is billed for the first of
            them only, in the order of components and pieces.
    """

    bits_per_unit: float = 8.0
    memory_per_instance: bool = False
    functions_see_piece_rate: bool = False
    functions_billed_once: bool = False


PYTHON_SEMANTICS = Semantics()
"""What the reference's Python program (SPACE4AI-D) computes."""

CPP_SEMANTICS = Semantics(
    bits_per_unit=1.0, memory_per_instance=True, functions_see_piece_rate=True, functions_billed_once=True
)
"""What the reference's C++ program (SPACE4AI-R) computes."""


class Discipline(StrEnum):
    """How the instances of a bought resource serve what arrives.

    Processor sharing: every request progresses at once, `demand / (1 - utilisation)`. Multi-server: an
    instance is a queue, first come first served, before as many servers as it has cores (M/G/c).
    """

    PROCESSOR_SHARING = "processor_sharing"
    MULTI_SERVER = "multi_server"


@dataclass(frozen=True, slots=True)
class Layer:
    """A computational layer. At most one resource of an edge or cloud layer may be used.

    `region` is where it is; layers without one are in the same unnamed region. `transition_cost` is
    what each request that a piece on a function of this layer takes costs besides (AWS: the price of a
    state transition). Where an analysis gives each resource a layer of its own, `part_of` is the number of
    the layer it was in: for rules it still is.
    """

    name: str
    tier: Tier
    region: str = ""
    transition_cost: float = 0.0
    part_of: int | None = None


@dataclass(frozen=True, slots=True)
class PriceTier:
    """The next `count` instances of a resource cost `cost_per_hour` each; `name` is for people."""

    count: int
    cost_per_hour: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something pieces run on.

    `limit` is how many instances there are at most (functions: unused, they scale by themselves).
    `cost_per_hour` is the price of one bought instance, or, for a function, of one busy instance:
    a function costs `cost_per_hour * warm_s * rate * period_h`. `idle_before_kill_s` is for functions.
    `transition_cost` is what a function asks for each request besides, beyond that of its layer.
    An instance draws `idle_w` watts without work and `busy_w`, which is no less, with it; a function
    draws `busy_w` while it works. `green_share` of that power comes from renewable sources.

    The first instances may have prices of their own, `tiers` in the order in which they are filled; all
    others cost `cost_per_hour`. `availability` is the share of the time an instance is there (spot
    instances are taken away): it divides the load that the instance sees.
    """

    name: str
    layer: int
    limit: int
    cost_per_hour: float
    memory_mib: float
    cores: float = 1.0
    idle_before_kill_s: float = 0.0
    idle_w: float = 0.0
    busy_w: float = 0.0
    green_share: float = 0.0
    tiers: tuple[PriceTier, ...] = ()
    availability: float = 1.0
    discipline: Discipline = Discipline.PROCESSOR_SHARING
    transition_cost: float = 0.0

    @property
    def servers(self) -> int:
        """How many requests an instance serves at a time where those that come first are served first."""
        return max(1, int(self.cores)) if self.queues else 1

    @property
    def queues(self) -> bool:
        """Whether an instance serves those that come first, first."""
        return self.discipline is Discipline.MULTI_SERVER

    def hourly_cost(self, count: float) -> float:
        """What `count` bought instances cost per hour; for a mean number, as if it were always that."""
        return sum(taken * tier.cost_per_hour for tier, taken in self.bought(count))

    def bought(self, count: float) -> Iterator[tuple[PriceTier, float]]:
        """How many of `count` instances are of which price; the last price is the resource's own."""
        left = count
        for tier in self.tiers:
            taken = min(left, tier.count)
            if taken:
                yield tier, taken
            left -= taken
        if left > 0:
            yield PriceTier(0, self.cost_per_hour), left


@dataclass(frozen=True, slots=True)
class Option:
    """A resource a piece may run on.

    `demand_s` is the service time without contention (functions: warm), `cold_s` that of a function
    whose instance has to be started first, `memory_mib` what the piece occupies there. `scv` is the
    squared coefficient of variation of the service time (1: exponential).

    `curve` replaces the formula of the piece's own contention by measurements: pairs of requests per
    second and instance, and mean response (s) of the piece alone on the resource, ascending. What other
    pieces add stretches it as processor sharing does. Beyond its last rate nothing is known: not allowed.
    For a function the rate is all that the function sees.
    """

    resource: int
    memory_mib: float
    demand_s: float
    cold_s: float = 0.0
    scv: float = field(default=1.0, kw_only=True)
    curve: tuple[tuple[float, float], ...] = field(default=(), kw_only=True)

    @property
    def measured_rate_per_s(self) -> float:
        """The highest rate (1/s and instance) that was measured; infinite without measurements."""
        return self.curve[-1][0] if self.curve else float("inf")

    def measured_s(self, rate_per_s: float) -> float:
        """The measured response (s) at that rate per instance; infinite beyond the last one."""
        if not holds(rate_per_s, self.measured_rate_per_s):
            return float("inf")
        before = (0.0, self.curve[0][1])
        for after in self.curve:
            if rate_per_s <= after[0]:
                span = after[0] - before[0]
                share = (rate_per_s - before[0]) / span if span else 1.0
                return before[1] + share * (after[1] - before[1])
            before = after
        return before[1]


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole component or one partition of it.

    `reach` is the probability that a request of the component comes this far, `exit_probability` that
    it ends after this piece, `data_size` what is sent to the next piece of the same alternative.
    """

    name: str
    options: tuple[Option, ...]
    reach: float = 1.0
    exit_probability: float = 0.0
    data_size: float = 0.0


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to deploy a component: a chain of pieces.

    `sent` is the data size its last piece sends to each successor of the component, in their order.
    """

    name: str
    pieces: tuple[Piece, ...]
    sent: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """A node of the graph; `successors` are component numbers, `probabilities` those of the moves."""

    name: str
    rate_per_s: float
    alternatives: tuple[Alternative, ...]
    successors: tuple[int, ...] = ()
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkDomain:
    """Layers that reach each other: `access_delay_s` plus size over `bandwidth`.

    `shared`: flows that pass at once share the bandwidth, so a transfer takes
    `access_delay_s + size / bandwidth / (1 - utilisation)` (processor sharing), with the domain's
    utilisation by all flows that the placement sends through it; it must stay below 1. Each flow takes
    the domain that would be fastest if it were empty.
    """

    name: str
    layers: frozenset[int]
    access_delay_s: float
    bandwidth: float
    shared: bool = False


@dataclass(frozen=True, slots=True)
class LocalLimit:
    """The response time of one component may be `limit_s` at most.

    Its mean, or the `percentile` (0 to 1, 0.95 for p95) of it.
    """

    component: int
    limit_s: float
    percentile: float | None = None


@dataclass(frozen=True, slots=True)
class PathLimit:
    """The time along consecutive components, transfers included, may be `limit_s` at most.

    Its mean, or the `percentile` (0 to 1) of it.
    """

    name: str
    components: tuple[int, ...]
    limit_s: float
    percentile: float | None = None


def no_cold_starts(_rate_per_s: float, warm_s: float, _cold_s: float, _idle_s: float) -> float:
    """The simplest function response: every request finds a warm instance."""
    return warm_s


@dataclass(frozen=True)
class Problem:
    """Everything a solver or evaluator needs, and nothing it may change.

    `energy_limit_wh` is what a placement may draw in the period at most.
    """

    entry_rate_per_s: float
    layers: tuple[Layer, ...]
    resources: tuple[Resource, ...]
    components: tuple[Component, ...]
    domains: tuple[NetworkDomain, ...]
    local_limits: tuple[LocalLimit, ...] = ()
    path_limits: tuple[PathLimit, ...] = ()
    period_h: float = 1.0
    semantics: Semantics = PYTHON_SEMANTICS
    function_response: FunctionResponse = field(default=no_cold_starts, repr=False)
    energy_limit_wh: float = float("inf")
    rules: Rules = NO_RULES

    @property
    def has_percentiles(self) -> bool:
        """Whether any limit is about a percentile."""
        return any(item.percentile is not None for item in self.local_limits) or any(
            item.percentile is not None for item in self.path_limits
        )

    def tier(self, resource: int) -> Tier:
        """The tier of a resource."""
        return self.layers[self.resources[resource].layer].tier

    def is_function(self, resource: int) -> bool:
        """Whether a resource is a function, which is not bought by the instance."""
        return self.tier(resource) is Tier.FUNCTIONS

    def place(self, resource: int, scope: Scope) -> int | str:
        """What a resource shares with others within a scope: itself, its layer, or its region."""
        number = self.resources[resource].layer
        layer = self.layers[number]
        if scope is Scope.REGION:
            return layer.region
        if scope is Scope.LAYER:
            return number if layer.part_of is None else layer.part_of
        return resource

    @cached_property
    def _links(self) -> Mapping[tuple[int, int], tuple[tuple[float, float], ...]]:
        found: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for domain in self.domains:
            line = (domain.access_delay_s, self.semantics.bits_per_unit / domain.bandwidth)
            for one in domain.layers:
                for other in domain.layers:
                    found.setdefault((one, other), []).append(line)
        return {pair: tuple(lines) for pair, lines in found.items()}

    def delay_s(self, source: int, target: int, size: float) -> float:
        """Seconds to send `size` from one resource to another; infinite when no domain joins them."""
        if source == target:
            return 0.0
        pair = (self.resources[source].layer, self.resources[target].layer)
        lines = self._links.get(pair, ())
        return min((access + size * per_unit for access, per_unit in lines), default=float("inf"))

    def load(self, component: Component, piece: Piece, option: Option) -> float:
        """How many instances (or servers of instances) a piece keeps busy on a bought resource."""
        available = self.resources[option.resource].availability
        return option.demand_s * component.rate_per_s * piece.reach / available

    def function_rate_per_s(self, component: Component, piece: Piece) -> float:
        """The rate a function sees when it runs this piece, under the chosen semantics."""
        if self.semantics.functions_see_piece_rate:
            return component.rate_per_s * piece.reach
        return component.rate_per_s

    def function_cost(self, component: Component, piece: Piece, option: Option) -> float:
        """What a function costs in the period when it runs this piece, transitions included."""
        cost_per_hour = self.resources[option.resource].cost_per_hour
        rate_per_s = self.function_rate_per_s(component, piece)
        work = cost_per_hour * self.period_h * option.demand_s * rate_per_s
        return work + self.transition_cost(component, piece, option)

    def transition_cost(self, component: Component, piece: Piece, option: Option) -> float:
        """The part of a function's cost that is asked for each request, however long it takes."""
        resource = self.resources[option.resource]
        requests = 3600 * self.period_h * self.function_rate_per_s(component, piece)
        return (self.layers[resource.layer].transition_cost + resource.transition_cost) * requests

    def instance_energy_wh(self, resource: int) -> float:
        """What an instance draws in the period without work; functions have none that are bought."""
        return 0.0 if self.is_function(resource) else self.resources[resource].idle_w * self.period_h

    def piece_energy_wh(self, component: Component, piece: Piece, option: Option) -> float:
        """What a piece draws in the period, besides what its instances draw without work."""
        resource = self.resources[option.resource]
        if self.is_function(option.resource):
            busy = option.demand_s * self.function_rate_per_s(component, piece)
            return resource.busy_w * self.period_h * busy
        busy = option.demand_s * component.rate_per_s * piece.reach
        return (resource.busy_w - resource.idle_w) * self.period_h * busy

    def function_response_s(self, component: Component, piece: Piece, option: Option) -> float:
        """Mean response of a function that runs this piece; infinite beyond what was measured."""
        idle_s = self.resources[option.resource].idle_before_kill_s
        rate_per_s = self.function_rate_per_s(component, piece)
        if option.curve:
            return option.measured_s(rate_per_s)
        return self.function_response(rate_per_s, option.demand_s, option.cold_s, idle_s)

    def with_options(self, change: Callable[[Option], Option]) -> Problem:
        """The same problem with each option changed."""
        components = tuple(
            replace(
                item,
                alternatives=tuple(
                    replace(
                        alternative,
                        pieces=tuple(
                            replace(piece, options=tuple(map(change, piece.options)))
                            for piece in alternative.pieces
                        ),
                    )
                    for alternative in item.alternatives
                ),
            )
            for item in self.components
        )
        return replace(self, components=components)

    def at_rate(self, entry_rate_per_s: float) -> Problem:
        """The same problem under another load; every component's rate moves in proportion."""
        ratio = entry_rate_per_s / self.entry_rate_per_s
        components = tuple(replace(item, rate_per_s=item.rate_per_s * ratio) for item in self.components)
        return replace(self, entry_rate_per_s=entry_rate_per_s, components=components)


@dataclass(frozen=True, slots=True)
class Choice:
    """What one component runs: an alternative (its number) and the resource of each of its pieces.

    `counts` is only for solutions of other programs that divide a resource's load by a number of
    instances of each piece's own; without it the placement's `instances` count.
    """

    alternative: int
    resources: tuple[int, ...]
    counts: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """One choice for each component, and the instances bought of each resource (0: not used)."""

    choices: tuple[Choice, ...]
    instances: tuple[int, ...]
