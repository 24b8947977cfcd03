"""From an application directory to the desired state: the design, its templates, what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aisprint_cli.deploy.backend_choice import BackendChoice, require_fitting
from aisprint_cli.deploy.costs import Prices, arrival_rates
from aisprint_cli.deploy.desired import DesiredState, desired_state, source_digest
from aisprint_cli.deploy.image_check import require_images
from aisprint_cli.deploy.measures import constraints_document
from aisprint_cli.deploy.workspace import Workspace
from aisprint_cli.design.choice import default_choice, directory_of
from aisprint_cli.design.current import OPTIMAL_CHOICE, OpenedDesign, Selection, open_design
from aisprint_cli.design.enumeration import BASE_DEPLOYMENT
from aisprint_cli.errors import StateError, UsageError
from aisprint_cli.generate.deployment_files import make_deployment_files
from aisprint_cli.generate.output import FileState, OutputFile, compare, options_in, write
from aisprint_cli.generate.positions import positions_in
from aisprint_cli.images.use import select_built
from aisprint_cli.placement.measurements import read_measurements


@dataclass(frozen=True)
class Prepared:
    """What is to be deployed.

    `choice` is the deployment's name as a person asks for it (`optimal` stays `optimal`), `qos` its
    constraints as plain values, `prices` what its cost is estimated from, where that is known.
    """

    choice: str
    desired: DesiredState
    qos: Mapping[str, Any]
    prices: Prices | None = None


def prepare(
    workspace: Workspace, choice: str | None, *, note: Callable[[str], None], write_templates: bool
) -> Prepared:
    """The desired state of a choice; templates that are missing or out of date are made first.

    Args:
        workspace: the application's workspace.
        choice: `base`, `optimal` or a deployment's name; None takes what is deployed already, else
            the optimal deployment where there is one, else the base design.
        note: told what was made.
        write_templates: False leaves the files as they are and uses what they should be.

    Raises:
        InvalidInputError: when the application or the deployment cannot be used.
        StateError: when there is no design, it is out of date, or a template was edited.
        UsageError: when there is no such deployment.
    """
    opened = open_design(workspace.application)
    _require_layers(workspace.choice, opened, asked=workspace.asked)
    chosen = choice or _default_choice(workspace, opened)
    selection = select_built(opened, chosen)
    folder = directory_of(opened, chosen)
    locate = positions_in(workspace.application)
    made = make_deployment_files(
        selection.application, selection.deployment, options=options_in(folder), locate=locate
    )
    templates = made.read()
    require_fitting(templates, workspace.choice.backend_of)
    require_images(selection.deployment, templates, workspace.choice.backend_of, locate)
    files = compare(folder, made.texts)
    _settle(folder, files, chosen, note=note, write_templates=write_templates)
    desired = desired_state(
        templates,
        lambda source: source_digest(workspace.application / source),
        workspace.choice.backend_of,
        workspace.choice.runner,
    )
    prices = _prices(workspace.application, selection)
    return Prepared(chosen, desired, constraints_document(selection.deployment.qos), prices)


def _prices(directory: Path, selection: Selection) -> Prices:
    """What the application's files say of costs; a fault in what was measured only leaves that out."""
    application = selection.application
    entering = [
        rate
        for name in application.dag.entries
        if (rate := application.sources[name].annotations.expected_throughput_hz) is not None
    ]
    measured, _ = read_measurements(directory)
    return Prices(
        application.catalogue,
        application.placement_rules,
        arrival_rates(selection.deployment.dag, max(entering, default=None)),
        {key: demand.demand_s for key, demand in measured.demands.items()},
    )


def _require_layers(choice: BackendChoice, opened: OpenedDesign, *, asked: bool) -> None:
    """See that each layer a back end was named for is one of the application's.

    Raises:
        UsageError: when one is not.
    """
    catalogue = opened.application.catalogue
    missing = [number for number in choice.layers if catalogue.layer(number) is None]
    if asked and missing:
        known = ", ".join(str(layer.number) for layer in catalogue)
        raise UsageError(
            f"The application has no layer {missing[0]}.", mend=f"--backend LAYER=NAME takes one of: {known}."
        )


def _default_choice(workspace: Workspace, opened: OpenedDesign) -> str:
    current = workspace.current()
    if current is not None:
        return current.name
    return default_choice(opened)


def _settle(
    folder: Path,
    files: tuple[OutputFile, ...],
    choice: str,
    *,
    note: Callable[[str], None],
    write_templates: bool,
) -> None:
    """Bring the files to what the design gives.

    Raises:
        StateError: when one was edited: it would not be deployed as it reads.
    """
    different = [file for file in files if file.state is not FileState.UNCHANGED]
    edited = [file.path for file in different if file.state is FileState.EDITED]
    if edited:
        flag = {OPTIMAL_CHOICE: "--optimal", BASE_DEPLOYMENT: "--base"}.get(choice, f"--deployment {choice}")
        raise StateError(
            f"Edited by hand in {folder}: {', '.join(edited)}.",
            why="What is deployed follows from the design, and would not be what these files say.",
            mend=f"Change the application instead, then run `aisprint toscarize {flag} --force`.",
        )
    if not different:
        return
    missing = all(file.state is FileState.NEW for file in different)
    state = "are missing" if missing else "are not what the design gives"
    if write_templates:
        write(folder, files)
        note(f"The templates of {choice} {state}: made them, as `aisprint toscarize` does.")
    else:
        note(f"The templates of {choice} {state}: deploy will make them.")
