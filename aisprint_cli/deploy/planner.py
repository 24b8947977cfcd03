"""What has to be done: desired state x recorded state x live state -> ordered steps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from aisprint_cli.backends.interface import KEPT_DATA, FunctionSpec, Item, ItemKind, ItemState, Observed
from aisprint_cli.deploy.topology import FunctionNode, function_node


class Action(StrEnum):
    """What a step does to its item."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    UNCHANGED = "unchanged"


class RecordState(StrEnum):
    """What the ledger knows of an item.

    INTENDED was begun and never confirmed; KEPT was removed but its data was kept.
    """

    INTENDED = "intended"
    PRESENT = "present"
    FAILED = "failed"
    REMOVING = "removing"
    KEPT = "kept"
    REMOVED = "removed"


GONE = frozenset({RecordState.KEPT, RecordState.REMOVED})


@dataclass(frozen=True, slots=True)
class Record:
    """An item as the ledger holds it: the specification last sent and how far that went."""

    item: Item
    state: RecordState
    outputs: Mapping[str, str]

    @property
    def exists(self) -> bool:
        """Whether something of it may be there, as far as the ledger knows."""
        return self.state not in GONE

    @property
    def is_cluster(self) -> bool:
        """Whether it is a cluster's."""
        return self.item.kind is ItemKind.CLUSTER


@dataclass(frozen=True, slots=True)
class Step:
    """One change to one item; `after` holds the ids of the items whose steps come first."""

    action: Action
    item: Item
    reason: str
    after: tuple[str, ...] = ()
    keep_data: bool = False

    @property
    def changes(self) -> bool:
        """Whether carrying it out does anything."""
        return self.action is not Action.UNCHANGED


