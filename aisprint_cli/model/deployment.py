"""One way to run an application: which parts, and where each of them runs."""

from __future__ import annotations

from dataclasses import dataclass

from aisprint_cli.model.candidates import Container
from aisprint_cli.model.dag import Dag
from aisprint_cli.model.naming import Part
from aisprint_cli.model.qos import QosConstraints


@dataclass(frozen=True, slots=True)
class PlacedPart:
    """A part on a layer; `resource` is the name of the resource chosen there."""

    part: Part
    candidate_key: str
    layer: int
    resource: str
    container: Container


@dataclass(frozen=True)
class Deployment:
    """A named deployment: `dag` joins the parts, `placed` holds them in the DAG's order."""

    name: str
    dag: Dag
    placed: tuple[PlacedPart, ...]
    qos: QosConstraints

    def of(self, name: str) -> PlacedPart:
        """The placed part of that DAG name.

        Raises:
            KeyError: when the deployment has no such part.

        """
        for placed in self.placed:
            if placed.part.name == name:
                return placed
        raise KeyError(name)

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that host a part, ascending."""
        return tuple(sorted({placed.layer for placed in self.placed}))
