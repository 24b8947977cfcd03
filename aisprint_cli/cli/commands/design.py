"""`aisprint design`: the designs, deployments, constraints and placement of an application."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aisprint_cli.cli.session import (
    Directory,
    DirectoryOption,
    NoColor,
    Output,
    OutputFormat,
    Quiet,
    Verbose,
    application_directory,
    open_session,
)
from aisprint_cli.errors import UsageError


def design(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    max_deployments: Annotated[
        int,
        typer.Option("--max-deployments", metavar="N", min=1, help="Write at most that many deployments."),
    ] = 10_000,
    force: Annotated[
        bool, typer.Option("--force", help="Replace output files that were edited; they are kept as .orig.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    dot: Annotated[
        bool, typer.Option("--dot", help="Print the component graph for Graphviz, and design nothing.")
    ] = False,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Print the component graph for Mermaid, and design nothing.")
    ] = False,
    no_place: Annotated[
        bool, typer.Option("--no-place", help="Place nothing: the optimal deployment is base.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="R",
            help="Place for that many requests per second.",
            show_default="the application's expected_throughput",
        ),
    ] = None,
    place_time_limit: Annotated[
        float,
        typer.Option(
            "--place-time-limit",
            metavar="SECONDS",
            min=0,
            help="Then take the best placement found, with its gap; Ctrl-C does the same.",
        ),
    ] = 60.0,
    lock_timeout: Annotated[
        float,
        typer.Option(
            "--lock-timeout", metavar="SECONDS", min=0, help="How long to wait for another aisprint command."
        ),
    ] = 60.0,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Split the models, enumerate deployments, derive limits, place.

    Where performance models are known (oscarp/performance_models.json), it also chooses the cheapest
    deployment that keeps every limit, proves it, and writes it as the optimal one. When no placement
    keeps every limit, the design is written without one, and the command ends with 4 and the reason.

    Writes aisprint/designs and aisprint/deployments, whole or not at all. Running it again changes
    nothing unless an input changed. A file that was edited below aisprint/ is never overwritten
    without --force.

    Example:
        aisprint design my_app --max-deployments 500
        aisprint design my_app --rate 2.5 --place-time-limit 10
    """
    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    if dot or mermaid:
        _draw(directory, dot=dot, mermaid=mermaid)
        return
    from aisprint_cli.cli.design_view import print_report, print_warnings
    from aisprint_cli.cli.placement_source import check_rate
    from aisprint_cli.cli.placing_view import not_placed
    from aisprint_cli.deploy.interruption import two_strokes
    from aisprint_cli.design.placing import PlacingSettings
    from aisprint_cli.design.run import DesignSettings, design_application

    check_rate(rate)
    placing = PlacingSettings(
        wanted=not no_place,
        rate_per_s=rate,
        time_limit_s=place_time_limit,
        interruptible=lambda: two_strokes(lambda: session.note("Stopping with the best placement so far.")),
    )
    settings = DesignSettings(max_deployments, force, dry_run, strict, lock_timeout, placing)
    report = design_application(directory, settings, session.note)
    print_warnings(session, report, directory)
    session.emit("aisprint.design/1", report.to_json(), lambda console: print_report(console, report))
    if report.placing.failed:
        raise not_placed(report.placing)


def _draw(directory: Path, *, dot: bool, mermaid: bool) -> None:
    from aisprint_cli.design.views import to_dot, to_mermaid
    from aisprint_cli.load.application import require_application

    if dot and mermaid:
        raise UsageError("--dot and --mermaid exclude each other.", mend="Give one of them.")
    application = require_application(directory).application
    if application is not None:
        typer.echo(to_dot(application.dag) if dot else to_mermaid(application.dag))
