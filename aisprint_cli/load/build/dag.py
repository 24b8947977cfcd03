"""The DAG of `application_dag.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from aisprint_cli.load.shapes.reader import INVALID
from aisprint_cli.model.dag import Dag, Dependency


@dataclass(frozen=True, slots=True)
class DagDraft:
    """What is sound of the file, with the index of each item in it, for positions.

    `names` are the components and their alternatives. `dag` is made of the components as they stand
    and the edges whose ends are known; it may have cycles, which the checks report. `all_components`
    and `all_dependencies` say whether every entry is sound: otherwise what seems to be missing is
    probably in an entry that is already reported.
    """

    name: str
    components: tuple[tuple[int, str], ...]
    dependencies: tuple[tuple[int, Dependency], ...]
    alternatives: Mapping[str, tuple[tuple[int, str], ...]]
    names: frozenset[str]
    dag: Dag
    all_components: bool = True
    all_dependencies: bool = True


def build_dag(document: Mapping[str, Any] | None) -> DagDraft | None:
    """The DAG of a document, or None where there is nothing to build it from."""
    system = (document or {}).get("System")
    if not system or not isinstance(system.get("components"), list):
        return None
    components = tuple(_sound(system["components"]))
    edges = tuple((index, Dependency(*edge)) for index, edge in _sound(system.get("dependencies")))
    alternatives = {
        name: tuple(_sound(names)) for name, names in (system.get("alternative_components") or {}).items()
    }
    known = dict.fromkeys(name for _, name in components)
    dag = Dag(
        name=system.get("name") or "",
        components=tuple(known),
        dependencies=tuple(edge for _, edge in edges if edge.source in known and edge.target in known),
        alternatives=MappingProxyType(
            {name: tuple(alternative for _, alternative in names) for name, names in alternatives.items()}
        ),
    )
    names = frozenset((*known, *(name for items in alternatives.values() for _, name in items)))
    return DagDraft(
        name=dag.name,
        components=components,
        dependencies=edges,
        alternatives=MappingProxyType(alternatives),
        names=names,
        dag=dag,
        all_components=len(components) == len(system["components"]),
        all_dependencies="dependencies" in system and len(edges) == len(system["dependencies"] or ()),
    )


def _sound(items: list[Any] | None) -> list[tuple[int, Any]]:
    return [
        (index, item) for index, item in enumerate(items or ()) if item is not INVALID and item is not None
    ]
