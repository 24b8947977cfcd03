"""JSON files with positions: values that know their key path, and problems that know their line.

The text is parsed by the standard library, which is fast; positions are looked up only once there is
something to report, in the node tree that YAML makes of the same text (JSON is a part of YAML).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aisprint_cli.diagnostics import Diagnostic, Findings, Location, Severity
from aisprint_cli.load.suggestions import closest, misspelling_of

if TYPE_CHECKING:
    from yaml.nodes import Node

    from aisprint_cli.load.source_map import SourceMap

Keys = tuple[str | int, ...]
_DEPTH_LIMIT: Final = 100
_LARGEST_COUNT: Final = 1e9


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of problem: its stable slug, why it matters and what to do about it."""

    code: str
    why: str
    mend: str
    severity: Severity = Severity.ERROR


NOT_JSON: Final = Fault(
    "json.syntax",
    "No program can read the file.",
    "Mend the line shown; the real cause is often a missing comma, quote or bracket just before it.",
)
UNREADABLE: Final = Fault(
    "file.unreadable",
    "Nothing of it can be used or checked.",
    "Check the name, that it is a regular file, and that you may read it.",
)
DUPLICATE: Final = Fault(
    "json.duplicate-key",
    "Programs keep one of the two without a word, not always the same one.",
    "Keep one of them.",
)
WRONG_TYPE: Final = Fault(
    "structure.wrong-type", "Nothing can be computed from another kind of value.", "Write it as described."
)
OUT_OF_RANGE: Final = Fault(
    "structure.out-of-range", "No real system has such a value.", "Write a value in that range."
)
MISSPELT: Final = Fault(
    "structure.misspelt-key", "What it was meant to say would not be heard.", "Correct the key."
)
MISSING: Final = Fault("structure.missing-key", "Nothing stands for it when it is left out.", "Add it.")


@dataclass(frozen=True)
class JsonDocument:
    """A JSON file. `path` is how findings name it; `findings` collects what is wrong with it."""

    path: str
    text: str
    value: Any
    findings: Findings = field(default_factory=Findings, compare=False)

    @cached_property
    def _sources(self) -> SourceMap:
        from aisprint_cli.load.source_map import SourceMap

        root = _nodes(self.path, self.text)
        return SourceMap({} if root is None else {self.path: root})

    def report(self, fault: Fault, keys: Keys, message: str, *, mend: str = "", key: bool = False) -> None:
        """Record a problem with the value at a key path, or with its last key itself."""
        locate = self._sources.locate_key if key else self._sources.locate
        location = locate(self.path, *keys)
        self.findings.extend(
            [Diagnostic(fault.code, fault.severity, message, fault.why, mend or fault.mend, location)]
        )

    @property
    def root(self) -> JsonValue:
        """The whole document as a value."""
        return JsonValue(self, (), self.value)


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A value of a document and the key path to it; what does not fit is reported once, where it is."""

    document: JsonDocument
    keys: Keys
    value: Any

    def report(self, fault: Fault, message: str, *, mend: str = "", key: bool = False) -> None:
        """Record a problem with this value, or with its key."""
        self.document.report(fault, self.keys, message, mend=mend, key=key)

    @property
    def where(self) -> str:
        """The key path in words."""
        text = ""
        for key in self.keys:
            text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
        return f"`{text}`" if text else "The file"

    @property
    def name(self) -> str:
        """The last key."""
        return str(self.keys[-1]) if self.keys else ""

    def below(self, key: str | int, value: Any) -> JsonValue:
        """A value inside this one."""
        return JsonValue(self.document, (*self.keys, key), value)

    def find(self, *names: str) -> JsonValue | None:
        """The entry of the first of these names that is there; case and `_` do not count."""
        if not isinstance(self.value, dict):
            return None
        spelled = {spelling(key): key for key in reversed(self.value)}
        key = next((spelled[spelling(name)] for name in names if spelling(name) in spelled), None)
        return None if key is None else self.below(key, self.value[key])

    def need(self, *names: str) -> JsonValue | None:
        """The same; that there is none is reported."""
        found = self.find(*names)
        if found is None and isinstance(self.value, dict):
            near = closest(names[0], [str(key) for key in self.value], cutoff=0.75)
            mend = f"Did you mean `{names[0]}` where it says `{near}`?" if near else f"Add `{names[0]}`."
            self.report(MISSING, f"{self.where} has no `{names[0]}`.", mend=mend)
        return found

    def check_keys(self, known: Iterable[str], *, only: bool = False) -> None:
        """Report keys that are misspelt ones of these; with `only`, all that are none of these."""
        if not isinstance(self.value, dict):
            return
        names = list(known)
        spelled = {spelling(name) for name in names}
        present = {spelling(key) for key in self.value}
        for key, value in self.value.items():
            if spelling(key) in spelled:
                continue
            meant = misspelling_of(str(key), names)
            entry = self.below(key, value)
            if meant is not None and spelling(meant) not in present:
                message = f"{entry.where} is not a known key; did you mean `{meant}`?"
                entry.report(MISSPELT, message, mend=f"Write `{meant}`.", key=True)
            elif only:
                message = f"{entry.where} is not a known key."
                entry.report(MISSPELT, message, mend=f"Known here: {', '.join(names)}.", key=True)

    def entries(self) -> Iterator[JsonValue]:
        """The values of a mapping; nothing, once reported, when it is none."""
        if not isinstance(self.value, dict):
            self.report(WRONG_TYPE, f"{self.where} should be a mapping, but is {describe(self.value)}.")
            return
        for key, value in self.value.items():
            yield self.below(key, value)

    def items(self) -> Iterator[JsonValue]:
        """The values of a list; nothing, once reported, when it is none."""
        if not isinstance(self.value, list):
            self.report(WRONG_TYPE, f"{self.where} should be a list, but is {describe(self.value)}.")
            return
        for index, value in enumerate(self.value):
            yield self.below(index, value)

    def text(self) -> str | None:
        """The text; None once reported when it is none."""
        if isinstance(self.value, str) and self.value:
            return self.value
        self.report(WRONG_TYPE, f"{self.where} should be a name, but is {describe(self.value)}.")
        return None

    def number(
        self, *, minimum: float | None = None, above: float | None = None, maximum: float | None = None
    ) -> float | None:
        """The number, also where it is written as text; None once reported when it does not fit."""
        value = plain_number(self.value)
        if value is None or not math.isfinite(value):
            self.report(WRONG_TYPE, f"{self.where} should be a number, but is {describe(self.value)}.")
            return None
        fits = (
            (minimum is None or value >= minimum)
            and (above is None or value > above)
            and (maximum is None or value <= maximum)
        )
        if not fits:
            bounds = {"at least": minimum, "above": above, "at most": maximum}
            words = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
            self.report(OUT_OF_RANGE, f"{self.where} is {value:g}; it should be {words}.")
            return None
        return value

    def truth(self) -> bool | None:
        """Whether it is true; None once reported when it is neither true nor false."""
        if isinstance(self.value, bool):
            return self.value
        self.report(WRONG_TYPE, f"{self.where} should be true or false, but is {describe(self.value)}.")
        return None

    def whole(self, *, minimum: int = 0) -> int | None:
        """The whole number, a billion at most; None once reported when it is none."""
        value = self.number(minimum=minimum, maximum=_LARGEST_COUNT)
        if value is not None and value != int(value):
            self.report(WRONG_TYPE, f"{self.where} should be a whole number, but is {value:g}.")
            return None
        return None if value is None else int(value)


def spelling(key: object) -> str:
    """What of a key counts when it is looked up: not case, not `_`."""
    return str(key).replace("_", "").lower()


def plain_number(value: Any) -> float | None:
    """The number a value is, or spells; booleans are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def describe(value: Any) -> str:
    """What a value is, in words."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing (null)"
    kind = "text" if isinstance(value, str) else "a boolean" if isinstance(value, bool) else "a number"
    shown = str(value)
    return f"{kind} (`{shown if len(shown) <= 40 else shown[:37] + '...'}`)"


def read_json(path: Path) -> JsonDocument:
    """Read a JSON file; when it cannot be read the document's value is None and a finding says why.

    Args:
        path: the file; findings name it by its last part.

    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        document = JsonDocument(path.name, "", None)
        document.report(UNREADABLE, (), f"The file {path.name} cannot be read: {reason}.")
        return document
    return parse_json(path.name, text)


