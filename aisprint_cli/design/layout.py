"""What the output tree holds: every file of the designs and of the deployments, one after the other.

Nothing is written here, and no deployment is kept: entries are made as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aisprint_cli.design.component_files import ComponentFile
from aisprint_cli.design.documents import (
    block,
    dag_text,
    layer_qos_text,
    multi_cluster_entry,
    multi_cluster_head,
    partitions_text,
    total_qos_text,
)
from aisprint_cli.design.entries import CopiedFile, Entry, GeneratedFile, SymbolicLink
from aisprint_cli.design.enumeration import BASE_DEPLOYMENT, Design, deployment_index
from aisprint_cli.design.inputs import CONFIGURATION, DesignInputs
from aisprint_cli.design.production import production_document
from aisprint_cli.model.deployment import Deployment
from aisprint_cli.model.naming import BASE_DESIGN

TREE = "aisprint"
DESIGNS, DEPLOYMENTS = "designs", "deployments"
PARTITIONS_PATH = f"{DESIGNS}/component_partitions.yaml"
OPTIMAL = "optimal_deployment"
PRODUCTION_FILE = "production_deployment.yaml"
OPTIMAL_PATH = f"{DEPLOYMENTS}/{OPTIMAL}/{PRODUCTION_FILE}"
OUTPUT_PATH = f"{DEPLOYMENTS}/{OPTIMAL}/Output.json"
QOS_FILE = "qos_constraints.yaml"
DAG_FILE = "application_dag.yaml"
WRITTEN_INTO = frozenset({"ams", "oscar", "space4ai-d"})
"""Tool directories that a stage writes into for each deployment: real ones, whose entries are links."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a segment's model: its name in `onnx/`, where it is now and its record."""

    name: str
    source: Path
    record: str


@dataclass(frozen=True, slots=True)
class SegmentFiles:
    """What one segment of a split has of its own: the text of its `main.py`, and its model."""

    design: str
    main: str
    models: tuple[ModelFile, ...]


@dataclass(frozen=True, slots=True)
class ComponentDesigns:
    """The segments of a component; `left_out` names files of the whole that no segment needs."""

    segments: tuple[SegmentFiles, ...] = ()
    left_out: frozenset[str] = field(default_factory=frozenset)


def design_entries(inputs: DesignInputs, designs: Mapping[str, ComponentDesigns]) -> Iterator[Entry]:
    """The files of `designs/`: each component whole, and the segments of its splits."""
    names: dict[str, list[str]] = {}
    for component, files in inputs.components.items():
        folder = f"{DESIGNS}/{component}"
        yield from _copies(f"{folder}/{BASE_DESIGN}", component, files)
        parts = designs.get(component, ComponentDesigns())
        names[component] = [BASE_DESIGN, *(segment.design for segment in parts.segments)]
        for segment in parts.segments:
            yield from _segment_entries(f"{folder}/{segment.design}", component, files, parts, segment)
    yield GeneratedFile(PARTITIONS_PATH, partitions_text(names))


def _copies(folder: str, component: str, files: tuple[ComponentFile, ...]) -> Iterator[Entry]:
    for file in files:
        yield CopiedFile(f"{folder}/{file.path}", file.source, file.record, component)


def _segment_entries(
    folder: str,
    component: str,
    files: tuple[ComponentFile, ...],
    parts: ComponentDesigns,
    segment: SegmentFiles,
) -> Iterator[Entry]:
    models = {f"onnx/{model.name}": model for model in segment.models}
    kept = tuple(
        file
        for file in files
        if file.path != "main.py" and file.path not in parts.left_out and file.path not in models
    )
    yield from _copies(folder, component, kept)
    executable = any(file.path == "main.py" and file.executable for file in files)
    yield GeneratedFile(f"{folder}/main.py", segment.main, executable)
    for path, model in models.items():
        yield CopiedFile(f"{folder}/{path}", model.source, model.record, component)


@dataclass(frozen=True, slots=True)
class Optimum:
    """What the optimal deployment holds.

    `deployment` names the deployment it runs. `production` and `output` are the texts of its production
    file and of the placement's figures; None where another tool wrote the one, or nothing was placed.
    """

    deployment: str
    production: str | None = None
    output: str | None = None


def base_optimum(design: Design) -> Optimum:
    """The optimal deployment as long as nothing is placed: `base`."""
    return Optimum(BASE_DEPLOYMENT, _base_text(design, design.deployment(BASE_DEPLOYMENT)))


