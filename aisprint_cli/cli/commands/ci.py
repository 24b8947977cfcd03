"""`aisprint ci`: a pipeline that plans each change and deploys the main branch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from aisprint_cli.cli.session import NoColor, OutputFormat, Quiet, Verbose, open_session
from aisprint_cli.errors import UsageError

_Provider = Annotated[
    Literal["github", "gitlab"], typer.Argument(metavar="github|gitlab", help="Who runs the pipeline.")
]
_App = Annotated[
    str, typer.Argument(metavar="[APP]", help="The application directory, from the root of the repository.")
]
_Backend = Annotated[str, typer.Option("--backend", metavar="[LAYER=]NAME", help="Where it is deployed to.")]
_Branch = Annotated[str, typer.Option("--branch", metavar="NAME", help="Pushes to it are deployed.")]
_Package = Annotated[
    str | None,
    typer.Option("--package", metavar="SPEC", help="What pip installs.", show_default="this version"),
]
_Write = Annotated[
    bool, typer.Option("--write", help="Write it to where the provider looks for it, below this directory.")
]
_Force = Annotated[bool, typer.Option("--force", help="Replace the file that is there.")]


def ci(
    provider: _Provider,
    app: _App = ".",
    backend: _Backend = "cloud",
    branch: _Branch = "main",
    package: _Package = None,
    write: _Write = False,
    force: _Force = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Print a pipeline for GitHub or GitLab.

    On pull or merge requests it validates, designs and shows the plan; pushes to the main branch it
    deploys and checks.

    Example:
        aisprint ci github my_app > .github/workflows/aisprint.yml
        aisprint ci gitlab my_app --branch production --write
    """
    from importlib.metadata import version

    from aisprint_cli.generate.pipelines import PATHS, Provider, make_pipeline

    session = open_session(OutputFormat.TABLE, quiet, verbose, no_color)
    chosen = Provider(provider)
    _require_backend(backend)
    text = make_pipeline(
        chosen,
        application=app.removesuffix("/"),
        backend=backend,
        branch=branch,
        package=package or f"aisprint=={version('aisprint')}",
    )
    _require_application(app)
    if write:
        _write(Path(PATHS[chosen]), text, force=force)
        session.note(f"Wrote {PATHS[chosen]}.")
    else:
        typer.echo(text, nl=False)


def _require_backend(named: str) -> None:
    """See that `deploy` would take the name, before a pipeline fails over it.

    Raises:
        UsageError: when it would not.
    """
    from aisprint_cli.backends.registry import require_backend
    from aisprint_cli.deploy.backend_choice import parse_backends

    choice = parse_backends([named])
    for name in choice.all_names() if choice else ():
        require_backend(name)


def _require_application(app: str) -> None:
    """See that the pipeline would find an application where it is said to be.

    Raises:
        UsageError: when there is none.
    """
    from aisprint_cli.load.documents import DAG

    wanted = Path(app) / DAG.path
    if not wanted.is_file():
        raise UsageError(
            f"There is no application at {app}.",
            why=f"The pipeline would look for {wanted.as_posix()}.",
            mend="Run this in the root of the repository, and give the application's path from there.",
        )


def _write(path: Path, text: str, *, force: bool) -> None:
    from aisprint_cli.system.files import write_atomic

    try:
        if path.exists() and path.read_text(encoding="utf-8") != text and not force:
            raise UsageError(
                f"{path} is there already, and is another one.",
                mend="Compare the two, then use --force to replace it.",
            )
        write_atomic(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
