"""Where a main.py spells out the path of its model, and how to put another model there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aisprint_cli.codegen.names import Function
from aisprint_cli.codegen.text import Edit, SourceText


@dataclass(frozen=True, slots=True)
class ModelPath:
    """A string of the source that ends in the model's file name, from `start` to `end`."""

    start: int
    end: int
    before: str
    after: str

    def edit(self, name: str) -> Edit:
        """The edit that keeps the directory and puts the file `name` there."""
        return Edit(self.start, self.end, f"{self.before}{name}{self.after}")


def is_model_path(text: str, model_file: str) -> bool:
    """Whether a string is the model's file name, alone or at the end of a path."""
    return text == model_file or text.endswith((f"/{model_file}", f"\\{model_file}"))


def find_model_paths(source: SourceText, main: Function | None, model_file: str) -> Iterator[ModelPath]:
    """All of them, but for the decorators of `main` and strings that stand alone."""
    skipped = set(map(id, main.decorator_list)) if main else set()
    pending: list[ast.AST] = [source.tree]
    while pending:
        node = pending.pop()
        if id(node) in skipped or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        if isinstance(node, ast.JoinedStr):
            yield from _in_formatted(source, node, model_file)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if is_model_path(node.value, model_file):
                yield _in_literal(source, node, node.value, model_file)
        else:
            pending.extend(ast.iter_child_nodes(node))


def _in_literal(source: SourceText, node: ast.Constant, text: str, model_file: str) -> ModelPath:
    start, end = source.span(node)
    literal = repr(text.removesuffix(model_file))
    written = source.text[start:end].lstrip("rRuU")
    quote = '"' if written.startswith('"') and '"' not in literal and "'" not in literal[1:-1] else literal[0]
    return ModelPath(start, end, f"{quote}{literal[1:-1]}", quote)


def _in_formatted(source: SourceText, node: ast.JoinedStr, model_file: str) -> Iterator[ModelPath]:
    last = node.values[-1] if node.values else None
    text = last.value if isinstance(last, ast.Constant) else None
    if isinstance(text, str) and is_model_path(text, model_file):
        start, end = source.span(node)
        at = source.text.rfind(model_file, start, end)
        if at >= 0:
            yield ModelPath(at, at + len(model_file), "", "")
