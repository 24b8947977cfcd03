"""On a terminal the commands ask, and take the answer."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

from installed_command import CommandLine

DOUBLE = ("--backend", "directory")


def _on_terminal(aisprint: CommandLine, *arguments: str, answer: str) -> tuple[int, str]:
    """Run a command on a terminal of its own and answer its question."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("aisprint"), *arguments],
        cwd=aisprint.directory,
        env={**aisprint.environment, "TERM": "xterm", "COLUMNS": "120"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = bytearray()
    asked = threading.Event()

    def read() -> None:
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the terminal ends with its last process
                break
            if not piece:
                break
            said.extend(piece)
            if b"[y/N]" in said:
                asked.set()
        asked.set()

    reader = threading.Thread(target=read)
    reader.start()
    asked.wait(60)
    if b"[y/N]" in said:
        os.write(ours, f"{answer}\n".encode())
    code = process.wait(timeout=60)
    reader.join(60)
    os.close(ours)
    return code, said.decode(errors="replace")


def test_yes_deploys_and_the_steps_are_shown(aisprint: CommandLine) -> None:
    code, said = _on_terminal(aisprint, "deploy", "tiny", "--base", *DOUBLE, answer="y")

    assert code == 0, said
    assert "Deploy base of tiny_chain?" in said
    assert "created cluster/tiny-chain-l1" in said
    assert "is deployed" in said


def test_no_deploys_nothing(aisprint: CommandLine) -> None:
    code, said = _on_terminal(aisprint, "deploy", "tiny", "--base", *DOUBLE, answer="n")

    assert code == 2, said
    assert aisprint.json("status", "tiny", *DOUBLE)["deployed"] is False


def test_deleting_data_is_asked_about(deployed: tuple[CommandLine, object]) -> None:
    aisprint, _ = deployed

    code, said = _on_terminal(aisprint, "undeploy", "tiny", answer="n")

    assert code == 2, said
    assert "and its stored data?" in said
    assert aisprint.json("status", "tiny")["drifted"] is False


def test_progress_of_inputs_is_drawn(deployed: tuple[CommandLine, object]) -> None:
    aisprint, _ = deployed

    code, said = _on_terminal(aisprint, "invoke", "tiny", "hello.in", answer="")

    assert code == 0, said
    assert "0/1" in said
    assert "results/hello/sign/hello.txt" in said
