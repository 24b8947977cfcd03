"""The catalogue: every kind of finding that `load` can make.

The slugs are part of the tool's interface: scripts filter by them, docs/validation.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aisprint_cli.load.codes import components, dag, documents, resources, rules
from aisprint_cli.load.codes.code import Code

__all__ = ["CODES", "Code"]

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        code.slug: code
        for code in (
            *documents.CODES,
            *dag.CODES,
            *resources.CODES,
            *rules.CODES,
            *components.CODES,
        )
    }
)
