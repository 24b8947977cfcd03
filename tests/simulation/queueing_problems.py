"""Small problems with known answers, and what counts as agreement with them."""

from __future__ import annotations

from collections.abc import Sequence

from aisprint_cli.placement.problem import (
    CPP_SEMANTICS,
    Alternative,
    Choice,
    Component,
    Layer,
    NetworkDomain,
    Option,
    PathLimit,
    Piece,
    Placement,
    Problem,
    Resource,
    Tier,
)
from aisprint_cli.simulation.estimates import Estimate


def one_queue(
    rate_per_s: float = 0.7, demand_s: float = 1.0, instances: int = 1, cores: float = 1.0
) -> tuple[Problem, Placement]:
    """One component on one virtual machine at 3.6 an hour (a thousandth a second)."""
    piece = Piece("h1", (Option(0, 100.0, demand_s),))
    problem = Problem(
        entry_rate_per_s=rate_per_s,
        layers=(Layer("cloud", Tier.CLOUD),),
        resources=(Resource("VM", 0, 8, 3.6, 4096.0, cores=cores),),
        components=(Component("c1", rate_per_s, (Alternative("s1", (piece,)),)),),
        domains=(),
        semantics=CPP_SEMANTICS,
    )
    return problem, Placement((Choice(0, (0,)),), (instances,))


def one_function(rate_per_s: float, warm_s: float, cold_s: float, idle_s: float) -> tuple[Problem, Placement]:
    """One component on one function."""
    piece = Piece("h1", (Option(0, 100.0, warm_s, cold_s),))
    problem = Problem(
        entry_rate_per_s=rate_per_s,
        layers=(Layer("functions", Tier.FUNCTIONS),),
        resources=(Resource("F", 0, 1, 3.6, 4096.0, idle_before_kill_s=idle_s),),
        components=(Component("c1", rate_per_s, (Alternative("s1", (piece,)),)),),
        domains=(),
        semantics=CPP_SEMANTICS,
    )
    return problem, Placement((Choice(0, (0,)),), (0,))


def network(
    demands_s: Sequence[float],
    moves: Sequence[Sequence[tuple[int, float]]],
    *,
    rate_per_s: float = 1.0,
    paths: Sequence[tuple[int, ...]] = (),
    size: float = 0.0,
    access_s: float = 0.0,
    bandwidth: float = 1.0,
) -> tuple[Problem, Placement]:
    """Components of one piece, each on a machine of its own; `moves` are successors and probabilities."""
    rates = [0.0] * len(demands_s)
    reached = {successor for item in moves for successor, _ in item}
    for number, item in enumerate(moves):
        rates[number] += 0.0 if number in reached else rate_per_s
        for successor, probability in item:
            rates[successor] += rates[number] * probability
    count = len(demands_s)
    components = tuple(
        Component(
            f"c{number + 1}",
            rates[number],
            (Alternative("s1", (Piece("h1", (Option(number, 1.0, demand_s),)),), (size,) * len(item)),),
            tuple(successor for successor, _ in item),
            tuple(probability for _, probability in item),
        )
        for number, (demand_s, item) in enumerate(zip(demands_s, moves, strict=True))
    )
    problem = Problem(
        entry_rate_per_s=rate_per_s,
        layers=tuple(Layer(f"l{number}", Tier.CLOUD) for number in range(count)),
        resources=tuple(Resource(f"VM{number}", number, 4, 3.6, 4096.0) for number in range(count)),
        components=components,
        domains=(NetworkDomain("ND", frozenset(range(count)), access_s, bandwidth),),
        path_limits=tuple(PathLimit(f"p{n}", path, 1e9) for n, path in enumerate(paths)),
        semantics=CPP_SEMANTICS,
    )
    placement = Placement(tuple(Choice(0, (number,)) for number in range(count)), (1,) * count)
    return problem, placement


def assert_close(estimate: Estimate, value: float, width: float = 0.06) -> None:
    """The value is within three standard errors, and these are small enough to say something.

    Seeds are fixed, so this cannot change from run to run.
    """
    assert estimate.half_width <= width * value
    assert abs(estimate.mean - value) <= 1.5 * estimate.half_width, (estimate, value)
