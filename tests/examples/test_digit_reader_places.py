"""The digit reader's figures are whole, and its optimum is what its README says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AISPRINT = Path(sys.executable).with_name("aisprint")


@pytest.fixture(scope="module")
def application(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, undesigned."""
    directory = tmp_path_factory.mktemp("placed") / "digit_reader"
    left_out = shutil.ignore_patterns("aisprint", ".aisprint", "results")
    return Path(shutil.copytree(examples / "digit_reader", directory, ignore=left_out))


def design(application: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and the result of a design."""
    finished = subprocess.run(
        [AISPRINT, "design", application, "-o", "json", *options], capture_output=True, text=True, check=False
    )
    return finished.returncode, json.loads(finished.stdout)


def test_every_candidate_has_its_figures(application: Path) -> None:
    code, report = design(application)
    assert code == 0
    assert report["warnings"] == []


def test_at_the_expected_rate_the_boards_do_it_all(application: Path) -> None:
    _, report = design(application)
    placement = report["placement"]
    assert (placement["status"], placement["deployment"]) == ("optimal", "base")
    assert placement["cost"] == pytest.approx(0.04)
    assert [(item["resource"], item["instances"]) for item in placement["resources"]] == [("EdgeBoard", 2)]
    assert all(item["holds"] for item in placement["constraints"])


@pytest.mark.parametrize(
    ("rate", "bought"),
    [
        ("0.5", {"EdgeBoard": 1}),
        ("1.8", {"EdgeServer": 1}),
        ("2.0", {"EdgeServer": 1, "FaaS-arm": None}),
        ("3.0", {"EdgeServer": 1, "ClusterNode": 1}),
    ],
)
def test_what_is_bought_follows_the_rate_and_nothing_is_split(
    application: Path, rate: str, bought: dict[str, int | None]
) -> None:
    _, report = design(application, "--rate", rate, "--dry-run")
    placement = report["placement"]
    assert {item["resource"]: item["instances"] for item in placement["resources"]} == bought
    assert {part for entry in placement["placement"].values() for part in entry["pieces"]} == {
        "locate",
        "classify",
        "tally",
    }


def test_more_than_there_is_ends_with_4(application: Path) -> None:
    code, report = design(application, "--rate", "4", "--dry-run")
    assert code == 4
    assert report["placement"]["conflict"]["largest_rate_per_s"] == pytest.approx(3.565, rel=1e-3)


def test_its_front_of_cost_latency_and_energy_is_complete(application: Path) -> None:
    assert design(application)[0] == 0
    command = [AISPRINT, "place", application, "--pareto", "cost,latency,energy", "-o", "json"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(finished.stdout)
    (front,) = found["three_way_fronts"]
    assert front["complete"]
    assert min(point["cost"] for point in front["points"]) == pytest.approx(found["cost"])
