"""What the second part of a component needs from before the inference, and how it gets each of it.

A local variable that the rest of `main` may read is *carried* as a value, or *made again* by
repeating its statements where a value would be wrong or cannot be carried: imports, functions, the
parsed command line, and whatever comes from the output path or the model path, which every part has
of its own. A variable that must be made again but cannot is an error with its position.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aisprint_cli.codegen.arguments import ArgumentAccess, Style, entry_key
from aisprint_cli.codegen.component import Component
from aisprint_cli.codegen.entry import Entry, plan_entry
from aisprint_cli.codegen.module import changed_globals
from aisprint_cli.codegen.names import (
    Names,
    all_reads,
    certainly_bound,
    live_before,
    parameters,
    uses,
)
from aisprint_cli.codegen.statements import (
    PATH_CALLS,
    READERS,
    bound_by,
    called_name,
    evaluated_by,
    filled_by,
    is_alias,
    is_definition,
    leaves,
    own_nodes,
    simple_statements,
)
from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError

_DIRECTORY_MAKERS: Final = frozenset({"makedirs", "mkdir"})
_REPEATED = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Expr,
    ast.If,
    ast.Try,
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Delete,
)


@dataclass(frozen=True)
class Carry:
    """The plan.

    `preamble` is how many statements of `main` every part starts with (those that parse the command
    line). `again` are the statements of the head that the second part repeats. `certain` and
    `possible` are the local variables to carry: with a value for certain, or perhaps. `module` are
    module-level variables to carry. `own` are the keys of the command line that each part has of its
    own. `needs_input`: the rest reads the name of the original input file; `may_change`: the head may
    change entries; `may_end`: the head may end `main` before the inference. `entry` is set where later
    parts leave out statements before the call of `main`; they may have made entries, so all that the rest
    reads (`read`, None for any) are carried.
    """

    preamble: int
    again: tuple[ast.stmt, ...]
    certain: tuple[str, ...]
    possible: tuple[str, ...]
    module: tuple[str, ...]
    declared: tuple[str, ...]
    own: tuple[str, ...]
    needs_input: bool
    may_change: bool
    may_end: bool
    entry: Entry | None
    read: tuple[str, ...] | None


def plan_carry(component: Component) -> Carry:
    """Decide for everything that the rest of `main` reads.

    Raises:
        InvalidInputError: where something can neither be carried nor made again, with positions.
    """
    findings = Findings()
    preamble = _preamble(component, findings)
    analysis = _Analysis(component, preamble, findings)
    needed = live_before(component.tail, component.call.inputs)
    again = analysis.repeated(needed)
    carried = analysis.carried(needed, again)
    entry = plan_entry(component, findings)
    if findings.has_errors:
        path = component.source.path
        raise InvalidInputError(f"{path} cannot be split at its inference.", findings.sorted())
    statements = [*again, *component.tail]
    read = _keys_read(component, statements)
    declared = uses(component.head).declared
    certain = analysis.certain & carried
    return Carry(
        preamble=preamble,
        again=again,
        certain=tuple(sorted(certain)),
        possible=tuple(sorted(carried - certain)),
        module=changed_globals(component, declared, entry.binds if entry else (), statements),
        declared=tuple(sorted(declared)),
        own=tuple(sorted(analysis.own)),
        needs_input=bool(component.access.owner) and (read is None or component.access.input in read),
        may_change=entry is not None or _may_change(component.access, component.head[preamble:]),
        may_end=_may_end(component.head[preamble:]),
        entry=entry,
        read=read,
    )


def _preamble(component: Component, findings: Findings) -> int:
    """How many statements lead up to the parsed command line being in its variable for good."""
    owner = component.access.owner
    docstring = 1 if ast.get_docstring(component.main, clean=False) is not None else 0
    if not owner:
        return docstring
    binding = [index for index, node in enumerate(component.head) if owner in uses([node]).binds]
    if not binding:
        return docstring
    count = binding[-1] + 1
    for statement in component.head[:count]:
        early = [
            node for node in ast.walk(statement) if _key(component.access, node) == component.access.input
        ]
        if early:
            findings.error(
                "code.arguments-rebound",
                component.source.location(component.head[binding[-1]]),
                f"`{owner}` is assigned again after the input was used on line {statement.lineno}",
                why=f"Each part has a command line of its own, and makes `{owner}` before anything else.",
                mend="Parse and convert the command line first, or give the new value another name.",
            )
    return count


def _key(access: ArgumentAccess, node: ast.AST) -> str | None:
    return access.key_of(node) if isinstance(node, ast.expr) else None


class _Analysis:
    """Which statements of the head must run again, and why."""

    def __init__(self, component: Component, preamble: int, findings: Findings) -> None:
        self._component = component
        self._access = component.access
        self._findings = findings
        self._first = preamble
        self._statements = component.head[preamble:]
        call = component.call
        early = component.head[:preamble]
        self._bound = (
            frozenset(
                uses(self._statements).binds | uses([call.inputs, call.model]).binds | self._parameter_input()
            )
            - uses(component.head).declared
        )
        self.certain = (
            certainly_bound(self._statements)
            | uses([call.inputs]).binds
            | (frozenset(parameters(component.main)) & self._bound)
            | (certainly_bound(early) & self._bound)
        ) - uses(self._statements).deletes
        self._helpers = {
            node.name: node
            for node in component.source.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        self._definitions = {
            name
            for node in simple_statements(self._statements)
            if is_definition(node)
            for name in bound_by(node)
        }
        self.own = {self._access.output} | self._model_keys()
        self._again = self._names_to_make_again()

    def _parameter_input(self) -> set[str]:
        return {self._access.input} if self._access.style is Style.PARAMETER else set()

    def _model_keys(self) -> set[str]:
        """The entries that the path of the model comes from, directly or through variables."""
        keys: set[str] = set()
        pending: list[ast.AST] = [self._component.call.model]
        seen: set[str] = set()
        while pending:
            node = pending.pop()
            keys |= {key for part in ast.walk(node) if (key := _key(self._access, part)) is not None}
            for name in all_reads(node) - seen:
                seen.add(name)
                pending.extend(self._binders(name))
        return keys - {self._access.input}

    def _binders(self, name: str) -> list[ast.stmt]:
        return [node for node in self._statements if name in uses([node]).binds]

    def _names_to_make_again(self) -> Names:
        names = set(all_reads(self._component.call.model) & self._bound)
        for statement in simple_statements(self._statements):
            if is_definition(statement) or is_alias(statement, self._access.owner):
                names |= bound_by(statement)
        while True:
            more = {
                name
                for statement in simple_statements(self._statements)
                if self._derives(statement, names)
                for name in bound_by(statement)
            }
            if more <= names:
                return frozenset(names & self._bound)
            names |= more

    def _derives(self, statement: ast.stmt, names: set[str]) -> bool:
        """Whether what a statement binds belongs to the part that runs it."""
        if is_definition(statement):
            return False
        # What a session says of the model's inputs is true of the first part only, so it is carried.
        if any(isinstance(node, ast.Attribute) and node.attr == "get_inputs" for node in ast.walk(statement)):
            return False
        evaluated = evaluated_by(statement)
        own = any(self._reads_key(part, self.own) for node in evaluated for part in ast.walk(node))
        return own or bool(uses(evaluated).reads & (names - self._definitions))

    def _reads_key(self, node: ast.AST, keys: set[str]) -> bool:
        """Whether a node reads one of these entries, itself or in the helper function it calls."""
        if _key(self._access, node) in keys:
            return True
        helper = self._helpers.get(called_name(node))
        if helper is None or not isinstance(node, ast.Call) or not self._access.owner:
            return False
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not any(isinstance(value, ast.Name) and value.id == self._access.owner for value in given):
            return False
        return any(
            entry_key(part, parameter) in keys
            for part in ast.walk(helper)
            for parameter in parameters(helper)
        )

    def repeated(self, needed: Names) -> tuple[ast.stmt, ...]:
        """The statements to repeat, in order, when these names are read later."""
        chosen = {index for index, node in enumerate(self._statements) if self._is_preparation(node)}
        pending = set(needed & self._again)
        for index in chosen:
            pending |= all_reads(self._statements[index]) & self._again
        done: set[str] = set()
        while pending - done:
            name = (pending - done).pop()
            done.add(name)
            for index, statement in enumerate(self._statements):
                if name in uses([statement]).binds:
                    chosen.add(index)
                    pending |= all_reads(statement) & self._again
        result = [self._statements[index] for index in sorted(chosen)]
        self._check_repeated(result, needed)
        self._check_untouched(done - self._definitions)
        return tuple(result)

    def _is_preparation(self, statement: ast.stmt) -> bool:
        """Whether a statement prepares the place of the output: makes its folder, changes its entry."""
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AugAssign) else targets
        if any(_key(self._access, target) in self.own for target in targets):
            return self._access.style is not Style.PARAMETER
        if not isinstance(statement, ast.Expr | ast.If):
            return False
        makes = any(called_name(node) in _DIRECTORY_MAKERS for node in ast.walk(statement))
        own = any(_key(self._access, node) in self.own for node in ast.walk(statement))
        return makes and (own or bool(all_reads(statement) & self._again))

    def _check_repeated(self, statements: Sequence[ast.stmt], needed: Names) -> None:
        read_later = needed.union(*(all_reads(node) for node in statements))
        for statement in statements:
            allowed = isinstance(statement, _REPEATED) and not leaves(statement)
            others = (uses([statement]).binds & read_later & self._bound) - self._again
            if not allowed or others or self._opens_input(statement):
                self._refuse(statement, others)
            self._check_stable(statement)

    def _opens_input(self, statement: ast.stmt) -> bool:
        """Whether a statement that must run again works on the input, which the second part has not."""
        if is_definition(statement):
            return False
        for call in ast.walk(statement):
            if self._reads_key(call, {self._access.input}) and _key(self._access, call) is None:
                return True
            if isinstance(call, ast.Call) and called_name(call) not in PATH_CALLS:
                values = [*call.args, *(keyword.value for keyword in call.keywords)]
                if any(
                    _key(self._access, part) == self._access.input for v in values for part in ast.walk(v)
                ):
                    return True
        return False

    def _check_stable(self, statement: ast.stmt) -> None:
        """A statement that runs again must find the values it found the first time."""
        index = self._statements.index(statement)
        for name in (uses([statement]).reads & self._bound) - self._again:
            later = [node for node in self._statements[index:] if name in uses([node]).binds]
            if later:
                self._refuse(statement, {name})

    def _check_untouched(self, names: set[str]) -> None:
        """What is made again is as new: the head must not have worked on it in between."""
        for statement in simple_statements(self._statements):
            call = statement.value if isinstance(statement, ast.Expr) else None
            if not isinstance(call, ast.Call) or called_name(call) in _DIRECTORY_MAKERS:
                continue
            objects = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            objects += [keyword.value for keyword in call.keywords if keyword.arg == "file"]
            for node in objects:
                if isinstance(node, ast.Name) and node.id in names:
                    self._refuse(statement, (), node.id)

    def _refuse(self, statement: ast.stmt, others: Iterable[str], name: str = "") -> None:
        names = [name] if name else sorted(uses([statement]).binds & self._again) or ["this"]
        mixed = ", ".join(f"`{name}`" for name in sorted(others))
        self._findings.error(
            "code.not-repeatable",
            self._component.source.location(statement),
            f"`{names[0]}` belongs to the part that runs, and cannot be made again in the second part"
            + (f" without {mixed}" if mixed else ""),
            why="It comes from the output path, the model or a definition that cannot be carried as a value, "
            "and its statement does more than make it.",
            mend=f"Make `{names[0]}` in a simple statement of its own at the first level of `main`, or after "
            "the inference.",
        )

    def carried(self, needed: Names, again: Sequence[ast.stmt]) -> Names:
        """The local variables whose values go to the second part."""
        wanted = set(needed)
        for statement in again:
            wanted |= all_reads(statement)
        found = frozenset(wanted & self._bound) - self._again - {self._access.owner}
        for statement in simple_statements(self._statements):
            if self._derives(statement, set(self._again)):
                for name in sorted(filled_by(statement) & found):
                    self._refuse(statement, (), name)
        return found


def _may_end(statements: Iterable[ast.stmt]) -> bool:
    for statement in statements:
        for node in own_nodes(statement):
            if isinstance(node, ast.Return) or called_name(node) in {"exit", "quit", "SystemExit"}:
                return True
    return False


def _bare_uses(access: ArgumentAccess, nodes: Iterable[ast.AST]) -> list[tuple[ast.Name, ast.AST | None]]:
    """Where the command line as a whole is used, each with the call whose argument it is."""
    found: list[tuple[ast.Name, ast.AST | None]] = []
    pending: list[tuple[ast.AST, ast.AST | None]] = [(node, None) for node in nodes]
    while pending:
        node, parent = pending.pop()
        if _key(access, node) is not None:
            continue
        if isinstance(node, ast.Name) and node.id == access.owner:
            found.append((node, parent))
        pending.extend((child, node) for child in ast.iter_child_nodes(node))
    return found


def _keys_read(component: Component, statements: Sequence[ast.stmt]) -> tuple[str, ...] | None:
    """The entries of the command line that the rest reads; None where it may be any."""
    access, skipped = component.access, component.call.inputs
    if not access.owner:
        return ()
    ignored = {id(node) for node in ast.walk(skipped)}
    if any(id(name) not in ignored for name, _ in _bare_uses(access, statements)):
        return None
    nodes = [node for statement in statements for node in ast.walk(statement) if id(node) not in ignored]
    return tuple(sorted({key for node in nodes if (key := _key(access, node)) is not None}))


def _may_change(access: ArgumentAccess, statements: Sequence[ast.stmt]) -> bool:
    if not access.owner:
        return False
    for statement in statements:
        for node in ast.walk(statement):
            stored = isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load)
            if stored and access.owner in all_reads(node):
                return True
    for _, parent in _bare_uses(access, statements):
        if isinstance(parent, ast.Call) and called_name(parent) not in READERS:
            return True
        if not isinstance(parent, ast.Call):
            return True
    return False