@dataclass(frozen=True)
class Plan:
    """Steps in an order that respects `after`."""

    steps: tuple[Step, ...]

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that do something."""
        return tuple(step for step in self.steps if step.changes)

    @property
    def is_empty(self) -> bool:
        """Whether the world is as desired."""
        return not self.changes

    @property
    def loses_data(self) -> bool:
        """Whether carrying it out deletes stored objects."""
        return any(step.action is Action.DELETE and not step.keep_data for step in self.steps)

    def count(self, action: Action) -> int:
        """How many steps do that."""
        return sum(step.action is action for step in self.steps)


def make_plan(
    desired: Iterable[Item],
    recorded: Mapping[str, Record],
    live: Mapping[str, Observed],
    *,
    keep_data: bool = False,
    release_kept: bool = False,
) -> Plan:
    """The steps from what is recorded and live to what is desired.

    Args:
        desired: the items wanted, each after those it requires.
        recorded: what the ledger knows, by item id.
        live: what the back end says, by item id; a missing id counts as absent.
        keep_data: delete no stored objects.
        release_kept: also delete what an earlier removal kept. Without it, only what was kept on a
            cluster that goes with its data.
    """
    wanted = tuple(desired)
    wanted_ids = {item.id for item in wanted}
    rest = [record for record in recorded.values() if record.item.id not in wanted_ids]
    going = (
        set() if keep_data else {record.item.name for record in rest if record.exists and record.is_cluster}
    )
    unwanted = [record for record in rest if _is_removable(record, going, release_kept)]
    removed = _deletions(unwanted, wanted, live, keep_data)
    changing = {step.item.id for step in removed}
    blockers = _blockers(wanted, unwanted)
    made: list[Step] = []
    for item in wanted:
        action, reason = _decide(item, recorded.get(item.id), live.get(item.id))
        first = [*(name for name in item.requires if name in changing), *blockers.get(item.id, ())]
        step = Step(action, item, reason, tuple(first) if action is not Action.UNCHANGED else ())
        if step.changes:
            changing.add(item.id)
        made.append(step)
    return Plan((*removed, *made))


def _is_removable(record: Record, going: set[str], release_kept: bool) -> bool:
    spec = record.item.spec
    loses_place = isinstance(spec, FunctionSpec) and spec.cluster in going
    return record.exists or (record.state is RecordState.KEPT and (release_kept or loses_place))


def _decide(item: Item, record: Record | None, observed: Observed | None) -> tuple[Action, str]:
    """What a wanted item needs, and why."""
    state = observed.state if observed is not None else ItemState.ABSENT
    if state is ItemState.ABSENT:
        return Action.CREATE, _why_create(record, observed)
    if state is ItemState.FAILED:
        detail = observed.detail if observed is not None else ""
        return Action.UPDATE, f"it failed: {detail}" if detail else "it failed"
    if state is ItemState.PENDING:
        return Action.UPDATE, "an earlier run did not finish it"
    return _decide_ready(item, record, observed.digest if observed is not None else None)


def _decide_ready(item: Item, record: Record | None, live_digest: str | None) -> tuple[Action, str]:
    if record is None or not record.exists:
        if live_digest == item.digest:
            return Action.ADOPT, "it exists as wanted but is not in the ledger"
        return Action.UPDATE, "it exists, is not in the ledger, and differs"
    known = record.item.digest if record.state is RecordState.PRESENT else None
    if (live_digest or known) != item.digest:
        drifted = known == item.digest
        return Action.UPDATE, "it was changed outside" if drifted else "its specification changed"
    if record.state is not RecordState.PRESENT or known != item.digest:
        return Action.ADOPT, "an earlier run made it but did not record the end"
    return Action.UNCHANGED, "as wanted"


def _why_create(record: Record | None, observed: Observed | None) -> str:
    if observed is not None and KEPT_DATA in observed.outputs:
        return "it is new; data that was kept comes back"
    if record is None or not record.exists:
        return "it is new"
    if record.state is RecordState.PRESENT:
        return "it is recorded but gone"
    return "an earlier run did not make it"


def _deletions(
    unwanted: list[Record], wanted: tuple[Item, ...], live: Mapping[str, Observed], keep_data: bool
) -> list[Step]:
    """Delete steps, those that depend on others first; data that a wanted function still uses is kept."""
    used = {bucket for node in _functions(wanted) for bucket in node.buckets}
    dependants: dict[str, list[str]] = {}
    for record in unwanted:
        for name in record.item.requires:
            dependants.setdefault(name, []).append(record.item.id)
    steps = []
    for record in sorted(unwanted, key=_removal_rank):
        item = record.item
        shares = item.kind is ItemKind.FUNCTION and bool(function_node(item).buckets & used)
        after = tuple(sorted(dependants.get(item.id, ())))
        reason = _why_delete(record, live.get(item.id), shares)
        steps.append(Step(Action.DELETE, item, reason, after, keep_data or shares))
    return steps


def _removal_rank(record: Record) -> tuple[bool, str]:
    return record.is_cluster, record.item.id


def _why_delete(record: Record, observed: Observed | None, shares: bool) -> str:
    if record.state is RecordState.KEPT:
        return "an earlier removal kept its data"
    if observed is None or observed.state is ItemState.ABSENT:
        return "no longer wanted; already gone, what is left of it is swept"
    if record.state is RecordState.REMOVING:
        return "an earlier removal did not finish"
    return "no longer wanted; its data is still used and stays" if shares else "no longer wanted"


def _blockers(wanted: tuple[Item, ...], unwanted: list[Record]) -> dict[str, tuple[str, ...]]:
    """Functions that must go before a wanted one comes, as both would take the same input."""
    leaving = [function_node(record.item) for record in unwanted if record.item.kind is ItemKind.FUNCTION]
    found: dict[str, tuple[str, ...]] = {}
    for node in _functions(wanted):
        folders = {source.folder for source in node.inputs}
        same = (other.id for other in leaving if any(source.folder in folders for source in other.inputs))
        found[node.id] = tuple(sorted(same))
    return found


def _functions(items: Iterable[Item]) -> list[FunctionNode]:
    return [function_node(item) for item in items if item.kind is ItemKind.FUNCTION]
