"""Shapes of mappings and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from aisprint_cli.load.shapes import scalars
from aisprint_cli.load.shapes.reader import INVALID, Reader
from aisprint_cli.load.shapes.values import Schema, Shape
from aisprint_cli.load.suggestions import misspelling_of


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A key of a record: the shape of its value, and what it means in one sentence."""

    shape: Shape
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Anything:
    """Any value; read for duplicate keys and tags, otherwise carried through as it is."""

    def read(self, node: Node, reader: Reader) -> Any:
        """The plain value."""
        if isinstance(node, ScalarNode):
            if node.tag not in scalars.KINDS:
                reader.report("yaml.tag", node, f"{reader.where} has the tag `{node.tag}`.")
            return scalars.plain(node)
        known = reader.once(node, ANYTHING)
        if known is not None:
            return known
        if isinstance(node, MappingNode):
            value: Any = self._mapping(node, reader)
        else:
            value = [self._item(item, index, reader) for index, item in enumerate(node.value)]
        return reader.keep(node, ANYTHING, value)

    def _mapping(self, node: MappingNode, reader: Reader) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, (_, value_node) in reader.pairs(node).items():
            value = self._item(value_node, key, reader)
            if value is not INVALID:
                found[key] = value
        return found

    def _item(self, node: Node, key: str | int, reader: Reader) -> Any:
        reader.trail.append(key)
        value = self.read(node, reader)
        reader.trail.pop()
        return value

    def schema(self, definitions: dict[str, Schema]) -> Schema:  # noqa: ARG002
        """No restriction."""
        return {}


ANYTHING = Anything()


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A mapping of known keys; others are reported and carried through.

    `closed` says that no other tool reads the file, so that an unknown key can only be a mistake.

    The value read holds every key that is sound, unknown ones included; null is kept as None and
    means the same as an absent key.
    """

    title: str
    description: str
    fields: Mapping[str, Field]
    closed: bool = False
    _unknown: dict[str, str | None] = field(default_factory=dict, repr=False)

    def read(self, node: Node, reader: Reader) -> Any:
        """The mapping with its sound values, or INVALID when it is no mapping."""
        if not isinstance(node, MappingNode):
            return reader.wrong_type(
                node, f"a mapping ({self.description[:1].lower()}{self.description[1:-1]})"
            )
        known = reader.once(node, self)
        if known is not None:
            return known
        pairs = reader.pairs(node)
        found: dict[str, Any] = {}
        trail = reader.trail
        fields = self.fields
        for key, (key_node, value_node) in pairs.items():
            trail.append(key)
            entry = fields.get(key)
            if entry is None:
                self._report_unknown(key, key_node, pairs, reader)
            if value_node.tag == scalars.REFUSED:
                pass
            elif entry is None:
                found[key] = ANYTHING.read(value_node, reader)
            elif value_node.tag == scalars.NULL:
                found[key] = None
            else:
                value = entry.shape.read(value_node, reader)
                if value is not INVALID:
                    found[key] = value
            trail.pop()
        self._report_missing(node, pairs, reader)
        return reader.keep(node, self, found)

    def _report_missing(self, node: Node, pairs: Mapping[Any, tuple[Node, Node]], reader: Reader) -> None:
        for key, entry in self.fields.items():
            if not entry.required:
                continue
            pair = pairs.get(key)
            if pair is None:
                message = f"{reader.where} has no `{key}`."
                reader.report("structure.missing-key", node, message, mend=self._add(key))
            elif pair[1].tag == scalars.NULL:
                message = f"{reader.where} has a `{key}` without a value."
                reader.report("structure.missing-key", pair[0], message, mend=self._add(key))

    def _add(self, key: str) -> str:
        return f"Give `{key}`: {self.fields[key].description}"

    def _report_unknown(self, key: Any, node: Node, pairs: Mapping[Any, Any], reader: Reader) -> None:
        name = str(key)
        if name not in self._unknown:
            self._unknown[name] = misspelling_of(name, self.fields)
        meant = self._unknown[name]
        if meant is not None and meant not in pairs:
            message = f"{reader.where} is not a known key; did you mean `{meant}`?"
            reader.report("structure.misspelt-key", node, message, mend=f"Write `{meant}`.")
        elif self.closed:
            mend = f"The keys here are {', '.join(self.fields)}."
            reader.report("structure.misspelt-key", node, f"{reader.where} is not a known key.", mend=mend)
        else:
            reader.report("structure.unknown-key", node, f"{reader.where} is not a known key.")

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A reference to the record's definition."""
        if self.title not in definitions:
            definitions[self.title] = {}
            definitions[self.title] = self._definition(definitions)
        return {"$ref": f"#/$defs/{self.title}"}

    def _definition(self, definitions: dict[str, Schema]) -> Schema:
        properties = {}
        for key, entry in self.fields.items():
            schema = entry.shape.schema(definitions)
            properties[key] = _described(schema if entry.required else _or_null(schema), entry.description)
        required = [key for key, entry in self.fields.items() if entry.required]
        return {
            "type": "object",
            "title": self.title,
            "description": self.description,
            "properties": properties,
            **({"required": required} if required else {}),
            **({"additionalProperties": False} if self.closed else {}),
        }


