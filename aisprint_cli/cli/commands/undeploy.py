"""`aisprint undeploy`: take a deployment down and see that it is gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.deployment_options import (
    DEFAULT_BACKEND,
    DEFAULT_LOCK_TIMEOUT_S,
    DEFAULT_PARALLEL,
    BackendName,
    DryRun,
    LockTimeout,
    Parallel,
    Yes,
    shown,
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

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.deploy.executor import Outcome
    from aisprint_cli.deploy.planner import Plan
    from aisprint_cli.deploy.workspace import Workspace


def undeploy(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    backend: BackendName = DEFAULT_BACKEND,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Keep the stored objects; it says where they are.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    parallel: Parallel = DEFAULT_PARALLEL,
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
    from aisprint_cli.deploy.run import plan_removal
    from aisprint_cli.deploy.workspace import has_ledger, open_workspace
    from aisprint_cli.system.application_lock import application_lock

    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    if not has_ledger(directory):
        _emit(session, directory, backend, None, None)
        return
    with open_workspace(directory, backend) as workspace:
        if dry_run:
            _emit(session, directory, backend, plan_removal(workspace, keep_data=keep_data), None)
            return
        command = f"aisprint undeploy {directory.name}"
        with application_lock(workspace.folder, command, timeout_s=lock_timeout, waiting=session.note):
            _run(session, workspace, keep_data=keep_data, parallel=parallel, yes=yes)


def _run(session: Session, workspace: Workspace, *, keep_data: bool, parallel: int, yes: bool) -> None:
    from aisprint_cli.cli.plan_view import StepView, print_plan, require_complete, say_stopping
    from aisprint_cli.deploy.interruption import two_strokes
    from aisprint_cli.deploy.run import Execution, plan_removal, undeploy

    plan = plan_removal(workspace, keep_data=keep_data)
    if not plan.is_empty:
        if not session.quiet:
            print_plan(session.err, plan)
        data = "its stored data" if plan.loses_data else "no data"
        session.confirm(f"Delete what is deployed of {workspace.application.name} and {data}?", yes=yes)
    with two_strokes(lambda: say_stopping(session)) as stopped, StepView(session) as view:
        outcome = undeploy(workspace, plan, Execution(parallel, view, stopped))
    _emit(session, workspace.application, workspace.backend_name, plan, outcome)
    flag = " --keep-data" if keep_data else ""
    require_complete(outcome, "undeploy", f"aisprint undeploy {shown(workspace.application)}{flag}")


def _emit(
    session: Session, directory: Path, backend: str, plan: Plan | None, outcome: Outcome | None
) -> None:
    from aisprint_cli.cli.plan_view import print_plan
    from aisprint_cli.deploy.run import outcome_document, plan_document

    def human(console: Console) -> None:
        if plan is None or (plan.is_empty and (outcome is None or outcome.complete)):
            console.print(f"Nothing of {directory.name} is deployed.", markup=False)
        elif outcome is None:
            print_plan(console, plan)
        elif outcome.complete:
            left = " but its stored data" if any(step.keep_data for step in plan.steps) else ""
            console.print(f"{directory.name} is undeployed: everything{left} is gone.", markup=False)

    document = {
        "backend": backend,
        "dry_run": plan is not None and outcome is None,
        "plan": plan_document(plan) if plan is not None else None,
        "outcome": outcome_document(outcome) if outcome is not None else None,
    }
    session.emit("aisprint.undeploy/1", document, human)
