"""`aisprint state`: what the ledger holds, and mending it by hand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.cli.deployment_options import (
    DEFAULT_LOCK_TIMEOUT_S,
    BackendNames,
    LockTimeout,
    Yes,
    chosen_backends,
    exactly_one,
    split_application,
)
from aisprint_cli.cli.session import (
    Directory,
    DirectoryOption,
    NoColor,
    Output,
    OutputFormat,
    Quiet,
    Session,
    Verbose,
    application_directory,
    open_session,
)
from aisprint_cli.errors import StateError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.backends.interface import Item
    from aisprint_cli.deploy.ledger import StepRecord
    from aisprint_cli.deploy.planner import Record
    from aisprint_cli.deploy.workspace import Workspace

AppAndItem = Annotated[
    list[str],
    typer.Argument(
        metavar="[APP] ITEM", help="The application directory, where it is not the current one, and the item."
    ),
]


def show(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    steps: Annotated[bool, typer.Option("--steps", help="Also the steps of the last deployment.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also what is gone.")] = False,
    backend: BackendNames = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Show what the ledger holds: items, and what was done to them.

    It asks no back end; `aisprint status` does.

    Example: aisprint state show digit_reader --steps
    """
    from aisprint_cli.deploy.workspace import has_ledger, nothing_deployed, open_workspace

    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    if not has_ledger(directory):
        raise nothing_deployed(directory)
    with open_workspace(directory, chosen_backends(backend)) as workspace:
        last = workspace.current() or workspace.ledger.last(workspace.backend_name)
        records = [record for record in workspace.records().values() if record.exists or everything]
        taken = workspace.ledger.steps(last.id) if last is not None and steps else ()
        history = workspace.ledger.history()
    document = {
        "application": last.application if last else None,
        "deployments": [
            {
                "name": entry.name,
                "backend": entry.backend,
                "routing": dict(entry.routing),
                "state": entry.state.value,
                "started_s": entry.started_s,
                "changed_s": entry.changed_s,
            }
            for entry in history
        ],
        "items": [_item_document(record) for record in records],
        "steps": [_step_document(step) for step in taken] if steps else None,
    }

    def human(console: Console) -> None:
        if last is not None:
            where = f"deployment {last.name} on {last.backend}, {last.state}"
            console.print(f"{last.application}: {where}", style="bold", markup=False)
        _print_items(console, records)
        if steps:
            _print_steps(console, taken)

    session.emit("aisprint.state/1", document, human)


def _item_document(record: Record) -> dict[str, Any]:
    from dataclasses import asdict

    spec = asdict(record.item.spec)
    spec.pop("template", None)  # as long as all the rest; it is in the deployment's directory
    return {
        "id": record.item.id,
        "backend": record.item.spec.backend,
        "state": record.state.value,
        "digest": record.item.digest,
        "requires": list(record.item.requires),
        "outputs": dict(record.outputs),
        "spec": spec,
    }


def _step_document(step: StepRecord) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(step)


def _print_items(console: Console, records: list[Record]) -> None:
    from aisprint_cli.cli.tables import plain_table, print_page

    table = plain_table("kind", "name", "on", "recorded", "digest", whole=("kind", "digest"))
    for record in records:
        item = record.item
        table.add_row(item.kind.value, item.name, item.spec.backend, record.state.value, item.digest)
    print_page(console, table)


def _print_steps(console: Console, steps: tuple[StepRecord, ...]) -> None:
    from rich.text import Text

    from aisprint_cli.cli.tables import plain_table, print_page

    table = plain_table("began", "step", "item", "seconds", "result", "why", numbers=("seconds",))
    for step in steps:
        began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(step.started_s))
        seconds = "" if step.finished_s is None else f"{step.finished_s - step.started_s:.1f}"
        result = step.result or "not known"
        table.add_row(began, step.action, step.item, seconds, result, Text(step.error or step.reason))
    console.print("")
    print_page(console, table)


