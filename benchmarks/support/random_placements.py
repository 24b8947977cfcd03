"""Random placement problems like the reference's large-scale ones, of any size, from a seed."""

from __future__ import annotations

import random

from aisprint_cli.performance.functions import mean_response_s
from aisprint_cli.placement.problem import (
    PYTHON_SEMANTICS,
    Alternative,
    Component,
    Layer,
    LocalLimit,
    NetworkDomain,
    Option,
    PathLimit,
    Piece,
    Problem,
    Resource,
    Semantics,
    Tier,
)

RATE_PER_S = 1.8
_SHAPES = {5: (2, (3,)), 7: (3, (4, 4)), 10: (8, (4, 4)), 15: (10, (5, 5, 5)), 30: (20, (5, 5, 5))}
"""Edge servers (in layers of five at most) and virtual machines by layer, by number of components."""


def random_placement_problem(
    components: int, seed: int, *, strict: bool = True, semantics: Semantics = PYTHON_SEMANTICS
) -> Problem:
    """A workflow whose first components run on the edge, the middle on edge or VM, the last on VM or FaaS."""
    draw = random.Random(f"{components}-{seed}-{strict}")
    size = min(_SHAPES, key=lambda known: abs(known - components))
    layers, resources = _bought(draw, *_SHAPES[size])
    functions = len(layers)
    layers.append(Layer("functions", Tier.FUNCTIONS))
    edges = [i for i, item in enumerate(resources) if layers[item.layer].tier is Tier.EDGE]
    machines = [i for i, item in enumerate(resources) if layers[item.layer].tier is Tier.CLOUD]
    moves = _moves(draw, components)
    rates = [0.0] * components
    rates[0] = RATE_PER_S
    for source, following in enumerate(moves):
        for target, probability in following:
            rates[target] += rates[source] * probability
    chain = []
    for number in range(components):
        places = _places(number / max(components - 1, 1), edges, machines)
        demands = {place: _demand(draw, resources[place], layers, rates[number]) for place in places}
        offers_functions = number / max(components - 1, 1) >= 0.75
        alternatives = [
            _alternative(draw, index, pieces, demands, offers_functions, resources, functions, moves[number])
            for index, pieces in enumerate(_splits(draw))
        ]
        chain.append(
            Component(
                f"c{number + 1}",
                rates[number],
                tuple(alternatives),
                tuple(target for target, _ in moves[number]),
                tuple(probability for _, probability in moves[number]),
            )
        )
    return Problem(
        entry_rate_per_s=RATE_PER_S,
        layers=tuple(layers),
        resources=tuple(resources),
        components=tuple(chain),
        domains=(
            NetworkDomain("ND1", frozenset({0, 1}), 0.001, 2000),
            NetworkDomain("ND2", frozenset(range(2, len(layers) - 1)), 0.001, 1500),
            NetworkDomain("ND3", frozenset(range(len(layers))), 0.001, 1000),
        ),
        local_limits=_local_limits(draw, components, strict=strict),
        path_limits=_path_limits(draw, moves, strict=strict),
        semantics=semantics,
        function_response=mean_response_s,
    )


def _bought(
    draw: random.Random, servers: int, machines: tuple[int, ...]
) -> tuple[list[Layer], list[Resource]]:
    layers = [Layer("edge1", Tier.EDGE)]
    resources = [Resource("Drone1", 0, 1, draw.uniform(4, 5), 163840.0)]
    while servers:
        count = min(servers, 5 if servers % 4 else 4)
        layers.append(Layer(f"edge{len(layers) + 1}", Tier.EDGE))
        resources += [
            Resource(f"EN{len(resources) + i}", len(layers) - 1, 2, draw.uniform(6, 8), 163840.0)
            for i in range(count)
        ]
        servers -= count
    for count in machines:
        layers.append(Layer(f"cloud{len(layers) + 1}", Tier.CLOUD))
        resources += [
            Resource(
                f"VM{len(resources) + i}",
                len(layers) - 1,
                draw.randint(3, 4),
                draw.choice([draw.uniform(0.2, 0.6), draw.uniform(1, 4)]),
                163840.0,
            )
            for i in range(count)
        ]
    return layers, resources


