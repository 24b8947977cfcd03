"""How a main.py gets to `main`, and what later parts leave out of it.

Where the file works on its input before it calls `main` (takes a film apart and calls `main` for each
picture, say), that is done once, by the first part: the later ones parse their command line and call
`main` for the file they are given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aisprint_cli.codegen.arguments import entry_key
from aisprint_cli.codegen.component import Component
from aisprint_cli.codegen.names import Function, all_reads, parameters, uses
from aisprint_cli.codegen.statements import PATH_CALLS, READERS, called_name, is_alias
from aisprint_cli.diagnostics import Findings

_LOOKS: Final = (
    PATH_CALLS
    | READERS
    | frozenset({"debug", "error", "exists", "info", "is_dir", "is_file", "isdir", "isfile", "warning"})
)
_KEPT: Final = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global,
)  # fmt: skip
ENDS: Final = frozenset({"exit", "_exit", "SystemExit", "run", "print"})
_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Entry:
    """The statements that later parts leave out, and the call that they make instead.

    `owner` holds the parsed command line there, and is given to the `call` of `main`, through `vars`
    where `is_converted`. `ending` is what is done with the call (`sys.exit({})`). `binds` are the
    module-level variables that are made by what is left out.
    """

    owner: str
    left_out: tuple[ast.stmt, ...]
    call: ast.Call
    is_converted: bool
    ending: str
    binds: frozenset[str]

    @property
    def kept(self) -> tuple[ast.stmt, ...]:
        """Those of the statements that only make names known."""
        return tuple(node for node in self.left_out if isinstance(node, _KEPT))


def plan_entry(component: Component, findings: Findings) -> Entry | None:
    """What later parts leave out; None where they can begin as the whole component does.

    Where something would have to be left out and cannot be told from the rest, that is an error.
    """
    tree = component.source.tree
    for call in _main_calls(tree):
        block = _block(tree, call)
        worker = _first_work(component, block, call)
        if worker is None:
            continue
        entry = None if uses_result(tree) else _leave_out(component, block, worker, call)
        if entry is None:
            findings.error(
                "code.entry-uses-input",
                component.source.location(worker),
                "the input is worked on outside `main`, in a way that the later parts cannot leave out",
                why="The later parts are given what the part before handed over, not the component's input.",
                mend="Do that in `main`, before the inference; or parse the command line into one variable "
                "just before it, and give that variable to `main`.",
            )
        return entry
    return None


def _main_calls(tree: ast.Module) -> list[ast.Call]:
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "main"
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _block(tree: ast.Module, call: ast.Call) -> Sequence[ast.stmt]:
    """The statements that lead to a call of `main`: of the `if` or function around it, or the module's."""
    for statement in tree.body:
        if not any(node is call for node in ast.walk(statement)):
            continue
        for name in ("body", "orelse"):
            block: list[ast.stmt] = getattr(statement, name, [])
            if isinstance(statement, ast.If | ast.FunctionDef | ast.AsyncFunctionDef | ast.With) and any(
                node is call for inner in block for node in ast.walk(inner)
            ):
                return block
    return tree.body


def _leave_out(
    component: Component, block: Sequence[ast.stmt], worker: ast.stmt, call: ast.Call
) -> Entry | None:
    given = call.args[0] if call.args else None
    if not component.access.owner or given is None or len(call.args) + len(call.keywords) != 1:
        return None
    names = {node.id for node in ast.walk(given) if isinstance(node, ast.Name)}
    before = next(index for index, node in enumerate(block) if node is worker)
    parsed = _parsed(block[:before], names)
    if parsed is None:
        return None
    owner, first = parsed
    left_out = tuple(block[first:])
    if any(node is component.main for node in left_out):
        return None
    in_function = any(isinstance(node, _SCOPES) and block is node.body for node in component.source.tree.body)
    made = () if in_function else (node for node in left_out if not isinstance(node, _KEPT))
    return Entry(
        owner=owner,
        left_out=left_out,
        call=call,
        is_converted=called_name(given) == "vars",
        ending=_ending(component, left_out, call),
        binds=frozenset(uses(made).binds),
    )


