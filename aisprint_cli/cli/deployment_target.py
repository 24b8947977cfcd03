"""What `deploy` is pointed at: an application directory, or a plan that was saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.cli.deployment_options import is_application
from aisprint_cli.cli.session import application_directory
from aisprint_cli.deploy.backend_choice import BackendChoice
from aisprint_cli.deploy.plan_file import SavedPlan, read_plan
from aisprint_cli.errors import InvalidInputError, UsageError


@dataclass(frozen=True)
class Target:
    """What to deploy where; `saved` is what the plan file holds, where one was given."""

    directory: Path
    choice: str | None
    backends: BackendChoice | None
    only: tuple[str, ...]
    plan_file: Path = Path()
    saved: SavedPlan | None = None


def find_target(
    argument: Path | None,
    option: Path | None,
    choice: str | None,
    backends: BackendChoice | None,
    only: tuple[str, ...],
) -> Target:
    """What a command line means.

    A plan file brings its own deployment, back ends and items. Its application is the one that
    `--application-dir` gives, else the current directory where that is one, else where it was made.

    Raises:
        UsageError: when a plan file is given along with options that contradict it, or no directory.
        InvalidInputError: when the file is no plan file.
    """
    if argument is None or not argument.is_file():
        return Target(application_directory(argument, option), choice, backends, only)
    if choice is not None or backends is not None or only:
        raise UsageError(
            f"{argument} is a plan: it says itself what goes where.",
            mend="Leave out --base, --optimal, --deployment, --backend and --only, or make another plan.",
        )
    saved = read_plan(argument)
    here = Path() if is_application(Path()) else Path(saved.directory)
    directory = application_directory(None, option or here)
    try:
        routing = BackendChoice.of_document(saved.routing)
    except (LookupError, ValueError) as error:
        raise InvalidInputError(f"{argument} is not a plan file.", mend="Make it again.") from error
    return Target(directory, saved.deployment, routing, saved.only, argument, saved)
