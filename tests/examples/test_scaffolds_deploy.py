from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from applications import place


def aisprint(application: Path, *arguments: str) -> str:
    program = "from aisprint_cli.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=application,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(params=["minimal", "chain"])
def deployed(request: pytest.FixtureRequest, examples: Path, tmp_path: Path) -> Iterator[Path]:
    """An untouched application on the local back end, taken there by the commands of its README."""
    application = place(request.param, examples, tmp_path)
    readme = (application / "README.md").read_text()
    for command in (["validate"], ["design"], ["toscarize"], ["deploy", "--backend", "local", "--yes"]):
        assert f"aisprint {' '.join(command)} " in readme
        aisprint(application, *command)
    yield application
    aisprint(application, "undeploy", "--yes")


def test_runs_untouched_on_its_sample_input(deployed: Path) -> None:
    readme = (deployed / "README.md").read_text().splitlines()
    (invoke,) = [line.split() for line in readme if line.startswith("aisprint invoke")]
    aisprint(deployed, *invoke[1:])
    found = sorted(str(path.relative_to(deployed / "results")) for path in deployed.glob("results/*/*/*"))
    samples = {"minimal_app": "sample/summarise/sample.json", "chain_app": "unusual/notify/unusual.txt"}
    assert found == [samples[deployed.name]]
    assert "ok" in aisprint(deployed, "status", "--qos")