def import_(
    arguments: AppAndItem,
    application_dir: DirectoryOption = None,
    base: Annotated[bool, typer.Option("--base", help="It belongs to the base design.")] = False,
    optimal: Annotated[bool, typer.Option("--optimal", help="It belongs to the optimal one.")] = False,
    deployment: Annotated[
        str | None,
        typer.Option(
            "--deployment", metavar="NAME", help="It belongs to that one.", show_default="what is deployed"
        ),
    ] = None,
    backend: BackendNames = None,
    lock_timeout: LockTimeout = DEFAULT_LOCK_TIMEOUT_S,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Take something that exists into the ledger.

    It is looked for by the name that the design gives it. Nothing but the ledger changes; where the
    thing is not as wanted, the next plan says so.

    Example: aisprint state import digit_reader cluster/digit-reader-l2 --backend oscar
    """
    from aisprint_cli.deploy.adoption import import_item
    from aisprint_cli.deploy.prepare import prepare
    from aisprint_cli.deploy.workspace import open_workspace
    from aisprint_cli.system.application_lock import application_lock

    session = open_session(OutputFormat.TABLE, quiet, verbose, no_color)
    directory, name = _split(arguments, application_dir)
    choice = exactly_one(base, optimal, deployment)
    with open_workspace(directory, chosen_backends(backend)) as workspace:
        command = f"aisprint state import {directory.name}"
        with application_lock(workspace.folder, command, timeout_s=lock_timeout, waiting=session.note):
            prepared = prepare(workspace, choice, note=session.note, write_templates=False)
            for item in import_item(workspace, prepared, name):
                session.out.print(f"{item.id} is in the ledger.", markup=False)


def rm(
    arguments: AppAndItem,
    application_dir: DirectoryOption = None,
    backend: BackendNames = None,
    yes: Yes = False,
    lock_timeout: LockTimeout = DEFAULT_LOCK_TIMEOUT_S,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Strike something off the ledger, and leave it where it is.

    Nothing looks after it from then on: if it exists it goes on running, and costing. `undeploy`
    removes things; this is for what somebody else has taken over, or for what is certainly gone.

    Example: aisprint state rm digit_reader cluster/digit-reader-l2
    """
    from aisprint_cli.deploy.workspace import has_ledger, nothing_deployed, open_workspace
    from aisprint_cli.system.application_lock import application_lock

    session = open_session(OutputFormat.TABLE, quiet, verbose, no_color)
    directory, name = _split(arguments, application_dir)
    if not has_ledger(directory):
        raise nothing_deployed(directory)
    with open_workspace(directory, chosen_backends(backend)) as workspace:
        session.confirm(f"Forget {name} without removing it? If it exists, nobody looks after it.", yes=yes)
        command = f"aisprint state rm {directory.name}"
        with application_lock(workspace.folder, command, timeout_s=lock_timeout, waiting=session.note):
            _forget(session, workspace, name)


def _forget(session: Session, workspace: Workspace, name: str) -> None:
    from aisprint_cli.deploy.adoption import forget_item

    found: tuple[Item, ...] = forget_item(workspace, name)
    for item in found:
        session.out.print(
            f"{item.id} is forgotten. If it is still on {item.spec.backend}, nobody looks after it.",
            markup=False,
        )


def _split(arguments: list[str], option: Path | None) -> tuple[Path, str]:
    directory, rest = split_application(arguments, option)
    if len(rest) != 1:
        raise UsageError("Name one item.", mend="`aisprint state show` lists them.")
    return directory, rest[0]


def unlock(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Say who holds the application's lock, and what can be done.

    The lock is the operating system's and ends with its process, so there is never a stale one to
    take away: the process is waited for, or ended.

    Example: aisprint state unlock digit_reader
    """
    from aisprint_cli.deploy.workspace import has_ledger
    from aisprint_cli.system.application_lock import lock_holder
    from aisprint_cli.system.state_directory import state_directory

    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    holder = lock_holder(state_directory(directory)) if has_ledger(directory) else ""
    session.emit(
        "aisprint.lock/1",
        {"held": bool(holder), "holder": holder or None},
        lambda console: console.print(
            f"Held by {holder}." if holder else "Nobody holds the lock.", markup=False
        ),
    )
    if holder:
        raise StateError(
            f"The application is locked by {holder}.",
            why="The lock ends with that process, and with nothing else.",
            mend="Wait for it, or end it (Ctrl-C, or `kill` with its number): its work can be gone on with.",
        )
