"""`aisprint predict`: how long a component takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisprint_cli.cli.session import (
    DirectoryOption,
    NoColor,
    Output,
    OutputFormat,
    Quiet,
    Verbose,
    application_directory,
    open_session,
)
from aisprint_cli.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from aisprint_cli.profiling.model import PerformanceModel

ComponentName = Annotated[str, typer.Argument(metavar="COMPONENT", help="The component, or part of one.")]
Resource = Annotated[
    str | None,
    typer.Option("--resource", metavar="NAME", help="Where it runs.", show_default="the only one"),
]
Cores = Annotated[float, typer.Option("--cores", metavar="N", help="Cores in all.")]
Load = Annotated[
    float | None,
    typer.Option("--load", metavar="N", help="Files of a run, where the model was fitted for several."),
]
Models = Annotated[
    Path | None,
    typer.Option(
        "--models",
        metavar="FILE|APP",
        help="A file of fitted models, or an application that has one.",
        show_default="the current application's",
    ),
]


def predict(
    component: ComponentName,
    cores: Cores,
    resource: Resource = None,
    load: Load = None,
    models: Models = None,
    application_dir: DirectoryOption = None,
    output: Output = OutputFormat.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
) -> None:
    """Predict how long a component takes: value, 90 % interval, and whether it is extrapolation.

    Models are written by `aisprint profile fit`.

    Example: aisprint predict blur --resource VM1 --cores 12 --models models.json
    """
    session = open_session(output, quiet, verbose, no_color)
    resource, model = _chosen(_models_path(models, application_dir), component, resource)
    try:
        found = model.predict(cores, load)
    except ValueError as error:
        raise UsageError(f"Nothing can be predicted: {error}.", mend="Correct --cores or --load.") from error
    if load is not None and not model.varied_load:
        session.note(f"The load was not varied for {component} on {resource}: --load changes nothing.")
    document = {
        "component": component,
        "resource": resource,
        "cores": cores,
        "load": load,
        "value_s": found.value_s,
        "low_s": found.low_s,
        "high_s": found.high_s,
        "interval": 0.9,
        "extrapolation": found.is_extrapolation,
        "outside": list(found.outside),
        "valid": {
            "cores": list(model.cores_range),
            "load": list(model.load_range) if model.varied_load else None,
        },
    }

    def human(console: Console) -> None:
        console.print(
            f"{found.value_s:.6g} s (90 % interval {found.low_s:.6g} to {found.high_s:.6g} s)", markup=False
        )
        if found.is_extrapolation:
            low, high = model.cores_range
            measured = f"cores {low:g} to {high:g}"
            if model.varied_load:
                measured += ", load {:g} to {:g}".format(*model.load_range)
            console.print(
                f"Extrapolated over {' and '.join(found.outside)}; measured were {measured}.", markup=False
            )

    session.emit("aisprint.predict/1", document, human)


def _models_path(models: Path | None, application_dir: Path | None) -> Path:
    from aisprint_cli.profiling.model_file import FITTED_PATH

    if models is not None and application_dir is not None:
        raise UsageError("--models and --application-dir cannot be given together.", mend="Give one of them.")
    if models is not None and not models.is_dir():
        path = models
    else:
        path = application_directory(models or application_dir, None) / FITTED_PATH
    if not path.is_file():
        raise UsageError(
            f"There is no file {path}.",
            mend="Write one with `aisprint profile fit TABLE.csv --out FILE`, or with --write-models APP.",
        )
    return path


def _chosen(path: Path, component: str, resource: str | None) -> tuple[str, PerformanceModel]:
    from aisprint_cli.profiling.model_file import read_models

    models = read_models(path)
    if component not in models:
        raise UsageError(
            f"There is no model of {component}.", mend=f"There are: {', '.join(sorted(models))}."
        )
    of_component = models[component]
    if resource is None and len(of_component) == 1:
        resource = next(iter(of_component))
    if resource not in of_component:
        known = ", ".join(sorted(of_component))
        missing = (
            "--resource is missing."
            if resource is None
            else f"There is no model of {component} on {resource}."
        )
        raise UsageError(missing, mend=f"There are: {known}.")
    return resource, of_component[resource]
