"""Tables that are read by people on a terminal and by programs from a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console, RenderableType
    from rich.table import Table

_PIPE_COLUMNS = 1000


def plain_table(*columns: str, numbers: Collection[str] = (), whole: Collection[str] = ()) -> Table:
    """A table without lines. Columns of `numbers` are flush right, those of `whole` never broken."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        side: Literal["left", "right"] = "right" if column in numbers else "left"
        table.add_column(column, justify=side, overflow="fold", no_wrap=column in whole)
    return table


def print_page(console: Console, *parts: RenderableType) -> None:
    """Print renderables; into a pipe without folding cells at the width of a terminal that is not there."""
    before = console.width
    if not console.is_terminal:
        console.width = _PIPE_COLUMNS
    try:
        for part in parts:
            console.print(part)
    finally:
        console.width = before
