"""What differs between two deployments of one application. Pure.

Parts are compared by component: a component that is whole in one and split in the other is different
as one thing. Prices are those of `candidate_resources.yaml`, in its own currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aisprint_cli.deploy.costs import arrival_rates
from aisprint_cli.model.dag import Dag
from aisprint_cli.model.deployment import Deployment, PlacedPart
from aisprint_cli.model.qos import GlobalConstraint, LocalConstraint
from aisprint_cli.model.resources import LayerKind, ResourceCatalogue
from aisprint_cli.placement.application_resources import Tariff


@dataclass(frozen=True)
class Side:
    """One of the two deployments, with what is known of it.

    `sent_bytes` says how many bytes a part hands on for one request, where that is known; `catalogue`
    has as many nodes as are bought for this deployment. `arrivals` are requests at each part for one
    that enters, or per second where `rate_known`; `busy_s` how long one keeps a part busy on a resource.
    `rules` is the document of placement rules, which may price reserved and spot instances otherwise.
    """

    deployment: Deployment
    catalogue: ResourceCatalogue
    arrivals: Mapping[str, float]
    sent_bytes: Mapping[str, float] = field(default_factory=dict)
    busy_s: Mapping[tuple[str, str], float] = field(default_factory=dict)
    rate_known: bool = False
    rules: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def tariff(self) -> Tariff:
        """What the resources cost an hour."""
        return Tariff(self.catalogue, self.rules)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one part runs."""

    part: str
    layer: int
    resource: str

    def to_json(self) -> dict[str, object]:
        """The place as plain values."""
        return {"part": self.part, "layer": self.layer, "resource": self.resource}


@dataclass(frozen=True, slots=True)
class ComponentDifference:
    """A component that is in other parts or elsewhere: its places in either deployment."""

    component: str
    before: tuple[Place, ...]
    after: tuple[Place, ...]

    @property
    def what(self) -> str:
        """What differs: `parts`, `layers` or `resources`, the first of these that does."""
        if [place.part for place in self.before] != [place.part for place in self.after]:
            return "parts"
        same = [place.layer for place in self.before] == [place.layer for place in self.after]
        return "resources" if same else "layers"


@dataclass(frozen=True, slots=True)
class Transfer:
    """An edge between two layers.

    `bytes` is what one request moves along it, None where that is not known; `share` how many requests
    take it for one that enters.
    """

    source: str
    target: str
    layers: tuple[int, int]
    bytes: float | None
    share: float

    def to_json(self) -> dict[str, object]:
        """The transfer as plain values."""
        return {
            "source": self.source,
            "target": self.target,
            "layers": list(self.layers),
            "bytes": self.bytes,
            "share": self.share,
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """What a deployment costs an hour; `unknown` says in words what is left out."""

    hourly: float
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """What is told of both deployments, alike or not."""

    transfers: tuple[Transfer, ...]
    cost: Cost

    @property
    def moved_bytes(self) -> float | None:
        """Bytes between layers for one request that enters; None where one transfer's are not known."""
        known = [item.bytes * item.share for item in self.transfers if item.bytes is not None]
        return sum(known) if len(known) == len(self.transfers) else None


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs; `components` and `constraints` hold only what does.

    A constraint is its subject (a part, or a path with arrows), its kind, and its limits in seconds in
    either deployment, None where it is not there.
    """

    components: tuple[ComponentDifference, ...]
    constraints: tuple[tuple[str, str, float | None, float | None], ...]
    before: Totals
    after: Totals

    @property
    def differ(self) -> bool:
        """Whether the two are not the same."""
        return bool(self.components or self.constraints) or self.before != self.after


def compare(before: Side, after: Side) -> Differences:
    """What differs between two deployments of the same application."""
    return Differences(
        components=tuple(_components(before.deployment, after.deployment)),
        constraints=tuple(_constraints(before.deployment, after.deployment)),
        before=Totals(_transfers(before), _cost(before)),
        after=Totals(_transfers(after), _cost(after)),
    )


def _components(before: Deployment, after: Deployment) -> Iterable[ComponentDifference]:
    one, other = _by_component(before.placed), _by_component(after.placed)
    for component in dict.fromkeys((*one, *other)):
        difference = ComponentDifference(component, one.get(component, ()), other.get(component, ()))
        if difference.before != difference.after:
            yield difference


def _by_component(placed: Iterable[PlacedPart]) -> dict[str, tuple[Place, ...]]:
    found: dict[str, list[Place]] = {}
    for item in placed:
        found.setdefault(item.part.component, []).append(Place(item.part.name, item.layer, item.resource))
    return {component: tuple(places) for component, places in found.items()}


def _constraints(
    before: Deployment, after: Deployment
) -> Iterable[tuple[str, str, float | None, float | None]]:
    one, other = _limits(before), _limits(after)
    for key in dict.fromkeys((*one, *other)):
        if one.get(key) != other.get(key):
            yield (*key, one.get(key), other.get(key))


def _limits(deployment: Deployment) -> dict[tuple[str, str], float]:
    constraints: tuple[LocalConstraint | GlobalConstraint, ...] = (
        *deployment.qos.local,
        *deployment.qos.global_,
    )
    return {
        (item.part, "local")
        if isinstance(item, LocalConstraint)
        else (" -> ".join(item.path), "global"): item.limit_s
        for item in constraints
    }


def _transfers(side: Side) -> tuple[Transfer, ...]:
    deployment = side.deployment
    layer = {placed.part.name: placed.layer for placed in deployment.placed}
    entering = max((side.arrivals.get(name, 0.0) for name in deployment.dag.entries), default=0.0)
    return tuple(
        Transfer(
            edge.source,
            edge.target,
            (layer[edge.source], layer[edge.target]),
            side.sent_bytes.get(edge.source),
            side.arrivals[edge.source] * edge.probability / entering if entering else 0.0,
        )
        for edge in deployment.dag.dependencies
        if layer[edge.source] != layer[edge.target]
    )


def _cost(side: Side) -> Cost:
    hourly, unknown = 0.0, []
    counted: set[str] = set()
    for placed in side.deployment.placed:
        layer, resource = side.catalogue.layer(placed.layer), side.catalogue.resource(placed.resource)
        if layer is None or resource is None or resource.document.get("cost") is None:
            unknown.append(f"{placed.resource} has no price")
        elif layer.kind == LayerKind.FUNCTIONS:
            price = _function(side, placed)
            if isinstance(price, str):
                unknown.append(price)
            else:
                hourly += price
        elif placed.resource not in counted:
            counted.add(placed.resource)
            hourly += side.tariff.nodes(resource.name, resource.nodes)
    return Cost(hourly, tuple(dict.fromkeys(unknown)))


def _function(side: Side, placed: PlacedPart) -> float | str:
    """What a function costs an hour: it is paid while it computes; or why that is not known."""
    busy_s = side.busy_s.get((placed.part.name, placed.resource))
    if not side.rate_known:
        return "functions are paid by use, and no `expected_throughput` says how many requests enter"
    if busy_s is None:
        return f"how long {placed.part.name} runs on {placed.resource} was not measured"
    return side.tariff.calls(placed.resource, side.arrivals[placed.part.name], busy_s)


def arrivals_of(dag: Dag, entry_rate_hz: float | None) -> dict[str, float]:
    """Requests at each part, for the rate that enters; for one request where it is not known."""
    return arrival_rates(dag, 1.0 if entry_rate_hz is None else entry_rate_hz)
