"""A plan kept in a file, to be looked at and then carried out exactly, or not at all.

It holds what the plan was made from as digests: the desired state, the ledger, and what the back ends
said. Whoever carries it out looks again, and refuses where the world is another one now. There are no
secrets in it: specifications appear as digests, and texts of others are freed of values first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from aisprint_cli import __version__
from aisprint_cli.deploy.plan_document import plan_document
from aisprint_cli.deploy.planning import Planned
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.errors import InvalidInputError, StateError
from aisprint_cli.system.files import write_atomic
from aisprint_cli.system.typed_commands import typed

SCHEMA: Final = "aisprint.plan-file/1"
_LISTED: Final = 5
_WHERE: Final = {"desired": "the application", "recorded": "the ledger", "live": "what is there"}


@dataclass(frozen=True)
class SavedPlan:
    """The content of a plan file.

    `routing` says which back end makes which layer, `only` names the items it is limited to. `desired`,
    `recorded` and `live` hold a digest or a state for each item, by its id.
    """

    application: str
    directory: str
    deployment: str
    routing: Mapping[str, str]
    only: tuple[str, ...]
    desired: Mapping[str, str]
    recorded: Mapping[str, str]
    live: Mapping[str, str]
    plan: Mapping[str, Any]
    cost: Mapping[str, Any] | None
    made_s: float
    made_by: str


def saved_plan(workspace: Workspace, planned: Planned) -> SavedPlan:
    """What is to be kept of a plan."""
    prepared, found = planned.prepared, planned.survey
    return SavedPlan(
        application=prepared.desired.application,
        directory=str(workspace.application),
        deployment=prepared.choice,
        routing=workspace.choice.document(),
        only=planned.only,
        desired={item.id: item.digest for item in found.desired},
        recorded={name: f"{entry.state} {entry.item.digest}" for name, entry in found.recorded.items()},
        live={name: f"{seen.state} {seen.digest or ''}".strip() for name, seen in found.live.items()},
        plan=plan_document(planned.plan),
        cost=planned.cost_document(),
        made_s=time.time(),
        made_by=__version__,
    )


def write_plan(path: Path, saved: SavedPlan, redact: Callable[[str], str]) -> None:
    """Write a plan file, whole or not at all.

    Raises:
        InvalidInputError: when it cannot be written there.
    """
    document = _redacted({"schema": SCHEMA, **asdict(saved)}, redact)
    try:
        write_atomic(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise InvalidInputError(
            f"The plan cannot be written to {path}: {error.strerror or error}.", mend="Choose another place."
        ) from error


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    """Plain values without a secret in any text of theirs."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _redacted(entry, redact) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(entry, redact) for entry in value]
    return value


def read_plan(path: Path) -> SavedPlan:
    """Read a plan file.

    Raises:
        InvalidInputError: when it is none, or of another version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        schema = document.pop("schema")
        if schema == SCHEMA:
            document["only"] = tuple(document["only"])
            return SavedPlan(**{name: document[name] for name in SavedPlan.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(
            f"{path} is not a plan file.", mend="Make one with `aisprint plan --out FILE`."
        ) from error
    raise InvalidInputError(
        f"{path} is a plan file of another version: {schema}.",
        why=f"This aisprint reads {SCHEMA}.",
        mend="Make it again with `aisprint plan --out FILE`.",
    )


def require_same(path: Path, saved: SavedPlan, now: SavedPlan) -> None:
    """See that nothing has changed since a plan was made.

    Args:
        path: the plan file.
        saved: what it holds.
        now: what would be written to it now.

    Raises:
        StateError: when something has, naming it.
    """
    different = list(_differences(saved, now))
    if not different:
        return
    more = f" and {len(different) - _LISTED} more" if len(different) > _LISTED else ""
    raise StateError(
        f"{path} is out of date: nothing was changed.",
        why=f"Since it was made there changed {'; '.join(different[:_LISTED])}{more}.",
        mend=f"Make it again: `{typed('plan', Path(now.directory), '--out', str(path))}`.",
    )


def _differences(saved: SavedPlan, now: SavedPlan) -> Iterator[str]:
    if (saved.application, saved.deployment) != (now.application, now.deployment):
        yield f"the deployment, which was {saved.deployment} of {saved.application}"
    for field, where in _WHERE.items():
        before, after = getattr(saved, field), getattr(now, field)
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"{name} in {where} ({before.get(name, 'absent')}, now {after.get(name, 'absent')})"
    if _acts(saved) != _acts(now):
        yield "the steps that lead there"


def _acts(saved: SavedPlan) -> list[Any]:
    """What is done to what, leaving aside why: reasons may quote what changes from look to look."""
    return [[step["id"], step["action"], step["after"], step["keep_data"]] for step in saved.plan["steps"]]
