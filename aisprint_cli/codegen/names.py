"""Which names a piece of a function reads and binds, and which are live before it.

Liveness is the textbook backward analysis over the statements (Aho et al., *Compilers*, 9.2.5), on
the tree instead of a control-flow graph. It errs on the side of "may be read".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

Names = frozenset[str]
NOTHING: Final[Names] = frozenset()
Function = ast.FunctionDef | ast.AsyncFunctionDef
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class Uses(ast.NodeVisitor):
    """What evaluating nodes reads and binds in the scope of the function they stand in.

    `deferred` are names that only a nested function reads, when it is called. `skip` is a node whose
    evaluation does not count.
    """

    reads: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    skip: ast.AST | None = None

    def visit(self, node: ast.AST) -> None:
        """Take a node into account."""
        if node is not self.skip:
            ast.NodeVisitor.visit(self, node)

    def visit_Name(self, node: ast.Name) -> None:  # noqa: D102
        if isinstance(node.ctx, ast.Store):
            self.binds.add(node.id)
            return
        self.reads.add(node.id)
        if isinstance(node.ctx, ast.Del):
            self.deletes.add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:  # noqa: D102
        if isinstance(node.target, ast.Name):
            self.reads.add(node.target.id)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:  # noqa: D102
        # The annotation of a local variable is never evaluated, and without a value nothing is bound.
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def visit_Import(self, node: ast.Import) -> None:  # noqa: D102
        self.binds.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:  # noqa: D102
        self.binds.update(alias.asname or alias.name for alias in node.names)

    def visit_Global(self, node: ast.Global) -> None:  # noqa: D102
        self.declared.update(node.names)

    visit_Nonlocal = visit_Global  # type: ignore[assignment]  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:  # noqa: D102
        if node.name:
            self.binds.add(node.name)
            self.deletes.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:  # noqa: D102
        self._capture(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:  # noqa: D102
        self._capture(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:  # noqa: D102
        self._capture(node.rest)
        self.generic_visit(node)

    def _capture(self, name: str | None) -> None:
        if name:
            self.binds.add(name)

    def visit_FunctionDef(self, node: Function) -> None:  # noqa: D102
        self.binds.add(node.name)
        for part in (*node.decorator_list, *_signature(node.args)):
            self.visit(part)
        self._nested(node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:  # noqa: D102
        for part in _signature(node.args):
            self.visit(part)
        self._nested(node.args, [node.body])

    def _nested(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> None:
        inner = uses(body)
        local = (inner.binds | _parameters(arguments)) - inner.declared
        self.deferred |= (inner.reads | inner.deferred | inner.declared) - local

    def visit_ClassDef(self, node: ast.ClassDef) -> None:  # noqa: D102
        self.binds.add(node.name)
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        inner = uses(node.body)
        self.reads |= inner.reads
        self.deferred |= inner.deferred

    def generic_visit(self, node: ast.AST) -> None:
        """Comprehensions have a scope of their own; everything else is walked through."""
        if isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        else:
            ast.NodeVisitor.generic_visit(self, node)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        inner = Uses(skip=self.skip)
        targets: set[str] = set()
        for generator in node.generators:
            found = uses([generator.target])
            targets |= found.binds
            inner.reads |= found.reads
            for part in (generator.iter, *generator.ifs):
                inner.visit(part)
        for value in _elements(node):
            inner.visit(value)
        self.reads |= inner.reads - targets
        self.deferred |= inner.deferred - targets
        self.binds |= inner.binds  # only `:=` can bind here, and it binds outside


def _elements(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> list[ast.expr]:
    return [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]


def _signature(arguments: ast.arguments) -> list[ast.expr]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    annotations = [argument.annotation for argument in every if argument.annotation is not None]
    return [*arguments.defaults, *(value for value in arguments.kw_defaults if value), *annotations]


def _parameters(arguments: ast.arguments) -> set[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {argument.arg for argument in (*every, arguments.vararg, arguments.kwarg) if argument is not None}


def parameters(function: Function) -> tuple[str, ...]:
    """The names of a function's parameters that can be given by position or keyword, in order."""
    arguments = function.args
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return tuple(argument.arg for argument in every)


def uses(nodes: Iterable[ast.AST], skip: ast.AST | None = None) -> Uses:
    """What a sequence of nodes reads and binds."""
    found = Uses(skip=skip)
    for node in nodes:
        found.visit(node)
    return found


