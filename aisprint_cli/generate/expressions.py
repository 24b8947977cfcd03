"""The two TOSCA functions that templates use, and their values with the inputs' defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Expression = Any
"""A plain YAML value in which `{get_input: name}` and `{concat: [...]}` may stand for strings."""


def get_input(name: str) -> dict[str, str]:
    """The value of an input of the template."""
    return {"get_input": name}


def concat(*parts: Expression) -> dict[str, list[Expression]]:
    """Strings joined."""
    return {"concat": list(parts)}


def resolve(value: Expression, inputs: Mapping[str, Any]) -> Any:
    """A value with every function in it replaced by its result.

    Args:
        value: what a template holds.
        inputs: values by input name.

    Raises:
        KeyError: when an input named is not given.
    """
    if isinstance(value, list):
        return [resolve(entry, inputs) for entry in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"get_input"} and isinstance(value["get_input"], str):
        return inputs[value["get_input"]]
    if set(value) == {"concat"} and isinstance(value["concat"], list):
        return "".join(str(resolve(part, inputs)) for part in value["concat"])
    return {key: resolve(entry, inputs) for key, entry in value.items()}


def inputs_used(value: Expression) -> Iterator[str]:
    """The names of the inputs that a value asks for, wherever in it."""
    if isinstance(value, dict):
        if set(value) == {"get_input"} and isinstance(value["get_input"], str):
            yield value["get_input"]
        for entry in value.values():
            yield from inputs_used(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from inputs_used(entry)
