"""What was said while clusters and functions were set up."""

from __future__ import annotations

from dataclasses import dataclass

from aisprint_cli.backends.interface import Item, ItemKind, ItemState, TellsMessages
from aisprint_cli.deploy.selection import named_items
from aisprint_cli.deploy.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ItemMessages:
    """An item, how it is, and what was said, freed of secrets."""

    item: Item
    state: ItemState
    text: str


def read_messages(workspace: Workspace, name: str | None) -> tuple[ItemMessages, ...]:
    """The messages of every cluster, and of functions that are not as they should be or said something.

    Args:
        workspace: the open workspace.
        name: an item or a component; only that, and the cluster it is on.

    Raises:
        UsageError: when there is none of that name.
        ExternalError: when the back end cannot be asked.
    """
    items = {item_id: record.item for item_id, record in workspace.records().items() if record.exists}
    if name is not None:
        named = named_items(items.values(), [name])
        hosts = [host for item_id in named for host in items[item_id].requires[:1]]
        items = {item_id: item for item_id, item in items.items() if item_id in {*named, *hosts}}
    live = workspace.observe(items.values())
    found = []
    for item_id, item in items.items():
        seen, place = live[item_id], workspace.place_of(item)
        said = place.messages(item) if isinstance(place, TellsMessages) else ""
        text = "\n".join(part for part in (seen.detail, said) if part)
        if text or item.kind is ItemKind.CLUSTER:
            found.append(ItemMessages(item, seen.state, workspace.secrets.redact(text)))
    return tuple(found)
