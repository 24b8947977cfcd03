"""What `physical_nodes.yaml` says of a resource that exists already.

The document may hold secrets in clear: `text` is for fields that hold none, `secret` gives a reference to
the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aisprint_cli.generate.secret_references import of_field
from aisprint_cli.model.resources import EMPTY, Layer

PHYSICAL_PATH: Final = "common_config/physical_nodes.yaml"


@dataclass(frozen=True, slots=True)
class PhysicalEntry:
    """The entry of one resource; `keys` lead to it in the document."""

    keys: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=lambda: EMPTY, repr=False, hash=False)

    def text(self, *keys: str | int) -> str | None:
        """A field that holds no secret, as text; None where it is not given."""
        value: Any = self.facts
        for key in keys:
            value = _below(value, key)
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, str | int | float) and value != "" else None

    def secret(self, *keys: str | int) -> str | None:
        """The reference to a field that holds a secret; None where it is not given."""
        value = self.text(*keys)
        return None if value is None else of_field(value, PHYSICAL_PATH, (*self.keys, *keys))

    def count(self, section: str) -> int:
        """How many entries a list of the entry has."""
        value = self.facts.get(section)
        return len(value) if isinstance(value, Sequence) and not isinstance(value, str) else 0

    def holds(self, section: str) -> bool:
        """Whether the entry says anything in a section."""
        return bool(self.facts.get(section))


def physical_entries(
    document: Mapping[str, Any], layer: Layer, used: Collection[str]
) -> dict[str, PhysicalEntry]:
    """The entries for the resources `used` of a layer, by the resource's name."""
    found: dict[str, PhysicalEntry] = {}
    layers = document.get("ComputationalLayers")
    for layer_key, entry in (layers if isinstance(layers, Mapping) else {}).items():
        if not isinstance(entry, Mapping) or entry.get("number") != layer.number:
            continue
        resources = entry.get("Resources")
        for key, facts in (resources if isinstance(resources, Mapping) else {}).items():
            name = facts.get("name") if isinstance(facts, Mapping) else None
            if name in used:
                place = ("ComputationalLayers", str(layer_key), "Resources", str(key))
                found.setdefault(str(name), PhysicalEntry(place, facts))
    return found


def _below(value: Any, key: str | int) -> Any:
    if isinstance(key, str):
        return value.get(key) if isinstance(value, Mapping) else None
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return value[key] if is_list and 0 <= key < len(value) else None
