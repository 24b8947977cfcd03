"""The options that the commands on a deployment share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from aisprint_cli.cli.session import application_directory
from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from aisprint_cli.deploy.backend_choice import BackendChoice
    from aisprint_cli.deploy.patience import Patience

DEFAULT_PARALLEL = 64
DEFAULT_LOCK_TIMEOUT_S = 600.0


def _complete_backend(incomplete: str) -> list[str]:
    from aisprint_cli.backends.registry import backend_names
    from aisprint_cli.deploy.backend_choice import CLOUD

    layer, is_layer, start = incomplete.rpartition("=")
    names = [name for name in (*backend_names(), CLOUD) if name.startswith(start)]
    return [f"{layer}{is_layer}{name}" for name in names]


BackendNames = Annotated[
    list[str] | None,
    typer.Option(
        "--backend",
        metavar="[LAYER=]NAME",
        help="The back end: where it runs; `cloud` chooses one for each layer by its kind. May be repeated.",
        show_default="the one in use, else local",
        autocompletion=_complete_backend,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "--plan", help="Show the plan and do nothing.")]
Parallel = Annotated[int, typer.Option("--parallel", metavar="N", min=1, help="Steps at the same time.")]
LockTimeout = Annotated[
    float,
    typer.Option(
        "--lock-timeout", metavar="SECONDS", min=0, help="How long to wait for another deploy or undeploy."
    ),
]


Runner = Annotated[
    Literal["environment", "container"] | None,
    typer.Option(
        "--runner",
        help="What the local back end runs functions in: environments it makes, or their images.",
        show_default="as the last time, else environment",
    ),
]


def chosen_backends(names: list[str] | None, runner: str | None = None) -> BackendChoice | None:
    """What the occurrences of `--backend`, and `--runner`, mean; None where there is none.

    Raises:
        UsageError: when they contradict each other, or there is no such back end.
    """
    from dataclasses import replace

    from aisprint_cli.backends.registry import require_backend
    from aisprint_cli.deploy.backend_choice import CLOUD, CONTAINER, BackendChoice, parse_backends

    choice = parse_backends(names or ())
    if runner is not None:
        choice = replace(choice or BackendChoice(), runner=CONTAINER if runner == CONTAINER else "")
    if choice is not None:
        for name in (choice.name, *choice.layers.values()):
            if name != CLOUD:
                require_backend(name)
    return choice


Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="ITEM|COMPONENT",
        help="That one and what it requires; may be repeated.",
        show_default="everything",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout", metavar="SECONDS", min=0, help="Begin no step after that time.", show_default="none"
    ),
]
StepTimeout = Annotated[
    float | None,
    typer.Option(
        "--step-timeout",
        metavar="SECONDS",
        min=0,
        help="Wait no longer for any one step.",
        show_default="none",
    ),
]


def patience_of(timeout: float | None, step_timeout: float | None) -> Patience:
    """How long an execution and each of its steps may take."""
    from aisprint_cli.deploy.patience import Patience

    return Patience(timeout_s=timeout, step_timeout_s=step_timeout)


def is_application(path: Path) -> bool:
    """Whether a path is an application directory, as far as a glance tells."""
    return (path / "common_config").is_dir() or (path / ".aisprint").is_dir()


def split_application(arguments: list[str], option: Path | None) -> tuple[Path, list[str]]:
    """The application directory and the rest of `[APP] REST...`.

    The first argument is the application when it is a directory; otherwise all of them are the rest,
    and the application is the current directory, or the one that the option gives.
    """
    if not arguments:
        return application_directory(None, option), []
    first = Path(arguments[0])
    if first.is_dir() and (option is None or first.resolve() == option.resolve()):
        return application_directory(first, option), arguments[1:]
    return application_directory(None, option), arguments


def exactly_one(base: bool, optimal: bool, name: str | None) -> str | None:
    """The deployment that `--base`, `--optimal` and `--deployment` ask for; None where none does.

    Raises:
        UsageError: when more than one is given.
    """
    asked = [
        *(["base"] if base else []),
        *(["optimal"] if optimal else []),
        *([name] if name is not None else []),
    ]
    if len(asked) > 1:
        raise UsageError(
            "More than one deployment is asked for.",
            mend="Give one of --base, --optimal and --deployment NAME.",
        )
    return asked[0] if asked else None
