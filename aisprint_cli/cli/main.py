"""The `aisprint` command: its sub-commands and the one place where errors become exit codes."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from aisprint_cli.cli import failure
from aisprint_cli.cli.command import Command, Group
from aisprint_cli.cli.commands import (
    deploy,
    deployments,
    design,
    invoke,
    logs,
    new,
    outputs,
    place,
    schema,
    simulate,
    status,
    toscarize,
    undeploy,
    validate,
)
from aisprint_cli.errors import AisprintError

app = typer.Typer(
    name="aisprint",
    cls=Group,
    help="Design, split, place and deploy AI applications across edge, clusters, clouds and functions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda token: token.replace("_", "-"),  # --application_dir, as in old scripts
    },
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from aisprint_cli import __version__

        typer.echo(f"aisprint {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


app.command("new", cls=Command)(new.new)
app.command("new-application", cls=Command, hidden=True)(new.new_application)
app.command("validate", cls=Command)(validate.validate)
app.command("schema", cls=Command)(schema.schema)
app.command("design", cls=Command)(design.design)
app.command("deployments", cls=Command)(deployments.deployments)
app.command("place", cls=Command)(place.place)
app.command("simulate", cls=Command)(simulate.simulate)
app.command("toscarize", cls=Command)(toscarize.toscarize)
app.command("deploy", cls=Command)(deploy.deploy)
app.command("invoke", cls=Command)(invoke.invoke)
app.command("status", cls=Command)(status.status)
app.command("logs", cls=Command)(logs.logs)
app.command("outputs", cls=Command)(outputs.outputs)
app.command("undeploy", cls=Command)(undeploy.undeploy)


def main() -> None:
    """Run the command line; every failure ends with a message and its own exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an ASCII-only terminal still shows every name
    if "--no-color" in sys.argv:
        os.environ["NO_COLOR"] = "1"  # also for what no command writes: help and errors
    try:
        app()
    except AisprintError as error:
        sys.exit(failure.explain(error))
    except OSError as error:
        sys.exit(failure.explain(failure.from_system(error)))
    except Exception as error:  # noqa: BLE001  the last resort: a bug of ours, reported without a traceback
        sys.exit(failure.report_bug(error))
