"""Where the console script starts: even a command that is still loading ends quietly at Ctrl-C."""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it."""
    try:
        from aisprint_cli.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
