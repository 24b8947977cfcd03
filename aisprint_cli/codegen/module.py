"""Module-level variables that the head of `main` changes and the rest of it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from aisprint_cli.codegen.component import Component
from aisprint_cli.codegen.names import all_reads, uses

MUTATORS = frozenset(
    {
        "add",
        "append",
        "appendleft",
        "clear",
        "difference_update",
        "discard",
        "extend",
        "insert",
        "intersection_update",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "symmetric_difference_update",
        "update",
    }
)


def changed_globals(
    component: Component, declared: Iterable[str], made: Iterable[str], rest: Sequence[ast.stmt]
) -> tuple[str, ...]:
    """The names to carry, sorted; `made` are those that the first part alone makes.

    A variable that is only filled when it is still empty (`if cache is None: cache = ...`) is left
    to fill itself again in the second part.
    """
    module = component.source.tree
    definitions = {
        node.name: node
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name != "main"
    }
    variables = _variables(module) | set(declared)
    local = uses(component.main.body).binds - set(declared)
    before = _reachable([*component.head, component.call.inputs], definitions)
    after = _reachable(rest, definitions)
    changed = {name for node in before for name in _changed(node, variables)}
    changed |= uses(component.head).binds & set(declared)
    changed |= set(made)
    read = {name for node in after for name in all_reads(node)}
    lazy = {name for node in after for name in _filled_when_empty(node)}
    return tuple(sorted(changed & read - local - lazy))


def _variables(module: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in module.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scope = uses([node])
            imported = {
                alias.asname or alias.name.partition(".")[0]
                for part in ast.walk(node)
                if isinstance(part, ast.Import | ast.ImportFrom)
                for alias in part.names
            }
            found |= scope.binds - imported
    return found | {name for node in ast.walk(module) if isinstance(node, ast.Global) for name in node.names}


def _reachable(nodes: Sequence[ast.AST], definitions: Mapping[str, ast.stmt]) -> list[ast.AST]:
    """The nodes and the module's functions and classes that they name, directly or through each other."""
    found: list[ast.AST] = list(nodes)
    seen: set[str] = set()
    for node in found:
        for name in sorted(all_reads(node) & definitions.keys() - seen):
            seen.add(name)
            found.append(definitions[name])
    return found


def _changed(node: ast.AST, variables: set[str]) -> set[str]:
    """The module's variables that a piece of code assigns through `global`, or changes in place."""
    found: set[str] = set()
    for scope in ast.walk(node):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = uses(scope.body)
            found |= inner.binds & inner.declared
    for part in ast.walk(node):
        match part:
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in MUTATORS:
                found.add(name)
    return found & variables


def _filled_when_empty(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for scope in ast.walk(node):
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        declared = uses(scope.body).declared
        guarded: set[str] = set()
        bare: set[str] = set()
        for statement in scope.body:
            own = uses([statement]).binds & declared
            if isinstance(statement, ast.If):
                guarded |= own & all_reads(statement.test)
                bare |= own - all_reads(statement.test)
            else:
                bare |= own
        found |= guarded - bare
    return found
