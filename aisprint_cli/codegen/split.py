"""The Python of the parts of a split component, from the syntax tree of its main.py.

The text is kept as it was written; only the statement with the inference and what has to stand in
front of or behind it changes. Each part is a whole main.py: same imports, helpers, decorators and
command line. docs/runtime-library.md shows an example and what cannot be split.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

from aisprint_cli.codegen.carry import Carry, plan_carry
from aisprint_cli.codegen.component import Component, read_component
from aisprint_cli.codegen.entry import Entry, uses_result
from aisprint_cli.codegen.names import uses
from aisprint_cli.codegen.text import Edit
from aisprint_cli.errors import VerificationError
from aisprint_cli.model.naming import segment_design


@dataclass(frozen=True, slots=True)
class SourceHalves:
    """The main.py of the part before the cut and of the part behind it."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Position:
    """Segment `number` of `count`, from 1."""

    number: int
    count: int

    @property
    def is_first(self) -> bool:
        """Whether nothing comes before."""
        return self.number == 1

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after."""
        return self.number == self.count


def split_source(source: str, *, path: str, model_file: str, split: int) -> SourceHalves:
    """Make the main.py of both halves of a component.

    Args:
        source: the component's main.py.
        path: its path relative to the application directory, for messages.
        model_file: the file name of the whole model; `partition<split>_<1 or 2>.onnx` replaces it.
        split: the number of the split, from 1.

    Raises:
        InvalidInputError: when the source cannot be split; carries every reason with its position.
        VerificationError: when what was made does not compile.
    """
    first, second = split_chain(source, path=path, model_file=model_file, split=split, segments=2)
    return SourceHalves(first, second)


def split_chain(source: str, *, path: str, model_file: str, split: int, segments: int) -> tuple[str, ...]:
    """Make the main.py of each of `segments` parts that run one after the other; else as `split_source`.

    Raises:
        InvalidInputError: when the source cannot be split; carries every reason with its position.
        VerificationError: when what was made does not compile.
    """
    component = read_component(source, path, model_file)
    carry = plan_carry(component)
    return tuple(
        segment_source(component, carry, split, Position(number, segments))
        for number in range(1, segments + 1)
    )


def segment_source(component: Component, carry: Carry, split: int, position: Position) -> str:
    """The main.py of one segment.

    Raises:
        VerificationError: when it does not compile.
    """
    text = _Segment(component, carry, split, position).text()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, component.source.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise VerificationError(
            f"The code of segment {position.number} of {component.source.path} does not compile: {error}",
            why="This is a mistake of aisprint, not of the component; nothing was written.",
            mend="Please report it with the main.py. A simpler statement around the inference may avoid it.",
        ) from error
    return text


class _Segment:
    """Writes one segment; names of ours get underscores until the component has none like them."""

    def __init__(self, component: Component, carry: Carry, split: int, position: Position) -> None:
        self._component = component
        self._carry = carry
        self._position = position
        self._split = split
        self._source = component.source
        self._indent = self._source.indent(component.main.body[0])
        taken = {node.id for node in ast.walk(self._source.tree) if isinstance(node, ast.Name)}
        taken |= uses(self._source.tree.body).binds
        self._segments, self._outcome, self._taken, self._before = (
            _free(f"_aisprint_{word}", taken) for word in ("segments", "outcome", "taken", "before")
        )
        name = f"{segment_design(split, position.number)}.onnx"
        self._edits = component.model_edits(name)

    def text(self) -> str:
        """The whole file."""
        edits = [self._import(), *self._edits]
        edits += [self._opening_of_first()] if self._position.is_first else self._openings_of_later()
        edits.append(self._closing())
        return self._source.apply(_joined(edits))

    def _import(self) -> Edit:
        tree = self._source.tree
        body = tree.body
        index = 1 if ast.get_docstring(tree, clean=False) is not None else 0
        while isinstance(body[index], ast.ImportFrom) and getattr(body[index], "module", "") == "__future__":
            index += 1
        while self._source.line_start(self._source.start(body[index])) != self._source.start(body[index]):
            index += 1
        start = self._source.start(body[index])
        number, count = self._position.number, self._position.count
        text = (
            f"# Segment {number} of {count} of split {self._split}, written by `aisprint design`: "
            "change the component's own main.py instead.\n"
            f"import aisprint.segments as {self._segments}\n\n"
        )
        return Edit(start, start, text)

    def _lines(self, lines: list[str]) -> str:
        """Statements to be put right before another statement of `main`."""
        return "".join(f"{line}\n{self._indent}" for line in lines)

    def _output(self) -> str:
        access = self._component.access
        return access.expression(access.output, self._segments)

    def _opening_of_first(self) -> Edit:
        lines = []
        if self._carry.may_end:
            lines.append(f"{self._segments}.expect({self._output()})")
        if self._carry.may_change and self._carry.entry is None:
            lines.append(f"{self._before} = {self._segments}.snapshot({self._component.access.owner})")
        at = self._source.start(self._component.main.body[self._carry.preamble])
        return Edit(at, at, self._lines(lines))

    def _openings_of_later(self) -> list[Edit]:
        entry = self._carry.entry
        return [self._opening_of_later(), *([] if entry is None else [self._entry(entry)])]

    def _entry(self, entry: Entry) -> Edit:
        """The way to `main` without the work on the component's input, which is done."""
        access = self._component.access
        given = f"{self._segments}.enter({entry.owner}, {access.input!r}, {access.output!r})"
        written = self._source.apply([], *self._source.span(entry.call))
        start, end = self._source.span(entry.call.args[0])
        offset = self._source.start(entry.call)
        argument = f"vars({given})" if entry.is_converted else given
        call = f"{written[: start - offset]}{argument}{written[end - offset :]}"
        statements = [self._repeated(node) for node in entry.kept]
        indent = self._source.indent(entry.left_out[0])
        place = self._source.start(entry.left_out[0]), self._source.end(entry.left_out[-1])
        return Edit(*place, f"\n{indent}".join([*statements, entry.ending.format(call)]))

    def _opening_of_later(self) -> Edit:
        access = self._component.access
        given = access.expression(access.input, self._segments)
        lines = [f"global {', '.join(self._carry.declared)}"] if self._carry.declared else []
        lines.append(f"{self._taken} = {self._segments}.take_over({given})")
        lines += self._pass_on_finished()
        lines += self._restored() + [self._repeated(node) for node in self._carry.again]
        start = self._source.start(self._component.main.body[self._carry.preamble])
        end = self._source.start(self._component.statement)
        return Edit(start, end, self._lines(lines))

    def _repeated(self, statement: ast.stmt) -> str:
        return self._source.apply(self._edits, *self._source.span(statement))

    def _pass_on_finished(self) -> list[str]:
        if not self._carry.may_end:
            return []
        unit = "\t" if self._indent.endswith("\t") else "    "
        deeper = f"\n{self._indent}{unit}"
        call = f"{self._segments}.pass_on({self._taken}, {self._output()}, last={self._position.is_last})"
        return [f"if {self._taken}.finished is not None:{deeper}{call}{deeper}return"]

    def _restored(self) -> list[str]:
        carry, taken = self._carry, self._taken
        lines = []
        if self._component.access.owner and (carry.needs_input or carry.may_change):
            lines.append(f"{self._segments}.restore({self._component.access.owner}, {taken}.arguments)")
        lines += [f"{name} = {taken}.variables[{name!r}]" for name in carry.certain]
        lines += [
            f"if {name!r} in {taken}.variables: {name} = {taken}.variables[{name!r}]"
            for name in carry.possible
        ]
        if carry.module:
            lines.append(f"globals().update({taken}.module)")
        return lines

    def _closing(self) -> Edit:
        """From the statement with the call to the end of `main`."""
        statement = self._component.statement
        start = self._source.start(statement)
        end = self._source.end(self._component.main)
        edits = list(self._edits)
        if not self._position.is_first:
            edits.append(Edit(*self._source.span(self._component.call.inputs), f"{self._taken}.inputs"))
        if self._position.is_last:
            return Edit(start, end, self._source.apply(edits, start, end))
        call = self._source.apply(edits, *self._source.span(self._component.call.node))
        lines = [f"{self._outcome} = {call}", self._hand_over()]
        if uses_result(self._source.tree):
            lines.append("raise SystemExit(0)  # what main returns is known behind the last segment only")
        return Edit(start, end, f"\n{self._indent}".join(lines))

    def _hand_over(self) -> str:
        arguments = [self._output(), self._outcome]
        if self._position.is_first:
            arguments += self._carried_arguments()
        else:
            arguments.append(f"taken={self._taken}")
        unit = "\t" if self._indent.endswith("\t") else "    "
        inner = "".join(f"\n{self._indent}{unit}{argument}," for argument in arguments)
        return f"{self._segments}.hand_over({inner}\n{self._indent})"

    def _carried_arguments(self) -> list[str]:
        carry, access = self._carry, self._component.access
        found = []
        entries = []
        if access.owner and carry.needs_input:
            entries.append(f"{access.input!r}: {access.expression(access.input, self._segments)}")
        if carry.may_change:
            before, only = (self._before, "") if carry.entry is None else ("{}", f", {carry.read!r}")
            entries.append(f"**{self._segments}.changes({access.owner}, {before}, {carry.own!r}{only})")
        if entries:
            found.append(f"arguments={{{', '.join(entries)}}}")
        variables = [f"{name!r}: {name}" for name in carry.certain]
        if carry.possible:
            names = "".join(f", {name!r}" for name in carry.possible)
            variables.append(f"**{self._segments}.bound(locals(){names})")
        if carry.entry is not None and carry.needs_input:
            found.append(f"given={access.input!r}")
        if variables:
            found.append(f"variables={{{', '.join(variables)}}}")
        if carry.module:
            module = ", ".join(f"{name!r}: globals()[{name!r}]" for name in carry.module)
            found.append(f"module={{{module}}}")
        return found


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _joined(edits: list[Edit]) -> list[Edit]:
    """Edits in order, an insertion joined to the edit that it stands before."""
    found: list[Edit] = []
    for edit in sorted(edits, key=Edit.order):
        last = found[-1] if found else None
        if last is not None and last.start == last.end == edit.start:
            found[-1] = Edit(last.start, edit.end, last.text + edit.text)
        else:
            found.append(edit)
    return found


__all__ = ["Position", "SourceHalves", "segment_source", "split_chain", "split_source"]
