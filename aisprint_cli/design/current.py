"""What was designed, for the stages that come after: toscarize and deploy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from aisprint_cli.design.enumeration import BASE_DEPLOYMENT, Design, plan_design
from aisprint_cli.design.inputs import read_inputs
from aisprint_cli.design.layout import DEPLOYMENTS, OPTIMAL_PATH, TREE
from aisprint_cli.design.manifest import Manifest, read_manifest
from aisprint_cli.design.placement import read_placement
from aisprint_cli.design.production import ProductionError, narrow_nodes
from aisprint_cli.design.situation import changed
from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError, StateError, UsageError
from aisprint_cli.load.application import require_application
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment
from aisprint_cli.system.typed_commands import typed

OPTIMAL_CHOICE = "optimal"
_LISTED = 3


@dataclass(frozen=True)
class OpenedDesign:
    """A design that is up to date with its inputs.

    `deployments_dir` is where its deployments are written, `directory` the application directory.
    """

    directory: Path
    application: Application
    design: Design
    deployments_dir: Path


@dataclass(frozen=True)
class Selection:
    """A deployment and the application to deploy it with.

    The application's resources have as many nodes as placement chose, where it chose.
    """

    application: Application
    deployment: Deployment


def open_design(directory: Path) -> OpenedDesign:
    """Load an application and what was designed of it.

    Raises:
        InvalidInputError: when the application is not valid.
        StateError: when it was never designed, or has changed since.

    """
    loaded = require_application(directory)
    application = loaded.application
    if application is None:
        raise InvalidInputError(
            "The application cannot be used as it is.", loaded.findings, directory=directory
        )
    tree = directory / TREE
    manifest = read_manifest(tree)
    if manifest is None:
        raise StateError(
            "The application has not been designed yet.",
            why=f"There is no record of a design in {tree}.",
            mend=f"Run `{typed('design', directory)}`.",
        )
    _refuse_stale(directory, application, manifest)
    counts = {name: len(record.cuts) for name, record in manifest.splits.items()}
    return OpenedDesign(directory, application, plan_design(application, counts), tree / DEPLOYMENTS)


def _refuse_stale(directory: Path, application: Application, manifest: Manifest) -> None:
    try:
        now = read_inputs(directory, application, Findings()).records
    except OSError as error:
        raise StateError(
            f"{error.filename} cannot be read: {error.strerror}.", mend="Check its permissions."
        ) from error
    different = changed(manifest.inputs, now)
    if different:
        more = f" and {len(different) - _LISTED} more" if len(different) > _LISTED else ""
        raise StateError(
            "The design is out of date.",
            why=f"Changed since: {', '.join(different[:_LISTED])}{more}.",
            mend=f"Run `{typed('design', directory)}`.",
        )


def select(opened: OpenedDesign, *, choice: str = BASE_DEPLOYMENT) -> Selection:
    """The deployment of a choice, with the application narrowed to what placement chose.

    Raises:
        UsageError: when there is none of that name.
        StateError: when the optimal one is wanted and nothing was placed.
        InvalidInputError: when the file of the optimal one does not fit the design.

    """
    if choice == OPTIMAL_CHOICE:
        return _optimal(opened)
    try:
        return Selection(opened.application, opened.design.deployment(choice))
    except KeyError:
        last = opened.design.count - 1
        known = "base" if not last else f"base, and deployment1 to deployment{last}"
        raise UsageError(f"There is no deployment {choice}.", mend=f"There are: {known}.") from None


def _optimal(opened: OpenedDesign) -> Selection:
    path = opened.directory / TREE / OPTIMAL_PATH
    try:
        production, deployment = read_placement(path, opened.design)
    except FileNotFoundError:
        raise StateError(
            f"There is no {TREE}/{OPTIMAL_PATH}.",
            why="No placement kept every limit when the application was designed, or it was removed.",
            mend=f"Run `{typed('design', opened.directory)}`.",
        ) from None
    except ProductionError as error:
        raise InvalidInputError(
            f"{TREE}/{OPTIMAL_PATH} does not fit the design: {error}.",
            why="It says where each part runs, so it must be of this application and up to date.",
            mend="Run the placement again, or remove the file and run `aisprint design`.",
        ) from error
    catalogue = narrow_nodes(opened.application.catalogue, production.nodes)
    return Selection(replace(opened.application, catalogue=catalogue), deployment)
