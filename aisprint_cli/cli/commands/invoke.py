"""`aisprint invoke`: feed files to a deployed application and bring the results back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.deployment_options import BackendNames, chosen_backends, split_application
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
from aisprint_cli.errors import ExternalError, UsageError

if TYPE_CHECKING:
    from aisprint_cli.cli.invocation_view import Tally
    from aisprint_cli.cli.json_stream import JsonStream
    from aisprint_cli.deploy.invocation import Failure, Feed
    from aisprint_cli.deploy.workspace import Workspace

_DEFAULT_CONCURRENCY = 16


def invoke(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] FILE...",
            help="The application directory, where it is not the current one, and the files to feed.",
            show_default=False,
        ),
    ] = None,
    application_dir: DirectoryOption = None,
    many: Annotated[
        Path | None,
        typer.Option("--many", metavar="DIR", help="Feed every file of a folder, hidden ones left out."),
    ] = None,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", "-d", metavar="DIR", help="Where results go.")
    ] = Path("results"),
    component: Annotated[
        str | None,
        typer.Option(
            "--component", metavar="NAME", help="Feed this one.", show_default="the entry components"
        ),
    ] = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="N", min=1, help="Inputs under way at the same time.")
    ] = _DEFAULT_CONCURRENCY,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            min=0,
            help="Follow an input no longer.",
            show_default="to its end",
        ),
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Only submit; print what to follow each input by.")
    ] = False,
    backend: BackendNames = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Feed files in, follow them along the chain, fetch results.

    Results are in DIR/INPUT/COMPONENT/FILE. A chain that ends because a component wrote nothing is a
    way not taken, not a failure.

    Example: aisprint invoke digit_reader pages/*.png --output-dir results
    """
    from aisprint_cli.backends.interface import Capability
    from aisprint_cli.deploy.invocation import Feed, find_targets
    from aisprint_cli.deploy.workspace import has_ledger, nothing_deployed, open_workspace

    session = open_session(output, quiet, verbose, no_color)
    directory, names = split_application(arguments or [], application_dir)
    files = _require_files(names, many)
    if not has_ledger(directory):
        raise nothing_deployed(directory)
    with open_workspace(directory, chosen_backends(backend), durable=False) as workspace:
        workspace.require_complete()
        for capability in (Capability.DATA, Capability.LOGS):
            workspace.require_able(capability, "Feeding input")
        feed = Feed(find_targets(workspace.topology(), component), timeout, not no_wait)
        _run(session, workspace, feed, files, many, output_dir, concurrency)


def _require_files(names: list[str], many: Path | None) -> list[Path]:
    """The files named.

    Raises:
        UsageError: when one is not a file, or there is nothing to feed.
    """
    missing = [name for name in names if not Path(name).is_file()]
    if missing:
        folders = [name for name in missing if Path(name).is_dir()]
        mend = f"--many {folders[0]} feeds all files of a folder." if folders else "Check the names."
        raise UsageError(f"Not a file: {', '.join(missing)}.", mend=mend)
    if many is not None and not many.is_dir():
        raise UsageError(f"There is no directory {many}.", mend="--many takes a folder of files.")
    if not names and many is None:
        raise UsageError("There is nothing to feed.", mend="Name files, or a folder with --many DIR.")
    return [Path(name) for name in names]


def _folder_files(folder: Path | None) -> list[str]:
    if folder is None:
        return []
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_file() and not entry.name.startswith("."))


def _run(
    session: Session,
    workspace: Workspace,
    feed: Feed,
    files: list[Path],
    many: Path | None,
    output_dir: Path,
    concurrency: int,
) -> None:
    from aisprint_cli.cli.invocation_view import InvocationView, Tally, invocation_document
    from aisprint_cli.deploy.interruption import two_strokes
    from aisprint_cli.deploy.invocation import Invoker, invoke_each
    from aisprint_cli.deploy.results import ResultFolders

    deployment = workspace.require_complete()
    names = _folder_files(many)
    tally, total = Tally(), len(files) + len(names)

    def sources() -> Iterator[Path]:
        yield from files
        yield from (many / name for name in names if many is not None)

    def asked() -> None:
        session.note("Stopping: following what is under way. Ctrl-C again stops at once.")

    stream = _open_stream(session, deployment.name)
    folders = ResultFolders(output_dir, workspace.ledger) if feed.wait else None
    with two_strokes(asked) as stopped, InvocationView(session, total) as view:
        invoker = Invoker(
            workspace.backend,
            workspace.topology(),
            workspace.ledger,
            deployment.id,
            feed=feed,
            redact=workspace.secrets.redact,
            listen=view.on_run,
        )
        try:
            for found in invoke_each(invoker, sources(), folders, concurrency=concurrency, stopped=stopped):
                tally.add(found)
                view.on_end(found)
                if stream is not None:
                    stream.add(invocation_document(found))
        finally:
            if stream is not None:
                stream.close({"summary": tally.document()})
    _conclude(session, workspace, tally, total)


def _open_stream(session: Session, deployment: str) -> JsonStream | None:
    from aisprint_cli.cli.json_stream import JsonStream

    if session.output is not OutputFormat.JSON:
        return None
    return JsonStream("aisprint.invoke/1", {"deployment": deployment}, "inputs")


def _conclude(session: Session, workspace: Workspace, tally: Tally, total: int) -> None:
    """Show what came of the inputs.

    Raises:
        ExternalError: when one did not end well.
        InterruptedRunError: when it was stopped.
    """
    from aisprint_cli.cli.invocation_view import print_invocations
    from aisprint_cli.errors import InterruptedRunError
    from aisprint_cli.system.typed_commands import typed

    if session.output is not OutputFormat.JSON:
        print_invocations(session.out, tally)
    if tally.total < total:
        raise InterruptedRunError(f"invoke was stopped: {total - tally.total} of {total} files were not fed.")
    if tally.failures:
        failure = next((entry.failure for entry in tally.bad if entry.failure is not None), None)
        command = typed("logs", workspace.application, *_whose(tally, failure))
        raise ExternalError(
            f"{tally.failures} of {tally.total} inputs did not end well.",
            why=_reason(failure),
            mend=f"`{command}` shows what the component wrote.",
        )


def _whose(tally: Tally, failure: Failure | None) -> tuple[str, ...]:
    """What to ask `logs` for: the run to blame, or what the first input that took too long set off."""
    if failure is None:
        return "--trace", tally.bad[0].trace
    return ("--job", failure.job) if failure.job else ("--failed",)


def _reason(failure: Failure | None) -> str:
    if failure is None:
        return "The time given to follow them was over; they go on where they are."
    return f"{failure.part}: {failure.reason}" if failure.part else failure.reason
