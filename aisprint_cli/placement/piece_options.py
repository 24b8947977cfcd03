"""A piece on one resource, in the flat form that the searches use.

With n instances of a bought resource, U its utilisation and W the wait in front of its servers, a piece
adds to its component's response

    fixed_s + time_s(n) / (1 - U) + wait_share * W.

Processor sharing has the middle term only, a measured curve too (then it depends on n), a multi-server
queue the first and the last. All three are at least as large as with the piece alone on all instances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from aisprint_cli.placement.problem import Tier, below, holds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aisprint_cli.placement.problem import Alternative, Component, Option, Piece, Problem, Resource

FUNCTION = -1
"""The column of an option that runs on a function."""


class PieceOption(NamedTuple):
    """A piece on one resource.

    `load` is the mean number of busy instances it adds (bought resources; an instance is busy when all
    its servers are), `cost` what it costs in the period (functions), `time_s` its share of the component's
    response time: final for a function, for a bought resource still to be divided by one minus the
    utilisation. `energy_wh` is what it draws besides the instance itself.

    `times_s` replaces `time_s` where it depends on the number of instances (from one on; infinite where
    the piece may not run with so many); `time_s` is then the least of them. `fixed_s` is not stretched by
    the load. `wait_share` is the share of the wait in the resource's queue, and `moment` what the piece
    adds to the rate times the second moment of service in it. `least_s` is the response if nothing else
    ran there, with as many instances as suit it best.
    """

    column: int
    resource: int
    load: float
    cost: float
    time_s: float
    memory_mib: float
    edge: bool
    energy_wh: float = 0.0
    times_s: tuple[float, ...] = ()
    fixed_s: float = 0.0
    wait_share: float = 0.0
    moment: float = 0.0
    least_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CompiledAlternative:
    """An alternative with the options left to each piece; `number` is its place in the problem."""

    number: int
    source: Alternative
    options: tuple[tuple[PieceOption, ...], ...]


def servers_of(resource: Resource) -> int:
    """The servers of an instance that queues requests; 0 where they share the processor."""
    return resource.servers if resource.queues else 0


def wait_s(servers: int, instances: int, load: float, moment: float) -> float:
    """Mean wait in an instance's queue (s): M/G/c after Lee and Longton (1959).

    Rises with `load` and with `moment`: ``C(c, A) / (A (c - A))`` rises in A, as
    ``A / C = c + sum over k < c - 1 of (c - A) (c - 1)! / k! / A^(c - 1 - k)`` falls.

    Args:
        servers: of each instance, c.
        instances: over which requests are spread evenly.
        load: busy instances in all; ``A = c load / instances`` must be below c.
        moment: rate times second moment of service, over all instances.
    """
    if load <= 0 or moment <= 0:
        return 0.0
    offered = servers * load / instances
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = offered * blocked / (server + offered * blocked)
    waiting = blocked / (1 - offered / servers * (1 - blocked))
    return waiting / (servers - offered) * moment / instances / (2 * offered)


def piece_options(
    problem: Problem,
    place: Mapping[int, int],
    limits: Sequence[int],
    shared: frozenset[int],
    component: Component,
    piece: Piece,
) -> Iterator[PieceOption]:
    """The options of a piece that are possible by themselves.

    Args:
        problem: what is placed.
        place: the column of each bought resource.
        limits: the most instances of each column.
        shared: functions that are billed once: their options carry no cost.
        component: whose piece.
        piece: the piece.
    """
    for option in piece.options:
        resource = problem.resources[option.resource]
        column = place.get(option.resource)
        if column is None:
            made = _function_option(problem, shared, component, piece, option)
            if made.least_s < float("inf") and holds(option.memory_mib, resource.memory_mib):
                yield made
            continue
        limit = limits[column]
        times = limit if problem.semantics.memory_per_instance else 1
        load = component.rate_per_s * piece.reach * option.demand_s / resource.availability
        load /= servers_of(resource) or 1
        if below(load, limit) and holds(option.memory_mib, resource.memory_mib * times):
            made = _bought_option(problem, column, limit, load, component, piece, option)
            if made.least_s < float("inf"):
                yield made


def _function_option(
    problem: Problem, shared: frozenset[int], component: Component, piece: Piece, option: Option
) -> PieceOption:
    free = option.resource in shared
    time_s = piece.reach * problem.function_response_s(component, piece, option)
    return PieceOption(
        FUNCTION,
        option.resource,
        0.0,
        0.0 if free else problem.function_cost(component, piece, option),
        time_s,
        option.memory_mib,
        False,
        problem.piece_energy_wh(component, piece, option),
        least_s=time_s,
    )


def _bought_option(
    problem: Problem, column: int, limit: int, load: float, component: Component, piece: Piece, option: Option
) -> PieceOption:
    resource = problem.resources[option.resource]
    servers = servers_of(resource)
    times_s: tuple[float, ...] = ()
    time_s = piece.reach * option.demand_s
    fixed_s = wait_share = moment = 0.0
    if servers:
        rate_per_s = component.rate_per_s * piece.reach / resource.availability
        moment = rate_per_s * (1 + option.scv) * option.demand_s**2
    if option.curve:
        rate_per_s = component.rate_per_s * piece.reach / resource.availability
        times_s = tuple(
            piece.reach * option.measured_s(rate_per_s / count) * max(0.0, 1 - load / count)
            if below(load, count)
            else float("inf")
            for count in range(1, limit + 1)
        )
        time_s = min(times_s)
        least_s = min(value / (1 - load / count) for count, value in enumerate(times_s, 1) if count > load)
    elif servers:
        fixed_s, wait_share, time_s = time_s, piece.reach, 0.0
        least_s = fixed_s + wait_share * wait_s(servers, limit, load, moment)
    else:
        least_s = time_s / (1 - load / limit)
    return PieceOption(
        column,
        option.resource,
        load,
        0.0,
        time_s,
        option.memory_mib,
        problem.tier(option.resource) is Tier.EDGE,
        problem.piece_energy_wh(component, piece, option),
        times_s,
        fixed_s,
        wait_share,
        moment,
        least_s,
    )
