"""Commands as a person would type them here, for messages that say what to run."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def typed(command: str, application: Path, *options: str) -> str:
    """A command on an application, as it is typed in the current directory.

    `typed("logs", application, "--failed")` is `aisprint logs my_app --failed`, or without the
    application where that is the current directory.
    """
    relative = os.path.relpath(application)
    shown = shlex.quote(relative if not relative.startswith("..") else str(application))
    return " ".join(["aisprint", command, *([] if relative == "." else [shown]), *options])
