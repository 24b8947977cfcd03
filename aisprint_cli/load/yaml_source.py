"""From the bytes of a YAML file to its node tree, every trap on the way named with its position."""

from __future__ import annotations

import codecs
import re
from typing import Final

import yaml
from yaml.nodes import Node, ScalarNode

from aisprint_cli.diagnostics import Location
from aisprint_cli.load.reporter import Reporter

DEPTH_LIMIT: Final = 100
_BASE: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONFLICT: Final = re.compile(r"^(?:<<<<<<<|>>>>>>>|\|\|\|\|\|\|\|)(?: .*)?$", re.MULTILINE)
_BRACKET: Final = re.compile(r"[\[\]{}]")
_INDICATOR: Final = re.compile(r"[-?]\s")
_DEEP_INDENT: Final = re.compile(rf"^[ \-?:]{{{DEPTH_LIMIT // 2}}}", re.MULTILINE)
_WIDE_BOMS: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Loader(_BASE):  # type: ignore[misc, valid-type]
    """The safe loader, which decides the kind of each distinct bare word only once.

    Files repeat the same keys and values thousands of times; this halves the time of large ones.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._tags: dict[str, str] = {}

    def resolve(self, kind: type[Node], value: str | None, implicit: tuple[bool, bool] | bool) -> str:
        if kind is not ScalarNode or value is None or not isinstance(implicit, tuple) or not implicit[0]:
            return str(super().resolve(kind, value, implicit))
        tag = self._tags.get(value)
        if tag is None:
            tag = self._tags[value] = str(super().resolve(kind, value, implicit))
        return tag


def compose(path: str, data: bytes, reporter: Reporter) -> Node | None:
    """The node tree of a YAML file, or None when it is empty or cannot be read.

    Args:
        path: where the file is, relative to the application directory; findings name it.
        data: the file's bytes.
        reporter: takes what is wrong.

    """
    text = _decode(path, data, reporter)
    if text is None or _has_conflict(path, text, reporter):
        return None
    try:
        if _is_too_deep(text):
            reporter.report("yaml.too-deep", Location(path), f"Values are nested over {DEPTH_LIMIT} deep.")
            return None
        return _compose_one(path, text, reporter)
    except yaml.MarkedYAMLError as error:
        _report_syntax(path, text, error, reporter)
    except yaml.reader.ReaderError as error:
        _report_character(path, text, error, reporter)
    return None


def _compose_one(path: str, text: str, reporter: Reporter) -> Node | None:
    loader = _Loader(text)
    try:
        root: Node | None = loader.get_node() if loader.check_node() else None
        second: Node | None = loader.get_node() if loader.check_node() else None
        if second is not None:
            mark = second.start_mark
            reporter.report(
                "yaml.several-documents",
                Location(path, mark.line + 1, mark.column + 1),
                "A second YAML document starts here.",
            )
        return root
    finally:
        loader.dispose()


def _decode(path: str, data: bytes, reporter: Reporter) -> str | None:
    if data.startswith(_WIDE_BOMS):
        reporter.report("yaml.encoding", Location(path), "The file is UTF-16 or UTF-32, not UTF-8.")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        reporter.report(
            "yaml.encoding",
            Location(path, before.count(b"\n") + 1, column),
            f"The byte 0x{data[error.start]:02x} is not UTF-8.",
        )
        return None


def _has_conflict(path: str, text: str, reporter: Reporter) -> bool:
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return False
    marks = list(_CONFLICT.finditer(text))
    for mark in marks:
        location = Location(path, text.count("\n", 0, mark.start()) + 1)
        reporter.report("yaml.merge-conflict", location, f"A merge-conflict mark: `{mark[0][:40]}`.")
    return bool(marks)


def _is_too_deep(text: str) -> bool:
    """Whether composing would recurse too deep; the C composer does not survive that.

    Only text that could be so is parsed a first time: events come without recursion.
    """
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest <= DEPTH_LIMIT and not _may_nest_blocks(text):
        return False
    depth = 0
    for event in yaml.parse(text, Loader=_BASE):
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_LIMIT:
                return True
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1
    return False


def _may_nest_blocks(text: str) -> bool:
    """Whether indentation, or `- - -` on one line, could reach the limit; at most two levels a column."""
    return _DEEP_INDENT.search(text) is not None or any(
        len(_INDICATOR.findall(line)) > DEPTH_LIMIT for line in text.split("\n") if len(line) > DEPTH_LIMIT
    )


def _report_syntax(path: str, text: str, error: yaml.MarkedYAMLError, reporter: Reporter) -> None:
    mark = error.problem_mark or error.context_mark
    location = Location(path, mark.line + 1, mark.column + 1) if mark else Location(path)
    problem = error.problem or "not YAML"
    if "alias" in problem:
        reporter.report("yaml.undefined-alias", location, f"YAML: {problem}.")
        return
    tab = _tab_in_indentation(text, location.line)
    if tab is not None:
        reporter.report("yaml.tab", Location(path, location.line, tab), "A tab indents this line.")
        return
    context = f" {error.context}" if error.context else ""
    started = ""
    if error.context_mark and mark and error.context_mark.line != mark.line:
        started = f" (which started at line {error.context_mark.line + 1})"
    reporter.report("yaml.syntax", location, f"YAML cannot be read: {problem}{context}{started}.")


def _tab_in_indentation(text: str, line: int) -> int | None:
    """The column of the first tab before the text of a line, counted from 1."""
    lines = text.split("\n")
    if line > len(lines):
        return None
    content = lines[line - 1]
    lead = content[: len(content) - len(content.lstrip(" \t-"))]
    return lead.index("\t") + 1 if "\t" in lead else None


def _report_character(path: str, text: str, error: yaml.reader.ReaderError, reporter: Reporter) -> None:
    before = text.encode()[: int(error.position)].decode("utf-8", "ignore")
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    character = error.character
    shown = f"U+{character:04X}" if isinstance(character, int) else repr(character)
    reporter.report("yaml.character", Location(path, line, column), f"The character {shown} is not allowed.")
