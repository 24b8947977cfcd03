"""Where a deployment's state is kept in the application's private `.aisprint/` folder."""

from __future__ import annotations

from pathlib import Path

from aisprint_cli.system.state_directory import NAME, state_directory

__all__ = ["NAME", "ledger_path", "state_directory"]


def ledger_path(application: Path) -> Path:
    """Where an application's ledger is, whether it exists or not."""
    return application / NAME / "ledger.sqlite"
