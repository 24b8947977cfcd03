"""An application as a value: everything its directory says, checked and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aisprint_cli.model.annotations import Annotations
from aisprint_cli.model.candidates import CandidateDeployments
from aisprint_cli.model.dag import Dag
from aisprint_cli.model.resources import EMPTY, ResourceCatalogue


@dataclass(frozen=True, slots=True)
class ComponentSource:
    """A component's code: `directory` is relative to the application directory, with `/` separators."""

    component: str
    directory: str
    annotations: Annotations


@dataclass(frozen=True)
class Application:
    """A validated application. `sources` holds alternatives too, by component name.

    `solver`, `physical_nodes` and `placement_rules` are the documents as read, for the stages that own them.
    """

    dag: Dag
    catalogue: ResourceCatalogue
    candidates: CandidateDeployments
    sources: Mapping[str, ComponentSource]
    solver: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False, repr=False)
    physical_nodes: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False, repr=False)

    placement_rules: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The application's name as the DAG file gives it."""
        return self.dag.name
