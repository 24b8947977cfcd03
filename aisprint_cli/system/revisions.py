"""Which revision of a repository a directory is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_WITHIN_S = 10.0


def source_revision(directory: Path) -> str:
    """The commit that a directory of a Git repository is at, with `-dirty` where files differ; else empty."""
    command = ["git", "-C", str(directory), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_WITHIN_S, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