def parse_json(path: str, text: str) -> JsonDocument:
    """The same from text; `path` is how findings name it."""
    duplicated: list[str] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            duplicated.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return found

    try:
        value = json.loads(text, object_pairs_hook=mapping)
        if _depth(value) > _DEPTH_LIMIT:
            raise RecursionError
    except json.JSONDecodeError as error:
        location = Location(path, error.lineno, error.colno)
        return _refused(path, text, location, f"JSON cannot be read: {error.msg[:1].lower()}{error.msg[1:]}.")
    except RecursionError:
        return _refused(path, text, Location(path), f"Values are nested over {_DEPTH_LIMIT} deep.")
    document = JsonDocument(path, text, value)
    for key in duplicated:
        document.findings.error(
            DUPLICATE.code,
            _second(path, text, key),
            f"The key `{key}` is given twice in one mapping.",
            why=DUPLICATE.why,
            mend=DUPLICATE.mend,
        )
    return document


def _refused(path: str, text: str, location: Location, message: str) -> JsonDocument:
    document = JsonDocument(path, text, None)
    document.findings.error(NOT_JSON.code, location, message, why=NOT_JSON.why, mend=NOT_JSON.mend)
    return document


def _second(path: str, text: str, key: str) -> Location:
    """Where a duplicated key appears again in its mapping."""
    root = _nodes(path, text)
    waiting = [] if root is None else [root]
    while waiting:
        node = waiting.pop()
        if not isinstance(node.value, list):
            continue
        names: set[str] = set()
        for item in node.value:
            pair = item if isinstance(item, tuple) else (None, item)
            if pair[0] is not None:
                name = str(pair[0].value)
                if name == key and name in names:
                    mark = pair[0].start_mark
                    return Location(path, mark.line + 1, mark.column + 1)
                names.add(name)
            waiting.append(pair[1])
    return Location(path)


def _nodes(path: str, text: str) -> Node | None:
    """The text as YAML's node tree; its modules are only loaded once there is something to report."""
    from aisprint_cli.load.reporter import Reporter
    from aisprint_cli.load.yaml_source import compose

    return compose(path, text.encode("utf-8", "replace"), Reporter(Findings()))


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        children = item.values() if isinstance(item, Mapping) else item if isinstance(item, list) else ()
        waiting.extend((child, depth + 1) for child in children)
        if deepest > _DEPTH_LIMIT:
            break
    return deepest
