"""Pieces of a topology, which builders make and a document joins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
"""What stands below a name in a template."""


@dataclass(frozen=True)
class Fragment:
    """A piece of a topology: sections as TOSCA has them, values by name."""

    inputs: dict[str, Body] = field(default_factory=dict)
    nodes: dict[str, Body] = field(default_factory=dict)
    policies: dict[str, Body] = field(default_factory=dict)
    outputs: dict[str, Body] = field(default_factory=dict)

    def __add__(self, other: Fragment) -> Fragment:
        """Both pieces; where a name is in both, the right one's value counts."""
        return Fragment(
            self.inputs | other.inputs,
            self.nodes | other.nodes,
            self.policies | other.policies,
            self.outputs | other.outputs,
        )


def text_input(default: str, description: str) -> Body:
    """An input that holds no secret."""
    return {"type": "string", "description": description, "default": default}


def secret_input(reference: str, description: str) -> Body:
    """An input whose default is a reference to a secret."""
    return text_input(reference, f"{description} A reference, resolved when it is sent.")