def _moves(draw: random.Random, components: int) -> list[list[tuple[int, float]]]:
    """Each component moves to the next one and perhaps to some of those after it."""
    moves = []
    for number in range(components):
        after = list(range(number + 2, min(number + 6, components)))
        targets = sorted(draw.sample(after, draw.randint(0, len(after)))) if draw.random() < 0.5 else []
        targets = ([number + 1] if number + 1 < components else []) + targets
        shares = [draw.uniform(0.1, 1) for _ in targets]
        moves.append([(target, share / sum(shares)) for target, share in zip(targets, shares, strict=True)])
    return moves


def _places(position: float, edges: list[int], machines: list[int]) -> list[int]:
    if position < 0.15:
        return [0]
    if position < 0.25:
        return edges
    if position < 0.5:
        return edges[1:]
    if position < 0.8:
        return edges[1:] + machines
    return machines


def _demand(draw: random.Random, resource: Resource, layers: list[Layer], rate_per_s: float) -> float:
    """Seconds of service; busier components have less, as in the reference, so that loads stay feasible."""
    if resource.name == "Drone1":
        load = draw.uniform(0.15, 0.5)
    elif layers[resource.layer].tier is Tier.EDGE:
        load = draw.uniform(0.15, 0.6)
    else:
        load = draw.uniform(0.1, 1.1)
    return load * draw.uniform(0.6, 1.2) / max(rate_per_s, 0.5)


def _splits(draw: random.Random) -> list[int]:
    counts = [1]
    if draw.random() < 0.65:
        counts.append(draw.randint(2, 4))
    if draw.random() < 0.35:
        counts.append(draw.randint(2, 4))
    return counts


def _alternative(
    draw: random.Random,
    index: int,
    pieces: int,
    demands: dict[int, float],
    offers_functions: bool,
    resources: list[Resource],
    functions: int,
    following: list[tuple[int, float]],
) -> Alternative:
    reach, found = 1.0, []
    for place in range(pieces):
        leaves = draw.uniform(0, 0.9) if place < pieces - 1 else 0.0
        share = draw.uniform(0.9, 1.4) / pieces
        options = [
            Option(resource, draw.choice([512.0, 1024.0, 4096.0]), demand_s * share * draw.uniform(0.8, 1.2))
            for resource, demand_s in demands.items()
        ]
        for _ in range(2 if offers_functions else 0):
            warm_s = draw.uniform(2, 3)
            options.append(Option(len(resources), 1024.0, warm_s, warm_s + draw.uniform(0.5, 2)))
            price = draw.choice([draw.uniform(0.01, 0.1), draw.uniform(0.1, 1.3)])
            resources.append(Resource(f"F{len(resources)}", functions, 1, price, 327680.0, 1.0, 600.0))
        found.append(Piece(f"h{index}{place}", tuple(options), reach, leaves, draw.randint(4, 7)))
        reach *= 1 - leaves
    return Alternative(f"s{index + 1}", tuple(found), tuple(draw.randint(4, 7) for _ in following))


def _local_limits(draw: random.Random, components: int, *, strict: bool) -> tuple[LocalLimit, ...]:
    low, high = (7, 10) if strict else (50, 100)
    chosen = draw.sample(range(components), min(components, 2 + components // 5))
    return tuple(LocalLimit(number, draw.uniform(low, high)) for number in sorted(chosen))


def _path_limits(
    draw: random.Random, moves: list[list[tuple[int, float]]], *, strict: bool
) -> tuple[PathLimit, ...]:
    """Stretches of random walks along the graph."""
    low, high = (20, 25) if strict else (200, 300)
    paths = []
    for number in range(2 + len(moves) // 5):
        walk = [draw.randrange(max(1, len(moves) - 2))]
        while moves[walk[-1]] and len(walk) < draw.randint(2, 9):
            walk.append(draw.choice(moves[walk[-1]])[0])
        if len(walk) > 1:
            paths.append(PathLimit(f"p{number + 1}", tuple(walk), draw.uniform(low, high)))
    return tuple(paths)
