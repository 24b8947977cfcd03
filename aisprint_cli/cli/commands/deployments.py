"""`aisprint deployments`: which deployments there are, and what runs where in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.model.deployment import Deployment


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
    """List the deployments that were designed: the parts of each, and the layer each part runs on.

    Example: aisprint deployments my_app --with classify_partition1_1@1
    """
    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    from aisprint_cli.design.current import open_design

    opened = open_design(directory)
    wanted = [_Wanted.parse(text) for text in with_ or []]
    matching = (found for found in opened.design.deployments() if all(want.met_by(found) for want in wanted))
    shown = [_row(deployment) for deployment in islice(matching, limit)]
    more = next(matching, None) is not None
    data = {"application": opened.application.name, "count": opened.design.count, "more": more}
    session.emit(
        "aisprint.deployments/1",
        {**data, "deployments": shown},
        lambda console: _show(console, shown, more=more, count=opened.design.count),
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A part that a deployment must have, on a layer if one is named."""

    part: str
    layer: str

    @classmethod
    def parse(cls, text: str) -> _Wanted:
        part, _, layer = text.partition("@")
        return cls(part, layer)

    def met_by(self, deployment: Deployment) -> bool:
        return any(
            placed.part.name == self.part and self.layer in {"", str(placed.layer)}
            for placed in deployment.placed
        )


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
