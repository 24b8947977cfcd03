"""`aisprint doctor`: whether this machine and these accounts can do what is asked of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from aisprint_cli.cli.deployment_options import BackendNames, chosen_backends, is_application
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
from aisprint_cli.errors import ExternalError

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.deploy.backend_choice import BackendChoice
    from aisprint_cli.deploy.doctor import Finding

_STYLES = {"ok": "green", "advice": "yellow", "missing": "bold red"}


def doctor(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    backend: BackendNames = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Check tools, credentials, back ends and disks, each with its mend.

    In an application directory it also asks each back end that a deployment would use, or that --backend
    names. It changes nothing, and shows credentials by name only. Exit code 5 when something that is
    needed is missing.

    Example: aisprint doctor digit_reader --backend cloud
    """
    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    found = list(_examine(directory, chosen_backends(backend)))

    def human(console: Console) -> None:
        _print(console, found)

    session.emit("aisprint.doctor/1", {"findings": [asdict(finding) for finding in found]}, human)
    missing = [f"{finding.area} {finding.what}" for finding in found if finding.health == "missing"]
    if missing:
        raise ExternalError(
            f"{len(missing)} of {len(found)} findings keep something from working: {', '.join(missing)}.",
            mend="The last column says what to do about each.",
        )


def _examine(directory: Path, choice: BackendChoice | None) -> Iterator[Finding]:
    from aisprint_cli.cli.image_work import open_registries
    from aisprint_cli.deploy.doctor import (
        examine_application,
        examine_credentials,
        examine_room,
        examine_tools,
    )
    from aisprint_cli.deploy.doctor_images import examine_images
    from aisprint_cli.deploy.workspace import open_workspace

    yield from examine_tools()
    yield from examine_credentials(directory, os.environ)
    client = open_registries()
    try:
        yield from examine_images(directory, client)
    finally:
        client.close()
    yield from examine_room(directory)
    if is_application(directory):
        with open_workspace(directory, choice) as workspace:
            yield from examine_application(workspace)


def _print(console: Console, found: list[Finding]) -> None:
    from rich.text import Text

    from aisprint_cli.cli.tables import plain_table, print_page

    table = plain_table("area", "what", "health", "found", "mend", whole=("area", "health"))
    for finding in found:
        health = Text(finding.health.value, style=_STYLES[finding.health.value])
        table.add_row(finding.area, finding.what, health, Text(finding.detail), Text(finding.mend))
    print_page(console, table)
