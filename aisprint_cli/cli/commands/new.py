"""`aisprint new`: a new application that validates, designs, deploys and runs untouched."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.session import NoColor, Output, OutputFormat, Quiet, Session, Verbose, open_session
from aisprint_cli.errors import ExternalError, UsageError

if TYPE_CHECKING:
    from rich.console import Console


def _complete_template(incomplete: str) -> list[tuple[str, str]]:
    from aisprint_cli.generate.scaffold import scaffolds

    return [(item.name, item.summary) for item in scaffolds() if item.name.startswith(incomplete)]


def new(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The application's name.", show_default=False)
    ] = None,
    template: Annotated[
        str,
        typer.Option("--template", "-t", help="What to start from.", autocompletion=_complete_template),
    ] = "minimal",
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory",
            "-d",
            metavar="DIR",
            help="Where the application's own directory is made.",
            show_default="the current directory",
        ),
    ] = None,
    list_templates: Annotated[
        bool, typer.Option("--list", "-l", help="List the templates and make nothing.")
    ] = False,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Make a new application that runs untouched.

    Example: aisprint new flower_shop --template onnx
    """
    session = open_session(output, quiet, verbose, no_color)
    if list_templates:
        _list(session)
        return
    if name is None:
        raise UsageError("A new application needs a name.", mend="For instance: aisprint new my_app")
    _create(session, name, template, directory or Path())


def new_application(
    name: Annotated[str, typer.Option("--application-name", metavar="NAME")],
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Make a new application; the older spelling of `aisprint new NAME`.

    Example: aisprint new-application --application_name my_app
    """
    _create(open_session(output, quiet, verbose, no_color), name, "minimal", Path())


def _list(session: Session) -> None:
    from aisprint_cli.generate.scaffold import scaffolds

    found = scaffolds()
    width = max(len(item.name) for item in found)

    def human(console: Console) -> None:
        for item in found:
            console.print(f"{item.name:<{width}}  {item.summary}", markup=False)

    templates = [{"name": item.name, "summary": item.summary} for item in found]
    session.emit("aisprint.new.templates/1", {"templates": templates}, human)


def _create(session: Session, name: str, template: str, parent: Path) -> None:
    from aisprint_cli.generate.scaffold import render_scaffold
    from aisprint_cli.system.tree import create_tree

    files = render_scaffold(template, name)
    if not parent.is_dir():
        raise UsageError(
            f"There is no directory {parent}.", mend=f"Make it first: mkdir -p {shlex.quote(str(parent))}"
        )
    target = parent.resolve() / name
    try:
        create_tree(target, files)
    except FileExistsError as error:
        raise UsageError(
            f"{target} exists already; it was left as it is.",
            mend="Take another name, or another place with --directory.",
        ) from error
    except OSError as error:
        raise ExternalError(
            f"{target} could not be made: {error.strerror}.",
            why="Nothing of it was left behind.",
            mend="Check the rights on the directory and the space left, or take another with --directory.",
        ) from error
    _show(session, name, template, target, list(files))


def _show(session: Session, name: str, template: str, target: Path, files: list[str]) -> None:
    shown = target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target
    sample = next(path for path in files if path.startswith("input/"))
    steps = [
        f"cd {shlex.quote(str(shown))}",
        "aisprint validate",
        "aisprint design",
        "aisprint toscarize",
        "aisprint deploy --backend local --yes",
        f"aisprint invoke {sample} --output-dir results",
        "aisprint status --qos",
        "aisprint undeploy --yes",
    ]

    def human(console: Console) -> None:
        console.print(f"Made {shown} from the template {template}: {len(files)} files.", markup=False)
        if session.quiet:
            return
        console.print("Next:", markup=False)
        for step in steps:
            console.print(f"  {step}", markup=False)

    session.detail("\n".join(files))
    facts = {"name": name, "template": template, "directory": str(target), "files": files, "next": steps}
    session.emit("aisprint.new/1", facts, human)
