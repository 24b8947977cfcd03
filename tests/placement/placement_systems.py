"""Small systems whose figures can be computed by hand, random ones, and where the reference's data is."""

from __future__ import annotations

import json
import os
import random
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from aisprint_cli.load.json_document import parse_json
from aisprint_cli.placement.problem import (
    PYTHON_SEMANTICS,
    Alternative,
    Choice,
    Component,
    Discipline,
    Layer,
    LocalLimit,
    NetworkDomain,
    Option,
    PathLimit,
    Piece,
    Placement,
    PriceTier,
    Problem,
    Resource,
    Semantics,
    Tier,
)
from aisprint_cli.placement.rules import Affinity, Bond, Confinement, Quota, Rules, Scope
from aisprint_cli.placement.system_file import SystemFile, system_from

CHECKOUT = Path(__file__).resolve().parents[2]

TWO_STEPS: dict[str, Any] = {
    "DirectedAcyclicGraph": {
        "first": {"next": ["second"], "transition_probability": [1]},
        "second": {"next": [], "transition_probability": []},
    },
    "Components": {
        "first": {
            "s1": {"h1": {"next": ["second"], "data_size": [5], "early_exit_probability": 0}},
            "s2": {
                "h2": {"next": ["h3"], "data_size": [3], "early_exit_probability": 0.5},
                "h3": {"next": ["second"], "data_size": [5], "early_exit_probability": 0},
            },
        },
        "second": {"s1": {"h1": {"next": [], "data_size": [], "early_exit_probability": 0}}},
    },
    "EdgeResources": {
        "computationallayer1": {"Board": {"number": 1, "cost": 4.0, "memory": 1000, "n_cores": 1}}
    },
    "CloudResources": {
        "computationallayer2": {"VM": {"number": 3, "cost": 1.0, "memory": 1000, "n_cores": 1}}
    },
    "FaaSResources": {
        "computationallayer3": {
            "F": {"cost": 0.5, "memory": 1000, "idle_time_before_kill": 600},
            "transition_cost": 0,
        }
    },
    "CompatibilityMatrix": {
        "first": {
            "h1": [{"resource": "Board", "memory": 100}],
            "h2": [{"resource": "Board", "memory": 100}],
            "h3": [{"resource": "VM", "memory": 400}, {"resource": "F", "memory": 400}],
        },
        "second": {
            "h1": [
                {"resource": "Board", "memory": 100},
                {"resource": "VM", "memory": 800},
                {"resource": "F", "memory": 500},
            ]
        },
    },
    "Performance": {
        "first": {
            "h1": {"Board": {"model": "QTedge", "demand": 0.2}},
            "h2": {"Board": {"model": "QTedge", "demand": 0.1}},
            "h3": {
                "VM": {"model": "QTcloud", "demand": 0.1},
                "F": {"model": "PACSLTK", "demandWarm": 0.2, "demandCold": 1.0},
            },
        },
        "second": {
            "h1": {
                "Board": {"model": "QTedge", "demand": 0.15},
                "VM": {"model": "QTcloud", "demand": 0.15},
                "F": {"model": "PACSLTK", "demandWarm": 0.3, "demandCold": 1.0},
            }
        },
    },
    "NetworkTechnology": {
        "ND1": {
            "computationalLayers": ["computationalLayer1", "computationalLayer2", "computationalLayer3"],
            "AccessDelay": 0.01,
            "Bandwidth": 100,
        }
    },
    "Lambda": 2.0,
    "LocalConstraints": {"second": {"local_res_time": 1.0}},
    "GlobalConstraints": {"p1": {"components": ["first", "second"], "global_res_time": 2.0}},
    "Time": 1,
}
BOARD, VM, FUNCTION = 0, 1, 2


def two_steps() -> dict[str, Any]:
    """A copy of the system of two steps, to be changed at will."""
    return deepcopy(TWO_STEPS)


def read(system: dict[str, Any], semantics: Semantics = PYTHON_SEMANTICS) -> SystemFile:
    """A system as read from a file."""
    document = parse_json("system.json", json.dumps(system, indent=1))
    return system_from(document, Path(), semantics=semantics)


def reference_data() -> Path | None:
    """Where the reference's instances are: AISPRINT_PLACEMENT_DATA, or beside the checkout."""
    named = os.environ.get("AISPRINT_PLACEMENT_DATA")
    directory = Path(named) if named else CHECKOUT.parent / "shared" / "data" / "placement"
    return directory if directory.is_dir() else None


def random_problem(seed: int, *, components: int = 4, semantics: Semantics = PYTHON_SEMANTICS) -> Problem:
    """A small problem with everything in it: splits, exits, shared functions, gaps in the network."""
    draw = random.Random(seed)
    tiers = [Tier.EDGE, Tier.CLOUD, Tier.CLOUD, Tier.FUNCTIONS]
    layers = tuple(Layer(f"layer{i}", tier) for i, tier in enumerate(tiers))
    resources = tuple(
        Resource(
            f"r{layer}{i}",
            layer,
            draw.randint(1, 3),
            draw.uniform(0.1, 3),
            draw.choice([700.0, 2000.0]),
            1,
            60,
        )
        for layer in range(len(tiers))
        for i in range(2)
    )
    chain = []
    rate = 1.0
    for number in range(components):
        following = [i for i in (number + 1, number + 2) if i < components]
        kept = tuple(i for i in following if i == number + 1 or draw.random() < 0.4)
        alternatives = tuple(
            _alternative(draw, a + 1, f"s{a + 1}", len(kept), resources) for a in range(draw.randint(1, 2))
        )
        chain.append(Component(f"c{number}", rate, alternatives, kept, tuple(1 / len(kept) for _ in kept)))
        rate *= draw.uniform(0.7, 1.1)
    domains = (
        NetworkDomain("n1", frozenset({0, 1, 3}), 0.01, 50.0),
        NetworkDomain("n2", frozenset({1, 2, 3}), 0.02, 500.0),
        *([NetworkDomain("n3", frozenset({0, 2}), 0.05, 20.0)] if draw.random() < 0.7 else []),
    )
    return Problem(
        entry_rate_per_s=1.0,
        layers=layers,
        resources=resources,
        components=tuple(chain),
        domains=domains,
        local_limits=(LocalLimit(1, draw.uniform(0.3, 3)),),
        path_limits=(PathLimit("p", tuple(range(components)), draw.uniform(1, 10)),),
        period_h=draw.choice([1.0, 2.0]),
        semantics=semantics,
        function_response=lambda rate, warm, cold, idle: warm + (cold - warm) / (1 + rate * idle),
    )


