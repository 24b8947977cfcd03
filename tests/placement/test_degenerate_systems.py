"""Systems at the edge of sense: each gets its explanation and exit code, none a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from placement_systems import two_steps
from typer.testing import CliRunner, Result

from aisprint_cli.cli.main import app
from aisprint_cli.errors import AisprintError, ExitCode, InfeasibleError, InvalidInputError

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
SPLIT = ("CompatibilityMatrix", "first")
CASES = [
    ("no components", nothing_to_place, 4, "There is no component"),
    ("no deployments", put("Components", "second", value={}), 4, "`second` has no deployment"),
    ("no pieces", put("Components", "second", "s1", value={}), 4, "has no piece"),
    ("no rate", put("Lambda", value=0), 4, "No requests enter: `Lambda` is 0"),
    ("a rate below nothing", put("Lambda", value=-1), 3, "`Lambda` is -1; it should be above 0"),
    ("no resources", drop("EdgeResources", "CloudResources", "FaaSResources"), 4, "The file has no resource"),
    ("a component that may run nowhere", put("CompatibilityMatrix", "second", "h1", value=[]), 4, "`second`"),
    ("a component that is not listed", put("CompatibilityMatrix", "second", value={}), 4, "`second`"),
    ("a deployment that may run nowhere", put(*SPLIT, "h3", value=[]), 0, "`h3` of `first`"),
    (
        "a deployment that is not listed",
        put(*SPLIT, value={"h1": [{"resource": "Board", "memory": 1}]}),
        3,
        "`h2`",
    ),
    ("no period", put("Time", value=0), 4, "`Time` is 0"),
    ("countless instances", put(*BOARD, "number", value=1e30), 3, "at most 1e+09"),
    ("no instances", put(*BOARD, "number", value=0), 4, "allow 1 instance of Board instead of 0"),
    ("no memory", put(*BOARD, "memory", value=0), 4, "give Board 100 MiB of memory"),
    ("a queue that grows", put("Lambda", value=50), 4, "lower the load to"),
    (
        "a load beyond counting",
        put("Lambda", value=1e300),
        4,
        "the load of 1e+300 requests/s is more than anything here carries",
    ),
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
    result = place(tmp_path, system)
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


def place(directory: Path, system: System, *options: str) -> Result:
    path = directory / "system.json"
    path.write_text(json.dumps(system, indent=1))
    return CliRunner().invoke(app, ["place", str(path), *options])


def test_a_rate_of_nothing_on_the_command_line_leaves_nothing_to_place(tmp_path: Path) -> None:
    error = place(tmp_path, two_steps(), "--rate", "0").exception
    assert isinstance(error, InfeasibleError)
    assert "0 requests per second" in error.message


def test_what_has_no_placement_is_told_to_programs_too(tmp_path: Path) -> None:
    system = two_steps()
    system["Lambda"] = 0
    result = place(tmp_path, system, "-o", "json")
    told = json.loads(result.stdout)
    assert (told["schema"], told["status"], told["feasible"]) == ("aisprint.place/1", "infeasible", False)
    assert told["conflict"]["sentence"] == "No requests enter: `Lambda` is 0."
    assert "above 0" in told["conflict"]["relaxation_sentence"]


def test_what_has_no_placement_keeps_its_position(tmp_path: Path) -> None:
    system = two_steps()
    system["CompatibilityMatrix"]["second"]["h1"] = []
    error = place(tmp_path, system).exception
    assert isinstance(error, InfeasibleError)
    (found,) = error.diagnostics
    line = (tmp_path / "system.json").read_text().split("\n")[found.location.line - 1]
    assert line[found.location.column - 1 :] == "[]"


def test_a_fault_beside_nothing_to_place_is_an_invalid_file(tmp_path: Path) -> None:
    system = two_steps()
    system["Lambda"] = 0
    system["NetworkTechnology"]["ND1"]["Bandwidth"] = -1
    error = place(tmp_path, system).exception
    assert isinstance(error, InvalidInputError)
    assert {item.code for item in error.diagnostics} == {"system.no-load", "structure.out-of-range"}
