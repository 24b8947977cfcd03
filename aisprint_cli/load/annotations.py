"""The annotations on a component's `main`, read from its syntax tree; user code is never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.decorators import WHOLE, Resolved, Scope, read_scope, top_level
from aisprint_cli.load.documents.annotations import ANNOTATIONS
from aisprint_cli.load.literals import Literals
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.shapes import scalars
from aisprint_cli.load.shapes.reader import INVALID, Reader
from aisprint_cli.load.suggestions import closest, misspelling_of

_ENTRY = "main"
_BARE = "exec_time"  # the only annotation that means something without brackets: measure, no limit


@dataclass(frozen=True, slots=True)
class AnnotatedCode:
    """What one `main.py` declares. `values` holds the sound arguments of each annotation.

    `arguments` keeps the nodes of the arguments and `places` that of each annotation, for positions;
    `functions` are the names of its module-level functions, imported names included; `runs` says
    whether starting the file runs anything.
    """

    path: str
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    arguments: Mapping[str, MappingNode] = field(default_factory=dict)
    places: Mapping[str, Location] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
    main: Location | None = None
    runs: bool = True

    def given(self, annotation: str) -> frozenset[str]:
        """The arguments that an annotation is given a value for, sound or not."""
        node = self.arguments.get(annotation)
        pairs = node.value if node else ()
        return frozenset(str(key.value) for key, value in pairs if value.tag != scalars.NULL)

    @property
    def component(self) -> str | None:
        """The name it declares, if it declares a sound one."""
        name = self.values.get("component_name", {}).get("name")
        return name if isinstance(name, str) else None


def read_annotations(path: str, source: bytes, reporter: Reporter) -> AnnotatedCode | None:
    """What a `main.py` declares, or None when it is not Python.

    Args:
        path: where the file is, relative to the application directory.
        source: its bytes.
        reporter: takes what is wrong.

    """
    module = _parse(path, source, reporter)
    if module is None:
        return None
    try:
        return _Extraction(path, source.decode("utf-8", "replace"), module, reporter).run()
    except RecursionError:
        reporter.report("code.syntax", Location(path), "The code is nested too deep to be read.")
        return None


def _parse(path: str, source: bytes, reporter: Reporter) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        location = Location(path, max(error.lineno or 1, 1), max(error.offset or 1, 1))
        reporter.report("code.syntax", location, f"Python cannot read this: {error.msg}.")
    except (ValueError, RecursionError, MemoryError) as error:
        reporter.report("code.syntax", Location(path), f"Python cannot read this: {error}.")
    return None


class _Extraction:
    """Reads one module; the findings of all its annotations are reported on the way."""

    def __init__(self, path: str, text: str, module: ast.Module, reporter: Reporter) -> None:
        self._path = path
        self._reporter = reporter
        self._statements = list(top_level(module.body))
        self._scope: Scope = read_scope(module)
        self._literals = Literals(path, text, reporter.report, self._scope.constants)
        self._nodes: dict[str, MappingNode] = {}
        self._places: dict[str, Location] = {}

    def run(self) -> AnnotatedCode:
        """All annotations of `main`, checked against their shapes."""
        functions = [
            item for item in self._statements if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        main = self._main(functions)
        for function in functions:
            if function is not main and function.name != _ENTRY:
                self._report_misplaced(function)
        for decorator in main.decorator_list if main else ():
            resolved = self._scope.resolve(decorator)
            if resolved is not None:
                self._read_decorator(decorator, resolved)
        values = {name: self._check(name, node) for name, node in self._nodes.items()}
        return AnnotatedCode(
            path=self._path,
            values={name: value for name, value in values.items() if value is not INVALID},
            arguments=self._nodes,
            places=self._places,
            functions=frozenset({function.name for function in functions} | set(self._scope.imports)),
            main=self._literals.at(main) if main else None,
            runs=any(_runs_something(statement) for statement in self._statements),
        )

    def _main(self, functions: list[ast.FunctionDef | ast.AsyncFunctionDef]) -> ast.FunctionDef | None:
        found = [function for function in functions if function.name == _ENTRY]
        if not found:
            self._reporter.report(
                "code.no-main", Location(self._path), "There is no module-level `def main`."
            )
            return None
        if len(found) > 1:
            message = f"`main` is already defined at line {found[0].lineno}."
            self._reporter.report("code.several-mains", self._literals.at(found[-1]), message)
        last = found[-1]
        if isinstance(last, ast.AsyncFunctionDef):
            self._reporter.report("code.async-main", self._literals.at(last), "`main` is declared async.")
            return None
        return last

    def _report_misplaced(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in function.decorator_list:
            resolved = self._scope.resolve(decorator)
            if resolved is not None and resolved.is_known:
                message = f"`{resolved.name}` is put on `{function.name}`, not on `main`."
                self._reporter.report("annotation.not-on-main", self._literals.at(decorator), message)

    def _read_decorator(self, decorator: ast.expr, resolved: Resolved) -> None:
        location = self._literals.at(decorator)
        if not resolved.is_known:
            self._report_unknown(resolved.name, resolved.meant, location)
        elif not isinstance(decorator, ast.Call) and resolved.name == _BARE:
            place = self._literals.place(decorator)
            empty = MappingNode(tag="tag:yaml.org,2002:map", value=[], start_mark=place, end_mark=place)
            self._add(resolved.name, location, empty)
        elif not isinstance(decorator, ast.Call):
            message = f"`@{resolved.name}` is not called."
            mend = f"Write `@{resolved.name}(...)` with its arguments in the brackets."
            self._reporter.report("annotation.not-called", location, message, mend=mend)
        elif resolved.name == WHOLE:
            self._read_whole(decorator)
        else:
            self._add(resolved.name, location, self._call_arguments(resolved.name, decorator))

    def _report_unknown(self, name: str, meant: str | None, location: Location) -> None:
        message = f"There is no annotation `{name}`" + (f"; did you mean `{meant}`?" if meant else ".")
        mend = f"Write `{meant}`." if meant else ""
        self._reporter.report("annotation.unknown", location, message, mend=mend)

    def _read_whole(self, call: ast.Call) -> None:
        """The form with one dict of all annotations."""
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        node = self._literals.node(values[0]) if len(values) == 1 else None
        if not isinstance(node, MappingNode):
            message = "`annotation` takes one dict of annotations."
            self._reporter.report("annotation.arguments", self._literals.at(call), message)
            return
        for key_node, value_node in node.value:
            name = str(key_node.value)
            location = _location(self._path, key_node)
            if name not in ANNOTATIONS:
                self._report_unknown(name, closest(name, ANNOTATIONS, cutoff=0.5), location)
            elif isinstance(value_node, MappingNode):
                self._add(name, location, value_node)
            elif value_node.tag != scalars.REFUSED:
                message = f"`{name}` should be given a dict of its arguments."
                self._reporter.report("annotation.arguments", _location(self._path, value_node), message)

    def _call_arguments(self, name: str, call: ast.Call) -> MappingNode:
        """The arguments of a decorator by name; positional ones are named by the signature."""
        parameters = list(ANNOTATIONS[name].fields)
        pairs: list[tuple[Node, Node]] = []
        given: set[str] = set()
        for index, value in enumerate(call.args):
            if isinstance(value, ast.Starred) or index < len(parameters):
                parameter = parameters[min(index, len(parameters) - 1)]
                self._add_argument(name, parameter, value, value, pairs, given)
            else:
                message = f"`{name}` takes at most {len(parameters)} arguments."
                self._reporter.report("annotation.arguments", self._literals.at(value), message)
        for keyword in call.keywords:
            if keyword.arg is None:
                message = "The arguments of an annotation are unpacked with `**`, not a literal."
                self._reporter.report("annotation.not-literal", self._literals.at(keyword), message)
            else:
                self._add_argument(name, keyword.arg, keyword.value, keyword, pairs, given)
        place = self._literals.place(call)
        return MappingNode(tag="tag:yaml.org,2002:map", value=pairs, start_mark=place, end_mark=place)

    def _add_argument(
        self,
        annotation: str,
        name: str,
        value: ast.expr,
        origin: ast.expr | ast.keyword,
        pairs: list[tuple[Node, Node]],
        given: set[str],
    ) -> None:
        if name in given:
            message = f"The argument `{name}` is given twice."
            self._reporter.report("annotation.arguments", self._literals.at(origin), message)
            return
        given.add(name)
        if name not in ANNOTATIONS[annotation].fields:
            self._report_unknown_argument(annotation, name, origin)
            return
        place = self._literals.place(origin)
        key = ScalarNode(tag=scalars.STR, value=name, start_mark=place, end_mark=place)
        pairs.append((key, self._literals.node(value)))

    def _report_unknown_argument(self, annotation: str, name: str, origin: ast.expr | ast.keyword) -> None:
        known = ANNOTATIONS[annotation].fields
        meant = misspelling_of(name, known) or closest(name, known)
        message = f"`{annotation}` takes no argument `{name}`" + (
            f"; did you mean `{meant}`?" if meant else "."
        )
        mend = f"Write `{meant}`." if meant else f"It takes {', '.join(known)}."
        self._reporter.report("annotation.arguments", self._literals.at(origin), message, mend=mend)

    def _add(self, name: str, location: Location, node: MappingNode) -> None:
        if name in self._nodes:
            message = f"`{name}` is already given at line {self._places[name].line}."
            self._reporter.report("annotation.duplicate", location, message)
            return
        self._nodes[name] = node
        self._places[name] = location

    def _check(self, name: str, node: MappingNode) -> Any:
        reader = Reader(self._path, self._reporter, trail=[name])
        return ANNOTATIONS[name].read(node, reader)


def _runs_something(statement: ast.stmt) -> bool:
    """Whether a top-level statement calls anything, or is the usual `if __name__ == ...`."""
    if isinstance(statement, ast.If) and isinstance(statement.test, ast.Compare):
        sides = (statement.test.left, *statement.test.comparators)
        return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)


def _location(path: str, node: Node) -> Location:
    return Location(path, node.start_mark.line + 1, node.start_mark.column + 1)
