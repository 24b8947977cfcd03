"""What a policy sees and what it may do: `decide(state) -> actions`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aisprint_cli.placement.problem import Choice, Placement, Problem


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a component's requests, and the choice that serves it."""

    choice: Choice
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Flow:
    """Response times observed since the last decision; all zero when nothing ended.

    Attributes:
        arrived_per_s: how many requests began, per second.
        ended: how many ended.
        mean_s: their mean response time.
        p95_s: the time that 95 % of them did not pass.
        late_share: the share of them above the limit, if there is one.
    """

    arrived_per_s: float
    ended: int
    mean_s: float
    p95_s: float
    late_share: float


@dataclass(frozen=True, slots=True)
class ResourceState:
    """A bought resource now; the utilisation is that since the last decision."""

    instances: int
    starting: int
    draining: int
    present: int
    utilisation: float


@dataclass(frozen=True, slots=True)
class FunctionState:
    """The pool of instances that serves one piece now; the cold share is that since the last decision."""

    resource: int
    component: int
    piece: str
    instances: int
    present: int
    cold_share: float


@dataclass(frozen=True)
class State:
    """The running application at one decision.

    Attributes:
        time_s: now.
        elapsed_s: the time since the last decision, over which flows and utilisations were measured.
        problem: what is being run; its rates are the planned ones.
        shares: for each component, the choices that serve its requests and their weights (sum 1).
        resources: by number, those of which instances exist.
        functions: one for each pool.
        components: one flow for each component.
        paths: one flow for each path limit.
        cost_per_h: what was spent since the last decision, for one hour.
    """

    time_s: float
    elapsed_s: float
    problem: Problem
    shares: tuple[tuple[Share, ...], ...]
    resources: dict[int, ResourceState]
    functions: tuple[FunctionState, ...]
    components: tuple[Flow, ...]
    paths: tuple[Flow, ...]
    cost_per_h: float

    @property
    def placement(self) -> Placement:
        """The placement now: each component's heaviest choice, and the instances that serve or start."""
        choices = tuple(max(shares, key=lambda share: share.weight).choice for shares in self.shares)
        counts = [0] * len(self.problem.resources)
        for resource, seen in self.resources.items():
            counts[resource] = seen.instances + seen.starting
        return Placement(choices, tuple(counts))


@dataclass(frozen=True, slots=True)
class SetInstances:
    """Have so many instances of a resource.

    New ones serve after the start-up time and are paid from now on. Those that go take no new requests,
    finish theirs, and are paid until then; where all work from one central queue they go at once.
    """

    resource: int
    instances: int


@dataclass(frozen=True, slots=True)
class Move:
    """Serve a component's new requests by another choice; those in progress end where they are."""

    component: int
    choice: Choice


@dataclass(frozen=True, slots=True)
class Split:
    """Serve a component's new requests by several choices, at random by weight."""

    component: int
    shares: tuple[Share, ...]


Action = SetInstances | Move | Split


class Policy(Protocol):
    """Something that steers a running application."""

    def decide(self, state: State) -> Sequence[Action]:
        """What to change now; applied in order."""


class Static:
    """Never changes anything."""

    def decide(self, state: State) -> Sequence[Action]:  # noqa: ARG002  nothing to look at
        """Nothing."""
        return ()
