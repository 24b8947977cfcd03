"""What a deployment has on a back end: what the ledger holds, and what this process did since."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from aisprint_cli.backends.interface import Item, ItemKind, Recorded


class Holdings:
    """The items of a deployment; the only sign of those that exist anyway, such as a cluster taken into use.

    Args:
        backend: the back end's name; the ledger may hold items of others too.
        recorded: the items that the ledger holds as there, by id.
    """

    def __init__(self, backend: str, recorded: Callable[[], Mapping[str, Recorded]]) -> None:
        self._backend = backend
        self._recorded = recorded
        self._lock = threading.Lock()
        self._seen: dict[str, Item | None] = {}

    def take(self, item: Item) -> None:
        """The deployment has it from now on."""
        with self._lock:
            self._seen[item.id] = item

    def drop(self, item: Item) -> None:
        """The deployment has it no more."""
        with self._lock:
            self._seen[item.id] = None

    def items(self) -> dict[str, Item]:
        """Everything it has, by id."""
        recorded = {name: entry.item for name, entry in self._recorded().items()}
        found: dict[str, Item | None] = {
            name: item for name, item in recorded.items() if item.spec.backend == self._backend
        }
        with self._lock:
            found |= self._seen
        return {name: item for name, item in found.items() if item is not None}

    def holds(self, item_id: str) -> bool:
        """Whether it has an item."""
        return item_id in self.items()

    def functions(self, cluster: str | None = None) -> tuple[Item, ...]:
        """Its functions, of one cluster or of all."""
        return tuple(
            item
            for item in self.items().values()
            if item.kind is ItemKind.FUNCTION and cluster in {None, getattr(item.spec, "cluster", None)}
        )
