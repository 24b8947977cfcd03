"""`aisprint deploy`: bring a deployment into being, or up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.deployment_options import (
    DEFAULT_LOCK_TIMEOUT_S,
    DEFAULT_PARALLEL,
    BackendNames,
    DryRun,
    LockTimeout,
    Parallel,
    Yes,
    chosen_backends,
    exactly_one,
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
    from aisprint_cli.deploy.prepare import Prepared
    from aisprint_cli.deploy.workspace import Workspace


def deploy(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    base: Annotated[bool, typer.Option("--base", help="Deploy the base design.")] = False,
    optimal: Annotated[bool, typer.Option("--optimal", help="Deploy the optimal deployment.")] = False,
    deployment: Annotated[
        str | None,
        typer.Option(
            "--deployment", metavar="NAME", help="Deploy that one.", show_default="what is deployed already"
        ),
    ] = None,
    backend: BackendNames = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    parallel: Parallel = DEFAULT_PARALLEL,
    lock_timeout: LockTimeout = DEFAULT_LOCK_TIMEOUT_S,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Deploy an application, or bring it up to date.

    Shows the plan, asks, and carries it out. It may be stopped at any moment: running it again goes
    on. Without --base, --optimal or --deployment it takes what is deployed already, else the optimal
    deployment where there is one, else the base design.

    Example: aisprint deploy digit_reader --deployment deployment2 --yes
    """
    from aisprint_cli.deploy.prepare import prepare
    from aisprint_cli.deploy.run import plan_deployment
    from aisprint_cli.deploy.workspace import open_workspace
    from aisprint_cli.system.application_lock import application_lock

    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    choice = exactly_one(base, optimal, deployment)
    with open_workspace(directory, chosen_backends(backend)) as workspace:
        if dry_run:
            prepared = prepare(workspace, choice, note=session.note, write_templates=False)
            plan = plan_deployment(workspace, prepared.desired)
            _emit(session, prepared, plan, workspace.backend_name)
            return
        command = f"aisprint deploy {directory.name}"
        with application_lock(workspace.folder, command, timeout_s=lock_timeout, waiting=session.note):
            prepared = prepare(workspace, choice, note=session.note, write_templates=True)
            _run(session, workspace, prepared, parallel=parallel, yes=yes)


def _run(session: Session, workspace: Workspace, prepared: Prepared, *, parallel: int, yes: bool) -> None:
    from aisprint_cli.cli.plan_view import StepView, print_plan, require_complete, say_stopping
    from aisprint_cli.deploy.interruption import two_strokes
    from aisprint_cli.deploy.run import Execution, deploy, plan_deployment
    from aisprint_cli.system.typed_commands import typed

    plan = plan_deployment(workspace, prepared.desired)
    if not plan.is_empty:
        if not session.quiet:
            print_plan(session.err, plan)
        question = f"Deploy {prepared.choice} of {prepared.desired.application}?"
        if plan.loses_data:
            question = f"{question} Stored data of what is deleted goes with it."
        session.confirm(question, yes=yes)
    with two_strokes(lambda: say_stopping(session)) as stopped, StepView(session) as view:
        execution = Execution(parallel, view, stopped)
        outcome = deploy(workspace, plan, prepared, execution)
    _emit(session, prepared, plan, workspace.backend_name, outcome)
    choice = "--optimal" if prepared.choice == "optimal" else f"--deployment {prepared.choice}"
    again = typed("deploy", workspace.application, choice)
    require_complete(outcome, "deploy", again)


def _emit(
    session: Session, prepared: Prepared, plan: Plan, backend: str, outcome: Outcome | None = None
) -> None:
    from aisprint_cli.cli.plan_view import print_plan
    from aisprint_cli.deploy.plan_document import outcome_document, plan_document

    desired = prepared.desired

    def human(console: Console) -> None:
        if outcome is None:
            print_plan(console, plan)
        elif plan.is_empty:
            console.print(
                f"{desired.application} {prepared.choice} is deployed as designed: nothing to do.",
                markup=False,
            )
        elif outcome.complete:
            console.print(f"{desired.application} {prepared.choice} is deployed.", markup=False)

    document = {
        "application": desired.application,
        "deployment": prepared.choice,
        "backend": backend,
        "dry_run": outcome is None,
        "plan": plan_document(plan),
        "outcome": outcome_document(outcome) if outcome is not None else None,
    }
    session.emit("aisprint.deploy/1", document, human)