def _described(schema: Schema, description: str) -> Schema:
    return {"description": description, **schema}


def _or_null(schema: Schema) -> Schema:
    if not schema:
        return schema
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    if "type" in schema:
        return {**schema, "type": [*schema["type"], "null"]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {"anyOf": [schema, {"type": "null"}]}


@dataclass(frozen=True, slots=True, eq=False)
class MapOf:
    """A mapping of keys the author chooses to values of one shape; entries without value are errors."""

    item: Shape
    what: str

    def read(self, node: Node, reader: Reader) -> Any:
        """The mapping with its sound entries, or INVALID when it is no mapping."""
        if not isinstance(node, MappingNode):
            return reader.wrong_type(node, f"a mapping of {self.what}")
        known = reader.once(node, self)
        if known is not None:
            return known
        found = {}
        for key, (_, value_node) in reader.pairs(node).items():
            reader.trail.append(key)
            value = self.item.read(value_node, reader)
            if value is not INVALID:
                found[str(key)] = value
            reader.trail.pop()
        return reader.keep(node, self, found)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """An object whose values have one schema."""
        return {"type": "object", "additionalProperties": self.item.schema(definitions)}


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """A list of one shape. Items that do not fit read as INVALID, so that positions stay true."""

    item: Shape
    what: str
    minimum: int = 0

    def read(self, node: Node, reader: Reader) -> Any:
        """The list, or INVALID when it is no list or too short."""
        if not isinstance(node, SequenceNode):
            return reader.wrong_type(node, f"a list of {self.what}", mend=self._mend(node))
        if len(node.value) < self.minimum:
            message = (
                f"{reader.where} should list {self.minimum} or more {self.what}; it has {len(node.value)}."
            )
            reader.report("structure.wrong-length", node, message)
            return INVALID
        known = reader.once(node, self)
        if known is not None:
            return known
        found = []
        for index, item in enumerate(node.value):
            reader.trail.append(index)
            found.append(self.item.read(item, reader))
            reader.trail.pop()
        return reader.keep(node, self, found)

    def _mend(self, node: Node) -> str:
        single = isinstance(node, ScalarNode) and node.tag != scalars.NULL
        return f"Put it in brackets: [{node.value}]." if single and len(node.value) < 40 else ""

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """An array of one schema."""
        schema: Schema = {"type": "array", "items": self.item.schema(definitions)}
        return {**schema, "minItems": self.minimum} if self.minimum else schema


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A list of a fixed number of items, each with a shape of its own; `what` says which."""

    items: tuple[Shape, ...]
    what: str

    def read(self, node: Node, reader: Reader) -> Any:
        """The tuple of items, or INVALID when any does not fit."""
        if not isinstance(node, SequenceNode):
            return reader.wrong_type(node, f"a list {self.what}")
        if len(node.value) != len(self.items):
            message = f"{reader.where} should be {self.what}, but has {len(node.value)} items."
            reader.report("structure.wrong-length", node, message)
            return INVALID
        found = []
        for index, (shape, item) in enumerate(zip(self.items, node.value, strict=True)):
            reader.trail.append(index)
            found.append(shape.read(item, reader))
            reader.trail.pop()
        return INVALID if any(value is INVALID for value in found) else tuple(found)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A fixed-length array."""
        prefix = [item.schema(definitions) for item in self.items]
        return {"type": "array", "prefixItems": prefix, "minItems": len(prefix), "maxItems": len(prefix)}


@dataclass(frozen=True, slots=True, eq=False)
class OneOrMany:
    """A single value or a list of such values; always gives a list."""

    many: ListOf

    def read(self, node: Node, reader: Reader) -> Any:
        """The list of values, or INVALID."""
        if isinstance(node, SequenceNode):
            return self.many.read(node, reader)
        value = self.many.item.read(node, reader)
        return INVALID if value is INVALID else [value]

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """Either form."""
        return {"anyOf": [self.many.item.schema(definitions), self.many.schema(definitions)]}
