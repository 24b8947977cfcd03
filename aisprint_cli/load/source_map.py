"""From a place in a document to its line and column, for any stage that wants to point at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from yaml.nodes import MappingNode, Node, SequenceNode

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.annotations import AnnotatedCode
from aisprint_cli.load.shapes import scalars


class SourceMap:
    """Positions of an application's values. Paths are relative to the application directory."""

    def __init__(self, roots: Mapping[str, Node], codes: Iterable[AnnotatedCode] = ()) -> None:
        self._roots = dict(roots)
        self._codes = {code.component: code for code in codes if code.component is not None}
        self._indexes: dict[int, dict[str, tuple[Node, Node]]] = {}

    def locate(self, path: str, *keys: str | int) -> Location:
        """The position of the value at a key path, or of its nearest parent that exists."""
        root = self._roots.get(path)
        if root is None:
            return Location(path)
        node, _ = self._walk(root, keys)
        return _position(path, node)

    def locate_key(self, path: str, *keys: str | int) -> Location:
        """The position of the last key itself rather than of its value; nearest parent likewise."""
        root = self._roots.get(path)
        if root is None:
            return Location(path)
        _, key_node = self._walk(root, keys)
        return _position(path, key_node)

    def holds(self, path: str, *keys: str | int) -> bool:
        """Whether there is a value at a key path, sound or not; null is none."""
        node = self._roots.get(path)
        for key in keys:
            pair = self._index(node).get(str(key)) if isinstance(node, MappingNode) else None
            node = pair[1] if pair else None
        return node is not None and node.tag != scalars.NULL

    def annotation(self, component: str, annotation: str) -> Location:
        """The position of an annotation in a component's code, or of its `main`, or of the file."""
        code = self._codes.get(component)
        if code is None:
            return Location(f"src/{component}/main.py")
        return code.places.get(annotation) or code.main or Location(code.path)

    def argument(self, component: str, annotation: str, *keys: str | int) -> Location:
        """The position of an argument of an annotation, or of an item of it."""
        code = self._codes.get(component)
        node = code.arguments.get(annotation) if code else None
        if code is None or node is None:
            return self.annotation(component, annotation)
        found, _ = self._walk(node, keys)
        return self.annotation(component, annotation) if found is node else _position(code.path, found)

    def _walk(self, node: Node, keys: Iterable[str | int]) -> tuple[Node, Node]:
        """The node at a key path and the node of its last key (or itself), as far as they exist."""
        key_node = node
        for key in keys:
            if isinstance(node, MappingNode):
                pair = self._index(node).get(str(key))
                if pair is None:
                    break
                key_node, node = pair
            elif isinstance(node, SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
                node = node.value[key]
                key_node = node
            else:
                break
        return node, key_node

    def _index(self, node: MappingNode) -> dict[str, tuple[Node, Node]]:
        known = self._indexes.get(id(node))
        if known is None:
            known = {str(pair[0].value): pair for pair in node.value if pair[0].tag != scalars.MERGE}
            self._indexes[id(node)] = known
        return known


def _position(path: str, node: Node) -> Location:
    mark = node.start_mark
    return Location(path, mark.line + 1, mark.column + 1)
