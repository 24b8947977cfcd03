"""The files of an application directory: where each is, and its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aisprint_cli.load.documents.annotations import ANNOTATIONS_FILE
from aisprint_cli.load.documents.candidates import CANDIDATE_DEPLOYMENTS
from aisprint_cli.load.documents.dag import APPLICATION_DAG
from aisprint_cli.load.documents.optional import ENVIRONMENT, PHYSICAL_NODES, SPACE4AI_D
from aisprint_cli.load.documents.resources import CANDIDATE_RESOURCES
from aisprint_cli.load.documents.rules import PLACEMENT_RULES
from aisprint_cli.load.documents.schedule import LOAD_SCHEDULE
from aisprint_cli.load.shapes.collections import ANYTHING
from aisprint_cli.load.shapes.values import Shape


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of file: its `name` as a schema, its place in an application directory, its shape."""

    name: str
    path: str
    title: str
    shape: Shape
    required: bool = False


DAG: Final = DocumentKind(
    "application_dag", "common_config/application_dag.yaml", "The component graph", APPLICATION_DAG, True
)
RESOURCES: Final = DocumentKind(
    "candidate_resources",
    "common_config/candidate_resources.yaml",
    "Where components may run",
    CANDIDATE_RESOURCES,
    True,
)
CANDIDATES: Final = DocumentKind(
    "candidate_deployments",
    "common_config/candidate_deployments.yaml",
    "Where each component may run",
    CANDIDATE_DEPLOYMENTS,
    True,
)
PHYSICAL: Final = DocumentKind(
    "physical_nodes", "common_config/physical_nodes.yaml", "How to reach existing nodes", PHYSICAL_NODES
)
SOLVER: Final = DocumentKind(
    "space4ai_d", "space4ai-d/SPACE4AI-D.yaml", "How the placement solver searches", SPACE4AI_D
)
RULES: Final = DocumentKind(
    "placement_rules", "common_config/placement_rules.yaml", "What placement has to keep", PLACEMENT_RULES
)
SCHEDULE: Final = DocumentKind(
    "load_schedule", "common_config/load_schedule.yaml", "Load and prices over time", LOAD_SCHEDULE
)
SECURITY_FILE: Final = DocumentKind(
    "security", "common_config/security.yaml", "Security settings, not prescribed", ANYTHING
)
ENVIRONMENT_FILE: Final = DocumentKind(
    "environment",
    "src/<component>/env.yaml",
    "Environment variables of a component",
    ENVIRONMENT,
)
ANNOTATIONS_KIND: Final = DocumentKind(
    "annotations",
    "common_config/annotations.yaml",
    "What the decorators in the code declare",
    ANNOTATIONS_FILE,
)

_OTHERS: Final = (ANNOTATIONS_KIND, ENVIRONMENT_FILE, SCHEDULE)
INPUTS: Final = (DAG, RESOURCES, CANDIDATES, PHYSICAL, SOLVER, RULES, SECURITY_FILE)
KINDS: Final[Mapping[str, DocumentKind]] = MappingProxyType(
    {kind.name: kind for kind in sorted((*INPUTS, *_OTHERS), key=lambda kind: kind.name)}
)
