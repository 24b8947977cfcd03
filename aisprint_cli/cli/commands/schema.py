"""`aisprint schema`: the JSON Schema of each file, for editors and other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aisprint_cli.cli.session import NoColor, Output, OutputFormat, Quiet, Verbose, open_session
from aisprint_cli.errors import UsageError


def _complete_name(incomplete: str) -> list[tuple[str, str]]:
    from aisprint_cli.load.documents import KINDS

    return [(kind.name, kind.path) for kind in KINDS.values() if kind.name.startswith(incomplete)]


_Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="The file's schema to print.",
        show_default="list all",
        autocompletion=_complete_name,
    ),
]
_Write = Annotated[
    Path | None, typer.Option("--write", metavar="DIR", help="Write all schemas into this directory.")
]


def schema(
    name: _Name = None,
    write: _Write = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Print the JSON Schemas of an application's files.

    Editors use them to complete and check: put a line like
    `# yaml-language-server: $schema=<path of the schema>` at the top of a file.

    Example:
        aisprint schema
        aisprint schema application_dag
        aisprint schema --write schemas
    """
    session = open_session(output, quiet, verbose, no_color)
    if write is not None:
        if name is not None:
            raise UsageError("NAME and --write do not go together.", mend="--write writes all schemas.")
        _write(write)
        session.note(f"Wrote the schemas to {write}.")
    elif name is not None:
        typer.echo(_packaged(name), nl=False)
    else:
        _list(output)


def _list(output: OutputFormat) -> None:
    from aisprint_cli.load.documents import KINDS

    if output is OutputFormat.JSON:
        import json

        entries = [{"name": kind.name, "file": kind.path, "about": kind.title} for kind in KINDS.values()]
        typer.echo(json.dumps({"schema": "aisprint.schemas/1", "schemas": entries}, indent=2))
        return
    width = max(map(len, KINDS))
    place = max(len(kind.path) for kind in KINDS.values())
    for kind in KINDS.values():
        typer.echo(f"{kind.name:<{width}}  {kind.path:<{place}}  {kind.title}")


def _packaged(name: str) -> str:
    """The text of a schema.

    Raises:
        UsageError: when there is none of that name.

    """
    from aisprint_cli.load.documents import KINDS
    from aisprint_cli.load.suggestions import closest
    from aisprint_cli.system.packaged import schemas_directory

    if name not in KINDS:
        meant = closest(name, KINDS)
        hint = f"Did you mean `{meant}`?" if meant else f"There are {', '.join(KINDS)}."
        raise UsageError(f"There is no schema `{name}`.", mend=hint)
    return (schemas_directory() / f"{name}.json").read_text(encoding="utf-8")


def _write(directory: Path) -> None:
    from aisprint_cli.load.json_schema import make_schemas
    from aisprint_cli.system.files import write_atomic

    try:
        for file_name, text in make_schemas().items():
            write_atomic(directory / file_name, text)
    except OSError as error:
        raise UsageError(f"The schemas cannot be written to {directory}: {error.strerror}.") from error