def all_reads(node: ast.AST, skip: ast.AST | None = None) -> Names:
    """Every name that evaluating a node reads, now or in a nested function later."""
    found = uses([node], skip)
    return frozenset(found.reads | found.deferred)


def certainly_bound(statements: Sequence[ast.stmt]) -> Names:
    """The names that have a value for certain when these statements have run to their end."""
    bound: set[str] = set()
    for statement in statements:
        if isinstance(statement, ast.With | ast.AsyncWith):
            items = [item.optional_vars for item in statement.items if item.optional_vars]
            bound |= uses(items).binds | certainly_bound(statement.body)
        elif isinstance(statement, ast.If):
            bound |= certainly_bound(statement.body) & certainly_bound(statement.orelse)
        elif not isinstance(
            statement, ast.For | ast.AsyncFor | ast.While | ast.Try | ast.TryStar | ast.Match
        ):
            bound |= uses([statement]).binds
    return frozenset(bound - uses(statements).deletes)


@dataclass(frozen=True, slots=True)
class _Context:
    """Where control may go besides the next statement, and what is live there."""

    skip: ast.AST | None = None
    loop_exit: Names = NOTHING
    loop_head: Names = NOTHING
    raised: Names = NOTHING


def live_before(statements: Sequence[ast.stmt], skip: ast.AST | None = None) -> Names:
    """The names whose values these last statements of a function may read.

    `skip` is an expression among them that will not be evaluated.
    """
    return _block(statements, NOTHING, _Context(skip))


def _block(statements: Sequence[ast.stmt], after: Names, context: _Context) -> Names:
    live = after
    for statement in reversed(statements):
        live = _statement(statement, live, context) | context.raised
    return live


def _statement(node: ast.stmt, after: Names, context: _Context) -> Names:
    match node:
        case ast.Return() | ast.Raise():
            return all_reads(node, context.skip)
        case ast.Break():
            return context.loop_exit
        case ast.Continue():
            return context.loop_head
        case ast.If():
            branches = _block(node.body, after, context) | _block(node.orelse, after, context)
            return branches | all_reads(node.test, context.skip)
        case ast.For() | ast.AsyncFor() | ast.While():
            return _loop(node, after, context)
        case ast.With() | ast.AsyncWith():
            return _with(node, after, context)
        case ast.Try() | ast.TryStar():
            return _try(node, after, context)
        case ast.Match():
            return _match(node, after, context)
    found = uses([node], context.skip)
    return (after - found.binds) | found.reads | found.deferred


def _loop(node: ast.For | ast.AsyncFor | ast.While, after: Names, context: _Context) -> Names:
    endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
    ended = NOTHING if endless else _block(node.orelse, after, context)
    live = ended
    while True:
        inner = replace(context, loop_exit=after, loop_head=live)
        body = _block(node.body, live, inner)
        if isinstance(node, ast.While):
            again = ended | body | all_reads(node.test, context.skip)
        else:
            again = ended | (body - uses([node.target]).binds) | all_reads(node.target)
        if again == live:
            break
        live = again
    return live if isinstance(node, ast.While) else live | all_reads(node.iter, context.skip)


def _with(node: ast.With | ast.AsyncWith, after: Names, context: _Context) -> Names:
    # A context manager may swallow an exception: what the body binds may still be the old value.
    live = _block(node.body, after, replace(context, raised=context.raised | after))
    for item in reversed(node.items):
        if item.optional_vars is not None:
            found = uses([item.optional_vars])
            live = (live - found.binds) | found.reads
        live |= all_reads(item.context_expr, context.skip)
    return live


def _try(node: ast.Try | ast.TryStar, after: Names, context: _Context) -> Names:
    final = _block(node.finalbody, after, context)
    unwinding = context.raised | _block(node.finalbody, NOTHING, context)
    inner = replace(context, raised=unwinding)
    handlers = NOTHING
    for handler in node.handlers:
        body = _block(handler.body, final, inner) - ({handler.name} if handler.name else NOTHING)
        handlers |= body | (all_reads(handler.type) if handler.type else NOTHING)
    otherwise = _block(node.orelse, final, inner)
    return _block(node.body, otherwise, replace(context, raised=unwinding | handlers)) | handlers


def _match(node: ast.Match, after: Names, context: _Context) -> Names:
    live = after | all_reads(node.subject, context.skip)
    for case in node.cases:
        pattern = uses([case.pattern])
        body = _block(case.body, after, context) | (all_reads(case.guard) if case.guard else NOTHING)
        live |= (body - pattern.binds) | pattern.reads
    return live
