"""Progress is short in a pipe, and says every step to who asks for it."""

from __future__ import annotations

import pytest

from aisprint_cli.cli.image_progress import watching
from aisprint_cli.cli.session import Session
from aisprint_cli.images.engines.interface import BuildEvent, BuildState

STEPS = [
    BuildEvent("find_base", BuildState.RUNNING, "starting", "linux/amd64"),
    BuildEvent("find_base", BuildState.RUNNING, "LABEL a=1", "linux/amd64"),
    BuildEvent("find_base", BuildState.RUNNING, "LABEL b=2", "linux/amd64"),
    BuildEvent("find_base", BuildState.RUNNING, "COPY part/ /opt/find/", "linux/arm64"),
    BuildEvent("find_base", BuildState.PUSHING, "127.0.0.1:5000/find"),
    BuildEvent("find_base", BuildState.DONE),
]


def _told(session: Session, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with watching(session) as listen:
        for event in STEPS:
            listen(event)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_in_a_pipe_each_turn_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert _told(Session(), capsys) == [
        "find_base linux/amd64 running",
        "find_base linux/arm64 running",
        "find_base pushing",
        "find_base done",
    ]


def test_verbose_says_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _told(Session(verbose=1), capsys)

    assert len(lines) == len(STEPS)
    assert "find_base linux/amd64 running: LABEL a=1" in lines


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert _told(Session(quiet=True), capsys) == []