def _ending(component: Component, statements: Iterable[ast.stmt], call: ast.Call) -> str:
    """What is done with the call of `main`, as a format: nothing, or the usual ways to end."""
    for node in (part for statement in statements for part in ast.walk(statement)):
        value = inner = node.value if isinstance(node, ast.Expr) else None
        while isinstance(inner, ast.Call) and inner is not call and called_name(inner) in ENDS and inner.args:
            inner = inner.args[0]
        if value is not None and inner is call:
            before = component.source.text[component.source.start(value) : component.source.start(call)]
            after = component.source.text[component.source.end(call) : component.source.end(value)]
            return f"{before.replace('{', '{{')}{{}}{after.replace('}', '}}')}"
    return "{}"


def _parsed(block: Sequence[ast.stmt], names: set[str]) -> tuple[str, int] | None:
    """The variable that is given to `main`, and the number of statements that make it of the command line."""
    for name in sorted(names):
        count = 0
        for index, statement in enumerate(block):
            if name not in uses([statement]).binds:
                continue
            parses = isinstance(statement, ast.Assign) and any(
                called_name(node).startswith("parse") for node in ast.walk(statement.value)
            )
            if not (parses or is_alias(statement, name)):
                break
            count = index + 1
        if count:
            return name, count
    return None


def _first_work(component: Component, block: Sequence[ast.stmt], call: ast.Call) -> ast.stmt | None:
    """The first statement that opens the input, replaces it, or calls `main` for something else."""
    key = component.access.input
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    owners = {node.id for value in given for node in ast.walk(value) if isinstance(node, ast.Name)}
    tainted: set[str] = set()
    for statement in block:
        if isinstance(statement, _KEPT):
            continue
        if _replaces(statement, owners, key) or _loops_over(statement, call):
            return statement
        for node in ast.walk(statement):
            if node is not call and _opens(node, owners, key, tainted, component):
                return statement
        if _reads(statement, owners, key, tainted):
            tainted |= uses([statement]).binds - owners
    return None


def _replaces(statement: ast.stmt, owners: Iterable[str], key: str) -> bool:
    return any(
        isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and any(entry_key(node, owner) == key for owner in owners)
        for node in ast.walk(statement)
    )


def _loops_over(statement: ast.stmt, call: ast.Call) -> bool:
    loops = [node for node in ast.walk(statement) if isinstance(node, ast.For | ast.While | ast.AsyncFor)]
    return any(node is call for loop in loops for node in ast.walk(loop))


def _reads(node: ast.AST, owners: Iterable[str], key: str, tainted: set[str]) -> bool:
    if all_reads(node) & tainted:
        return True
    return any(entry_key(part, owner) == key for part in ast.walk(node) for owner in owners)


def _opens(node: ast.AST, owners: set[str], key: str, tainted: set[str], component: Component) -> bool:
    """Whether a call does more with the input's path than to look at it."""
    if not isinstance(node, ast.Call) or any(entry_key(node, owner) == key for owner in owners):
        return False
    if called_name(node) in _LOOKS:
        return False
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    if isinstance(node.func, ast.Attribute):
        values.append(node.func.value)
    if any(_reads(value, owners, key, tainted) for value in values):
        return True
    helper = _function(component, called_name(node))
    whole = any(isinstance(value, ast.Name) and value.id in owners for value in values)
    return (
        whole
        and helper is not None
        and any(entry_key(part, name) == key for part in ast.walk(helper) for name in parameters(helper))
    )


def _function(component: Component, name: str) -> Function | None:
    found = [node for node in component.source.tree.body if isinstance(node, _SCOPES) and node.name == name]
    return found[-1] if found and found[-1] is not component.main else None


def uses_result(tree: ast.Module) -> bool:
    """Whether the file goes on with what `main` returns, beyond ending or printing with it."""
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for call in _main_calls(tree):
        parent = parents[id(call)]
        while isinstance(parent, ast.Await) or called_name(parent) in ENDS:
            parent = parents[id(parent)]
        if not isinstance(parent, ast.Expr | ast.Raise):
            return True
    return False
