"""`aisprint outputs`: addresses, buckets, and where input goes."""

from __future__ import annotations

import re
import shlex
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisprint_cli.cli.deployment_options import BackendNames, chosen_backends
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

    from aisprint_cli.deploy.outputs import Outputs

_SCHEMA = "aisprint.outputs/1"


class OutputsFormat(StrEnum):
    """The forms of `outputs`: `env` is for a shell to read."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    ENV = "env"


def outputs(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print credentials in clear instead of their references.")
    ] = False,
    backend: BackendNames = None,
    output: Annotated[
        OutputsFormat, typer.Option("--output", "--format", "-o", help="The form of the result on stdout.")
    ] = OutputsFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Show endpoints, buckets, credentials, where input goes.

    Credentials appear as references; --show-secrets prints their values, to stdout only.

    Example: eval "$(aisprint outputs digit_reader -o env)"
    """
    from aisprint_cli.deploy.outputs import read_outputs
    from aisprint_cli.deploy.workspace import has_ledger, nothing_deployed, open_workspace

    form = OutputFormat.JSON if output is OutputsFormat.JSON else OutputFormat.TABLE
    session = open_session(form, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    if not has_ledger(directory):
        raise nothing_deployed(directory)
    with open_workspace(directory, chosen_backends(backend)) as workspace:
        found = read_outputs(workspace, reveal=workspace.secrets if show_secrets else str)
    _emit(session, found, output)


def _emit(session: Session, found: Outputs, form: OutputsFormat) -> None:
    document = _document(found)

    def human(console: Console) -> None:
        if form is OutputsFormat.YAML:
            import yaml

            text = yaml.safe_dump({"schema": _SCHEMA, **document}, sort_keys=False, allow_unicode=True)
            console.print(text.rstrip("\n"), markup=False, soft_wrap=True)
        elif form is OutputsFormat.ENV:
            for name, value in _variables(found).items():
                console.print(f"{name}={shlex.quote(value)}", markup=False, soft_wrap=True)
        else:
            _print(console, found)

    session.emit(_SCHEMA, document, human)


def _document(found: Outputs) -> dict[str, Any]:
    return {
        "application": found.application,
        "deployment": found.deployment,
        "clusters": [
            {"name": entry.name, "layer": entry.layer, "password": entry.password, **entry.values}
            for entry in found.clusters
        ],
        "functions": [
            {
                "component": entry.node.part,
                "cluster": entry.node.cluster,
                "service": entry.node.service,
                "inputs": [f"{one.folder.cluster}:{one.folder.path}" for one in entry.node.inputs],
                "outputs": [f"{folder.cluster}:{folder.path}" for folder in entry.node.outputs],
                "takes_input": [f"{folder.cluster}:{folder.path}" for folder in entry.entry],
                "gives_results": [f"{folder.cluster}:{folder.path}" for folder in entry.results],
                **entry.values,
            }
            for entry in found.functions
        ],
    }


def _variables(found: Outputs) -> dict[str, str]:
    """Names that a shell takes: `AISPRINT_L<layer>_<WHAT>`, `AISPRINT_INPUT_<COMPONENT>`."""
    table = {"AISPRINT_APPLICATION": found.application, "AISPRINT_DEPLOYMENT": found.deployment}
    for cluster in found.clusters:
        values = {"cluster": cluster.name, **cluster.values, "password": cluster.password}
        for key, value in values.items():
            table[_variable(f"L{cluster.layer}_{key}")] = value
    for function in found.functions:
        if function.entry:
            folder = function.entry[0]
            table[_variable(f"INPUT_{function.node.part}")] = f"{folder.cluster}:{folder.path}"
    return table


def _variable(name: str) -> str:
    return "AISPRINT_" + re.sub(r"[^A-Za-z0-9]+", "_", name).upper()


def _print(console: Console, found: Outputs) -> None:
    from aisprint_cli.cli.tables import plain_table, print_page

    console.print(f"{found.application}: deployment {found.deployment}", style="bold", markup=False)
    table = plain_table("cluster", "what", "value", whole=("cluster",))
    for cluster in found.clusters:
        for key, value in {**cluster.values, "password": cluster.password}.items():
            table.add_row(cluster.name, key, value)
    for function in found.functions:
        node = function.node
        for folder in function.entry:
            table.add_row(folder.cluster, f"input of {node.part}", folder.path)
        for folder in function.results:
            table.add_row(folder.cluster, f"results of {node.part}", folder.path)
    print_page(console, table)
