"""`aisprint status`: what is deployed, how it is, and how its times compare with its limits."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.deployment_options import BackendNames, chosen_backends
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
from aisprint_cli.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from aisprint_cli.deploy.status import Status
    from aisprint_cli.deploy.workspace import Workspace


def status(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    qos: Annotated[
        bool, typer.Option("--qos", help="Compare measured times with the deployment's limits.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it again until Ctrl-C.")] = False,
    interval: Annotated[
        float, typer.Option("--interval", metavar="SECONDS", min=0.2, help="How often --watch looks.")
    ] = 2.0,
    check: Annotated[
        bool,
        typer.Option("--check", help="End with exit code 7 when a limit is violated or something drifted."),
    ] = False,
    backend: BackendNames = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Show what is deployed, what ran, and how fast.

    A limit is violated when the mean time of any minute is above it. Runs since the last change of
    the deployment count.

    Example: aisprint status digit_reader --qos --check
    """
    from aisprint_cli.deploy.run import kept_data
    from aisprint_cli.deploy.workspace import has_ledger, open_workspace

    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    if watch and output is OutputFormat.JSON:
        raise UsageError("--watch shows a page again and again; it has no JSON form.")
    if not has_ledger(directory):
        _nothing(session, directory, {})
        return
    with open_workspace(directory, chosen_backends(backend)) as workspace:
        if watch:
            _watch(session, workspace, qos=qos, interval=interval)
            return
        found = _read(workspace, qos=qos or check)
        if found is None:
            _nothing(session, directory, kept_data(workspace))
            return
        _emit(session, found, qos=qos)
        if check:
            _require_sound(found, directory)


def _read(workspace: Workspace, *, qos: bool) -> Status | None:
    from aisprint_cli.deploy.status import read_status

    current = workspace.current()
    return None if current is None else read_status(workspace, current, qos=qos)


def _nothing(session: Session, directory: Path, kept: Mapping[str, str]) -> None:
    from aisprint_cli.cli.kept_view import print_kept
    from aisprint_cli.cli.status_view import nothing_document

    def human(console: Console) -> None:
        console.print(f"Nothing of {directory.name} is deployed.", markup=False)
        print_kept(console, kept, directory)

    session.emit("aisprint.status/1", nothing_document(kept), human)


def _emit(session: Session, found: Status, *, qos: bool) -> None:
    from aisprint_cli.cli.status_view import render, status_document
    from aisprint_cli.cli.tables import print_page

    def human(console: Console) -> None:
        print_page(console, *render(found, qos=qos))

    session.emit("aisprint.status/1", status_document(found, qos=qos), human)


def _watch(session: Session, workspace: Workspace, *, qos: bool, interval: float) -> None:
    """Redraw in place on a terminal, print pages one after another elsewhere; Ctrl-C is its normal end."""
    from rich.live import Live

    from aisprint_cli.cli.tables import print_page

    try:
        if not session.out.is_terminal:
            while True:
                print_page(session.out, _page(workspace, qos=qos))
                time.sleep(interval)
        with Live(_page(workspace, qos=qos), console=session.out, auto_refresh=False) as live:
            while True:
                time.sleep(interval)
                live.update(_page(workspace, qos=qos), refresh=True)
    except KeyboardInterrupt:
        return


def _page(workspace: Workspace, *, qos: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from aisprint_cli.cli.status_view import render

    found = _read(workspace, qos=qos)
    if found is None:
        return Text(f"Nothing of {workspace.application.name} is deployed.")
    return Group(*render(found, qos=qos))


def _require_sound(found: Status, directory: Path) -> None:
    """What `--check` asks for.

    Raises:
        VerificationError: when something drifted or a limit is violated.
    """
    from aisprint_cli.deploy.measures import Verdict
    from aisprint_cli.system.typed_commands import typed

    drifted = [f"{entry.item.id}: {entry.drift}" for entry in found.items if entry.drift]
    violated = [entry for entry in found.measures if entry.verdict is Verdict.VIOLATED]
    if drifted:
        raise VerificationError(
            f"{len(drifted)} items drifted: {'; '.join(drifted)}.",
            mend=f"`{typed('deploy', directory)}` repairs them.",
        )
    if violated:
        paths = "; ".join(" -> ".join(entry.constraint.parts) for entry in violated)
        raise VerificationError(
            f"{len(violated)} time limits are violated: {paths}.",
            why="The mean time of a minute was above the limit.",
            mend="Place these components on faster resources, or split them; --qos shows the figures.",
        )
