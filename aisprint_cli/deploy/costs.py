"""What a deployment costs an hour, as far as the application's files tell. Pure.

Prices are those of `candidate_resources.yaml` in its own currency, and of `placement_rules.yaml` where it
has others for reserved or spot instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from aisprint_cli.backends.interface import ClusterSpec, FunctionSpec, Item
from aisprint_cli.backends.registry import DEFAULT as HERE
from aisprint_cli.model.dag import Dag
from aisprint_cli.model.resources import LayerKind, ResourceCatalogue
from aisprint_cli.placement.application_resources import Tariff

HOURS_PER_MONTH: Final = 730.0
"""Hours of a mean month, as clouds count them: 365 x 24 / 12."""

_FILE: Final = "candidate_resources.yaml"


@dataclass(frozen=True, slots=True)
class CostLine:
    """What one resource of an item costs an hour.

    `instances` is how many are bought, or, of a function, how many are busy on average.
    """

    item: str
    resource: str
    instances: float
    hourly: float


@dataclass(frozen=True)
class Estimate:
    """The cost of items; `unknown` says in words what it leaves out."""

    lines: tuple[CostLine, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def hourly(self) -> float:
        """The sum per hour."""
        return sum(line.hourly for line in self.lines)

    @property
    def monthly(self) -> float:
        """The sum per mean month."""
        return self.hourly * HOURS_PER_MONTH

    def document(self) -> dict[str, Any]:
        """The estimate as plain values."""
        return {
            "hourly": self.hourly,
            "monthly": self.monthly,
            "lines": [
                {
                    "item": line.item,
                    "resource": line.resource,
                    "instances": line.instances,
                    "hourly": line.hourly,
                }
                for line in self.lines
            ],
            "unknown": list(self.unknown),
        }


@dataclass(frozen=True)
class Prices:
    """What an estimate is made from.

    `rules` is the document of placement rules, which may price reserved and spot instances otherwise.
    `rates` are requests a second by part, empty where nothing says how many enter; `busy_s` is how long
    a request keeps a part busy on a resource, by part and resource.
    """

    catalogue: ResourceCatalogue
    rules: Mapping[str, Any] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    busy_s: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @cached_property
    def _tariff(self) -> Tariff:
        return Tariff(self.catalogue, self.rules)

    def estimate(self, items: Iterable[Item]) -> Estimate:
        """What items cost, each with all the nodes that its resources may have."""
        wanted = tuple(items)
        native = {
            item.name
            for item in wanted
            if isinstance(item.spec, ClusterSpec) and item.spec.kind == LayerKind.FUNCTIONS.value
        }
        found = [
            self._cluster(item.name, item.spec, is_native=item.name in native)
            if isinstance(item.spec, ClusterSpec)
            else self._function(item.name, item.spec, is_native=item.spec.cluster in native)
            for item in wanted
            if item.spec.backend != HERE
        ]
        lines = tuple(line for part in found for line in part.lines)
        return Estimate(lines, tuple(dict.fromkeys(text for part in found for text in part.unknown)))

    def _cluster(self, name: str, spec: ClusterSpec, *, is_native: bool) -> Estimate:
        if is_native:
            return Estimate()  # an account: what runs there costs
        lines, unknown = [], []
        for entry in spec.resources:
            resource = self.catalogue.resource(entry.name)
            if resource is None:
                unknown.append(_no_price(name, entry.name))
            else:
                hourly = self._tariff.nodes(entry.name, entry.nodes)
                lines.append(CostLine(name, entry.name, entry.nodes, hourly))
        if spec.kind == LayerKind.VIRTUAL.value:
            unknown.append(f"{name}: its front-end node and block storage have no price in {_FILE}")
        return Estimate(tuple(lines), tuple(unknown))

    def _function(self, name: str, spec: FunctionSpec, *, is_native: bool) -> Estimate:
        if not is_native:
            return Estimate()  # it runs on the nodes of its cluster
        resource = self.catalogue.resource(spec.resource)
        rate, busy_s = self.rates.get(spec.part), self.busy_s.get((spec.part, spec.resource))
        if resource is None:
            return Estimate(unknown=(_no_price(name, spec.resource),))
        if rate is None:
            why = "no `expected_throughput` says how many requests enter the application"
            return Estimate(unknown=(f"{name}: {why}",))
        if busy_s is None:
            return Estimate(unknown=(f"{name}: how long it runs on {spec.resource} was not measured",))
        hourly = self._tariff.calls(spec.resource, rate, busy_s)
        return Estimate((CostLine(name, spec.resource, rate * busy_s, hourly),))


def _no_price(name: str, resource: str) -> str:
    return f"{name}: {_FILE} has no resource {resource} any more"


def arrival_rates(dag: Dag, entry_rate_hz: float | None) -> dict[str, float]:
    """Requests a second that reach each part, from what enters and the probabilities of the edges.

    Args:
        dag: the graph of the parts.
        entry_rate_hz: what each entry gets; None where nobody knows.
    """
    if entry_rate_hz is None:
        return {}
    rates: dict[str, float] = {}
    for name in dag.topological_order():
        incoming = dag.incoming(name)
        reaching = sum(rates[edge.source] * edge.probability for edge in incoming)
        rates[name] = reaching if incoming else entry_rate_hz
    return rates
