"""Questions about one statement of `main`: what it binds, evaluates, fills, makes or leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from aisprint_cli.codegen.module import MUTATORS
from aisprint_cli.codegen.names import uses

PATH_CALLS: Final = frozenset(
    {
        "Path",
        "PurePath",
        "PurePosixPath",
        "abspath",
        "basename",
        "dict",
        "dirname",
        "expanduser",
        "format",
        "fspath",
        "get",
        "join",
        "lower",
        "normpath",
        "realpath",
        "relpath",
        "removeprefix",
        "removesuffix",
        "replace",
        "rpartition",
        "rsplit",
        "split",
        "splitext",
        "str",
        "strip",
        "upper",
        "vars",
        "with_name",
        "with_stem",
        "with_suffix",
    }
)
"""Calls that only make a path of a path."""
READERS: Final = frozenset(
    {"dict", "getattr", "hasattr", "isinstance", "len", "print", "repr", "str", "vars"}
)
"""Calls that change nothing of what they are given, and keep nothing of it."""

# Calls that give the same object wherever they are made, and one that no value can stand for.
_REPEATABLE: Final = frozenset({"getLogger", "compile"})
_COPIES: Final = frozenset({"Namespace", "SimpleNamespace", "copy", "deepcopy", "dict", "vars"})


def simple_statements(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """The statements that hold no others, wherever they stand, and the heads of those that do."""
    found: list[ast.stmt] = []
    for statement in statements:
        found.append(statement)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            found += simple_statements(getattr(statement, name, []))
        for block in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
            found += simple_statements(block.body)
    return [
        node for node in found if not isinstance(node, ast.If | ast.Try | ast.TryStar | ast.While | ast.Match)
    ]


def bound_by(statement: ast.stmt) -> set[str]:
    """What a simple statement binds, or the head of a block."""
    if isinstance(statement, ast.With | ast.AsyncWith):
        return uses(item.optional_vars for item in statement.items if item.optional_vars).binds
    return uses([statement.target] if isinstance(statement, ast.For | ast.AsyncFor) else [statement]).binds


def filled_by(statement: ast.stmt) -> set[str]:
    """The variables that a statement stores something in: an element, an attribute."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = [statement.target]
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in MUTATORS:
        targets = [call.func]
    found = set()
    for target in targets:
        node: ast.AST = target
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        if isinstance(node, ast.Name) and node is not target:
            found.add(node.id)
    return found


def evaluated_by(statement: ast.stmt) -> list[ast.AST]:
    """What a simple statement evaluates, or the head of a block."""
    if isinstance(statement, ast.With | ast.AsyncWith):
        return [item.context_expr for item in statement.items]
    if isinstance(statement, ast.For | ast.AsyncFor):
        return [statement.iter]
    return [statement]


def is_definition(statement: ast.stmt) -> bool:
    """Whether a statement makes what no value can stand for but its text can."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(value=ast.Lambda()) | ast.AnnAssign(value=ast.Lambda()):
            return True
        case ast.Assign(value=ast.Call() as call):
            return called_name(call) in _REPEATABLE
    return False


def is_alias(statement: ast.stmt, owner: str) -> bool:
    """Whether a statement gives the parsed command line another name, form or place."""
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    return bool(owner) and value is not None and _forwards(value, owner)


def _forwards(node: ast.AST, owner: str) -> bool:
    match node:
        case ast.Name(id=name):
            return name == owner
        case ast.Attribute(value=base, attr="__dict__"):
            return _forwards(base, owner)
        case ast.Call():
            method_of = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            given = [*node.args, *(keyword.value for keyword in node.keywords), *method_of]
            return called_name(node) in _COPIES and any(_forwards(value, owner) for value in given)
        case ast.IfExp(body=first, orelse=second):
            return _forwards(first, owner) or _forwards(second, owner)
        case (
            ast.BoolOp(values=values)
            | ast.Dict(values=values)
            | ast.List(elts=values)
            | ast.Tuple(elts=values)
        ):
            return any(_forwards(value, owner) for value in values)
    return False


def called_name(node: ast.AST) -> str:
    """The last name of what a call calls; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def leaves(statement: ast.stmt) -> bool:
    """Whether a statement may end the function or hand out a value of it."""
    return any(isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) for node in own_nodes(statement))


def own_nodes(statement: ast.AST) -> list[ast.AST]:
    """The nodes of a statement that run with it, not those of functions it defines."""
    nodes: list[ast.AST] = []
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        nodes.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return nodes
