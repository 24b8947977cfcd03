"""`aisprint explain`: what a code means, why it matters, how to mend it, and an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.session import NoColor, Output, OutputFormat, Quiet, Verbose, open_session
from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from aisprint_cli.catalogue.pages import Page


def _complete_code(incomplete: str) -> list[tuple[str, str]]:
    from aisprint_cli.catalogue.pages import PAGES

    return [(slug, page.code.what) for slug, page in PAGES.items() if slug.startswith(incomplete)]


_Code = Annotated[
    str | None,
    typer.Argument(
        metavar="CODE",
        help="The code of a message, or its first word for all of them.",
        show_default="list all",
        autocompletion=_complete_code,
    ),
]


def explain(
    code: _Code = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Explain the code of a message: what it means, why it matters, how to mend it, an example.

    The same text is in docs/errors.md.

    Example:
        aisprint explain dag.cycle
        aisprint explain yaml
        aisprint explain
    """
    session = open_session(output, quiet, verbose, no_color)
    from aisprint_cli.catalogue.pages import PAGES, page_text

    wanted = _plain(code) if code is not None else ""
    if wanted in PAGES:
        page = PAGES[wanted]
        session.emit("aisprint.explain/1", page.to_json(), lambda console: _print(console, page_text(page)))
        return
    pages = [page for slug, page in PAGES.items() if not wanted or slug.startswith(f"{wanted}.")]
    if not pages:
        raise _unknown(wanted)
    listed = {"codes": [page.to_json() for page in pages]}
    session.emit("aisprint.explain.codes/1", listed, lambda console: _list(console, pages))


def _plain(code: str) -> str:
    """The code without the brackets that messages show around it."""
    return code.strip().removeprefix("[").removesuffix("]").strip().lower().removesuffix(".")


def _unknown(code: str) -> UsageError:
    from aisprint_cli.catalogue.pages import PAGES, SUBJECTS
    from aisprint_cli.load.suggestions import closest

    parts = {slug.partition(".")[2]: slug for slug in PAGES}
    near = closest(code, (*PAGES, *SUBJECTS)) or parts.get(closest(code, parts) or "")
    hint = f"Did you mean {near}?" if near else "`aisprint explain` lists all codes."
    return UsageError(f"There is no code {code!r}.", mend=hint)


def _print(console: Console, text: str) -> None:
    """The page without its Markdown: what stands in fences is indented instead."""
    inside = False
    for line in text.removeprefix("### ").splitlines():
        if line.startswith("```"):
            inside = not inside
        else:
            console.print(f"    {line}" if inside and line else line, markup=False)


def _list(console: Console, pages: Sequence[Page]) -> None:
    from aisprint_cli.cli.tables import plain_table, print_page

    table = plain_table("code", "kind", "meaning", whole=("code",))
    for page in pages:
        table.add_row(page.code.slug, page.code.severity.value, page.code.what)
    print_page(console, table)
