"""The start of the runtime process."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from aisprint_cli.backends.local.layout import Home
from aisprint_cli.backends.local.runtime.server import AlreadyRunningError, serve
from aisprint_cli.backends.local.runtime.store_schema import NewerStateError


def main() -> int:
    """Serve a home; 1 when it cannot be served."""
    parser = argparse.ArgumentParser(prog="python -m aisprint_cli.backends.local.runtime")
    parser.add_argument("--home", type=Path, required=True, help="The state directory to host.")
    home = Home(parser.parse_args().home.resolve())
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        serve(home)
    except (AlreadyRunningError, NewerStateError, OSError) as error:
        logging.getLogger(__name__).error("cannot begin: %s", error)  # noqa: TRY400  no traceback wanted
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
