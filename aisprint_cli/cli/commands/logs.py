"""`aisprint logs`: what components wrote while they ran."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.cli.deployment_options import (
    BackendNames,
    chosen_backends,
    is_application,
    split_application,
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
from aisprint_cli.errors import ExternalError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.backends.interface import Job
    from aisprint_cli.deploy.logs import Selection
    from aisprint_cli.deploy.topology import FunctionNode, Topology
    from aisprint_cli.deploy.workspace import Workspace

_FOLLOW_INTERVAL_S = 0.5


def logs(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] [COMPONENT]",
            help="The application directory, where it is not the current one, and one component.",
            show_default=False,
        ),
    ] = None,
    application_dir: DirectoryOption = None,
    job: Annotated[
        str | None, typer.Option("--job", metavar="ID", help="That run only; the start of its ID will do.")
    ] = None,
    trace: Annotated[
        str | None,
        typer.Option(
            "--trace", metavar="ID", help="All runs that one input set off; the start of its ID will do."
        ),
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only runs that failed.")] = False,
    last: Annotated[
        int, typer.Option("--last", metavar="N", min=1, help="The last N runs of each component.")
    ] = 1,
    tail: Annotated[
        int | None,
        typer.Option(
            "--tail", "-n", metavar="N", min=0, help="The last N lines of each run.", show_default="all"
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new lines as they come, until Ctrl-C.")
    ] = False,
    infrastructure: Annotated[
        bool,
        typer.Option("--infrastructure", help="Instead, what was written while clusters were set up."),
    ] = False,
    backend: BackendNames = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Show what components wrote: by default the last run of each.

    --infrastructure shows what setting up clusters and functions wrote instead, such as
    contextualisation messages, and why one failed.

    Example: aisprint logs digit_reader classify --failed --tail 20
    """
    from aisprint_cli.backends.interface import Capability
    from aisprint_cli.deploy.logs import Selection
    from aisprint_cli.deploy.workspace import has_ledger, nothing_deployed, open_workspace

    session = open_session(output, quiet, verbose, no_color)
    directory, component = _split(arguments or [], application_dir)
    if infrastructure and (job or trace or failed or follow):
        raise UsageError(
            "--infrastructure shows no runs: --job, --trace, --failed and --follow are about them."
        )
    if follow and output is OutputFormat.JSON:
        raise UsageError("--follow prints lines as they come; it has no JSON form.")
    if not has_ledger(directory):
        raise nothing_deployed(directory)
    with open_workspace(directory, chosen_backends(backend)) as workspace:
        workspace.require_deployed()
        if infrastructure:
            _show_messages(session, workspace, component, tail)
            return
        workspace.require_able(Capability.LOGS, "Showing logs")
        topology = workspace.topology()
        functions = (topology.require(component),) if component is not None else topology.functions
        selection = Selection(last, job, trace, failed)
        if follow:
            _follow(session, workspace, functions, selection)
        else:
            _show(session, workspace, topology, functions, selection, tail)


def _split(arguments: list[str], option: Path | None) -> tuple[Path, str | None]:
    """The application directory and the component.

    A lone argument that is a directory but no application, such as a component's own folder, is a
    component's name where the current directory is an application.
    """
    if len(arguments) == 1 and option is None and is_application(Path()):
        first = Path(arguments[0])
        if first.is_dir() and not is_application(first) and first.resolve() != Path().resolve():
            return Path().resolve(), arguments[0]
    directory, rest = split_application(arguments, option)
    if len(rest) > 1:
        raise UsageError(
            f"One component at a time, not {' '.join(rest)}.", mend="aisprint logs [APP] [COMPONENT]"
        )
    return directory, rest[0] if rest else None


def _follow(
    session: Session, workspace: Workspace, functions: tuple[FunctionNode, ...], selection: Selection
) -> None:
    """Print lines behind the name of their component; Ctrl-C is its normal end."""
    from aisprint_cli.deploy.logs import follow

    parts = {(node.cluster, node.service): node.part for node in functions}
    since = time.time()
    session.note("Following; Ctrl-C ends it.")
    width = max((len(name) for name in parts.values()), default=0)
    try:
        for job, line in follow(
            workspace.backend,
            functions,
            selection,
            since_s=since,
            interval_s=_FOLLOW_INTERVAL_S,
            stopped=lambda: False,
            missed=lambda cluster, failure: _say_silent(session, workspace, {cluster: failure}),
        ):
            name = parts[job.cluster, job.function].ljust(width)
            text = workspace.secrets.redact(line)
            session.out.print(f"{name} {job.id} | {text}", markup=False, soft_wrap=True)
    except KeyboardInterrupt:
        return


def _show(
    session: Session,
    workspace: Workspace,
    topology: Topology,
    functions: tuple[FunctionNode, ...],
    selection: Selection,
    lines: int | None,
) -> None:
    from aisprint_cli.deploy.logs import jobs_of, select, tail

    listed, silent = jobs_of(workspace.backend, functions)
    jobs = select(listed, selection)
    texts = [tail(workspace.secrets.redact(workspace.backend.log(job)), lines) for job in jobs]
    found = [
        _document(job, node.part if (node := topology.by_service(job.cluster, job.function)) else "", text)
        for job, text in zip(jobs, texts, strict=True)
    ]

    def human(console: Console) -> None:
        for entry in found:
            reason = f" ({entry['reason']})" if entry["reason"] else ""
            console.print(
                f"== {entry['component']}, job {entry['job']}, {entry['state']}{reason}",
                style="bold",
                markup=False,
            )
            console.print(entry["log"].rstrip("\n") or "(it wrote nothing)", markup=False, soft_wrap=True)
        if not found:
            console.print("No runs yet." if not selection.failed else "No run failed.")

    told = [
        {"cluster": cluster, "error": workspace.secrets.redact(failure.message)}
        for cluster, failure in silent.items()
    ]
    session.emit("aisprint.logs/1", {"jobs": found, "infrastructure": [], "unreachable": told}, human)
    _say_silent(session, workspace, silent)


def _say_silent(session: Session, workspace: Workspace, silent: Mapping[str, ExternalError]) -> None:
    """Say which clusters could not be asked, so that their runs are not taken for none."""
    for cluster, failure in silent.items():
        session.note(f"The runs on {cluster} are not shown: {workspace.secrets.redact(failure.message)}")


def _show_messages(session: Session, workspace: Workspace, name: str | None, lines: int | None) -> None:
    from aisprint_cli.deploy.infrastructure_messages import read_messages
    from aisprint_cli.deploy.logs import tail

    found = [
        {"item": entry.item.id, "state": entry.state.value, "messages": tail(entry.text, lines)}
        for entry in read_messages(workspace, name)
    ]

    def human(console: Console) -> None:
        for entry in found:
            console.print(f"== {entry['item']}, {entry['state']}", style="bold", markup=False)
            console.print(
                entry["messages"].rstrip("\n") or "(nothing was said)", markup=False, soft_wrap=True
            )

    session.emit("aisprint.logs/1", {"jobs": [], "infrastructure": found, "unreachable": []}, human)


def _document(job: Job, part: str, text: str) -> dict[str, Any]:
    return {
        "component": part,
        "cluster": job.cluster,
        "job": job.id,
        "trace": job.trace,
        "state": job.state.value,
        "reason": job.reason,
        "exit_code": job.exit_code,
        "input": job.input_path,
        "created_s": job.created_s,
        "started_s": job.started_s,
        "finished_s": job.finished_s,
        "log": text,
    }
