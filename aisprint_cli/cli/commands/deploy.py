"""`aisprint deploy`: bring a deployment into being, or up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.deployment_options import (
    DEFAULT_LOCK_TIMEOUT_S,
    DEFAULT_PARALLEL,
    BackendNames,
    DryRun,
    LockTimeout,
    Only,
    Parallel,
    Runner,
    StepTimeout,
    Timeout,
    Yes,
    chosen_backends,
    exactly_one,
    patience_of,
)
from aisprint_cli.cli.session import (
    DirectoryOption,
    NoColor,
    Output,
    OutputFormat,
    Quiet,
    Session,
    Verbose,
    open_session,
)
from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.cli.deployment_target import Target
    from aisprint_cli.deploy.executor import Outcome
    from aisprint_cli.deploy.patience import Patience
    from aisprint_cli.deploy.planning import Planned
    from aisprint_cli.deploy.rollback import Rollback
    from aisprint_cli.deploy.workspace import Workspace


@dataclass(frozen=True)
class _Asked:
    """What the options say on how to carry the plan out."""

    only: tuple[str, ...]
    parallel: int
    patience: Patience
    yes: bool
    resume: bool
    rollback: bool


def deploy(
    app: Annotated[
        Path | None,
        typer.Argument(
            metavar="[APP|PLAN_FILE]",
            help="The application directory, or a plan that `aisprint plan --out` saved.",
            show_default="the current directory",
        ),
    ] = None,
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
    runner: Runner = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    only: Only = None,
    parallel: Parallel = DEFAULT_PARALLEL,
    timeout: Timeout = None,
    step_timeout: StepTimeout = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with the run that was stopped or failed, and with nothing else."
        ),
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="If a step fails, bring back what was there before.")
    ] = False,
    lock_timeout: LockTimeout = DEFAULT_LOCK_TIMEOUT_S,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Deploy an application, or bring it up to date.

    Shows the plan, asks, and carries it out. It may be stopped at any moment: running it again goes
    on. Without --base, --optimal or --deployment it takes what is deployed already, else the optimal
    deployment where there is one, else the base design. A saved plan is carried out exactly, or not at
    all where something has changed since.

    Example: aisprint deploy digit_reader --deployment deployment2 --yes
    """
    from aisprint_cli.cli.deployment_target import find_target
    from aisprint_cli.deploy.workspace import open_workspace
    from aisprint_cli.system.application_lock import application_lock

    session = open_session(output, quiet, verbose, no_color)
    choice = exactly_one(base, optimal, deployment)
    target = find_target(app, application_dir, choice, chosen_backends(backend, runner), tuple(only or ()))
    if resume and (choice is not None or backend or target.saved is not None):
        raise UsageError(
            "--resume goes on with what was begun: it takes no deployment, back end or plan file.",
            mend="Leave these out, or leave --resume out.",
        )
    asked = _Asked(target.only, parallel, patience_of(timeout, step_timeout), yes, resume, rollback)
    with open_workspace(target.directory, target.backends) as workspace:
        if dry_run:
            planned = _plan(session, workspace, target, asked, write_templates=False)
            _emit(session, workspace, planned)
            return
        command = f"aisprint deploy {target.directory.name}"
        with application_lock(workspace.folder, command, timeout_s=lock_timeout, waiting=session.note):
            planned = _plan(session, workspace, target, asked, write_templates=True)
            _run(session, workspace, planned, asked)


def _plan(
    session: Session, workspace: Workspace, target: Target, asked: _Asked, *, write_templates: bool
) -> Planned:
    from aisprint_cli.deploy.plan_file import require_same, saved_plan
    from aisprint_cli.deploy.planning import make_planned, require_resumable, resumed_choice

    choice = resumed_choice(workspace) if asked.resume else target.choice
    planned = make_planned(workspace, choice, asked.only, note=session.note, write_templates=write_templates)
    if asked.resume:
        require_resumable(workspace, planned)
    if target.saved is not None:
        require_same(target.plan_file, target.saved, saved_plan(workspace, planned))
    return planned


def _run(session: Session, workspace: Workspace, planned: Planned, asked: _Asked) -> None:
    from aisprint_cli.cli.plan_view import StepView, print_plan, require_complete, say_stopping
    from aisprint_cli.deploy.interruption import two_strokes
    from aisprint_cli.deploy.rollback import before_run, roll_back
    from aisprint_cli.deploy.run import Execution, deploy

    prepared, plan = planned.prepared, planned.plan
    if not plan.is_empty:
        if not session.quiet:
            print_plan(session.err, plan, planned.cost)
        session.confirm(_question(planned), yes=asked.yes)
    before = before_run(workspace)
    back: Rollback | None = None
    with two_strokes(lambda: say_stopping(session)) as stopped, StepView(session) as view:
        execution = Execution(asked.parallel, view, stopped, asked.patience)
        outcome = deploy(workspace, plan, prepared, execution)
        if asked.rollback and outcome.abandoned:
            session.note("Not rolled back: something that was begun may still go on.")
        elif asked.rollback and not outcome.complete and not outcome.interrupted:
            session.note("Rolling back to what was there before.")
            back = roll_back(workspace, before, execution)
    _emit(session, workspace, planned, outcome, back)
    require_complete(outcome, "deploy", _again(workspace, planned), back)


def _question(planned: Planned) -> str:
    question = f"Deploy {planned.prepared.choice} of {planned.prepared.desired.application}?"
    if planned.plan.loses_data:
        return f"{question} Stored data of what is deleted goes with it."
    return question


def _again(workspace: Workspace, planned: Planned) -> str:
    """What to type to go on."""
    from aisprint_cli.system.typed_commands import typed

    choice = planned.prepared.choice
    options = ["--optimal"] if choice == "optimal" else ["--deployment", choice]
    options += [word for name in planned.only for word in ("--only", name)]
    if workspace.asked:
        options += [word for name in str(workspace.choice).split() for word in ("--backend", name)]
    return typed("deploy", workspace.application, *options)


def _emit(
    session: Session,
    workspace: Workspace,
    planned: Planned,
    outcome: Outcome | None = None,
    back: Rollback | None = None,
) -> None:
    from aisprint_cli.cli.plan_view import print_plan
    from aisprint_cli.deploy.plan_document import outcome_document, plan_document, rollback_document

    desired, choice, plan = planned.prepared.desired, planned.prepared.choice, planned.plan

    def human(console: Console) -> None:
        if outcome is None:
            print_plan(console, plan, planned.cost)
        elif plan.is_empty:
            console.print(
                f"{desired.application} {choice} is deployed as designed: nothing to do.", markup=False
            )
        elif outcome.complete:
            what = f" ({', '.join(planned.only)})" if planned.only else ""
            console.print(f"{desired.application} {choice}{what} is deployed.", markup=False)

    document = {
        "application": desired.application,
        "deployment": choice,
        "backend": workspace.backend_name,
        "dry_run": outcome is None,
        "plan": plan_document(plan),
        "cost": planned.cost_document(),
        "outcome": outcome_document(outcome) if outcome is not None else None,
        "rollback": rollback_document(back) if back is not None else None,
    }
    session.emit("aisprint.deploy/1", document, human)
