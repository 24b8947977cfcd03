"""Files of fitted models: by component, then by resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from aisprint_cli.diagnostics import Diagnostic, Location, Severity
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.load.json_document import read_json
from aisprint_cli.profiling.model import PerformanceModel
from aisprint_cli.profiling.model_document import FORMAT, from_document, to_document
from aisprint_cli.system.files import write_atomic

FITTED_PATH: Final = "oscarp/fitted_models.json"
"""Where an application keeps its fitted models, from its directory."""


def read_models(path: Path) -> dict[str, dict[str, PerformanceModel]]:
    """The models of a file, by component and resource.

    Raises:
        InvalidInputError: when it is no such file, with every model that cannot be read.
        OSError: when it cannot be read at all.

    """
    document = _document(path)
    problems: list[Diagnostic] = []
    found: dict[str, dict[str, PerformanceModel]] = {}
    for component, resources in document["models"].items():
        if not isinstance(resources, dict):
            problems.append(_problem(path, f"{component} is no object."))
            continue
        for resource, value in resources.items():
            try:
                found.setdefault(component, {})[resource] = from_document(value)
            except ValueError as error:
                problems.append(_problem(path, f"The model of {component} on {resource}: {error}."))
    if problems:
        raise InvalidInputError(
            f"{path.name} holds models that cannot be used.", problems, directory=path.parent
        )
    return found


def write_model(path: Path, component: str, resource: str, model: PerformanceModel) -> None:
    """Put a model into a file, whose other models stay; the file appears whole or not at all.

    Raises:
        InvalidInputError: when there is a file already, and it is none of models.
        OSError: when it cannot be written.

    """
    document: dict[str, Any] = {"format": FORMAT, "models": {}}
    if path.exists():
        document = _document(path)
    models: dict[str, Any] = document["models"]
    of_component = models.setdefault(component, {})
    if not isinstance(of_component, dict):
        raise InvalidInputError(
            f"{path.name} cannot be added to.",
            [_problem(path, f"{component} is no object.")],
            directory=path.parent,
        )
    of_component[resource] = to_document(model)
    write_atomic(path, json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def _document(path: Path) -> dict[str, Any]:
    read = read_json(path)
    if read.findings.has_errors:
        raise InvalidInputError(
            f"{path.name} is no JSON file.", read.findings.sorted(), directory=path.parent
        )
    value = json.loads(read.text)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        problem = _problem(path, f'There is no "format": "{FORMAT}".')
        raise InvalidInputError(f"{path.name} is no file of fitted models.", [problem], directory=path.parent)
    if not isinstance(value.get("models"), dict):
        problem = _problem(path, '"models" is no object.')
        raise InvalidInputError(f"{path.name} is no file of fitted models.", [problem], directory=path.parent)
    return value


def _problem(path: Path, message: str) -> Diagnostic:
    return Diagnostic(
        "fitted.invalid",
        Severity.ERROR,
        message,
        "Nothing can be predicted from it.",
        "Write it anew with `aisprint profile fit TABLE.csv --out FILE`.",
        Location(path.name),
    )
