"""Shapes of single values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from yaml.nodes import Node, ScalarNode

from aisprint_cli.load.shapes import scalars
from aisprint_cli.load.shapes.reader import INVALID, Reader
from aisprint_cli.load.suggestions import closest

Schema = dict[str, Any]

_AMOUNT: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*")
_BYTES: Final = {
    "KB": 2**10, "KIB": 2**10, "MB": 2**20, "MIB": 2**20, "MI": 2**20, "M": 2**20,
    "GB": 2**30, "GIB": 2**30, "GI": 2**30, "G": 2**30, "TB": 2**40, "TIB": 2**40, "TI": 2**40, "T": 2**40,
}  # fmt: skip


class Shape(Protocol):
    """What a node may be."""

    def read(self, node: Node, reader: Reader) -> Any:
        """The plain value of a node, or INVALID once the reason is reported."""

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """The same as JSON Schema; named records go into `definitions`."""


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Text that names something: numbers and YAML's surprising words must be quoted."""

    what: str = "text"

    def read(self, node: Node, reader: Reader) -> Any:
        """The text, or INVALID."""
        if node.tag == scalars.STR:
            if node.value.strip():
                return node.value
            reader.report(
                "structure.missing-key", node, f"{reader.where} is empty; it should be {self.what}."
            )
            return INVALID
        if isinstance(node, ScalarNode) and node.tag in scalars.KINDS and node.tag != scalars.NULL:
            code = scalars.trap(node) or "structure.wrong-type"
            kind = scalars.KINDS[node.tag]
            message = f"{reader.where} should be {self.what}, but `{node.value}` without quotes is {kind}."
            reader.report(code, node, message, mend=f'Put it in quotes: "{node.value}".')
            return INVALID
        return reader.wrong_type(node, self.what)

    def schema(self, definitions: dict[str, Schema]) -> Schema:  # noqa: ARG002
        """Non-empty text."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """Free text that nothing depends on, or a secret: any single value, which no message repeats."""

    def read(self, node: Node, reader: Reader) -> Any:
        """The value, or INVALID. A number that would lose digits (22.10) stays text."""
        if isinstance(node, ScalarNode):
            value = scalars.plain(node)
            return node.value if isinstance(value, float) and repr(value) != node.value else value
        reader.report("structure.wrong-type", node, f"{reader.where} should be a single value.")
        return INVALID

    def schema(self, definitions: dict[str, Schema]) -> Schema:  # noqa: ARG002
        """Any single value."""
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True, slots=True, eq=False)
class Verbatim:
    """The text of a single value as it is written: `010`, `on` and `1.10` stay; null is empty text."""

    def read(self, node: Node, reader: Reader) -> Any:
        """The text, or INVALID."""
        if isinstance(node, ScalarNode):
            return "" if node.tag == scalars.NULL else node.value
        reader.report("structure.wrong-type", node, f"{reader.where} should be a single value.")
        return INVALID

    def schema(self, definitions: dict[str, Schema]) -> Schema:  # noqa: ARG002
        """Any single value."""
        return {"type": ["string", "number", "boolean", "null"]}


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A finite number within bounds: `minimum` may be reached, `above` may not.

    `quoted`: whether a number in quotes is read too, with a warning; existing files have such.
    """

    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    integer: bool = False
    quoted: bool = False

    def read(self, node: Node, reader: Reader) -> Any:
        """The number, or INVALID."""
        value = scalars.number(node) if isinstance(node, ScalarNode) else None
        if value is None and self.quoted and isinstance(node, ScalarNode):
            value = scalars.quoted_number(node)
            if value is not None:
                message = f"{reader.where} is the number {node.value} in quotes."
                reader.report("structure.quoted-number", node, message)
        if value is None or (self.integer and value != int(value)):
            return self._refuse(node, reader)
        code = scalars.trap(node) if isinstance(node, ScalarNode) else None
        if code is not None:
            reader.report(code, node, f"{reader.where}: YAML reads `{node.value}` as {value:g}.")
            return INVALID
        if not self._fits(value):
            reader.report(
                "structure.out-of-range",
                node,
                f"{reader.where} is {node.value}; it should be {self._range()}.",
            )
            return INVALID
        return int(value) if self.integer else value

    def _fits(self, value: float) -> bool:
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.above is None or value > self.above)
            and (self.maximum is None or value <= self.maximum)
        )

    def _range(self) -> str:
        parts = [
            f"at least {self.minimum:g}" if self.minimum is not None else "",
            f"above {self.above:g}" if self.above is not None else "",
            f"at most {self.maximum:g}" if self.maximum is not None else "",
        ]
        return " and ".join(part for part in parts if part)

    def _refuse(self, node: Node, reader: Reader) -> Any:
        wanted = "a whole number" if self.integer else "a number"
        if node.tag == scalars.STR and _AMOUNT.fullmatch(node.value or ""):
            mend = "Write the number without quotes and without a unit."
            return reader.wrong_type(node, wanted, mend=mend)
        return reader.wrong_type(node, wanted)

    def schema(self, definitions: dict[str, Schema]) -> Schema:  # noqa: ARG002
        """A number with its bounds."""
        schema: Schema = {"type": "integer" if self.integer else "number"}
        bounds = {"minimum": self.minimum, "exclusiveMinimum": self.above, "maximum": self.maximum}
        schema.update({key: bound for key, bound in bounds.items() if bound is not None})
        if not self.quoted:
            return schema
        return {"anyOf": [schema, {"type": "string", "pattern": f"^{scalars.NUMBER_PATTERN}$"}]}


