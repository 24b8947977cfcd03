"""Killed at any moment, design leaves the old result or the new one; two at once take turns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from design_runs import Designer, silent

from aisprint_cli.design.report import Outcome
from aisprint_cli.design.run import DesignSettings, design_application
from aisprint_cli.errors import StateError
from aisprint_cli.system.application_lock import application_lock
from aisprint_cli.system.state_directory import state_directory

DRIVER = Path(__file__).with_name("killed_design.py")


def killed(template: Path, scratch: Path, way: str) -> list[dict[str, object]]:
    command = [sys.executable, str(DRIVER), str(template), str(scratch), way]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return [json.loads(line) for line in finished.stdout.splitlines()]


@pytest.mark.parametrize(
    ("way", "states"), [("exchange", {"old", "new"}), ("rename", {"old", "new", "gone"})]
)
def test_a_killed_run_leaves_one_whole_result_and_the_next_run_completes_it(
    designed_template: Path, tmp_path: Path, way: str, states: set[str]
) -> None:
    results = killed(designed_template, tmp_path, way)
    assert {result["after"] for result in results} == states
    assert [result for result in results if result["next"] != "new" or not result["outside"]] == []
    assert [result for result in results if result["left"]] == []


def test_a_second_design_waits_for_the_first_and_says_so(undesigned: Path) -> None:
    release = threading.Event()
    held = threading.Event()

    def hold() -> None:
        folder = state_directory(undesigned)
        with application_lock(folder, "aisprint deploy", timeout_s=0, waiting=silent):
            held.set()
            release.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    said: list[str] = []

    def listen(text: str) -> None:
        said.append(text)
        release.set()

    report = design_application(undesigned, DesignSettings(lock_timeout_s=30), listen)
    holder.join()
    assert "aisprint deploy" in said[0]
    assert report.outcome is Outcome.WRITTEN


def test_a_design_that_waited_too_long_says_who_holds_the_application(
    undesigned: Path, design: Designer
) -> None:
    with (
        application_lock(state_directory(undesigned), "aisprint deploy", timeout_s=0, waiting=silent),
        pytest.raises(StateError, match="aisprint deploy"),
    ):
        design(undesigned, lock_timeout_s=0.05)
    assert not (undesigned / "aisprint").exists()


def test_a_file_that_cannot_be_written_is_a_state_error_and_the_old_result_stays(
    designed: Path, design: Designer
) -> None:
    record = (designed / "aisprint/.design.json").read_bytes()
    main = designed / "src/first/main.py"
    main.write_text(main.read_text().replace("local_time_thr=8", "local_time_thr=9"))
    (designed / ".aisprint/design").write_text("in the way")
    with pytest.raises(StateError):
        design(designed)
    assert (designed / "aisprint/.design.json").read_bytes() == record


def test_a_file_outside_the_tree_that_cannot_be_written_is_named_and_mended_by_the_next_run(
    undesigned: Path, design: Designer
) -> None:
    tool = undesigned / "space4ai-d"
    shutil.rmtree(tool)
    tool.write_text("no directory")
    with pytest.raises(StateError, match=r"space4ai-d/qos_constraints\.yaml cannot be written") as caught:
        design(undesigned)
    assert "is written and whole" in caught.value.why
    tool.unlink()
    assert design(undesigned).outcome is Outcome.WRITTEN
    assert (tool / "qos_constraints.yaml").is_file()
    assert design(undesigned).outcome is Outcome.UNCHANGED


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A directory on another file system."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system to write to")
    with tempfile.TemporaryDirectory(dir=memory) as directory:
        yield Path(directory)


def test_a_directory_that_is_linked_to_another_file_system_is_written_too(
    undesigned: Path, elsewhere: Path, design: Designer
) -> None:
    tool = undesigned / "space4ai-d"
    shutil.copytree(tool, elsewhere / "tool")
    shutil.rmtree(tool)
    tool.symlink_to(elsewhere / "tool")
    assert design(undesigned).outcome is Outcome.WRITTEN
    assert [path.name for path in (elsewhere / "tool").glob("*qos*")] == ["qos_constraints.yaml"]
    assert design(undesigned).outcome is Outcome.UNCHANGED
