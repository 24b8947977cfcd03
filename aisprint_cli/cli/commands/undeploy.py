"""`aisprint undeploy`: take a deployment down and see that it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.deployment_options import (
    DEFAULT_LOCK_TIMEOUT_S,
    DEFAULT_PARALLEL,
    BackendNames,
    DryRun,
    LockTimeout,
    Parallel,
    StepTimeout,
    Timeout,
    Yes,
    chosen_backends,
    patience_of,
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
from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.deploy.executor import Outcome
    from aisprint_cli.deploy.patience import Patience
    from aisprint_cli.deploy.planner import Plan
    from aisprint_cli.deploy.workspace import Workspace


def undeploy(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    backend: BackendNames = None,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Keep the stored objects; the next deploy brings them back.")
    ] = False,
    delete_kept: Annotated[
        bool, typer.Option("--delete-kept", help="Also delete what an earlier --keep-data kept.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    parallel: Parallel = DEFAULT_PARALLEL,
    timeout: Timeout = None,
    step_timeout: StepTimeout = None,
    lock_timeout: LockTimeout = DEFAULT_LOCK_TIMEOUT_S,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Remove what was deployed, and check that it is gone.

    It may be stopped and repeated. What an interrupted deploy may have left is removed too. The
    design is not needed.

    Example: aisprint undeploy digit_reader --keep-data --yes
    """
    from aisprint_cli.backends.registry import DEFAULT
    from aisprint_cli.deploy.run import plan_removal
    from aisprint_cli.deploy.workspace import has_ledger, open_workspace
    from aisprint_cli.system.application_lock import application_lock
    from aisprint_cli.system.typed_commands import typed

    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    if keep_data and delete_kept:
        raise UsageError("--keep-data and --delete-kept ask for opposite things.", mend="Give one of them.")
    choice = chosen_backends(backend)
    if not has_ledger(directory) and choice is None:
        _emit(session, _Removal(directory.name, DEFAULT))
        return
    with open_workspace(directory, choice) as workspace:
        if dry_run:
            plan = plan_removal(workspace, keep_data=keep_data, delete_kept=delete_kept)
            _emit(session, _removal(workspace, plan))
            return
        command = f"aisprint undeploy {directory.name}"
        with application_lock(workspace.folder, command, timeout_s=lock_timeout, waiting=session.note):
            plan = plan_removal(workspace, keep_data=keep_data, delete_kept=delete_kept)
            again = typed("undeploy", directory, *(["--keep-data"] if keep_data else []))
            pace = _Pace(parallel, patience_of(timeout, step_timeout))
            _run(session, workspace, plan, pace, yes=yes, again=again)


@dataclass(frozen=True)
class _Pace:
    """How many steps at once, and how long they may take."""

    parallel: int
    patience: Patience


@dataclass(frozen=True)
class _Removal:
    """What is shown of a removal; `outcome` is None where nothing was carried out."""

    application: str
    backend: str
    deployment: str = ""
    plan: Plan | None = None
    outcome: Outcome | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    directory: Path = Path()


def _removal(workspace: Workspace, plan: Plan, outcome: Outcome | None = None) -> _Removal:
    from aisprint_cli.deploy.run import kept_data

    last = workspace.ledger.last(workspace.backend_name)
    return _Removal(
        last.application if last else workspace.application.name,
        workspace.backend_name,
        last.name if last else "",
        plan,
        outcome,
        kept_data(workspace),
        workspace.application,
    )


def _run(session: Session, workspace: Workspace, plan: Plan, pace: _Pace, *, yes: bool, again: str) -> None:
    from aisprint_cli.cli.plan_view import StepView, print_plan, require_complete, say_stopping
    from aisprint_cli.deploy.interruption import two_strokes
    from aisprint_cli.deploy.run import Execution, undeploy

    if not plan.is_empty:
        if not session.quiet:
            print_plan(session.err, plan)
        data = "its stored data" if plan.loses_data else "no data"
        last = workspace.ledger.last(workspace.backend_name)
        name = last.application if last else workspace.application.name
        session.confirm(f"Delete what is deployed of {name} and {data}?", yes=yes)
    with two_strokes(lambda: say_stopping(session)) as stopped, StepView(session) as view:
        outcome = undeploy(workspace, plan, Execution(pace.parallel, view, stopped, pace.patience))
    _emit(session, _removal(workspace, plan, outcome))
    require_complete(outcome, "undeploy", again)


def _emit(session: Session, removal: _Removal) -> None:
    from aisprint_cli.cli.kept_view import kept_document, print_kept
    from aisprint_cli.cli.plan_view import print_plan
    from aisprint_cli.deploy.plan_document import outcome_document, plan_document

    plan, outcome = removal.plan, removal.outcome

    def human(console: Console) -> None:
        if plan is None or (plan.is_empty and (outcome is None or outcome.complete)):
            console.print(f"Nothing of {removal.application} is deployed.", markup=False)
        elif outcome is None:
            print_plan(console, plan)
        elif outcome.complete:
            name = f"{removal.application} {removal.deployment}"
            left = "" if plan.loses_data else " but its stored data"
            console.print(f"{name} is undeployed: everything{left} is gone.", markup=False)
        if outcome is None or outcome.complete:
            print_kept(console, removal.kept, removal.directory)

    document = {
        "application": removal.application,
        "backend": removal.backend,
        "dry_run": plan is not None and outcome is None,
        "plan": plan_document(plan) if plan is not None else None,
        "outcome": outcome_document(outcome) if outcome is not None else None,
        "kept": kept_document(removal.kept),
    }
    session.emit("aisprint.undeploy/1", document, human)
