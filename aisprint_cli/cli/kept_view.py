"""Data that outlived its deployment: where it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aisprint_cli.system.typed_commands import typed

if TYPE_CHECKING:
    from rich.console import Console


def kept_document(kept: Mapping[str, str]) -> list[dict[str, str]]:
    """The place of the data of each cluster as plain values."""
    return [{"cluster": name, "where": where} for name, where in kept.items()]


def print_kept(console: Console, kept: Mapping[str, str], directory: Path) -> None:
    """Say where the kept data of each cluster is; nothing where there is none.

    Args:
        console: where to.
        kept: the place of the data, by cluster.
        directory: the application's.
    """
    for cluster, where in kept.items():
        console.print(f"Kept data of {cluster}: {where}", markup=False, soft_wrap=True)
    if kept:
        again, away = typed("deploy", directory), typed("undeploy", directory, "--delete-kept")
        console.print(
            f"`{again}` brings it back, `{away}` deletes it.",
            markup=False,
            soft_wrap=True,
        )
