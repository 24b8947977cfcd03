"""The layers and resources of a system file: what there is, where, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aisprint_cli.load.json_document import JsonValue, spelling
from aisprint_cli.placement.problem import Discipline, Layer, PriceTier, Resource, Tier
from aisprint_cli.placement.system_entries import CONTRADICTION, NO_RESOURCE, TWICE, number, unknown, word

_TIERS: Final = (
    (Tier.EDGE, "EdgeResources"),
    (Tier.CLOUD, "CloudResources"),
    (Tier.FUNCTIONS, "FaaSResources"),
)
TIER_KEYS: Final = tuple(key for _, key in _TIERS)
_BOUGHT_KEYS: Final = ("price_tiers", "reserved", "spot", "availability", "discipline")
_KEYS: Final = (
    "number",
    "cost",
    "memory",
    "n_cores",
    "description",
    "idle_time_before_kill",
    "idle_power",
    "busy_power",
    "green_share",
    *_BOUGHT_KEYS,
)


class ResourceReader:
    """Reads all layers and resources; what is wrong goes into the document's findings.

    Attributes:
        layers: in the order of the file.
        resources: in the order of the file.
        numbers: of the resources, by name.
        descriptions: the file's own words on them, by name.
        disciplines: what a resource itself says of how it serves, by number.

    """

    def __init__(self, root: JsonValue) -> None:
        self._root = root
        self.layers: list[Layer] = []
        self.resources: list[Resource] = []
        self.numbers: dict[str, int] = {}
        self.descriptions: dict[str, str] = {}
        self.disciplines: dict[int, Discipline] = {}

    def read(self) -> None:
        """Read everything."""
        for tier, key in _TIERS:
            self._read_tier(tier, self._root.find(key))
        if not self.resources:
            self._root.report(NO_RESOURCE, "The file has no resource.")
        self._read_regions(self._root.find("Regions"))

    def is_function(self, resource: int) -> bool:
        """Whether the resource of that number is a function."""
        return self.layers[self.resources[resource].layer].tier is Tier.FUNCTIONS

    def layer_number(self, at: JsonValue) -> int | None:
        """The layer that a value names; None once it, or that there is none at all, is reported."""
        name = at.text()
        if name is None:
            return None
        known = {spelling(layer.name): number for number, layer in enumerate(self.layers)}
        if known and spelling(name) not in known:
            unknown(at, "layer", name, [layer.name for layer in self.layers])
        return known.get(spelling(name))

    def _read_tier(self, tier: Tier, entry: JsonValue | None) -> None:
        for item in entry.entries() if entry is not None else ():
            place = len(self.layers)
            self.layers.append(Layer(item.name, tier))
            for inside in item.entries():
                if isinstance(inside.value, dict):
                    self._read_resource(tier, place, inside)
                elif spelling(inside.name) == "transitioncost":
                    asked = inside.number(minimum=0)
                    self.layers[place] = replace(self.layers[place], transition_cost=asked or 0.0)
                else:
                    list(inside.entries())

    def _read_regions(self, entry: JsonValue | None) -> None:
        for region in entry.entries() if entry is not None else ():
            for at in region.items():
                place = self.layer_number(at)
                if place is None:
                    continue
                if self.layers[place].region:
                    message = f"The layer `{at.value}` is in two regions, `{self.layers[place].region}` too."
                    at.report(TWICE, message, mend="Leave it in one of them.")
                self.layers[place] = replace(self.layers[place], region=region.name)

    def _read_resource(self, tier: Tier, layer: int, item: JsonValue) -> None:
        if item.name in self.numbers:
            item.report(TWICE, f"There is more than one resource `{item.name}`.", key=True)
            return
        item.check_keys(_KEYS)
        cost = number(item, "cost", minimum=0)
        memory = number(item, "memory", minimum=0)
        listed = item.find("number")
        count = 1 if listed is None or tier is Tier.FUNCTIONS else listed.whole()
        cores = number(item, "n_cores", above=0, otherwise=1.0)
        idle = number(item, "idle_time_before_kill", minimum=0, otherwise=0.0)
        idle_w = number(item, "idle_power", minimum=0, otherwise=0.0)
        busy_w = number(item, "busy_power", minimum=idle_w or 0.0, otherwise=idle_w or 0.0)
        green = number(item, "green_share", minimum=0, maximum=1, otherwise=0.0)
        if tier is Tier.FUNCTIONS:
            item.need("idle_time_before_kill")
            _refuse_bought_keys(item)
        self.numbers[item.name] = len(self.resources)
        described = item.find("description")
        if described is not None and isinstance(described.value, str):
            self.descriptions[item.name] = described.value
        resource = Resource(
            name=item.name,
            layer=layer,
            limit=count or 0,
            cost_per_hour=cost or 0.0,
            memory_mib=memory or 0.0,
            cores=cores or 1.0,
            idle_before_kill_s=idle or 0.0,
            idle_w=idle_w or 0.0,
            busy_w=busy_w or 0.0,
            green_share=green or 0.0,
        )
        if tier is not Tier.FUNCTIONS:
            resource = self._served(_priced(resource, item), item)
        self.resources.append(resource)

    def _served(self, resource: Resource, item: JsonValue) -> Resource:
        chosen = word(item, "discipline", [value.value for value in Discipline])
        if chosen is None:
            return resource
        self.disciplines[len(self.resources)] = Discipline(chosen)
        return replace(resource, discipline=Discipline(chosen))


def _refuse_bought_keys(item: JsonValue) -> None:
    for key in _BOUGHT_KEYS:
        entry = item.find(key)
        if entry is not None:
            message = f"{entry.where} has no meaning for a function, which has no instances to buy."
            entry.report(CONTRADICTION, message, mend="Leave it out.", key=True)


def _priced(resource: Resource, item: JsonValue) -> Resource:
    """The resource with its prices: tiers as listed, or first what is reserved, then what is spot."""
    available = number(item, "availability", above=0, maximum=1, otherwise=1.0) or 1.0
    listed = item.find("price_tiers")
    tiers = [tier for entry in listed.items() if (tier := _tier(entry, resource))] if listed else []
    for key in ("reserved", "spot"):
        entry = item.find(key)
        if entry is None:
            continue
        if listed is not None:
            message = f"{item.where} has both `price_tiers` and `{key}`."
            entry.report(CONTRADICTION, message, key=True)
        tier = _tier(entry, resource, key)
        tiers += [tier] if tier is not None else []
        if key == "spot" and tier is not None:
            available = number(entry, "availability", above=0, maximum=1, otherwise=available) or 1.0
    return replace(resource, tiers=tuple(tiers), availability=available)


def _tier(entry: JsonValue, resource: Resource, name: str = "") -> PriceTier | None:
    """The next instances at a price of their own; spot ones are all that are left, unless it says."""
    if not isinstance(entry.value, dict):
        list(entry.entries())
        return None
    entry.check_keys(("number", "cost", *(("availability",) if name == "spot" else ("name",))), only=True)
    listed = entry.find("number") if name == "spot" else entry.need("number")
    count = resource.limit if listed is None else listed.whole(minimum=1)
    cost = number(entry, "cost", minimum=0)
    named = entry.find("name")
    title = named.text() if named is not None and not name else name
    return None if count is None or cost is None else PriceTier(count, cost, title or "")