@dataclass(frozen=True, slots=True, eq=False)
class Size:
    """An amount of bytes: a number in `unit`, or text with a unit of its own such as `64 GB`.

    Gives the number in `unit` (MiB or GiB; the files' MB and GB are read as MiB and GiB).
    """

    unit: str

    def read(self, node: Node, reader: Reader) -> Any:
        """The amount in `unit`, or INVALID."""
        value: float | None = None
        if isinstance(node, ScalarNode) and scalars.trap(node) is None:
            value = self._amount(node.value) if node.tag == scalars.STR else scalars.number(node)
        if value is None:
            return reader.wrong_type(node, f"a number of {self.unit}, or an amount such as `64 GB`")
        if value <= 0:
            reader.report(
                "structure.out-of-range", node, f"{reader.where} is {node.value}; it should be above 0."
            )
            return INVALID
        return value

    def _amount(self, text: str) -> float | None:
        match = _AMOUNT.fullmatch(text)
        if match is None:
            return None
        if not match[2]:
            return float(match[1])
        factor = _BYTES.get(match[2].upper())
        return None if factor is None else float(match[1]) * factor / _BYTES[self.unit.upper()]

    def schema(self, definitions: dict[str, Schema]) -> Schema:  # noqa: ARG002
        """A positive number, or text with a unit."""
        pattern = r"^\s*[0-9]+(\.[0-9]+)?\s*([KkMmGgTt]([Ii]?[Bb])?)?\s*$"
        return {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": pattern}]}


@dataclass(frozen=True, slots=True, eq=False)
class Boolean:
    """True or false, in any of YAML 1.1's spellings."""

    def read(self, node: Node, reader: Reader) -> Any:
        """The boolean, or INVALID."""
        if node.tag == scalars.BOOL and isinstance(node, ScalarNode):
            return scalars.boolean(node)
        mend = "Write it without quotes." if str(node.value).lower() in {"true", "false"} else ""
        return reader.wrong_type(node, "true or false", mend=mend)

    def schema(self, definitions: dict[str, Schema]) -> Schema:  # noqa: ARG002
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of a few words; `hints` maps what people write instead to the word meant."""

    values: tuple[str, ...]
    hints: Mapping[str, str]

    def read(self, node: Node, reader: Reader) -> Any:
        """The word, or INVALID."""
        if node.tag == scalars.STR and node.value in self.values:
            return node.value
        listed = ", ".join(self.values)
        if node.tag != scalars.STR:
            return reader.wrong_type(node, f"one of {listed}")
        meant = self.hints.get(node.value.lower()) or closest(node.value, self.values)
        reader.report(
            "structure.unknown-value",
            node,
            f"{reader.where} is `{node.value}`; it should be one of {listed}.",
            mend=f"Did you mean `{meant}`?" if meant else "",
        )
        return INVALID

    def schema(self, definitions: dict[str, Schema]) -> Schema:  # noqa: ARG002
        """An enumeration."""
        return {"enum": list(self.values)}
