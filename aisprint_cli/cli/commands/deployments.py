"""`aisprint deployments`: which deployments there are, and what runs where in each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.design.enumeration import Design, Wish
    from aisprint_cli.model.deployment import Deployment

_LISTED = 12


def deployments(
    app: Directory = None,
    application_dir: DirectoryOption = None,
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="PART[@LAYER]", help="Only those with this part, on this layer."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Show at most that many.")] = 100,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """List what was designed: which part runs on which layer.

    Example: aisprint deployments my_app --with classify_partition1_1@1
    """
    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    from aisprint_cli.design.current import open_design

    opened = open_design(directory)
    matching = opened.design.deployments(having=_wishes(with_ or [], opened.design))
    shown = [_row(deployment) for deployment in islice(matching, limit)]
    more = next(matching, None) is not None
    data = {"application": opened.application.name, "count": opened.design.count, "more": more}
    session.emit(
        "aisprint.deployments/1",
        {**data, "deployments": shown},
        lambda console: _show(console, shown, more=more, count=opened.design.count),
    )


def _wishes(texts: list[str], design: Design) -> list[Wish]:
    """What `--with` asks for, each as PART or PART@LAYER.

    Raises:
        UsageError: when one names no part of the design, or no layer.
    """
    from aisprint_cli.design.enumeration import Wish
    from aisprint_cli.load.suggestions import closest

    known = [part.name for part in design.parts]
    wishes = []
    for text in texts:
        part, separator, layer = text.partition("@")
        if part not in known:
            near = closest(part, known)
            hint = f"Did you mean {near}?" if near else f"Its parts are: {', '.join(known[:_LISTED])}."
            raise UsageError(f"The design has no part {part}.", mend=hint)
        if separator and not layer.isdecimal():
            raise UsageError(f"{text!r} names no layer.", mend=f"Write it as {part}@1.")
        wishes.append(Wish(part, int(layer) if separator else None))
    return wishes


def _row(deployment: Deployment) -> dict[str, Any]:
    return {
        "name": deployment.name,
        "parts": [
            {"name": placed.part.name, "layer": placed.layer, "resource": placed.resource}
            for placed in deployment.placed
        ],
    }


def _show(console: Console, rows: list[dict[str, Any]], *, more: bool, count: int) -> None:
    from rich.table import Table

    table = Table("deployment", "part", "layer", "resource", box=None, pad_edge=False)
    for row in rows:
        for cells in _cells(row):
            table.add_row(*cells)
    console.print(table)
    if more:
        console.print(f"The first {len(rows)} of {count}; --limit shows more, --with PART narrows.")
    elif not rows:
        console.print(f"None of the {count} deployments has these parts.")


def _cells(row: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for index, part in enumerate(row["parts"]):
        yield (row["name"] if index == 0 else "", part["name"], str(part["layer"]), part["resource"])
