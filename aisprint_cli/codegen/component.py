"""What a component's main.py consists of: its `main`, the one inference call in it, its arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from aisprint_cli.codegen.arguments import ArgumentAccess, find_access
from aisprint_cli.codegen.model_path import ModelPath, find_model_paths, is_model_path
from aisprint_cli.codegen.names import Function
from aisprint_cli.codegen.text import Edit, SourceText
from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError

INFERENCE: Final = "load_and_inference"
_MODULE: Final = "aisprint.onnx_inference"
_MODEL_KEYWORD: Final = "onnx_file"
_INPUT_KEYWORD: Final = "input_dict"
_CALL_ARGUMENTS: Final = 2
_DYNAMIC: Final = frozenset({"eval", "exec", "locals"})


@dataclass(frozen=True)
class InferenceCall:
    """The call that the component is split at; it is evaluated once, in `main.body[index]`."""

    node: ast.Call
    model: ast.expr
    inputs: ast.expr
    index: int


@dataclass(frozen=True)
class Component:
    """A main.py that can be split, so far as its shape goes."""

    source: SourceText
    main: Function
    call: InferenceCall
    access: ArgumentAccess
    model_paths: tuple[ModelPath, ...]

    @property
    def head(self) -> list[ast.stmt]:
        """The statements of `main` before the one with the call."""
        return self.main.body[: self.call.index]

    @property
    def statement(self) -> ast.stmt:
        """The statement with the call."""
        return self.main.body[self.call.index]

    @property
    def tail(self) -> list[ast.stmt]:
        """The statement with the call and all after it."""
        return self.main.body[self.call.index :]

    def model_edits(self, name: str) -> list[Edit]:
        """The edits that put the model file `name` in the place of the whole model."""
        return [path.edit(name) for path in self.model_paths]


def read_component(text: str, path: str, model_file: str) -> Component:
    """Find everything that splitting needs to know.

    Raises:
        InvalidInputError: with every reason why it cannot be split, each with its position.
    """
    source = SourceText(text, path)
    findings = Findings()
    main = _find_main(source, findings)
    call = _find_call(source, main, model_file, findings) if main else None
    access = find_access(source, main, findings) if main else None
    model_paths = _find_model_paths(source, main, model_file, call, findings)
    if main:
        _check_dynamic(source, main, call, findings)
    if findings.has_errors or main is None or call is None or access is None:
        raise InvalidInputError(f"{path} cannot be split at its inference.", findings.sorted())
    return Component(source, main, call, access, model_paths)


def _find_main(source: SourceText, findings: Findings) -> Function | None:
    found = [
        node
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "main"
    ]
    if not found:
        findings.error(
            "code.no-main",
            source.location(_first(source)),
            "there is no function `main` at module level",
            why="A component is split inside its `main`.",
            mend="Define `def main(args):` at the top level of the file, outside any `if` or class.",
        )
        return None
    main = found[-1]
    if len(found) > 1:
        findings.error(
            "code.several-mains",
            source.location(main),
            f"`main` is defined {len(found)} times, first on line {found[0].lineno}",
            why="Only the last definition is in force, and it is not clear which one is meant.",
            mend="Keep one of them.",
        )
    elif (
        main.body[0].lineno == main.lineno
        or source.text[source.line_start(source.start(main.body[0])) : source.start(main.body[0])].strip()
    ):
        findings.error(
            "code.one-line-main",
            source.location(main.body[0]),
            "the body of `main` stands on the line of its `def`",
            why="Statements are put between those of `main`, which need lines of their own.",
            mend="Start the body on a line of its own.",
        )
    return main


def _find_call(
    source: SourceText, main: Function, model_file: str, findings: Findings
) -> InferenceCall | None:
    calls = _inference_calls(source.tree)
    if len(calls) > 1:  # calls that name another model by a constant do not count
        calls = [node for node in calls if not _names_other_model(node, model_file)] or calls
    if len(calls) != 1:
        _report_count(source, main, calls, findings)
        return None
    node = calls[0]
    path = _path_to(main.body, node)
    if path is None:
        findings.error(
            "code.call-in-helper",
            source.location(node),
            f"`{INFERENCE}` is called outside `main`",
            why="The parts are cut at a statement of `main`; the rest of a helper cannot be carried over.",
            mend="Let helpers prepare the inputs and use the results, and make the call in `main` itself.",
        )
        return None
    obstacle = _obstacle(path)
    if obstacle is not None:
        findings.error(
            "code.call-not-straight",
            source.location(node),
            f"`{INFERENCE}` is called inside {obstacle}",
            why="The first part ends at the call and the second goes on behind it; a block, a condition or a "
            "loop around the call cannot be left in one program and entered in another.",
            mend=f"Make the call in a statement of its own at the first level of `main`: "
            f"`return_dict, result = {INFERENCE}(args['onnx_file'], input_dict)`.",
        )
        return None
    arguments = _call_arguments(source, node, findings)
    if arguments is None:
        return None
    index = next(number for number, statement in enumerate(main.body) if statement is path[0])
    return InferenceCall(node, *arguments, index)


def _report_count(source: SourceText, main: Function, calls: list[ast.Call], findings: Findings) -> None:
    for node in calls:
        findings.error(
            "code.several-calls",
            source.location(node),
            f"`{INFERENCE}` is called {len(calls)} times",
            why="A component is split at one call, and each of these may be it.",
            mend="Call it once for the partitionable model; run other models with a constant path or with "
            "onnxruntime directly.",
        )
    if not calls:
        findings.error(
            "code.no-call",
            source.location(main),
            f"`main` never calls `{INFERENCE}`",
            why="The model of a partitionable component is run, and split, at that call.",
            mend=f"Import it (`from {_MODULE} import {INFERENCE}`) and call it in `main`.",
        )


def _inference_calls(tree: ast.Module) -> list[ast.Call]:
    names = {INFERENCE}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == _MODULE:
            names |= {alias.asname or alias.name for alias in node.names if alias.name == INFERENCE}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found = [
        node
        for node in calls
        if (isinstance(node.func, ast.Name) and node.func.id in names)
        or (isinstance(node.func, ast.Attribute) and node.func.attr == INFERENCE)
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _names_other_model(call: ast.Call, model_file: str) -> bool:
    model = next(
        (keyword.value for keyword in call.keywords if keyword.arg == _MODEL_KEYWORD),
        call.args[0] if call.args else None,
    )
    text = model.value if isinstance(model, ast.Constant) else None
    return isinstance(text, str) and not is_model_path(text, model_file)


def _call_arguments(
    source: SourceText, node: ast.Call, findings: Findings
) -> tuple[ast.expr, ast.expr] | None:
    given: dict[str | None, ast.expr] = {keyword.arg: keyword.value for keyword in node.keywords}
    starred = None in given or any(isinstance(value, ast.Starred) for value in node.args)
    positional: dict[str | None, ast.expr] = dict(
        zip((_MODEL_KEYWORD, _INPUT_KEYWORD), node.args, strict=False)
    )
    if (
        starred
        or len(node.args) + len(given) != _CALL_ARGUMENTS
        or {*positional, *given} != {_MODEL_KEYWORD, _INPUT_KEYWORD}
    ):
        findings.error(
            "code.call-arguments",
            source.location(node),
            f"`{INFERENCE}` is not called with a model and a dictionary of inputs",
            why="Each part gets its own model, and the second one other inputs: they must be told apart.",
            mend=f"Write `{INFERENCE}(args['onnx_file'], input_dict)`, without `*` or `**`.",
        )
        return None
    both = {**positional, **given}
    return both[_MODEL_KEYWORD], both[_INPUT_KEYWORD]


def _path_to(children: Iterable[ast.AST], target: ast.AST) -> list[ast.AST] | None:
    """The nodes from one of `children` down to `target`."""
    for child in children:
        if child is target:
            return [child]
        below = _path_to(ast.iter_child_nodes(child), target)
        if below is not None:
            return [child, *below]
    return None


_HEADERS: Final[dict[type[ast.AST], str]] = {
    ast.If: "test",
    ast.For: "iter",
    ast.AsyncFor: "iter",
    ast.Match: "subject",
}
_OBSTACLES: Final[dict[type[ast.AST], str]] = {
    ast.If: "an `if`",
    ast.For: "a `for` loop",
    ast.AsyncFor: "an `async for` loop",
    ast.While: "a `while` loop",
    ast.With: "a `with` block",
    ast.AsyncWith: "an `async with` block",
    ast.Try: "a `try`",
    ast.TryStar: "a `try`",
    ast.Match: "a `match`",
    ast.FunctionDef: "a nested function",
    ast.AsyncFunctionDef: "a nested function",
    ast.ClassDef: "a class",
    ast.Lambda: "a lambda",
    ast.IfExp: "a conditional expression",
    ast.BoolOp: "an `and` or `or`",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a generator expression",
    ast.Assert: "an `assert`",
}


def _obstacle(path: list[ast.AST]) -> str | None:
    """What keeps the call from being evaluated exactly once, in words; None where nothing does."""
    for depth, (outer, inner) in enumerate(pairwise(path)):
        header = _HEADERS.get(type(outer)) if depth == 0 else None
        if header is not None and getattr(outer, header) is inner:
            continue
        if type(outer) in _OBSTACLES:
            return _OBSTACLES[type(outer)]
    return None


def _find_model_paths(
    source: SourceText,
    main: Function | None,
    model_file: str,
    call: InferenceCall | None,
    findings: Findings,
) -> tuple[ModelPath, ...]:
    found = tuple(find_model_paths(source, main, model_file))
    if not found:
        place = call.model if call else (main or _first(source))
        findings.error(
            "code.no-model-path",
            source.location(place),
            f"no string in the file is the path of the model {model_file}",
            why="Each part runs its own model, which is put in the place of this path.",
            mend=f"Give it as a default: `add_argument('-y', '--onnx_file', default='onnx/{model_file}')`.",
        )
    return found


def _first(source: SourceText) -> ast.stmt:
    return source.tree.body[0] if source.tree.body else ast.Pass(lineno=1, col_offset=0)


def _check_dynamic(
    source: SourceText, main: Function, call: InferenceCall | None, findings: Findings
) -> None:
    """Refuse what reads variables in a way that the text does not show."""
    for statement in main.body[call.index :] if call else ():
        for node in ast.walk(statement):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name in _DYNAMIC or (name == "vars" and isinstance(node, ast.Call) and not node.args):
                assert isinstance(node, ast.Call)  # noqa: S101
                findings.error(
                    "code.dynamic-names",
                    source.location(node),
                    f"`{name}` is called after the inference",
                    why="Which variables it reads cannot be seen, and so not be carried to the second part.",
                    mend="Name the variables, in a dictionary for instance.",
                )
