"""An example of a finding: the input that brings it, and the same input mended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """Two fragments of a file, a listing or a command line."""

    wrong: str
    right: str
