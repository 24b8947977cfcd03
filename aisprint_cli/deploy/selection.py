"""The items that a person names: by id, by name, or by component."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from aisprint_cli.backends.interface import FunctionSpec, Item
from aisprint_cli.errors import UsageError


def named_items(items: Iterable[Item], names: Iterable[str]) -> tuple[str, ...]:
    """The ids of the items that are named, in the order of the items.

    A component means all its parts; a function also goes by the name of its service.

    Raises:
        UsageError: when a name fits none, with the nearest one.
    """
    wanted = {item.id: _names(item) for item in items}
    found: set[str] = set()
    for name in names:
        fits = {item for item, known in wanted.items() if name in known}
        if not fits:
            every = sorted(set().union(*wanted.values()))
            near = difflib.get_close_matches(name, every, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(wanted)}."
            raise UsageError(f"There is no item or component {name!r}.", mend=hint)
        found |= fits
    return tuple(item for item in wanted if item in found)


def _names(item: Item) -> set[str]:
    names = {item.id, item.name}
    if isinstance(item.spec, FunctionSpec):
        component, _, _ = item.spec.part.partition("_partition")
        names |= {item.spec.part, component, str(item.spec.service.get("name"))}
    return names
