"""`aisprint plan`: what `deploy` would do, and what it would cost."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.deployment_options import BackendNames, Only, Runner, chosen_backends, exactly_one
from aisprint_cli.cli.session import (
    Directory,
    DirectoryOption,
    NoColor,
    OutputFormat,
    Quiet,
    Session,
    Verbose,
    application_directory,
    open_session,
)

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.deploy.planning import Planned
    from aisprint_cli.deploy.workspace import Workspace

CHANGES = 1
"""The exit code of `--exit-code` when there is something to do."""


class PlanFormat(StrEnum):
    """The forms of `plan`: `markdown` is to be posted to a merge request."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def plan(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    base: Annotated[bool, typer.Option("--base", help="Plan for the base design.")] = False,
    optimal: Annotated[bool, typer.Option("--optimal", help="Plan for the optimal deployment.")] = False,
    deployment: Annotated[
        str | None,
        typer.Option(
            "--deployment", metavar="NAME", help="Plan for that one.", show_default="what is deployed already"
        ),
    ] = None,
    backend: BackendNames = None,
    runner: Runner = None,
    only: Only = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PLAN_FILE", help="Save it, for `aisprint deploy PLAN_FILE`."),
    ] = None,
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="End with exit code 1 when there is something to do."),
    ] = False,
    output: Annotated[
        PlanFormat, typer.Option("--output", "--format", "-o", help="The form of the result on stdout.")
    ] = PlanFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Show what deploy would do, and what it would cost.

    It only reads: the application, the ledger, and what the back ends say is there. A saved plan is
    carried out by `aisprint deploy PLAN_FILE` exactly as it is, or refused where something has changed.

    Example: aisprint plan digit_reader --backend cloud --out plan.json
    """
    from aisprint_cli.deploy.plan_file import saved_plan, write_plan
    from aisprint_cli.deploy.planning import make_planned
    from aisprint_cli.deploy.workspace import open_workspace

    form = OutputFormat.JSON if output is PlanFormat.JSON else OutputFormat.TABLE
    session = open_session(form, quiet, verbose, no_color)
    choice = exactly_one(base, optimal, deployment)
    directory = application_directory(app, application_dir)
    with open_workspace(directory, chosen_backends(backend, runner)) as workspace:
        planned = make_planned(workspace, choice, only or (), note=session.note, write_templates=False)
        if out is not None:
            write_plan(out, saved_plan(workspace, planned), workspace.secrets.redact)
            session.note(f"The plan is in {out}: `aisprint deploy {out}` carries it out.")
        _emit(session, workspace, planned, output)
    if exit_code and not planned.plan.is_empty:
        raise typer.Exit(CHANGES)


def _emit(session: Session, workspace: Workspace, planned: Planned, form: PlanFormat) -> None:
    from aisprint_cli.cli.plan_markdown import plan_markdown
    from aisprint_cli.cli.plan_view import print_plan
    from aisprint_cli.deploy.plan_document import plan_document

    def human(console: Console) -> None:
        if form is PlanFormat.MARKDOWN:
            console.print(plan_markdown(planned, workspace.backend_name), markup=False, soft_wrap=True)
        else:
            print_plan(console, planned.plan, planned.cost)

    document = {
        "application": planned.prepared.desired.application,
        "deployment": planned.prepared.choice,
        "backend": workspace.backend_name,
        "plan": plan_document(planned.plan),
        "cost": planned.cost_document(),
    }
    session.emit("aisprint.deployment-plan/1", document, human)
