"""The exact solver on the reference's own instances: their proven optima, under both semantics."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest
from placement_systems import reference_data

from aisprint_cli.placement.evaluation import Evaluator
from aisprint_cli.placement.exact import Status, solve
from aisprint_cli.placement.problem import CPP_SEMANTICS, PYTHON_SEMANTICS, Semantics
from aisprint_cli.placement.system_file import read_system

DATA = reference_data()
COLUMNS = {"optimal_cost": PYTHON_SEMANTICS, "optimal_cost_cpp_semantics": CPP_SEMANTICS}

pytestmark = pytest.mark.skipif(
    DATA is None, reason="the reference's instances are not here: set AISPRINT_PLACEMENT_DATA to their folder"
)


@cache
def optima() -> dict[str, dict[str, str]]:
    assert DATA is not None
    with (DATA / "optima.csv").open(encoding="utf-8", newline="") as file:
        return {row["instance"]: row for row in csv.DictReader(file)}


def names() -> list[str]:
    return sorted(optima()) if DATA is not None else []


@pytest.mark.parametrize(("column", "semantics"), COLUMNS.items(), ids=["python", "cpp"])
@pytest.mark.parametrize("name", names())
def test_every_instance_is_solved_to_its_proven_optimum(name: str, column: str, semantics: Semantics) -> None:
    row = optima()[name]
    path = Path(DATA or "") / f"{name}.json"
    problem = read_system(path, semantics=semantics, rate_per_s=float(row["rate_req_per_s"])).problem
    result = solve(problem)
    assert result.status is Status.OPTIMAL
    assert result.placement is not None
    scores = Evaluator(problem).evaluate_all([result.placement])
    assert bool(scores.feasible[0])
    assert scores.cost[0] == pytest.approx(result.cost, rel=1e-12)
    assert result.cost == pytest.approx(float(row[column]), rel=1e-7)
