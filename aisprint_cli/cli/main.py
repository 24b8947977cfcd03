"""The `aisprint` command: its sub-commands and the one place where errors become exit codes."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import Annotated

import typer

from aisprint_cli.cli import failure
from aisprint_cli.cli.command import Command, Group
from aisprint_cli.cli.commands import (
    build,
    ci,
    deploy,
    deployments,
    design,
    diff,
    doctor,
    explain,
    images,
    inspect,
    invoke,
    logs,
    new,
    outputs,
    place,
    plan,
    predict,
    profile,
    publish,
    schema,
    simulate,
    state,
    status,
    toscarize,
    undeploy,
    validate,
)
from aisprint_cli.errors import AisprintError

# Where a command stands in `aisprint --help`.
_START = "Start"
_DESIGN = "Design"
_IMAGES = "Container images"
_RUN = "Deploy and run"
_CARE = "Find out and mend"

_READER_GONE = 128 + signal.SIGPIPE  # how a shell sees any program whose reader has gone, such as `| head`

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


app.command("new", cls=Command, rich_help_panel=_START)(new.new)
app.command("new-application", cls=Command, hidden=True)(new.new_application)
app.command("validate", cls=Command, rich_help_panel=_START)(validate.validate)
app.command("schema", cls=Command, rich_help_panel=_START)(schema.schema)
app.command("inspect", cls=Command, rich_help_panel=_DESIGN)(inspect.inspect)
app.command("design", cls=Command, rich_help_panel=_DESIGN)(design.design)
app.command("deployments", cls=Command, rich_help_panel=_DESIGN)(deployments.deployments)
app.command("diff", cls=Command, rich_help_panel=_DESIGN)(diff.diff)
_profile = typer.Typer(
    cls=Group,
    help="Fit performance models to measurements.\n\nExample: aisprint profile fit runs.csv --jobs 10",
    no_args_is_help=True,
)
_profile.command("fit", cls=Command)(profile.fit)
app.add_typer(_profile, name="profile", rich_help_panel=_DESIGN)
app.command("predict", cls=Command, rich_help_panel=_DESIGN)(predict.predict)
app.command("place", cls=Command, rich_help_panel=_DESIGN)(place.place)
app.command("simulate", cls=Command, rich_help_panel=_DESIGN)(simulate.simulate)
app.command("toscarize", cls=Command, rich_help_panel=_DESIGN)(toscarize.toscarize)
app.command("build", cls=Command, rich_help_panel=_IMAGES)(build.build)
app.command("publish", cls=Command, rich_help_panel=_IMAGES)(publish.publish)
app.command("images", cls=Command, rich_help_panel=_IMAGES)(images.images)
app.command("plan", cls=Command, rich_help_panel=_RUN)(plan.plan)
app.command("deploy", cls=Command, rich_help_panel=_RUN)(deploy.deploy)
app.command("invoke", cls=Command, rich_help_panel=_RUN)(invoke.invoke)
app.command("status", cls=Command, rich_help_panel=_RUN)(status.status)
app.command("logs", cls=Command, rich_help_panel=_RUN)(logs.logs)
app.command("outputs", cls=Command, rich_help_panel=_RUN)(outputs.outputs)
app.command("undeploy", cls=Command, rich_help_panel=_RUN)(undeploy.undeploy)
app.command("ci", cls=Command, rich_help_panel=_RUN)(ci.ci)
app.command("doctor", cls=Command, rich_help_panel=_CARE)(doctor.doctor)
app.command("explain", cls=Command, rich_help_panel=_CARE)(explain.explain)
_state = typer.Typer(
    cls=Group,
    help="Show what the ledger holds, and mend it by hand.\n\nExample: aisprint state show digit_reader",
    no_args_is_help=True,
)
_state.command("show", cls=Command)(state.show)
_state.command("import", cls=Command)(state.import_)
_state.command("rm", cls=Command)(state.rm)
_state.command("unlock", cls=Command)(state.unlock)
app.add_typer(_state, name="state", rich_help_panel=_CARE)


def main() -> None:
    """Run the command line; every failure ends with a message and its own exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an ASCII-only terminal still shows every name
    if "--no-color" in sys.argv:
        os.environ["NO_COLOR"] = "1"  # also for what no command writes: help and errors
    sys.exit(_written_out(_run()))


def _run() -> int:
    """Run the command; gives the exit code."""
    stdout = sys.stdout
    try:
        app()
    except SystemExit as end:
        if sys.stdout is not stdout:
            return _READER_GONE  # then Typer has put another in its place
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except AisprintError as error:
        return failure.explain(error)
    except OSError as error:
        return failure.explain(failure.from_system(error))
    except Exception as error:  # noqa: BLE001  the last resort: a bug of ours, reported without a traceback
        return failure.report_bug(error)
    return 0


def _written_out(code: int) -> int:
    """Write out what waits for stdout, while a failure of that can still be told; gives the exit code.

    At its end Python would try, and only print that it could not.
    """
    if sys.stdout is None:  # closed by who started us
        return code
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # where the rest may go
        if isinstance(error, BrokenPipeError):
            return _READER_GONE
        return code or failure.explain(failure.from_system(error))
    return code
