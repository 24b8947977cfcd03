"""The TOSCA types that our templates carry inside them, read from `templates/tosca/`."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any, Final

from aisprint_cli.generate import yaml_text
from aisprint_cli.system.packaged import templates_directory

SECTIONS: Final = (
    "artifact_types",
    "data_types",
    "capability_types",
    "relationship_types",
    "node_types",
    "policy_types",
)


@cache
def _all_types() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every type we define: its section and its definition, by name."""
    found = {}
    for path in sorted((templates_directory() / "tosca").glob("*.yaml")):
        document = yaml_text.load(path.read_text(encoding="utf-8"))
        for section in SECTIONS:
            for name, definition in (document.get(section) or {}).items():
                found[name] = (section, definition)
    return found


def definitions_for(used: set[str]) -> dict[str, dict[str, Any]]:
    """The sections of definitions that the type names `used` need, those they refer to included.

    Names that we do not define are TOSCA's own and need nothing.
    """
    known = _all_types()
    needed: set[str] = set()
    waiting = sorted(used & known.keys())
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(sorted(set(_names_in(known[name][1])) & known.keys()))
    sections = {
        section: {name: deepcopy(known[name][1]) for name in sorted(needed) if known[name][0] == section}
        for section in SECTIONS
    }
    return {section: entries for section, entries in sections.items() if entries}


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _names_in(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _names_in(entry)
