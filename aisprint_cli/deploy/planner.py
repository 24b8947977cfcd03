"""What has to be done: desired state x recorded state x live state -> ordered steps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from aisprint_cli.backends.interface import KEPT_DATA, FunctionSpec, Item, ItemKind, ItemState, Observed
from aisprint_cli.deploy.topology import FunctionNode, function_node

MustReplace = Callable[[Item, Item], str]
"""Why an item cannot become another one in place; empty where it can."""


class Action(StrEnum):
    """What a step does to its item. UPDATE is in place; REPLACE comes after a DELETE of the same item."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    UNCHANGED = "unchanged"


class RecordState(StrEnum):
    """What the ledger knows of an item.

    INTENDED was begun and never confirmed; KEPT was removed but its data was kept. STRAY is not in the
    ledger at all: a back end has it, and it carries the application's identity.
    """

    INTENDED = "intended"
    PRESENT = "present"
    FAILED = "failed"
    REMOVING = "removing"
    KEPT = "kept"
    REMOVED = "removed"
    STRAY = "stray"


GONE = frozenset({RecordState.KEPT, RecordState.REMOVED})
_BEFORE = " (before)"


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
    """One change to one item; `after` holds the ids of the steps that come first.

    `makes_way` marks the deletion of an item that is then made anew, by the REPLACE step of its name.
    """

    action: Action
    item: Item
    reason: str
    after: tuple[str, ...] = ()
    keep_data: bool = False
    makes_way: bool = False

    @property
    def id(self) -> str:
        """The item's id, and for the first half of a replacement a name of its own."""
        return f"{self.item.id}{_BEFORE}" if self.makes_way else self.item.id

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
        """How many steps do that; the two halves of a replacement count as one, under REPLACE."""
        return sum(step.action is action and not step.makes_way for step in self.steps)

    def only(self, names: Iterable[str]) -> Plan:
        """The steps for some items, and every step that has to come before one of them.

        Args:
            names: ids of items.
        """
        by_id = {step.id: step for step in self.steps}
        wanted = set(names)
        waiting = [step.id for step in self.steps if step.item.id in wanted]
        kept: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in kept or name not in by_id:
                continue
            kept.add(name)
            step = by_id[name]
            waiting += [*step.after, *step.item.requires]
        return Plan(tuple(step for step in self.steps if step.id in kept))


def make_plan(
    desired: Iterable[Item],
    recorded: Mapping[str, Record],
    live: Mapping[str, Observed],
    *,
    keep_data: bool = False,
    release_kept: bool = False,
    must_replace: MustReplace = lambda _before, _after: "",
) -> Plan:
    """The steps from what is recorded and live to what is desired.

    Args:
        desired: the items wanted, each after those it requires.
        recorded: what the ledger knows, by item id.
        live: what the back end says, by item id; a missing id counts as absent.
        keep_data: delete no stored objects.
        release_kept: also delete what an earlier removal kept. Without it, only what was kept on a
            cluster that goes with its data.
        must_replace: why a change of a recorded item cannot be made in place.
    """
    wanted = tuple(desired)
    wanted_ids = {item.id for item in wanted}
    replaced = _replacements(wanted, recorded, must_replace)
    rest = [record for record in recorded.values() if record.item.id not in wanted_ids]
    going = (
        set() if keep_data else {record.item.name for record in rest if record.exists and record.is_cluster}
    )
    unwanted = [record for record in rest if _is_removable(record, going, release_kept)]
    removed = _deletions([*unwanted, *(recorded[name] for name in replaced)], wanted, live, keep_data)
    removed = _first_halves(removed, replaced)
    changing = {step.id for step in removed}
    blockers = _blockers(wanted, unwanted)
    made: list[Step] = []
    for item in wanted:
        action, reason = (
            (Action.REPLACE, replaced[item.id])
            if item.id in replaced
            else _decide(item, recorded.get(item.id), live.get(item.id))
        )
        first = [*(name for name in item.requires if name in changing), *blockers.get(item.id, ())]
        if action is Action.REPLACE:
            first.append(f"{item.id}{_BEFORE}")
        step = Step(action, item, reason, tuple(first) if action is not Action.UNCHANGED else ())
        if step.changes:
            changing.add(item.id)
        made.append(step)
    return Plan((*removed, *made))


def _replacements(
    wanted: tuple[Item, ...], recorded: Mapping[str, Record], must_replace: MustReplace
) -> dict[str, str]:
    """Why items are made anew, by id: what cannot be changed in place, and what is hosted on that."""
    found: dict[str, str] = {}
    for item in wanted:
        record = recorded.get(item.id)
        if record is None or not record.exists:
            continue
        reason = must_replace(record.item, item) if record.item.digest != item.digest else ""
        host = f"{ItemKind.CLUSTER}/{item.spec.cluster}" if isinstance(item.spec, FunctionSpec) else ""
        if not reason and host in found:
            reason = "its cluster is made anew"
        if reason:
            found[item.id] = reason
    return found


def _first_halves(removed: list[Step], replaced: Mapping[str, str]) -> list[Step]:
    """Deletions, those of replaced items marked as such and named in what comes after them."""
    names = {name: f"{name}{_BEFORE}" for name in replaced}
    found = []
    for step in removed:
        after = tuple(names.get(name, name) for name in step.after)
        if step.item.id in replaced:
            reason = f"to be made anew: {replaced[step.item.id]}"
            found.append(replace(step, reason=reason, after=after, makes_way=True))
        else:
            found.append(replace(step, after=after))
    return found


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
    if (known if live_digest is None else live_digest) != item.digest:
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
    going = {record.item.name for record in unwanted if record.is_cluster}
    used = {bucket for node in _functions(wanted) for bucket in node.buckets if bucket[0] not in going}
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
    if record.state is RecordState.STRAY:
        return "not in the ledger, but it carries this application's identity"
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
