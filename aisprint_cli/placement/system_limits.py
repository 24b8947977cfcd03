"""The networks and limits of a system file."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from aisprint_cli.load.json_document import Fault, JsonValue
from aisprint_cli.placement.problem import LocalLimit, NetworkDomain, PathLimit
from aisprint_cli.placement.system_entries import limit, number, unknown
from aisprint_cli.placement.system_resources import ResourceReader

PATH: Final = Fault(
    "system.no-path",
    "A global constraint is about components that follow one another.",
    "List components so that each is in `next` of the one before.",
)
LOWEST_PERCENTILE: Final = 50.0
_BELOW_ALL: Final = 99.9999


def read_network(root: JsonValue, resources: ResourceReader) -> tuple[NetworkDomain, ...]:
    """The network domains."""
    entry = root.need("NetworkTechnology")
    domains: list[NetworkDomain] = []
    for item in entry.entries() if entry is not None else ():
        item.check_keys(("computationalLayers", "AccessDelay", "Bandwidth", "shared"))
        listed = item.need("computationalLayers")
        places = [resources.layer_number(at) for at in listed.items()] if listed is not None else []
        layers = frozenset(place for place in places if place is not None)
        delay, bandwidth = number(item, "AccessDelay", minimum=0), number(item, "Bandwidth", above=0)
        said = item.find("shared")
        shared = said is not None and bool(said.truth())
        domains.append(NetworkDomain(item.name, layers, delay or 0.0, bandwidth or 1.0, shared))
    return tuple(domains)


def read_local_limits(root: JsonValue, components: Mapping[str, int]) -> tuple[LocalLimit, ...]:
    """The limits on the response times of components."""
    entry = root.find("LocalConstraints")
    found: list[LocalLimit] = []
    for item in entry.entries() if entry is not None else ():
        if item.name not in components:
            unknown(item, "component", item.name, components, key=True)
            continue
        item.check_keys(("local_res_time", "percentile"))
        limit_s, percentile = limit(item, "local_res_time"), read_percentile(item)
        if limit_s is not None:
            found.append(LocalLimit(components[item.name], limit_s, percentile))
    return tuple(found)


def read_path_limits(
    root: JsonValue, components: Mapping[str, int], moves: Mapping[str, Mapping[str, float]]
) -> tuple[PathLimit, ...]:
    """The limits on times along paths."""
    entry = root.find("GlobalConstraints")
    found: list[PathLimit] = []
    for item in entry.entries() if entry is not None else ():
        item.check_keys(("components", "global_res_time", "percentile"))
        path = _path(item, moves)
        limit_s, percentile = limit(item, "global_res_time"), read_percentile(item)
        if limit_s is not None and path:
            numbers = tuple(components[name] for name in path)
            found.append(PathLimit(item.name, numbers, limit_s, percentile))
    return tuple(found)


def read_percentile(item: JsonValue) -> float | None:
    """The percentile a limit is about, as a probability; None where it is about the mean."""
    entry = item.find("percentile")
    value = None if entry is None else entry.number(minimum=LOWEST_PERCENTILE, maximum=_BELOW_ALL)
    return None if value is None else value / 100


def _path(item: JsonValue, moves: Mapping[str, Mapping[str, float]]) -> list[str]:
    listed = item.need("components")
    names = [(value, value.text()) for value in listed.items()] if listed is not None else []
    for value, name in names:
        if name is not None and name not in moves:
            unknown(value, "component", name, moves)
    path = [name for _, name in names if name is not None and name in moves]
    for before, after in pairwise(path):
        if after not in moves[before]:
            item.report(PATH, f"The path `{item.name}` goes from `{before}` to `{after}`; no edge does.")
    return path
