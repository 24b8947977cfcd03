"""`aisprint design` as a person or a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from design_directories import snapshot, write_application

AISPRINT = Path(sys.executable).with_name("aisprint")


def aisprint(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([AISPRINT, *arguments], capture_output=True, text=True, check=False)


def test_the_summary_names_splits_deployments_and_constraints(tmp_path: Path) -> None:
    directory = write_application(tmp_path / "my_app")
    finished = aisprint("design", directory)
    assert finished.returncode == 0, finished.stderr
    for expected in ("partition1", " B", "4 deployments", "first -> second", "20 s", "Wrote aisprint/"):
        assert expected in finished.stdout
    again = aisprint("design", "--application_dir", directory)
    assert "Nothing changed" in again.stdout
    assert again.stderr == ""


def test_json_holds_the_same_under_a_versioned_name(designed_template: Path) -> None:
    finished = aisprint("design", designed_template, "-o", "json")
    document = json.loads(finished.stdout)
    assert (document["schema"], document["outcome"]) == ("aisprint.design/1", "unchanged")
    assert document["deployments"] == {"count": 6, "written": 6, "capped": False}
    second = next(item for item in document["components"] if item["name"] == "second")
    assert [split["number"] for split in second["splits"]] == [1, 2]
    assert all(split["bytes"] > 0 and split["tensor"] for split in second["splits"])
    assert document["constraints"]["global"] == [{"path": ["first", "second"], "limit_s": 20.0}]


def test_a_cap_is_said_on_stderr_even_when_quiet_and_in_the_result(tmp_path: Path) -> None:
    directory = write_application(tmp_path / "my_app", splittable=False)
    finished = aisprint("design", directory, "--max-deployments", "1", "-q")
    assert finished.returncode == 0
    assert "first 1 of 2 deployments" in finished.stderr
    assert "only the first 1 written" in finished.stdout


def test_invalid_input_ends_with_3_and_writes_nothing(tmp_path: Path) -> None:
    directory = write_application(tmp_path / "my_app", splittable=False)
    main = directory / "src/first/main.py"
    main.write_text(main.read_text().replace("local_time_thr", "local_time_thrr"))
    before = snapshot(directory)
    finished = aisprint("design", directory)
    assert finished.returncode == 3
    assert "Traceback" not in finished.stderr
    assert "local_time_thr" in finished.stderr
    assert finished.stdout == ""
    assert snapshot(directory) == before
    assert not (directory / ".aisprint").exists()


def test_an_edit_ends_with_3_and_names_the_file(designed: Path) -> None:
    path = designed / "aisprint/designs/first/base/main.py"
    path.write_text("edited")
    finished = aisprint("design", designed)
    assert finished.returncode == 3
    assert "aisprint/designs/first/base/main.py" in finished.stderr
    assert path.read_text() == "edited"


def test_drawings_go_to_stdout_and_nothing_is_designed(tmp_path: Path) -> None:
    directory = write_application(tmp_path / "my_app", splittable=False)
    dot = aisprint("design", directory, "--dot")
    assert dot.stdout.startswith("digraph")
    mermaid = aisprint("design", directory, "--mermaid")
    assert mermaid.stdout.startswith("flowchart LR")
    assert not (directory / "aisprint").exists()
    assert aisprint("design", directory, "--dot", "--mermaid").returncode == 2


def test_a_dry_run_says_what_it_would_write(tmp_path: Path) -> None:
    directory = write_application(tmp_path / "my_app", splittable=False)
    finished = aisprint("design", directory, "--dry-run", "-v")
    assert "Would write aisprint/" in finished.stdout
    assert "+ aisprint/deployments/base/application_dag.yaml" in finished.stderr
    assert not (directory / "aisprint").exists()
