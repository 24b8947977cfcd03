"""Placement instances of the reference's kind in any size: chains and trees, many layers, many resources."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aisprint_cli.load.json_document import parse_json
from aisprint_cli.placement.problem import Problem
from aisprint_cli.placement.system_file import system_from


@dataclass(frozen=True)
class Size:
    """How large an instance is. `resources` counts edge devices and virtual machines, without functions."""

    components: int
    resources: int
    layers: int
    shape: str = "chain"


def scaled_problem(size: Size, seed: int) -> Problem:
    """An instance as `aisprint place` would read it from a system file."""
    return problem_of(scaled_system(size, seed))


def problem_of(system: dict[str, Any]) -> Problem:
    """The problem that `aisprint place` would read from a system file with this content."""
    return system_from(parse_json("scaled.json", json.dumps(system)), Path()).problem


def scaled_system(size: Size, seed: int) -> dict[str, Any]:
    """A system file: a third of the layers are edge; instances grow with the components per layer."""
    draw = random.Random(seed)
    names = [f"c{i}" for i in range(1, size.components + 1)]
    parents = _parents(size, draw)
    moves: dict[str, list[str]] = {name: [] for name in names}
    for child, parent in parents.items():
        moves[names[parent]].append(names[child])
    edge = max(1, size.layers // 3)
    groups: dict[int, list[str]] = {layer: [] for layer in range(1, size.layers + 1)}
    for number in range(size.resources):
        layer = number % size.layers + 1
        groups[layer].append(f"{'EN' if layer <= edge else 'VM'}{number + 1}")
    scale = max(1, round(size.components / 15))
    parts = _parts(size, draw, names, moves, groups, edge)
    return {
        "DirectedAcyclicGraph": {
            name: {"next": after, "transition_probability": [1 if size.shape == "tree" else 1.0] * len(after)}
            for name, after in moves.items()
        },
        **parts,
        "EdgeResources": _bought(draw, groups, range(1, edge + 1), (4.0, 8.0), scale),
        "CloudResources": _bought(draw, groups, range(edge + 1, size.layers + 1), (0.2, 4.0), scale),
        "NetworkTechnology": {
            "ND1": {
                "computationallayers": [f"computationallayer{i}" for i in range(1, size.layers + 2)],
                "AccessDelay": 0.001,
                "Bandwidth": 2000,
            }
        },
        "Lambda": 1.8,
        "LocalConstraints": {
            name: {"local_res_time": draw.uniform(4, 8)} for name in draw.sample(names, len(names) // 3)
        },
        "GlobalConstraints": _paths(size, draw, names, parents),
        "Time": 1,
    }


def _parents(size: Size, draw: random.Random) -> dict[int, int]:
    """The predecessor of each component but the first: the one before it, or one not far before it."""
    if size.shape == "chain":
        return {number: number - 1 for number in range(1, size.components)}
    return {
        number: draw.randint(max(0, number // 2 - 2), number // 2) for number in range(1, size.components)
    }


def _paths(
    size: Size, draw: random.Random, names: list[str], parents: dict[int, int]
) -> dict[str, dict[str, Any]]:
    """Limits on stretches of three to seven consecutive components, one for every three components."""
    limits: dict[str, dict[str, Any]] = {}
    for number in range(size.components // 3):
        at = draw.randrange(size.components)
        stretch = [at]
        while len(stretch) < draw.randint(3, 7) and stretch[0] in parents:
            stretch.insert(0, parents[stretch[0]])
        if len(stretch) > 1:
            seconds = draw.uniform(1.5, 2.5) * len(stretch) + 2
            limits[f"p{number + 1}"] = {
                "components": [names[i] for i in stretch],
                "global_res_time": seconds,
            }
    return limits


def _parts(
    size: Size,
    draw: random.Random,
    names: list[str],
    moves: dict[str, list[str]],
    groups: dict[int, list[str]],
    edge: int,
) -> dict[str, Any]:
    """Components, their resources and demands, and a function for each piece."""
    described: dict[str, Any] = {}
    matrix: dict[str, Any] = {}
    performance: dict[str, Any] = {}
    functions: dict[str, Any] = {}
    early = [name for layer in groups for name in groups[layer] if layer <= edge]
    late = [name for layer in groups for name in groups[layer] if layer > edge]
    for place, name in enumerate(names):
        described[name], matrix[name], performance[name] = {}, {}, {}
        sizes = [draw.randint(4, 7) for _ in moves[name]]
        number = 0
        for alternative in range(1, draw.randint(1, 3) + 1):
            pieces = [f"h{number + i + 1}" for i in range(alternative)]
            number += alternative
            described[name][f"s{alternative}"] = {
                piece: {
                    "next": moves[name] if piece == pieces[-1] else [pieces[i + 1]],
                    "data_size": sizes if piece == pieces[-1] else [draw.randint(4, 7)],
                    "early_exit_probability": 0 if piece == pieces[-1] else draw.uniform(0.1, 0.6),
                }
                for i, piece in enumerate(pieces)
            }
            for piece in pieces:
                function = f"F{len(functions) + 1}"
                functions[function] = {
                    "cost": draw.uniform(0.05, 0.6),
                    "memory": 163840,
                    "idle_time_before_kill": 600,
                }
                pool = early + late if place < size.components // 2 else late
                own = draw.sample(pool, max(4, len(pool) // 2))
                matrix[name][piece] = [{"resource": item, "memory": 64} for item in [*own, function]]
                demand = draw.uniform(0.1, 0.6) / alternative
                performance[name][piece] = {
                    item: {"model": "QTcloud", "demand": demand * draw.uniform(0.5, 1.5)} for item in own
                }
                warm = draw.uniform(1, 4) / alternative
                performance[name][piece][function] = {
                    "model": "PACSLTK",
                    "demandWarm": warm,
                    "demandCold": 1.5 * warm,
                }
    return {
        "Components": described,
        "CompatibilityMatrix": matrix,
        "Performance": performance,
        "FaaSResources": {f"computationallayer{size.layers + 1}": {**functions, "transition_cost": 0}},
    }


def _bought(
    draw: random.Random,
    groups: dict[int, list[str]],
    layers: range,
    prices: tuple[float, float],
    scale: int,
) -> dict[str, dict[str, dict[str, float]]]:
    return {
        f"computationallayer{layer}": {
            name: {
                "number": draw.randint(2, 4) * scale,
                "cost": draw.uniform(*prices),
                "memory": 163840,
                "n_cores": 1,
            }
            for name in groups[layer]
        }
        for layer in layers
    }
