"""How `main` gets at the command line: through a dictionary, a namespace, or parameters of its own."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aisprint_cli.codegen.names import Function, parameters
from aisprint_cli.codegen.text import SourceText
from aisprint_cli.diagnostics import Findings

INPUT: Final = "input"
OUTPUT: Final = "output"
_PARSERS: Final = frozenset({"parse_args", "parse_known_args", "parse_intermixed_args"})


class Style(StrEnum):
    """How an entry is written."""

    ITEM = "item"
    ATTRIBUTE = "attribute"
    PARAMETER = "parameter"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ArgumentAccess:
    """Where the command line is in `main`.

    `owner` is the variable that holds it (empty where each entry is a parameter of `main`);
    `input` and `output` are the keys of the options `-i` and `-o`.
    """

    owner: str
    style: Style
    input: str = INPUT
    output: str = OUTPUT

    def key_of(self, node: ast.AST) -> str | None:
        """The key of the entry that an expression reads or sets, None for any other expression."""
        return entry_key(node, self.owner) if self.owner else self._parameter(node)

    def _parameter(self, node: ast.AST) -> str | None:
        return node.id if isinstance(node, ast.Name) and node.id in (self.input, self.output) else None

    def expression(self, key: str, segments: str) -> str:
        """Python for the entry `key`; `segments` is the name of the imported library module."""
        match self.style:
            case Style.ITEM:
                return f"{self.owner}[{key!r}]"
            case Style.ATTRIBUTE:
                return f"{self.owner}.{key}"
            case Style.PARAMETER:
                return key
            case Style.UNKNOWN:
                return f"{segments}.argument({self.owner}, {key!r})"


def entry_key(node: ast.AST, owner: str) -> str | None:
    """The key where a node is `owner['key']`, `owner.key`, `owner.get('key')` or `vars(owner)['key']`."""
    match node:
        case ast.Subscript(value=base, slice=ast.Constant(value=str(key))):
            return key if _is_owner(base, owner) else None
        case ast.Call(func=ast.Attribute(value=base, attr="get"), args=[ast.Constant(value=str(key)), *_]):
            return key if _is_owner(base, owner) else None
        case ast.Call(func=ast.Name(id="getattr"), args=[base, ast.Constant(value=str(key)), *_]):
            return key if _is_owner(base, owner) else None
        case ast.Attribute(value=ast.Name(id=name), attr=key):
            return key if name == owner else None
    return None


def _is_owner(node: ast.AST, owner: str) -> bool:
    match node:
        case ast.Name(id=name):
            return name == owner
        case ast.Call(func=ast.Name(id="vars"), args=[ast.Name(id=name)]):
            return name == owner
        case ast.Attribute(value=ast.Name(id=name), attr="__dict__"):
            return name == owner
    return False


def find_access(source: SourceText, main: Function, findings: Findings) -> ArgumentAccess | None:
    """How `main` reads its options; None, with a finding, where that cannot be seen."""
    keys = (
        _option_key(source.tree, ("-i", "--input"), INPUT),
        _option_key(source.tree, ("-o", "--output"), OUTPUT),
    )
    given = parameters(main)
    candidates = tuple(dict.fromkeys((*given, *_parsed_names(main), *_parsed_names(source.tree))))
    for key in reversed(keys):
        for owner in candidates:
            style = _style(main, owner, key)
            if style is not None:
                return ArgumentAccess(owner, style, *keys)
    if all(key in given for key in keys):
        return ArgumentAccess("", Style.PARAMETER, *keys)
    if given and not _indexed(main, given[0]):
        return ArgumentAccess(given[0], Style.UNKNOWN, *keys)
    findings.error(
        "code.no-arguments",
        source.location(main),
        f"it is not clear where `main` has the options {keys[0]!r} and {keys[1]!r}",
        why="The first part writes to the output, and the second reads the input, of its command line.",
        mend="Give the parsed options to `main`: `main(vars(parser.parse_args()))` with `def main(args):`.",
    )
    return None


def _style(main: Function, owner: str, key: str) -> Style | None:
    found = [node for node in ast.walk(main) if entry_key(node, owner) == key]
    if not found:
        return None
    if any(isinstance(node, ast.Attribute) for node in found):
        return Style.ATTRIBUTE
    plain = [node for node in found if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)]
    return Style.ITEM if plain else Style.UNKNOWN


def _indexed(main: Function, name: str) -> bool:
    """Whether a parameter is a list, such as `sys.argv`."""
    return any(
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, int)
        for node in ast.walk(main)
    )


def _parsed_names(scope: ast.AST) -> list[str]:
    """The variables that a scope assigns from a parsed command line, directly or through `vars`."""
    found: list[str] = []
    for node in _own_nodes(scope):
        if isinstance(node, ast.Assign) and any(map(_parses, ast.walk(node.value))):
            for target in node.targets:
                first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
                if isinstance(first, ast.Name):
                    found.append(first.id)
    return found


def _parses(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PARSERS


def _own_nodes(scope: ast.AST) -> list[ast.AST]:
    nodes: list[ast.AST] = []
    pending = list(ast.iter_child_nodes(scope))
    while pending:
        node = pending.pop(0)
        nodes.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return nodes


def _option_key(tree: ast.Module, options: tuple[str, str], default: str) -> str:
    """The name under which argparse stores an option that goes by one of two flags."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        flags = [value.value for value in node.args if isinstance(value, ast.Constant)]
        if node.func.attr != "add_argument" or not set(options) & set(flags):
            continue
        for keyword in node.keywords:
            if keyword.arg == "dest" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
        names = [str(flag) for flag in flags]
        long = next((flag for flag in names if flag.startswith("--")), names[0])
        return long.lstrip("-").replace("-", "_")
    return default
