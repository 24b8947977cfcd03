"""Which deployment a command takes when none is named, and where the files of one are."""

from __future__ import annotations

from pathlib import Path

from aisprint_cli.design.current import OPTIMAL_CHOICE, OpenedDesign
from aisprint_cli.design.enumeration import BASE_DEPLOYMENT
from aisprint_cli.design.layout import OPTIMAL, PRODUCTION_FILE


def default_choice(opened: OpenedDesign) -> str:
    """The optimal deployment if there is one, else the base one.

    `design` starts the optimal deployment as a copy of the base one: as long as the two are the same,
    nothing was placed and there is no optimum yet.
    """
    base = _content(opened.deployments_dir / BASE_DEPLOYMENT / PRODUCTION_FILE)
    optimal = _content(opened.deployments_dir / OPTIMAL / PRODUCTION_FILE)
    return BASE_DEPLOYMENT if optimal in (None, base) else OPTIMAL_CHOICE


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def directory_of(opened: OpenedDesign, choice: str) -> Path:
    """The directory of a deployment: that of its name, or `optimal_deployment`."""
    return opened.deployments_dir / (OPTIMAL if choice == OPTIMAL_CHOICE else choice)
