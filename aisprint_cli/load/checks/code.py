"""The components' code against the DAG, and what each directory should hold."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.build.candidates import CandidatesDraft
from aisprint_cli.load.build.dag import DagDraft
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.components import Components
from aisprint_cli.load.documents import DAG
from aisprint_cli.load.environment import ENVIRONMENT, read_environment

_MIB_PER_GB: Final = 1024
_LEAST_MIB: Final = 64


def check_code(components: Components, dag: DagDraft, checker: Checker) -> None:
    """Whether each component has code and each code a component."""
    found = components.by_name
    spare = [name for name in found if name not in dag.names]
    missing = {name: place for name, place in _places(dag).items() if name not in found}
    # Code that could not be read, which is reported there, is probably that of the ones missing here.
    for name, place in missing.items() if len(missing) > len(components.unnamed) else ():
        if name not in components.unnamed:
            message = f"The component `{name}` has no code below src."
            hint = checker.did_you_mean(name, spare)
            mend = f"{hint[:-1]}, as the code says?" if hint else ""
            checker.value("code.component-without-code", DAG, place, message, mend)
    for name in spare if dag.all_components else ():
        message = f"The component `{name}` is not in the application's DAG."
        mend = checker.did_you_mean(name, dag.names)
        checker.argument("code.unused-component", name, "component_name", ("name",), message, mend)


def _places(dag: DagDraft) -> dict[str, tuple[str | int, ...]]:
    places: dict[str, tuple[str | int, ...]] = {}
    for index, name in dag.components:
        places.setdefault(name, ("System", "components", index))
    for owner, names in dag.alternatives.items():
        for index, name in names:
            places.setdefault(name, ("System", "alternative_components", owner, index))
    return places


def check_directories(directory: Path, components: Components, checker: Checker) -> None:
    """The files beside each `main.py`, and whether it runs anything."""
    for component in components.by_name.values():
        if ENVIRONMENT in component.entries:
            read_environment(directory, f"{component.directory}/{ENVIRONMENT}", checker.reporter)
        if "requirements.txt" not in component.entries:
            message = f"{component.directory} has no requirements.txt."
            checker.at("code.no-requirements", Location(component.main), message)
        if not component.code.runs:
            place = component.code.main or Location(component.main)
            checker.at("code.main-not-called", place, f"Nothing in {component.main} calls `main`.")


def check_devices(components: Components, candidates: CandidatesDraft, checker: Checker) -> None:
    """device_constraints against the container it will run in."""
    for name, component in components.by_name.items():
        constraints = component.code.values.get("device_constraints")
        candidate = candidates.candidates.get(name)
        if not constraints or candidate is None:
            continue
        memory_mib = min(container.memory_mib for container in candidate.containers)
        ram = constraints.get("ram")
        if ram and ram * _MIB_PER_GB > memory_mib:
            message = f"`ram` is {ram:g} GB, but the container of `{name}` has {memory_mib:g} MB."
            likely_mib = _LEAST_MIB <= ram <= memory_mib
            code = "units.ram-megabytes" if likely_mib else "annotation.device-memory"
            checker.argument(code, name, "device_constraints", ("ram",), message)
        for key in ("vram", "use_gpu_for"):
            if constraints.get(key) and not any(container.gpu for container in candidate.containers):
                message = f"`{key}` is given, but the container of `{name}` does not require a GPU."
                checker.argument("annotation.device-gpu", name, "device_constraints", (key,), message)


def check_combinations(components: Components, dag: DagDraft, checker: Checker) -> None:
    """Annotations that exclude each other, or need something of the application."""
    first_drift: str | None = None
    for name, component in components.by_name.items():
        values = component.code.arguments
        if "partitionable_model" in values and "early_exits_model" in values:
            message = f"`{name}` has both partitionable_model and early_exits_model."
            checker.argument("annotation.conflict", name, "early_exits_model", (), message)
        if "detect_metric_drift" in values:
            if first_drift is not None:
                message = f"`{first_drift}` has detect_metric_drift already."
                place = "annotation.several-drift-detectors"
                checker.argument(place, name, "detect_metric_drift", (), message)
            first_drift = first_drift or name
        if "model_performance" in values and not dag.alternatives:
            message = f"`{name}` asks for model_performance, but there are no alternative components."
            checker.argument("annotation.no-alternatives", name, "model_performance", (), message)
