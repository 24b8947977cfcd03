"""What came of the inputs reads the same however they happened to end."""

from __future__ import annotations

import io
from itertools import permutations
from pathlib import Path

from rich.console import Console

from aisprint_cli.cli.invocation_view import Tally, print_invocations
from aisprint_cli.deploy.invocation import Invocation, InvocationState


def _table(names: tuple[str, ...]) -> str:
    tally = Tally()
    for name in names:
        tally.add(Invocation(Path("input") / name, f"trace-of-{name}", InvocationState.SUCCEEDED))
    text = io.StringIO()
    print_invocations(Console(file=text, width=100), tally)
    return text.getvalue()


def test_inputs_are_listed_by_name() -> None:
    tables = {_table(names) for names in permutations(("page-1.png", "page-2.png", "page-3.png"))}

    (table,) = tables
    places = [table.index(f"page-{number}.png ") for number in (1, 2, 3)]
    assert places == sorted(places)
    assert "3 inputs: 3 succeeded." in table
