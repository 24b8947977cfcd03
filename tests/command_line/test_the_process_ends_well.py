"""Whatever happens to the process, a person reads a sentence and a script reads an exit code."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

AISPRINT = Path(sys.executable).parent / "aisprint"
FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["schema"], ["new", "--list", "-o", "json"]])
def test_a_full_disk_under_stdout_is_said(arguments: list[str]) -> None:
    with FULL.open("w") as stream:
        result = subprocess.run(
            [AISPRINT, *arguments], stdout=stream, stderr=subprocess.PIPE, text=True, check=False
        )
    assert result.returncode == 5
    assert "No space left" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_interrupt_at_any_moment_of_the_start_leaves_no_traceback(examples: Path) -> None:
    for delay_s in (0.05, 0.1, 0.15, 0.2, 0.3):
        child = subprocess.Popen(
            [AISPRINT, "validate", examples / "word_count"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        time.sleep(delay_s)
        child.send_signal(signal.SIGINT)
        _, stderr = child.communicate(timeout=60)
        assert child.returncode in {0, 130, -signal.SIGINT}
        assert "aisprint_cli" not in stderr
