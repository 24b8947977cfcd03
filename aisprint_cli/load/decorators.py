"""Which decorators of a module are annotations of this tool: names followed through its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from aisprint_cli.load.documents.annotations import ANNOTATIONS
from aisprint_cli.load.suggestions import closest

MODULE: Final = "aisprint.annotations"
WHOLE: Final = "annotation"
NAMES: Final = frozenset({*ANNOTATIONS, WHOLE})


@dataclass(frozen=True, slots=True)
class Resolved:
    """A decorator that is ours: the annotation's `name`, or what it was probably meant to be."""

    name: str
    meant: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is an annotation of that name."""
        return self.name in NAMES


@dataclass(slots=True)
class Scope:
    """What the names of a module stand for, as far as its statements say without running them."""

    imports: dict[str, str] = field(default_factory=dict)
    stars: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)
    constants: dict[str, ast.expr] = field(default_factory=dict)

    def resolve(self, decorator: ast.expr) -> Resolved | None:
        """The annotation a decorator stands for; None for one that is not ours."""
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        parts = _dotted(target)
        if not parts:
            return None
        head = parts[0]
        if head in self.imports:
            return _ours(".".join([self.imports[head], *parts[1:]]))
        if head in self.defined:
            return None
        return self._unbound(parts)

    def _unbound(self, parts: list[str]) -> Resolved | None:
        """A name nothing in the module binds: ours where it is known, or nearly so."""
        name = parts[-1]
        if name in NAMES:
            return Resolved(name)
        foreign_star = self.stars - {MODULE, "aisprint"}
        if len(parts) > 1 and parts[0] != "aisprint":
            return None
        meant = closest(name, NAMES, cutoff=0.75)
        if meant is not None and not foreign_star:
            return Resolved(name, meant)
        return None


def _ours(path: str) -> Resolved | None:
    if not path.startswith(f"{MODULE}."):
        return None
    name = path.removeprefix(f"{MODULE}.")
    if name in NAMES:
        return Resolved(name)
    return Resolved(name, closest(name, NAMES, cutoff=0.5))


def _dotted(expression: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(expression, ast.Attribute):
        parts.append(expression.attr)
        expression = expression.value
    if not isinstance(expression, ast.Name):
        return []
    parts.append(expression.id)
    return parts[::-1]


def read_scope(module: ast.Module) -> Scope:
    """The names a module's top level binds; those assigned a value exactly once are constants."""
    scope = Scope()
    assigned: dict[str, int] = {}
    for statement in top_level(module.body):
        if isinstance(statement, ast.Import):
            for item in statement.names:
                bound = item.asname or item.name.partition(".")[0]
                scope.imports[bound] = item.name if item.asname else bound
        elif isinstance(statement, ast.ImportFrom):
            _read_import_from(statement, scope)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scope.defined.add(statement.name)
            assigned[statement.name] = assigned.get(statement.name, 0) + 2
        else:
            _read_assignment(statement, scope, assigned)
    scope.defined.update(assigned)
    for name, count in assigned.items():
        if count != 1:
            scope.constants.pop(name, None)
    return scope


def _read_import_from(statement: ast.ImportFrom, scope: Scope) -> None:
    module = "." * statement.level + (statement.module or "")
    for name in statement.names:
        if name.name == "*":
            scope.stars.add(module)
        else:
            scope.imports[name.asname or name.name] = f"{module}.{name.name}"


def _read_assignment(statement: ast.stmt, scope: Scope, assigned: dict[str, int]) -> None:
    targets: Iterable[ast.expr] = ()
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign):
        targets, value = [statement.target], statement.value
    elif isinstance(statement, ast.AugAssign):
        targets = [statement.target]
    for target in targets:
        for name in _bound_names(target):
            weight = 1 if isinstance(target, ast.Name) and value is not None else 2
            assigned[name] = assigned.get(name, 0) + weight
            if weight == 1 and value is not None:
                scope.constants[name] = value


def _bound_names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from _bound_names(item)
    elif isinstance(target, ast.Starred):
        yield from _bound_names(target.value)


_BLOCKS: Final[Mapping[type, tuple[str, ...]]] = {
    ast.If: ("body", "orelse"),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.ExceptHandler: ("body",),
    ast.With: ("body",),
    ast.For: ("body", "orelse"),
    ast.While: ("body", "orelse"),
}


def top_level(body: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported, those inside if, try and with included."""
    for statement in body:
        if isinstance(statement, ast.stmt):
            yield statement
        for block in _BLOCKS.get(type(statement), ()):
            yield from top_level(getattr(statement, block))
