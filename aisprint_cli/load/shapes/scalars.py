"""Single values as YAML 1.1 reads them, and the words of YAML that surprise people."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from yaml.nodes import ScalarNode

_PREFIX: Final = "tag:yaml.org,2002:"
STR: Final = f"{_PREFIX}str"
INT: Final = f"{_PREFIX}int"
FLOAT: Final = f"{_PREFIX}float"
BOOL: Final = f"{_PREFIX}bool"
NULL: Final = f"{_PREFIX}null"
DATE: Final = f"{_PREFIX}timestamp"
MERGE: Final = f"{_PREFIX}merge"
REFUSED: Final = "!refused"
"""The tag of a node that stands for a value whose fault is reported already: it is given, but unknown."""

KINDS: Final = {
    STR: "text",
    INT: "a number",
    FLOAT: "a number",
    BOOL: "a boolean",
    NULL: "nothing (null)",
    DATE: "a date",
    MERGE: "a merge mark",
}
_TRUE: Final = frozenset({"yes", "true", "on"})
_EXPONENT: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+")
NUMBER_PATTERN: Final = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
_NUMBER: Final = re.compile(NUMBER_PATTERN)
_LEADING_ZERO: Final = re.compile(r"[-+]?0[0-9_]+")


def boolean(node: ScalarNode) -> bool:
    """The value of a node that YAML resolved as a boolean."""
    return str(node.value).lower() in _TRUE


def number(node: ScalarNode) -> int | float | None:
    """The number a node stands for; None where it is not one, or is not finite.

    A bare `1e-6` counts: YAML 1.1 reads it as text, YAML 1.2 and every person as a number.
    """
    text = str(node.value).replace("_", "")
    try:
        if node.tag == INT:
            return _integer(text)
        if node.tag == FLOAT or (node.tag == STR and not node.style and _EXPONENT.fullmatch(text)):
            value = _sexagesimal(text) if ":" in text else float(text.lstrip("+"))
            return value if math.isfinite(value) else None
    except (ValueError, OverflowError):
        return None
    return None


def quoted_number(node: ScalarNode) -> int | float | None:
    """The decimal number that a text spells; None where it spells none."""
    text = str(node.value).strip()
    if node.tag != STR or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) else value


def _integer(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if ":" in digits:
        return sign * int(_sexagesimal(digits))
    if digits[:2].lower() in {"0x", "0b"}:
        return sign * int(digits, 0)
    if len(digits) > 1 and digits.startswith("0"):
        return sign * int(digits, 8)
    return sign * int(digits)


def _sexagesimal(text: str) -> float:
    total = 0.0
    for part in text.lstrip("+-").split(":"):
        total = total * 60 + float(part)
    return -total if text.startswith("-") else total


def plain(node: ScalarNode) -> Any:
    """The value a parser would give, for what is carried through unread; dates stay text."""
    tag = node.tag
    if tag == STR:
        return node.value
    if tag in {INT, FLOAT}:
        value = number(node)
        return node.value if value is None else value
    if tag == BOOL:
        return boolean(node)
    return None if tag == NULL else node.value


def trap(node: ScalarNode) -> str | None:
    """The code of the YAML trap a bare value fell into, if it did."""
    text = str(node.value)
    if node.tag == BOOL and text.lower() not in {"true", "false"}:
        return "yaml.boolean-word"
    if node.tag == INT and _LEADING_ZERO.fullmatch(text):
        return "yaml.octal"
    if node.tag in {INT, FLOAT} and ":" in text:
        return "yaml.sexagesimal"
    return "yaml.date" if node.tag == DATE else None
