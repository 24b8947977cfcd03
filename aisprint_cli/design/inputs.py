"""What a design is made from: the files read, each with its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.design.component_files import ComponentFile, component_files
from aisprint_cli.design.records import record_bytes, record_file
from aisprint_cli.diagnostics import Findings
from aisprint_cli.model.application import Application

CONFIGURATION = (
    "common_config/application_dag.yaml",
    "common_config/candidate_resources.yaml",
    "common_config/candidate_deployments.yaml",
)
MODELS_PATH = "oscarp/performance_models.json"
MEASUREMENTS = (
    MODELS_PATH,
    "oscarp/components_data_size.yaml",
    "space4ai-d/SPACE4AI-D.yaml",
)
"""What placement goes by, where it is there."""
TOOL_DIRECTORIES = ("ams", "oscar", "oscarp", "pycompss", "space4ai-d", "space4ai-r")
"""The directories of other tools that deployments link to. `im` is not one: it holds secrets."""
NOT_LINKED = (".gitkeep", "qos_constraints.yaml")
"""How names start that are left out of a tool directory: placeholders, and what design keeps there."""


@dataclass(frozen=True)
class DesignInputs:
    """The inputs of a design.

    `components` holds the files of each component, alternatives included; `tools` the names in each
    tool directory that has any.
    """

    components: Mapping[str, tuple[ComponentFile, ...]]
    tools: Mapping[str, tuple[str, ...]]
    records: Mapping[str, str]


def read_inputs(directory: Path, application: Application, findings: Findings) -> DesignInputs:
    """Read and identify the inputs of a design.

    Raises:
        OSError: when something cannot be read.

    """
    components = {
        name: component_files(directory, source.directory, findings)
        for name, source in sorted(application.sources.items())
    }
    tools = {name: names for name in TOOL_DIRECTORIES if (names := _names_in(directory / name))}
    read = (*CONFIGURATION, *MEASUREMENTS)
    records = {path: record_file(directory / path) for path in read if (directory / path).is_file()}
    for name, files in components.items():
        base = application.sources[name].directory
        records |= {f"{base}/{file.path}": file.record for file in files}
    records |= {f"{tool}/": record_bytes("\0".join(names).encode()) for tool, names in tools.items()}
    return DesignInputs(components, tools, records)


def _names_in(directory: Path) -> tuple[str, ...]:
    if not directory.is_dir():
        return ()
    return tuple(sorted(path.name for path in directory.iterdir() if not path.name.startswith(NOT_LINKED)))
