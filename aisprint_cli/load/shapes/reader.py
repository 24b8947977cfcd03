"""What shapes share while they read one document: its path, where they are, and whom to tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.shapes import scalars

INVALID: Final = object()
"""What a shape gives for a node that does not fit; the reason is already reported."""

Pairs = dict[Any, tuple[Node, Node]]
_READING: Final = object()


@dataclass(slots=True)
class Reader:
    """Reads one document. `trail` is the key path to the node being read."""

    path: str
    reporter: Reporter
    trail: list[str | int] = field(default_factory=list)
    _memory: dict[tuple[int, int], Any] = field(default_factory=dict)
    _merges: dict[int, Pairs] = field(default_factory=dict)

    def at(self, node: Node) -> Location:
        """The position of a node."""
        mark = node.start_mark
        return Location(self.path, mark.line + 1, mark.column + 1)

    def report(self, code: str, node: Node, message: str, *, mend: str = "") -> None:
        """Report something at a node."""
        self.reporter.report(code, self.at(node), message, mend=mend)

    @property
    def where(self) -> str:
        """The key path in words, for messages."""
        text = ""
        for key in self.trail:
            text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
        return f"`{text}`" if text else "The file"

    def wrong_type(self, node: Node, wanted: str, *, mend: str = "") -> Any:
        """Report that a node is of another kind than `wanted`; gives INVALID."""
        self.report(
            "structure.wrong-type",
            node,
            f"{self.where} should be {wanted}, but is {describe(node)}.",
            mend=mend,
        )
        return INVALID

    def once(self, node: Node, shape: object) -> Any:
        """What `shape` made of a collection before (aliases are read once), or INVALID-like None.

        Returns None where it is new, and remembers that it is being read.
        """
        key = (id(node), id(shape))
        known = self._memory.get(key)
        if known is _READING:
            self.report("yaml.recursive-alias", node, f"{self.where} contains itself through an alias.")
            return INVALID
        if known is None:
            self._memory[key] = _READING
        return known

    def keep(self, node: Node, shape: object, value: Any) -> Any:
        """Remember what `shape` made of a collection; gives the value back."""
        self._memory[id(node), id(shape)] = value
        return value

    @contextmanager
    def inside(self, *keys: str | int) -> Iterator[None]:
        """Read below these keys."""
        self.trail.extend(keys)
        try:
            yield
        finally:
            del self.trail[len(self.trail) - len(keys) :]

    def pairs(self, node: MappingNode) -> Pairs:
        """Keys with their key and value nodes: merge keys resolved, duplicates reported."""
        found: Pairs = {}
        merged: list[Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == scalars.MERGE:
                merged.append(value_node)
                continue
            key = self._key(key_node)
            if key is INVALID:
                continue
            if key in found:
                first = found[key][0].start_mark.line + 1
                self.report(
                    "yaml.duplicate-key", key_node, f"The key `{key}` is already given at line {first}."
                )
            found[key] = (key_node, value_node)
        for source in merged:
            for key, pair in self._merged(source).items():
                found.setdefault(key, pair)
        return found

    def _merged(self, source: Node) -> Pairs:
        """What a merge key brings in: the keys of a mapping, or of several, the first of each."""
        known = self._merges.get(id(source))
        if known is not None:
            return known
        self._merges[id(source)] = {}  # a mapping that merges itself brings in nothing
        found: Pairs = {}
        if isinstance(source, MappingNode):
            plain = [pair for pair in source.value if pair[0].tag != scalars.MERGE]
            found.update({pair[0].value: pair for pair in plain if isinstance(pair[0], ScalarNode)})
            inner = [value for key, value in source.value if key.tag == scalars.MERGE]
        elif isinstance(source, SequenceNode):
            inner = source.value
        else:
            self.report(
                "yaml.merge-key", source, f"`<<` should be given a mapping, but is {describe(source)}."
            )
            inner = []
        for item in inner:
            for key, pair in self._merged(item).items():
                found.setdefault(key, pair)
        self._merges[id(source)] = found
        return found

    def _key(self, node: Node) -> Any:
        if node.tag == scalars.STR and isinstance(node, ScalarNode):
            return node.value
        if not isinstance(node, ScalarNode):
            self.report("yaml.key-not-text", node, f"A key is {describe(node)}.")
            return INVALID
        trap = scalars.trap(node)
        self.report(
            "yaml.key-not-text",
            node,
            f"The key `{node.value}` is {describe(node)}, not text.",
            mend=f'Write it in quotes: "{node.value}".' if trap or node.value else "",
        )
        return node.value


def describe(node: Node) -> str:
    """What a node is, in words."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    kind = scalars.KINDS.get(node.tag, "a tagged value")
    if node.tag == scalars.NULL:
        return kind
    text = str(node.value)
    return f"{kind} (`{text if len(text) <= 40 else text[:37] + '...'}`)"
