"""Two processes: the second waits, says for whom, and gives up with a message when told to."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aisprint_cli.errors import StateError
from aisprint_cli.system.application_lock import application_lock

HOLDER = """
import sys
from pathlib import Path
from aisprint_cli.system.application_lock import application_lock
with application_lock(Path(sys.argv[1]), "aisprint deploy shop", timeout_s=5, waiting=print):
    print("held", flush=True)
    sys.stdin.readline()
"""


def _hold(folder: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def _let_go(holder: subprocess.Popen[str]) -> None:
    holder.communicate("\n", timeout=30)


def test_the_second_is_told_who_holds_it_and_gives_up_in_time(tmp_path: Path) -> None:
    holder = _hold(tmp_path)
    said: list[str] = []
    try:
        with (
            pytest.raises(StateError) as caught,
            application_lock(tmp_path, "second", timeout_s=0.3, waiting=said.append),
        ):
            raise AssertionError("the lock was given twice")
    finally:
        _let_go(holder)

    assert f"`aisprint deploy shop` (process {holder.pid}, since " in said[0]
    assert str(holder.pid) in caught.value.message
    assert caught.value.exit_code == 6


def test_the_second_goes_on_when_the_first_is_done(tmp_path: Path) -> None:
    holder = _hold(tmp_path)
    said: list[str] = []

    def release(text: str) -> None:
        said.append(text)
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()

    with application_lock(tmp_path, "second", timeout_s=30, waiting=release):
        assert len(said) == 1
    _let_go_quietly(holder)


def _let_go_quietly(holder: subprocess.Popen[str]) -> None:
    holder.wait(timeout=30)
    for stream in (holder.stdin, holder.stdout):
        assert stream is not None
        stream.close()


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    holder = _hold(tmp_path)
    holder.send_signal(signal.SIGKILL)
    _let_go_quietly(holder)
    said: list[str] = []

    with application_lock(tmp_path, "next", timeout_s=0, waiting=said.append):
        assert said == []


def test_the_note_is_private_and_goes_with_the_lock(tmp_path: Path) -> None:
    with application_lock(tmp_path, "aisprint deploy shop", timeout_s=0, waiting=print):
        note = tmp_path / "lock.json"
        assert note.stat().st_mode & 0o777 == 0o600
        assert '"pid"' in note.read_text()
    assert not note.exists()


def test_a_folder_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()

    with (
        pytest.raises(StateError, match="cannot be locked") as caught,
        application_lock(tmp_path, "aisprint design shop", timeout_s=0, waiting=print),
    ):
        raise AssertionError("the lock was given")

    assert str(tmp_path) in caught.value.message
