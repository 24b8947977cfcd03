"""Systems at the edge of sense: each gets its explanation and exit code, none a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from placement_systems import two_steps
from typer.testing import CliRunner

from aisprint_cli.cli.main import app
from aisprint_cli.errors import AisprintError, ExitCode

System = dict[str, Any]


def put(*keys: str, value: Any) -> Callable[[System], None]:
    def change(system: System) -> None:
        at: Any = system
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = value

    return change


def drop(*keys: str) -> Callable[[System], None]:
    def change(system: System) -> None:
        for key in keys:
            del system[key]

    return change


def nothing_to_place(system: System) -> None:
    system.update(Components={}, DirectedAcyclicGraph={})


def no_work(system: System) -> None:
    for models in system["Performance"].values():
        for piece in models.values():
            for model in piece.values():
                model.update({key: 0 for key in model if key.startswith("demand")})


BOARD = ("EdgeResources", "computationallayer1", "Board")
CASES = [
    ("no components", nothing_to_place, 3, "There is no component"),
    ("no rate", put("Lambda", value=0), 3, "`Lambda` is 0"),
    ("no resources", drop("EdgeResources", "CloudResources", "FaaSResources"), 3, "no usable resource"),
    ("no period", put("Time", value=0), 3, "`Time` is 0"),
    ("countless instances", put(*BOARD, "number", value=1e30), 3, "at most 1e+09"),
    ("no instances", put(*BOARD, "number", value=0), 4, "allow 1 instance of Board instead of 0"),
    ("no memory", put(*BOARD, "memory", value=0), 4, "give Board 100 MiB of memory"),
    ("a queue that grows", put("Lambda", value=50), 4, "lower the load to"),
    ("a load beyond counting", put("Lambda", value=1e300), 4, "The load may be too large"),
    ("no work", no_work, 0, "proven optimal"),
    ("no network", put("NetworkTechnology", value={}), 0, "proven optimal"),
    ("no limits", drop("LocalConstraints", "GlobalConstraints"), 0, "proven optimal"),
    (
        "a quota of nothing",
        put("PlacementRules", value=[{"quota": 0, "over": {"resources": ["Board", "VM"]}}]),
        4,
        "raise the quota that allows at most 0 instances over Board, VM to 1",
    ),
]


@pytest.mark.parametrize(
    ("change", "code", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_it_is_explained(tmp_path: Path, change: Callable[[System], None], code: int, words: str) -> None:
    system = two_steps()
    change(system)
    path = tmp_path / "system.json"
    path.write_text(json.dumps(system, indent=1))
    result = CliRunner().invoke(app, ["place", str(path)])
    error = result.exception
    if code:
        assert isinstance(error, AisprintError), result.output
        assert error.exit_code == ExitCode(code)
        told = " ".join(
            [result.output, str(error), *(item.message for item in getattr(error, "diagnostics", ()))]
        )
        assert words in told
    else:
        assert error is None
        assert words in result.output
