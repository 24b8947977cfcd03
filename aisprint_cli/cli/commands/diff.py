"""`aisprint diff`: what differs between two deployments of an application."""

from __future__ import annotations

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
    from collections.abc import Iterable

    from rich.console import Console

    from aisprint_cli.deploy.differences import Differences, Place, Totals

_One = Annotated[
    str,
    typer.Argument(metavar="DEPLOYMENT_A", help="base, optimal or deployment<N>.", show_default=False),
]
_Other = Annotated[
    str, typer.Argument(metavar="DEPLOYMENT_B", help="The one to compare it with.", show_default=False)
]


def diff(
    one: _One,
    other: _Other,
    app: Directory = None,
    application_dir: DirectoryOption = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 1 when the two differ, as `git diff` does.")
    ] = False,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Show what differs between two deployments: parts, places, limits, bytes moved, cost.

    Bytes are those that one request moves between layers. Costs are those of the nodes and functions in
    use, per hour, in the currency of candidate_resources.yaml.

    Example:
        aisprint diff base optimal my_app
        aisprint diff base deployment3 --exit-code
    """
    session = open_session(output, quiet, verbose, no_color)
    directory = application_directory(app, application_dir)
    from aisprint_cli.deploy.designed_sides import read_sides
    from aisprint_cli.deploy.differences import compare
    from aisprint_cli.design.current import open_design

    found = compare(*read_sides(open_design(directory), (one, other)))
    session.emit(
        "aisprint.diff/1", _data(one, other, found), lambda console: _show(console, one, other, found)
    )
    if exit_code and found.differ:
        raise typer.Exit(1)


def _data(one: str, other: str, found: Differences) -> dict[str, Any]:
    return {
        "deployments": [one, other],
        "differ": found.differ,
        "components": [
            {
                "component": item.component,
                "differs_in": item.what,
                "before": [place.to_json() for place in item.before],
                "after": [place.to_json() for place in item.after],
            }
            for item in found.components
        ],
        "constraints": [
            {"subject": subject, "kind": kind, "before_s": before, "after_s": after}
            for subject, kind, before, after in found.constraints
        ],
        "before": _totals(found.before),
        "after": _totals(found.after),
    }


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "transfers": [item.to_json() for item in totals.transfers],
        "moved_bytes": totals.moved_bytes,
        "cost_hourly": totals.cost.hourly,
        "cost_unknown": list(totals.cost.unknown),
    }


def _show(console: Console, one: str, other: str, found: Differences) -> None:
    from aisprint_cli.cli.tables import plain_table, print_page

    if not found.differ:
        console.print(f"{one} and {other} are the same.", markup=False)
        return
    table = plain_table("", one, other, whole=("",))
    for item in found.components:
        table.add_row(item.component, _places(item.before), _places(item.after))
    for subject, kind, before, after in found.constraints:
        table.add_row(f"{kind} limit of {subject}", _limit(before), _limit(after))
    table.add_row("between layers", _transfers(found.before), _transfers(found.after))
    table.add_row("bytes moved", _moved(found.before), _moved(found.after))
    table.add_row("cost per hour", _cost(found.before), _cost(found.after))
    print_page(console, table)
    for text in dict.fromkeys((*found.before.cost.unknown, *found.after.cost.unknown)):
        console.print(f"Not in the cost: {text}.", markup=False)


def _places(places: Iterable[Place]) -> str:
    return "\n".join(f"{item.part} on layer {item.layer}, {item.resource}" for item in places) or "-"


def _limit(limit_s: float | None) -> str:
    return "-" if limit_s is None else f"{limit_s:g} s"


def _transfers(totals: Totals) -> str:
    lines = [
        f"{item.source} -> {item.target}, layer {item.layers[0]} to {item.layers[1]}: {_bytes(item.bytes)}"
        for item in totals.transfers
    ]
    return "\n".join(lines) or "nothing"


def _bytes(size: float | None) -> str:
    return "size not known" if size is None else f"{size:,.0f} bytes"


def _moved(totals: Totals) -> str:
    return _bytes(totals.moved_bytes)


def _cost(totals: Totals) -> str:
    beside = " and more" if totals.cost.unknown else ""
    return f"{totals.cost.hourly:.6g}{beside}"
