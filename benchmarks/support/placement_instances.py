"""Placement instances for benchmarks: the reference's where they are, else random ones of the same kind."""

from __future__ import annotations

import json
import os
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

from aisprint_cli.load.json_document import parse_json
from aisprint_cli.placement.problem import PYTHON_SEMANTICS, Problem, Semantics
from aisprint_cli.placement.system_file import read_system, system_from

_CHECKOUT = Path(__file__).resolve().parents[2]


def data_directory() -> Path | None:
    """Where the reference's instances are: AISPRINT_PLACEMENT_DATA, or beside the checkout."""
    named = os.environ.get("AISPRINT_PLACEMENT_DATA")
    directory = Path(named) if named else _CHECKOUT.parent / "shared" / "data" / "placement"
    return directory if directory.is_dir() else None


def instance(name: str, semantics: Semantics = PYTHON_SEMANTICS) -> tuple[str, Problem]:
    """An instance and its name; `KIND_NN_II` of the reference, or a random one with NN components."""
    directory = data_directory()
    path = directory / f"{name}.json" if directory else None
    if path is not None and path.is_file():
        return name, read_system(path, semantics=semantics).problem
    components = int(name.split("_")[1])
    document = parse_json("random.json", json.dumps(random_system(components, seed=1)))
    return f"random_{components}", system_from(document, Path(), semantics=semantics).problem


def random_system(components: int, seed: int) -> dict[str, Any]:
    """A system file of the reference's kind: a chain with shortcuts, 1 + 2 edge, 2 VM and 1 FaaS layers."""
    draw = random.Random(seed)
    layers = {
        "EdgeResources": _bought(draw, {1: ["Drone1"], 2: [f"EN{i}" for i in range(1, 6)]}, (4.0, 8.0)),
        "CloudResources": _bought(
            draw, {3: [f"VM{i}" for i in range(1, 6)], 4: [f"VM{i}" for i in range(6, 11)]}, (0.2, 2.0)
        ),
    }
    bought = [name for group in layers.values() for layer in group.values() for name in layer]
    names = [f"c{i}" for i in range(1, components + 1)]
    moves = {name: [after] for name, after in pairwise(names)} | {names[-1]: []}
    for before, _, after in zip(names, names[1:], names[2:], strict=False):
        if draw.random() < 0.3:
            moves[before].append(after)
    described: dict[str, Any] = {}
    matrix: dict[str, Any] = {}
    performance: dict[str, Any] = {}
    functions: dict[str, Any] = {}
    for name in names:
        sizes = [draw.randint(4, 7) for _ in moves[name]]
        described[name], matrix[name], performance[name] = {}, {}, {}
        number = 0
        for alternative in range(1, draw.randint(1, 3) + 1):
            pieces = [f"h{number + i + 1}" for i in range(alternative)]
            number += alternative
            described[name][f"s{alternative}"] = {}
            for place, piece in enumerate(pieces):
                last = place == alternative - 1
                described[name][f"s{alternative}"][piece] = {
                    "next": moves[name] if last else [pieces[place + 1]],
                    "data_size": sizes if last else [draw.randint(4, 7)],
                    "early_exit_probability": 0 if last else draw.uniform(0.3, 0.9),
                }
                function = f"F{len(functions) + 1}"
                functions[function] = {
                    "cost": draw.uniform(0.05, 0.6),
                    "memory": 163840,
                    "idle_time_before_kill": 600,
                }
                own = draw.sample(bought, 8)
                matrix[name][piece] = [{"resource": item, "memory": 512} for item in [*own, function]]
                performance[name][piece] = {
                    item: {"model": "QTcloud", "demand": draw.uniform(0.05, 0.5)} for item in own
                }
                warm = draw.uniform(0.5, 2)
                performance[name][piece][function] = {
                    "model": "PACSLTK",
                    "demandWarm": warm,
                    "demandCold": 1.5 * warm,
                }
    return {
        "DirectedAcyclicGraph": {
            name: {"next": after, "transition_probability": [1 / max(len(after), 1)] * len(after)}
            for name, after in moves.items()
        },
        "Components": described,
        **layers,
        "FaaSResources": {"computationallayer5": {**functions, "transition_cost": 0}},
        "CompatibilityMatrix": matrix,
        "Performance": performance,
        "NetworkTechnology": {
            "ND1": {
                "computationallayers": [f"computationallayer{i}" for i in range(1, 6)],
                "AccessDelay": 0.001,
                "Bandwidth": 2000,
            }
        },
        "Lambda": 1.8,
        "LocalConstraints": {name: {"local_res_time": 20.0} for name in names[::4]},
        "GlobalConstraints": {"p1": {"components": names, "global_res_time": 40.0 + 4 * components}},
        "Time": 1,
    }


def _bought(
    draw: random.Random, layers: dict[int, list[str]], prices: tuple[float, float]
) -> dict[str, dict[str, dict[str, float]]]:
    return {
        f"computationallayer{number}": {
            name: {
                "number": draw.randint(1, 4),
                "cost": draw.uniform(*prices),
                "memory": 163840,
                "n_cores": 1,
            }
            for name in names
        }
        for number, names in layers.items()
    }
