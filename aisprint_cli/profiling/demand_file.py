"""The demands that placement reads (`oscarp/performance_models.json`), from fitted models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from aisprint_cli.diagnostics import Diagnostic, Location, Severity
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.load.json_document import read_json
from aisprint_cli.placement.from_application import MODELS_PATH
from aisprint_cli.profiling.model import PerformanceModel, Prediction

_OF_DEMANDS: Final = ("QTedge", "QTcloud", "QTmulticore")


def demand_of(model: PerformanceModel, cores: float, load: float | None = None) -> tuple[float, Prediction]:
    """The seconds of the resource that one request takes, and the time of the run it follows from.

    A run of N jobs that takes T seconds on a resource with so many cores keeps it busy for T / N for
    each: at that rate it is used up, which is what a demand says. N are the jobs of the campaign (per
    unit of load where that was varied), or the units of load.

    Raises:
        ValueError: when it is not known how many requests a run has.

    """
    predicted = model.predict(cores, load)
    if model.varied_load:
        requests = load or 1.0
    elif model.jobs is not None:
        requests = model.jobs
    else:
        raise ValueError("how many jobs a run has is not known")
    return predicted.value_s / requests, predicted


def written_demand(directory: Path, component: str, part: str, resource: str, demand_s: float) -> str:
    """The text of an application's performance models with one demand put in; the others stay.

    Raises:
        InvalidInputError: when the file that is there cannot be added to.

    """
    path = directory / MODELS_PATH
    document: Any = {}
    if path.exists():
        read = read_json(path)
        if read.findings.has_errors:
            raise _refused(directory, "It is no JSON file.", tuple(read.findings))
        document = json.loads(read.text)
    entry = document
    for name in (component, part, resource):
        if not isinstance(entry, dict):
            raise _refused(directory, f"What should hold {name} is no object.")
        if name != resource or not isinstance(entry.get(name), dict):
            entry.setdefault(name, {})
        entry = entry[name]
    if not isinstance(entry, dict):
        raise _refused(directory, f"What stands for {part} on {resource} is no object.")
    if not entry.keys().isdisjoint(("demandWarm", "demandCold")):
        raise _refused(directory, f"{part} on {resource} is a function, with a warm and a cold demand.")
    if entry.get("model") not in _OF_DEMANDS:  # a learned model or a table, which the demand replaces
        for stale in ("model", "points", "regressor_file", "meanTime"):
            entry.pop(stale, None)
    entry["demand"] = demand_s
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _refused(directory: Path, message: str, found: tuple[Diagnostic, ...] = ()) -> InvalidInputError:
    own = Diagnostic(
        "fitted.invalid",
        Severity.ERROR,
        message,
        "Adding to it could lose what it holds.",
        "Mend the file, or move it away.",
        Location(MODELS_PATH),
    )
    return InvalidInputError(f"{MODELS_PATH} cannot be added to.", found or (own,), directory=directory)
