"""Python literals as node trees, so that one set of shapes checks annotations and YAML alike."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.shapes import scalars

Report = Callable[[str, Location, str], None]
_DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class Literals:
    """Reads literals of one module. `constants` are the names assigned a value exactly once there."""

    path: str
    text: str
    report: Report
    constants: Mapping[str, ast.expr] = field(default_factory=dict)

    def place(self, item: ast.expr | ast.stmt | ast.keyword) -> Mark:
        """Where a syntax element starts; its byte offset turned into characters."""
        line, column = item.lineno - 1, item.col_offset
        if not self.text.isascii():
            content = self.text.split("\n")[line] if line < self.text.count("\n") + 1 else ""
            column = len(content.encode()[:column].decode("utf-8", "ignore"))
        return Mark(self.path, 0, line, column, None, 0)

    def at(self, item: ast.expr | ast.stmt | ast.keyword) -> Location:
        """The same as a location."""
        place = self.place(item)
        return Location(self.path, place.line + 1, place.column + 1)

    def node(self, expression: ast.expr, depth: int = 0) -> Node:
        """The node of a literal; a refused one once it is reported that it is none."""
        if depth > _DEPTH:
            return self._refuse(expression, "is nested too deep")
        if isinstance(expression, ast.Name) and expression.id in self.constants:
            return self.node(self.constants[expression.id], depth + 1)
        if isinstance(expression, ast.Constant):
            return self._constant(expression, expression.value)
        if isinstance(expression, ast.UnaryOp):
            return self._signed(expression)
        if isinstance(expression, ast.List | ast.Tuple):
            items = [self.node(item, depth + 1) for item in expression.elts]
            return self._sequence(expression, items)
        if isinstance(expression, ast.Dict):
            return self.mapping(expression, depth)
        if isinstance(expression, ast.Name):
            return self._refuse(
                expression, f"is the name `{expression.id}`, which is no constant of this module"
            )
        return self._refuse(expression, f"is {_kind(expression)}")

    def mapping(self, expression: ast.Dict, depth: int = 0) -> MappingNode:
        """The node of a dict; keys that are no literals are reported and left out."""
        pairs: list[tuple[Node, Node]] = []
        seen: set[str] = set()
        for key, value in zip(expression.keys, expression.values, strict=True):
            if key is None:
                self._refuse(value, "is unpacked with `**`")
                continue
            key_node = self.node(key, depth + 1)
            if key_node.tag != scalars.REFUSED and self._is_new_key(key, key_node, seen):
                pairs.append((key_node, self.node(value, depth + 1)))
        place = self.place(expression)
        return MappingNode(tag="tag:yaml.org,2002:map", value=pairs, start_mark=place, end_mark=place)

    def _is_new_key(self, key: ast.expr, node: Node, seen: set[str]) -> bool:
        if node.tag != scalars.STR:
            self.report("annotation.key-not-text", self.at(key), "A key of this dict is not text.")
            return False
        if node.value in seen:
            self.report("annotation.duplicate", self.at(key), f"`{node.value}` is given twice in one dict.")
            return False
        seen.add(node.value)
        return True

    def _sequence(self, expression: ast.List | ast.Tuple, items: list[Node]) -> Node:
        if any(item.tag == scalars.REFUSED for item in items):
            return self._refused(expression)
        place = self.place(expression)
        return SequenceNode(tag="tag:yaml.org,2002:seq", value=items, start_mark=place, end_mark=place)

    def _constant(self, expression: ast.expr, value: object) -> Node:
        tag = _TAGS.get(type(value))
        if tag is None:
            return self._refuse(expression, f"is {_kind(expression)}")
        text = "" if value is None else value if isinstance(value, str) else _text(value)
        place = self.place(expression)
        return ScalarNode(tag=tag, value=text, start_mark=place, end_mark=place, style="'")

    def _signed(self, expression: ast.UnaryOp) -> Node:
        operand = expression.operand
        if isinstance(operand, ast.Constant) and type(operand.value) in {int, float}:
            value = operand.value
            if isinstance(expression.op, ast.USub):
                return self._constant(expression, -value)  # type: ignore[operator]
            if isinstance(expression.op, ast.UAdd):
                return self._constant(expression, value)
        return self._refuse(expression, f"is {_kind(expression)}")

    def _refuse(self, expression: ast.expr, what: str) -> Node:
        message = f"A value of an annotation {what}, not a literal."
        self.report("annotation.not-literal", self.at(expression), message)
        return self._refused(expression)

    def _refused(self, expression: ast.expr) -> Node:
        place = self.place(expression)
        return ScalarNode(tag=scalars.REFUSED, value="", start_mark=place, end_mark=place)


_TAGS: Final[Mapping[type, str]] = {
    str: scalars.STR,
    bool: scalars.BOOL,
    int: scalars.INT,
    float: scalars.FLOAT,
    type(None): scalars.NULL,
}
_KINDS: Final[Mapping[type, str]] = {
    ast.Call: "a call",
    ast.BinOp: "a calculation",
    ast.JoinedStr: "an f-string",
    ast.Attribute: "an attribute",
    ast.Subscript: "a subscript",
    ast.Set: "a set",
    ast.Lambda: "a lambda",
    ast.Starred: "unpacked with `*`",
}


def _kind(expression: ast.expr) -> str:
    return _KINDS.get(type(expression), "an expression")


def _text(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer with more digits than Python prints
        return "an enormous number"
