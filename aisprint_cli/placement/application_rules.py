"""What `common_config/placement_rules.yaml` says, in the numbers of an application's problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from aisprint_cli.model.resources import Layer as ApplicationLayer
from aisprint_cli.model.resources import Resource as ApplicationResource
from aisprint_cli.placement.problem import Discipline, PriceTier, Resource
from aisprint_cli.placement.rule_building import PLACE_KEYS, Stated, Verb, build_rules
from aisprint_cli.placement.rules import Rules, Scope


class ApplicationRules:
    """A validated document of placement rules.

    Args:
        document: as it was read; may be empty.
        layers: the application's layers, in the order of the problem.

    """

    def __init__(self, document: Mapping[str, Any], layers: tuple[ApplicationLayer, ...]) -> None:
        self._document = document
        self._layers = layers
        self._resources = [(resource.name, layer) for layer in layers for resource in layer.resources]

    def region(self, layer: ApplicationLayer) -> str:
        """The region of a layer; empty where it is in none."""
        regions = self._document.get("regions") or {}
        return next((str(name) for name, numbers in regions.items() if layer.number in numbers), "")

    def percentile(self, component: str, which: str) -> float | None:
        """The percentile (0 to 1) that a component's `local` or `global` limit is about; None: its mean."""
        chosen = (self._document.get("percentiles") or {}).get(component) or {}
        value = chosen.get(which)
        return None if value is None else value / 100

    def is_shared(self, domain: str) -> bool:
        """Whether transfers share the bandwidth of a network domain."""
        return bool(((self._document.get("networks") or {}).get(domain) or {}).get("shared"))

    def _terms(self, resource: str) -> Mapping[str, Any]:
        return (self._document.get("resources") or {}).get(resource) or {}

    def discipline(self, resource: str) -> Discipline | None:
        """How a resource serves; None where the rules do not say."""
        said = self._terms(resource).get("discipline")
        return None if said is None else Discipline(said)

    def on_terms(self, resource: Resource, source: ApplicationResource) -> Resource:
        """A resource with its prices, availability and power."""
        terms = self._terms(resource.name)
        prices = [(name, terms.get(name)) for name in ("reserved", "spot")]
        idle_w = terms.get("idle_power") or 0.0
        busy_w = terms.get("busy_power")
        return replace(
            resource,
            tiers=tuple(
                PriceTier(price.get("number") or resource.limit, price["cost"], name)
                for name, price in prices
                if price is not None
            ),
            availability=terms.get("availability") or 1.0,
            idle_w=idle_w,
            busy_w=max(idle_w, _accelerator_power_w(source)) if busy_w is None else busy_w,
            green_share=terms.get("green_share") or 0.0,
        )

    def rules(self, components: tuple[str, ...]) -> Rules:
        """The rules, with components numbered as they are given."""
        numbers = {name: number for number, name in enumerate(components)}
        stated = [self._stated(rule, numbers) for rule in self._document.get("rules") or ()]
        return build_rules(stated, components, len(self._resources))

    def _stated(self, rule: Mapping[str, Any], numbers: Mapping[str, int]) -> Stated:
        verb = next(verb for verb in Verb if rule.get(verb.value) is not None)
        places = rule.get(PLACE_KEYS[verb]) or {} if verb in PLACE_KEYS else {}
        named = () if verb is Verb.QUOTA else tuple(dict.fromkeys(numbers[name] for name in rule[verb.value]))
        return Stated(
            verb=verb,
            components=named,
            resources=frozenset(self._numbers(places)),
            places=", ".join(_words(places)),
            scope=Scope(rule.get("scope") or Scope.RESOURCE),
            limit=rule["quota"] if verb is Verb.QUOTA else 0,
            name=str(rule.get("name") or ""),
            reason=str(rule.get("reason") or ""),
            all_pieces=bool(rule.get("all_pieces")),
        )

    def _numbers(self, places: Mapping[str, Any]) -> Iterator[int]:
        layers, names = places.get("layers") or (), places.get("resources") or ()
        regions = places.get("regions") or ()
        for number, (name, layer) in enumerate(self._resources):
            if name in names or layer.number in layers or (self.region(layer) or None) in regions:
                yield number


def _words(places: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"layer {number}" for number in places.get("layers") or ())
    yield from map(str, places.get("resources") or ())
    yield from (f"region {name}" for name in places.get("regions") or ())


def _accelerator_power_w(resource: ApplicationResource) -> float:
    """What its accelerators draw: the only power that the catalogue of resources knows."""
    listed = (resource.document.get("accelerators") or {}).values()
    return float(sum(item.get("powerDraw") or 0.0 for item in listed))
