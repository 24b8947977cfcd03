"""The graph of a deployment: components replaced by the segments they were split into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from aisprint_cli.model.dag import Dag, Dependency


def rewrite(dag: Dag, segments: Mapping[str, tuple[str, ...]]) -> Dag:
    """The graph with each component replaced by the chain of its segments.

    The rules are those of docs/formats.md ("The graph of a deployment"): edges are visited in file
    order; a split component's inner edges have probability 1 and come when it is first met as a
    source, or as a target that nothing follows; what reached the component reaches its first segment,
    and what left it leaves its last one, with the probability unchanged. A component takes its place
    among the nodes when its inner edges do; one that is not split, when an edge first names it.

    Args:
        dag: the application's graph.
        segments: for each component the names of its segments in order; a single one keeps it whole.

    Returns:
        A graph without alternatives; the given one's own values when nothing is split.

    """
    if all(len(names) == 1 for names in segments.values()):
        return Dag(dag.name, dag.components, dag.dependencies)
    dependencies: list[Dependency] = []
    nodes: dict[str, None] = {}
    for item in _visit(dag, segments):
        if isinstance(item, Dependency):
            dependencies.append(item)
        else:
            nodes.update(dict.fromkeys(item))
    return Dag(dag.name, tuple(nodes), tuple(dependencies))


def _visit(dag: Dag, segments: Mapping[str, tuple[str, ...]]) -> Iterator[Dependency | tuple[str, ...]]:
    """Nodes and edges of the rewritten graph in the order in which they appear."""
    opened: set[str] = set()
    sources = {edge.source for edge in dag.dependencies}

    def open_component(component: str) -> Iterator[Dependency | tuple[str, ...]]:
        if component not in opened:
            opened.add(component)
            names = segments[component]
            yield names
            yield from (Dependency(before, after, 1.0) for before, after in pairwise(names))

    for edge in dag.dependencies:
        yield from open_component(edge.source)
        yield Dependency(segments[edge.source][-1], segments[edge.target][0], edge.probability)
        if len(segments[edge.target]) == 1 or edge.target not in sources:
            yield from open_component(edge.target)
    for component in dag.components:
        yield from open_component(component)