def _alternative(
    draw: random.Random, pieces: int, name: str, successors: int, resources: tuple[Resource, ...]
) -> Alternative:
    reach, found = 1.0, []
    for place in range(pieces):
        leaves = draw.choice([0.0, 0.4]) if place < pieces - 1 else 0.0
        offered = sorted(draw.sample(range(len(resources)), draw.randint(2, 4)))
        options = tuple(
            Option(r, draw.choice([200.0, 500.0]), draw.uniform(0.02, 0.5), draw.uniform(0.6, 1.5))
            for r in offered
        )
        found.append(Piece(f"{name}h{place}", options, reach, leaves, draw.choice([0.0, 1.0, 4.0])))
        reach *= 1 - leaves
    return Alternative(name, tuple(found), tuple(draw.uniform(0, 5) for _ in range(successors)))


def enriched(problem: Problem, seed: int) -> Problem:
    """The problem with more in it, each by chance: see `Problem` for what there is.

    Prices in tiers, availability, queues, measured curves, shared networks, limits on percentiles, costs of
    transitions, regions and rules of every kind.
    """
    draw = random.Random(f"rich {seed}")
    resources = tuple(_rich_resource(draw, item) for item in problem.resources)
    layers = tuple(
        replace(item, region=draw.choice(["", "north"]), transition_cost=draw.choice([0.0, 1e-5]))
        for item in problem.layers
    )
    components = tuple(_rich_component(draw, item) for item in problem.components)
    return replace(
        problem,
        resources=resources,
        layers=layers,
        components=components,
        domains=tuple(replace(item, shared=draw.random() < 0.4) for item in problem.domains),
        local_limits=tuple(
            replace(item, percentile=draw.choice([None, 0.5, 0.95])) for item in problem.local_limits
        ),
        path_limits=tuple(
            replace(item, percentile=draw.choice([None, 0.9, 0.99])) for item in problem.path_limits
        ),
        rules=_random_rules(draw, problem),
    )


def _rich_resource(draw: random.Random, item: Resource) -> Resource:
    prices = [PriceTier(draw.randint(1, 2), draw.uniform(0.05, 4), name) for name in ("reserved", "spot")]
    return replace(
        item,
        tiers=tuple(prices[: draw.choice([0, 0, 1, 2])]),
        availability=draw.choice([1.0, 1.0, 0.8]),
        discipline=draw.choice([Discipline.PROCESSOR_SHARING, Discipline.MULTI_SERVER]),
        cores=draw.choice([1.0, 2.0, 4.5]),
    )


def _rich_component(draw: random.Random, item: Component) -> Component:
    alternatives = tuple(
        replace(alternative, pieces=tuple(_rich_piece(draw, piece) for piece in alternative.pieces))
        for alternative in item.alternatives
    )
    return replace(item, alternatives=alternatives)


def _rich_piece(draw: random.Random, piece: Piece) -> Piece:
    options = []
    for option in piece.options:
        start, demand_s = draw.uniform(0, 0.3), option.demand_s
        curve = (
            (start, demand_s),
            (start + draw.uniform(0.1, 0.5), demand_s * draw.uniform(1, 2)),
            (start + draw.uniform(0.6, 1.2), demand_s * draw.uniform(2, 4)),
        )
        kept = curve if draw.random() < 0.25 else ()
        options.append(replace(option, scv=draw.choice([0.0, 0.5, 1.0, 3.0]), curve=kept))
    return replace(piece, options=tuple(options))


def _random_rules(draw: random.Random, problem: Problem) -> Rules:
    components, resources = range(len(problem.components)), range(len(problem.resources))
    bought = [number for number in resources if not problem.is_function(number)]

    def some(names: range | list[int], least: int) -> list[int]:
        return draw.sample(names, draw.randint(least, len(names)))

    def chance() -> bool:
        return draw.random() < 0.3

    confinement = Confinement("kept", draw.choice(components), frozenset(some(resources, 4)), chance())
    bond, scope = draw.choice(list(Bond)), draw.choice(list(Scope))
    affinity = Affinity("bound", tuple(some(components, 2)[:3]), bond, scope)
    quota = Quota("account", frozenset(some(bought, 2)), draw.randint(2, 6))
    return Rules(
        (confinement,) if chance() else (),
        (affinity,) if chance() else (),
        (quota,) if chance() else (),
    )


def random_placement(problem: Problem, seed: int) -> Placement:
    """Any placement of a problem, feasible or not."""
    draw = random.Random(seed)
    choices = []
    for component in problem.components:
        number = draw.randrange(len(component.alternatives))
        pieces = component.alternatives[number].pieces
        choices.append(Choice(number, tuple(draw.choice(piece.options).resource for piece in pieces)))
    counts = tuple(
        0 if problem.is_function(i) else draw.randint(0, item.limit + 1)
        for i, item in enumerate(problem.resources)
    )
    return Placement(tuple(choices), counts)
