"""`aisprint toscarize`: a deployment as TOSCA templates and FDL."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.cli.deployment_options import DEFAULT_LOCK_TIMEOUT_S, LockTimeout, exactly_one
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
from aisprint_cli.cli.template_options import (
    Choices,
    Clouds,
    Domain,
    Elastic,
    ImAuth,
    InfluxdbToken,
    InfluxdbUrl,
    PerComponent,
    PerLayer,
    RegistryPassword,
    RegistryServer,
    RegistryUsername,
    by_component,
)
from aisprint_cli.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from rich.console import Console

    from aisprint_cli.generate.deployment_files import DeploymentFiles
    from aisprint_cli.generate.output import OutputFile
    from aisprint_cli.generate.read import FunctionTemplate, Template

SCHEMA = "aisprint.toscarize/1"


def toscarize(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    base: Annotated[bool, typer.Option("--base", help="The base deployment.")] = False,
    optimal: Annotated[bool, typer.Option("--optimal", help="The optimal deployment.")] = False,
    deployment: Annotated[
        str | None,
        typer.Option(
            "--deployment", metavar="NAME", help="That one.", show_default="the optimal one, else base"
        ),
    ] = None,
    domain: Domain = None,
    elastic: Elastic = None,
    im_auth: ImAuth = None,
    influxdb_url: InfluxdbUrl = None,
    influxdb_token: InfluxdbToken = None,
    registry_server: RegistryServer = None,
    registry_username: RegistryUsername = None,
    registry_password: RegistryPassword = None,
    cloud: Clouds = None,
    per_component: PerComponent = False,
    per_layer: PerLayer = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the files and write nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when the files are not up to date.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Also replace files that were edited.")] = False,
    lock_timeout: LockTimeout = DEFAULT_LOCK_TIMEOUT_S,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Write a deployment as TOSCA templates, and FDL for OSCAR.

    The templates carry the types they use, are verified before they are written, and hold references
    instead of secrets. The same design gives the same bytes. Exit code 7 tells that --check found a
    difference, 6 that an edited file stands in the way.

    Example: aisprint toscarize digit_reader --deployment deployment2
    """
    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    choice = exactly_one(base, optimal, deployment)
    if sum((stdout, check, force)) > 1:
        raise UsageError("--stdout, --check and --force exclude each other.", mend="Give one of them.")
    choices = Choices(
        domain,
        elastic,
        im_auth,
        influxdb_url,
        influxdb_token,
        registry_server,
        registry_username,
        registry_password,
        tuple(cloud or ()),
        by_component(per_component, per_layer),
    )
    choices.check()
    with _held(session, directory, lock_timeout, writes=not (stdout or check)):
        result = _make(directory, choice, choices)
        for assumption in result.made.assumptions:
            session.note(f"note: {assumption}")
        if stdout:
            _print_files(session, result)
            return
        if not check:
            result.write(force=force)
    _show(session, result, written=not check)
    if check:
        result.require_current()


def _held(
    session: Session, directory: Path, timeout_s: float, *, writes: bool
) -> AbstractContextManager[None]:
    """The application's lock, so that no other command changes the design under our hands."""
    from aisprint_cli.system.application_lock import application_lock
    from aisprint_cli.system.state_directory import state_directory

    if not writes:
        return nullcontext()
    command = f"aisprint toscarize {directory.name}"
    return application_lock(state_directory(directory), command, timeout_s=timeout_s, waiting=session.note)


@dataclass(frozen=True)
class _Result:
    """What was made, and how it stands to what is on disk in `folder`."""

    application_directory: Path
    folder: Path
    domain: str
    made: DeploymentFiles
    templates: tuple[Template, ...]
    files: tuple[OutputFile, ...]

    def shown(self, path: str) -> str:
        """A file's path relative to the application directory."""
        return (self.folder / path).relative_to(self.application_directory).as_posix()

    def write(self, *, force: bool) -> None:
        """Bring the files on disk up to date."""
        from aisprint_cli.generate.output import write

        write(self.folder, self.files, force=force)

    @property
    def different(self) -> tuple[OutputFile, ...]:
        """The files that are not as they should be."""
        from aisprint_cli.generate.output import FileState

        return tuple(file for file in self.files if file.state is not FileState.UNCHANGED)

    def require_current(self) -> None:
        """Check that the files on disk are as they should be.

        Raises:
            VerificationError: when one is not; names each.
        """
        if self.different:
            listed = "\n".join(f"  - {self.shown(file.path)} ({file.state})" for file in self.different)
            raise VerificationError(
                f"The files are not what would be written:\n{listed}", mend="Run `aisprint toscarize`."
            )


