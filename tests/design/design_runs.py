"""Running design from a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aisprint_cli.design.report import DesignReport
from aisprint_cli.design.run import DesignSettings, design_application

Designer = Callable[..., DesignReport]
"""Designs a directory; keyword arguments are the settings."""


def silent(text: str) -> None:
    """Progress that nobody reads."""


def run_design(directory: Path, **settings: object) -> DesignReport:
    """Design with these settings."""
    return design_application(directory, DesignSettings(**settings), silent)  # type: ignore[arg-type]
