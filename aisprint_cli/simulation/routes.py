"""A placement made ready to run: for each piece where it runs, and the random numbers it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.errors import InfeasibleError
from aisprint_cli.simulation.streams import Stream, Streams, uniform

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Choice, Component, Option, Piece, Problem
    from aisprint_cli.simulation.facility import InstanceGroup
    from aisprint_cli.simulation.functions import FunctionPool
    from aisprint_cli.simulation.measures import Series
    from aisprint_cli.simulation.streams import Draw

PieceKey = tuple[int, int, int]
"""Component, alternative and place in the chain."""

PoolKey = tuple[int, int, int, int]
"""Resource, component, alternative and place in the chain: each piece has instances of its own."""


class BranchStreams(dict[str, Stream]):
    """One stream for each branch that requests can be on; a branch's stream is made when first used.

    Where a component sends copies of a request to several successors, each copy but the first is on a
    branch of its own, so that copies that meet the same component again are served independently.
    """

    def __init__(self, streams: Streams, name: str, draw: Draw = uniform) -> None:
        super().__init__()
        self._streams = streams
        self._name = name
        self._draw = draw

    def __missing__(self, branch: str) -> Stream:
        stream = self._streams.named(f"{self._name}@{branch}", self._draw)
        self[branch] = stream
        return stream

    def __deepcopy__(self, memo: dict[int, object]) -> BranchStreams:
        return self  # streams have no state


@dataclass(slots=True)
class Stop:
    """One piece at the place where it runs. `group` and `pool`: exactly one of them is there."""

    piece: Piece
    resource: int
    demand_s: float
    cold_s: float
    group: InstanceGroup | None
    pool: FunctionPool | None
    series: Series
    work: BranchStreams
    spread: BranchStreams
    exits: BranchStreams | None


@dataclass(slots=True)
class Route:
    """The way of a component's requests under one choice; `sent` are the sizes for its successors."""

    choice: Choice
    stops: tuple[Stop, ...]
    sent: tuple[float, ...]

    def sent_to(self, place: int) -> float:
        """The size for the successor at this place; nothing when the problem says nothing."""
        return self.sent[place] if place < len(self.sent) else 0.0

    def leaving(self) -> set[int]:
        """The resources from which a request may leave the component."""
        return {stop.resource for stop in self.stops[:-1] if stop.exits is not None} | {
            self.stops[-1].resource
        }


def option_of(problem: Problem, component: Component, piece: Piece, resource: int) -> Option:
    """How a piece runs on a resource.

    Raises:
        InfeasibleError: it may not run there.
    """
    for option in piece.options:
        if option.resource == resource:
            return option
    raise InfeasibleError(
        f"{component.name}: {piece.name} may not run on {problem.resources[resource].name}.",
        mend="Choose one of " + ", ".join(problem.resources[o.resource].name for o in piece.options) + ".",
    )
