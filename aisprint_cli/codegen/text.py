"""Python source as text and tree at once: where each node is, and edits that leave the rest as it was."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aisprint_cli.diagnostics import Diagnostic, Location, Severity
from aisprint_cli.errors import InvalidInputError

_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters from `start` up to `end` by `text`."""

    start: int
    end: int
    text: str

    def order(self) -> tuple[int, bool, int]:
        """Sorts by place: an insertion first, then the wider edit before those inside it."""
        return self.start, self.start != self.end, -self.end


class SourceText:
    """A parsed module; offsets count characters of `text`, whose lines end in a line feed."""

    def __init__(self, source: str, path: str) -> None:
        """Parse a module.

        Raises:
            InvalidInputError: when it is no Python.
        """
        self.path = path
        self.text = source.removeprefix(_BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n")
        self.tree = self._parse()
        self._lines = self.text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def _parse(self) -> ast.Module:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text, self.path)
        except SyntaxError as error:
            place = Location(self.path, error.lineno or 1, error.offset or 1)
            problem = error.msg
        except (ValueError, RecursionError, MemoryError) as error:
            place, problem = Location(self.path), str(error) or "nested too deeply"
        finding = Diagnostic(
            "code.syntax",
            Severity.ERROR,
            f"not valid Python: {problem}",
            "The component cannot run, let alone be split.",
            "Mend the syntax; `python -m py_compile` shows the same error.",
            place,
        )
        raise InvalidInputError(f"{self.path} is not valid Python.", [finding])

    def _offset(self, line: int, column_bytes: int) -> int:
        text = self._lines[line - 1]
        if not text.isascii():
            column_bytes = len(text.encode()[:column_bytes].decode())
        return self._starts[line - 1] + column_bytes

    def start(self, node: ast.stmt | ast.expr | ast.pattern) -> int:
        """Where a node begins, its decorators included."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        if decorators:
            line = min(decorator.lineno for decorator in decorators)
            return self._starts[line - 1] + self._indent_length(line)
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: ast.stmt | ast.expr | ast.pattern) -> int:
        """Where a node ends."""
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def span(self, node: ast.stmt | ast.expr | ast.pattern) -> tuple[int, int]:
        """Both."""
        return self.start(node), self.end(node)

    def location(self, node: ast.stmt | ast.expr | ast.pattern) -> Location:
        """The node's place for a message."""
        offset = self._offset(node.lineno, node.col_offset)
        return Location(self.path, node.lineno, offset - self._starts[node.lineno - 1] + 1)

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def indent(self, node: ast.stmt) -> str:
        """The white space before the first statement of a block."""
        line = self._lines[node.lineno - 1]
        return line[: self._indent_length(node.lineno)]

    def _indent_length(self, line: int) -> int:
        text = self._lines[line - 1]
        return len(text) - len(text.lstrip(" \t\f"))

    def apply(self, edits: Iterable[Edit], start: int = 0, end: int | None = None) -> str:
        """The text from `start` to `end` with those edits that lie inside it, and not inside each other."""
        stop = len(self.text) if end is None else end
        parts: list[str] = []
        position = start
        for edit in sorted(edits, key=Edit.order):
            if edit.start < position or edit.end > stop:
                continue
            parts += [self.text[position : edit.start], edit.text]
            position = edit.end
        return "".join([*parts, self.text[position:stop]])