def _make(directory: Path, choice: str | None, choices: Choices) -> _Result:
    from aisprint_cli.design.choice import default_choice, directory_of
    from aisprint_cli.design.current import open_design
    from aisprint_cli.generate.deployment_files import make_deployment_files
    from aisprint_cli.generate.output import compare, options_in
    from aisprint_cli.generate.positions import positions_in
    from aisprint_cli.images.use import select_built

    opened = open_design(directory)
    chosen = choice or default_choice(opened)
    selection = select_built(opened, chosen)
    folder = directory_of(opened, chosen)
    options = choices.over(options_in(folder))
    made = make_deployment_files(
        selection.application, selection.deployment, options=options, locate=positions_in(directory)
    )
    return _Result(directory, folder, options.domain, made, made.read(), compare(folder, made.texts))


def _print_files(session: Session, result: _Result) -> None:
    def human(console: Console) -> None:  # noqa: ARG001  plain text: YAML must not be wrapped or coloured
        for path, text in result.made.texts.items():
            if path.endswith(".yaml"):
                typer.echo(f"--- # {result.shown(path)}")
                typer.echo(text, nl=False)

    texts = [{"path": result.shown(path), "text": text} for path, text in result.made.texts.items()]
    session.emit(SCHEMA, {**_facts(result), "texts": texts}, human)


def _show(session: Session, result: _Result, *, written: bool) -> None:
    for file in result.files:
        session.detail(f"{result.shown(file.path)}: {file.state}")

    def human(console: Console) -> None:
        _print_functions(console, result)
        _print_summary(console, result, written=written)

    files = [{"path": result.shown(file.path), "state": str(file.state)} for file in result.files]
    session.emit(SCHEMA, {**_facts(result), "files": files}, human)


def _facts(result: _Result) -> dict[str, Any]:
    import json

    first = result.templates[0]
    return {
        "application": first.application,
        "deployment": first.deployment,
        "directory": result.shown(""),
        "domain": result.domain,
        "options": json.loads(first.options.text()),
        "layers": [_layer_facts(result, template) for template in result.templates],
    }


def _layer_facts(result: _Result, template: Template) -> dict[str, Any]:
    from aisprint_cli.generate.names import template_file_name
    from aisprint_cli.generate.output import TEMPLATES_FOLDER

    return {
        "layer": template.layer,
        "kind": str(template.kind),
        "cluster": template.cluster,
        "file": result.shown(f"{TEMPLATES_FOLDER}/{template_file_name(template.layer)}"),
        "secrets": list(template.secrets),
        "functions": [_function_facts(function) for function in template.functions],
    }


def _function_facts(function: FunctionTemplate) -> dict[str, Any]:
    service = function.service
    return {
        "part": function.part,
        "service": service["name"],
        "resource": function.resource,
        "image": service["image"],
        "memory": service["memory"],
        "cpu": service["cpu"],
        "input": list(service["input"]),
        "output": list(service["output"]),
    }


def _print_functions(console: Console, result: _Result) -> None:
    """A table for each layer below the name of its cluster and its file."""
    from rich.text import Text

    from aisprint_cli.cli.tables import plain_table, print_page
    from aisprint_cli.generate.names import template_file_name
    from aisprint_cli.generate.output import TEMPLATES_FOLDER

    for template in result.templates:
        file = result.shown(f"{TEMPLATES_FOLDER}/{template_file_name(template.layer)}")
        table = plain_table("function", "on", "reads", "writes")
        for function in template.functions:
            reads, writes = (_folders(function.service[way]) for way in ("input", "output"))
            table.add_row(function.part, function.resource, reads, writes)
        heading = Text(f"layer {template.layer}, cluster {template.cluster}: {file}", style="bold")
        print_page(console, heading, table, "")


def _folders(entries: Sequence[dict[str, Any]]) -> str:
    """Folders of buckets; those of the function's own cluster without its storage."""
    shown = []
    for entry in entries:
        storage, _, cluster = entry["storage_provider"].partition(".")
        where = f" on {cluster}" if cluster else ""
        shown.append(
            f"{entry['path']}{where}" if storage == "minio" else f"{storage}: {entry['path']}{where}"
        )
    return "\n".join(shown)


def _print_summary(console: Console, result: _Result, *, written: bool) -> None:
    from collections import Counter

    first = result.templates[0]
    counts = Counter(str(file.state) for file in result.files)
    total = f"{len(result.made.texts)} files in {result.shown('')}"
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    console.print(f"{first.application} {first.deployment}: {total} ({states})", markup=False)
    if written and not result.different:
        console.print("Nothing had to be written.", markup=False)