def _base_text(design: Design, base: Deployment) -> str:
    return block(production_document(design.application, base))


class DeploymentLayout:
    """The files of `deployments/`.

    After the entries were taken, `constraints` is the text of the constraints of `base`, None when
    nothing is monitored.
    """

    def __init__(
        self, directory: Path, design: Design, inputs: DesignInputs, optimum: Optimum | None
    ) -> None:
        self._directory = directory
        self._design = design
        self._inputs = inputs
        self._optimum = optimum
        self.constraints: str | None = None

    def entries(self, limit: int) -> Iterator[Entry]:
        """Every file of the first `limit` deployments and of the optimal one, then those about all."""
        summary = [multi_cluster_head()]
        leader: Deployment | None = None
        graph = ""
        for deployment in self._deployments(limit):
            if leader is None or leader.dag.components != deployment.dag.components:
                leader, graph = deployment, dag_text(deployment.dag)
            yield from self._deployment(deployment, leader, graph)
            summary.append(multi_cluster_entry(deployment.name, deployment.qos))
            if deployment.name == BASE_DEPLOYMENT:
                yield from self._base(deployment)
        yield GeneratedFile(f"{DEPLOYMENTS}/multi_cluster_qos_constraints.yaml", "".join(summary))
        if self._optimum is not None and self._optimum.production is not None:
            yield GeneratedFile(OPTIMAL_PATH, self._optimum.production)
        if self._optimum is not None and self._optimum.output is not None:
            yield GeneratedFile(OUTPUT_PATH, self._optimum.output)

    def _deployments(self, limit: int) -> Iterator[Deployment]:
        """The first `limit` deployments, and the optimal one if it comes after them."""
        yield from self._design.deployments(limit)
        name = self._optimum.deployment if self._optimum else BASE_DEPLOYMENT
        if (deployment_index(name) or 0) >= limit:
            yield self._design.deployment(name)

    def _base(self, base: Deployment) -> Iterator[Entry]:
        text = _base_text(self._design, base)
        yield GeneratedFile(f"{DEPLOYMENTS}/{BASE_DEPLOYMENT}/{PRODUCTION_FILE}", text)
        if base.qos.layers:
            self.constraints = total_qos_text(base.dag.name, base.qos)

    def _deployment(self, deployment: Deployment, leader: Deployment, graph: str) -> Iterator[Entry]:
        folder = f"{DEPLOYMENTS}/{deployment.name}"
        if deployment.name == BASE_DEPLOYMENT:
            source = CONFIGURATION[0]
            record = self._inputs.records[source]
            yield CopiedFile(f"{folder}/{DAG_FILE}", self._directory / source, record, source)
        else:
            yield GeneratedFile(f"{folder}/{DAG_FILE}", graph, shared=True)
        application = deployment.dag.name
        generated: set[str] = set()
        for layer in deployment.qos.layers:
            name = f"ams/qos_constraints_L{layer.layer}.yaml"
            generated.add(name)
            yield GeneratedFile(f"{folder}/{name}", layer_qos_text(application, layer), shared=True)
        if deployment.qos.layers:
            name = f"space4ai-d/{QOS_FILE}"
            generated.add(name)
            yield GeneratedFile(f"{folder}/{name}", total_qos_text(application, deployment.qos), shared=True)
        yield from self._tools(folder, generated)
        yield from _sources(folder, deployment, leader)

    def _tools(self, folder: str, generated: set[str]) -> Iterator[Entry]:
        for tool, names in self._inputs.tools.items():
            if tool not in WRITTEN_INTO:
                yield SymbolicLink(f"{folder}/{tool}", f"../../../{tool}")
                continue
            for name in names:
                if f"{tool}/{name}" not in generated:
                    yield SymbolicLink(f"{folder}/{tool}/{name}", f"../../../../{tool}/{name}")


def _sources(folder: str, deployment: Deployment, leader: Deployment) -> Iterator[Entry]:
    """Links to the designs; deployments of the same parts share the directory of the first of them."""
    if deployment is not leader:
        yield SymbolicLink(f"{folder}/src", f"../{leader.name}/src")
        return
    for placed in deployment.placed:
        part = placed.part
        target = f"../../../{DESIGNS}/{part.component}/{part.design}"
        yield SymbolicLink(f"{folder}/src/{part.name}", target)
