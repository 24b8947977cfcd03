"""An example for every kind of finding, by its slug."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aisprint_cli.catalogue.example import Example
from aisprint_cli.catalogue.examples import components, documents, graph, later, resources

EXAMPLES: Final[Mapping[str, Example]] = MappingProxyType(
    {
        **documents.EXAMPLES,
        **graph.EXAMPLES,
        **resources.EXAMPLES,
        **components.EXAMPLES,
        **later.EXAMPLES,
    }
)
