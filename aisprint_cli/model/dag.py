"""The component graph of an application or of one deployment of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Dependency:
    """An edge: after `source`, `target` runs with transition probability `probability` (0 to 1]."""

    source: str
    target: str
    probability: float


@dataclass(frozen=True)
class Dag:
    """Nodes in the order of the file and the edges between them."""

    name: str
    components: tuple[str, ...]
    dependencies: tuple[Dependency, ...] = ()
    alternatives: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def _forward(self) -> dict[str, tuple[Dependency, ...]]:
        table: defaultdict[str, list[Dependency]] = defaultdict(list)
        for edge in self.dependencies:
            table[edge.source].append(edge)
        return {name: tuple(edges) for name, edges in table.items()}

    @cached_property
    def _backward(self) -> dict[str, tuple[Dependency, ...]]:
        table: defaultdict[str, list[Dependency]] = defaultdict(list)
        for edge in self.dependencies:
            table[edge.target].append(edge)
        return {name: tuple(edges) for name, edges in table.items()}

    def outgoing(self, name: str) -> tuple[Dependency, ...]:
        """The edges that leave a component, in file order."""
        return self._forward.get(name, ())

    def incoming(self, name: str) -> tuple[Dependency, ...]:
        """The edges that reach a component, in file order."""
        return self._backward.get(name, ())

    def successors(self, name: str) -> tuple[str, ...]:
        """What may run after a component, in file order."""
        return tuple(edge.target for edge in self.outgoing(name))

    def predecessors(self, name: str) -> tuple[str, ...]:
        """What may run before a component, in file order."""
        return tuple(edge.source for edge in self.incoming(name))

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """Components that nothing precedes: where input enters."""
        return tuple(name for name in self.components if not self.incoming(name))

    @cached_property
    def sinks(self) -> tuple[str, ...]:
        """Components that nothing follows: where results leave."""
        return tuple(name for name in self.components if not self.outgoing(name))

    def topological_order(self) -> tuple[str, ...]:
        """Every component after all that precede it.

        Raises:
            graphlib.CycleError: when the graph has a cycle; `args[1]` lists it.

        """
        sorter = TopologicalSorter({name: self.predecessors(name) for name in self.components})
        return tuple(sorter.static_order())
