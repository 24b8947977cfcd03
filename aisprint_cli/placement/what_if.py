"""What if a price, a demand, a limit or the load were another: a small language of changes.

A change is ``TARGET OPERATOR NUMBER``. Targets: ``rate``, ``period``, and a property of something with
a name: ``resource.VM1.cost``, ``layer.cloud.instances``, ``component.c3.demand``,
``component.c3.demand@VM1``, ``path.p1.limit``, ``network.ND1.bandwidth``. In names ``*`` and ``?`` stand for
any letters. Operators: ``=``, ``+=``, ``-=``, ``*=``, ``/=``; a number may end with ``%`` after ``+=`` and
``-=``. Changes apply in the order given. What can be changed is in `what_if_targets`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from aisprint_cli.errors import UsageError
from aisprint_cli.load.suggestions import closest
from aisprint_cli.placement.what_if_targets import (
    GROUPS,
    PLAIN,
    RESOURCES,
    RULE,
    Edit,
    Impossible,
    Property,
    Selection,
    names_of,
    without_rules,
)

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Problem

_OPERATOR: Final = re.compile(r"(?P<operator>[-+*/]?=)")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|inf", re.ASCII)
_EXAMPLE: Final = "resource.VM1.cost=0.3"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a change, and where in its text: `length` characters from `start` (from 0)."""

    text: str
    start: int
    length: int
    message: str

    def render(self) -> str:
        """The text, a line that points at the place, and what is wrong there."""
        pointer = " " * self.start + "^" * max(self.length, 1)
        return f"  {self.text}\n  {pointer} {self.message}"


class _Faulty(Exception):  # noqa: N818 - carries a fault to the one place that collects them
    def __init__(self, start: int, length: int, message: str) -> None:
        super().__init__(message)
        self.start, self.length, self.message = start, length, message


def what_if(problem: Problem, changes: Sequence[str]) -> Problem:
    """The problem with changes applied, in their order.

    Raises:
        UsageError: when a change cannot be read or makes no sense; tells every such change.

    """
    faults: list[Fault] = []
    for text in changes:
        found = try_change(problem, text)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            problem = found
    if faults:
        count = f"{len(faults)} of the {len(changes)} changes" if len(changes) > 1 else "The change"
        pictures = "\n".join(fault.render() for fault in faults)
        raise UsageError(
            f"{count} cannot be used.\n{pictures}",
            mend=f"A change is TARGET OPERATOR NUMBER, as in '{_EXAMPLE}' (docs/placement-analysis.md).",
        )
    return problem


def try_change(problem: Problem, text: str) -> Problem | Fault:
    """The problem with one change applied, or what is wrong with the change."""
    try:
        return _apply(problem, text)
    except _Faulty as fault:
        return Fault(text, fault.start, fault.length, fault.message)


def _apply(problem: Problem, text: str) -> Problem:
    found = _OPERATOR.search(text)
    if found is None:
        raise _Faulty(len(text), 1, "here `=`, `+=`, `-=`, `*=` or `/=` and a number are missing.")
    kind, dot, name = text[: found.start()].partition(".")
    if dot and kind.strip().lower() == RULE:
        return _switched_off(problem, name, len(kind) + 1, found["operator"], text[found.end() :])
    selection, target = _target(problem, text[: found.start()])
    edit = _edit(found["operator"], text, found.end())
    try:
        return target.change(problem, selection, edit)
    except Impossible as reason:
        raise _Faulty(found.end(), len(text) - found.end(), str(reason)) from reason


def _switched_off(problem: Problem, name: str, start: int, operator: str, value: str) -> Problem:
    """The problem without the rules of a name or pattern."""
    if operator != "=" or value.strip().lower() != "off":
        place = start + len(name) + len(operator)
        raise _Faulty(place, len(value), "a rule can only be switched off, as in 'rule.NAME=off'.")
    return without_rules(problem, _matching(name, names_of(problem, RULE), RULE, start))


def _edit(operator: str, text: str, start: int) -> Edit:
    """What to do to a number: the operator and what stands behind it."""
    given = text[start:]
    number, percent = given.strip(), given.strip().endswith("%")
    if percent:
        number = number[:-1].rstrip()
    if _NUMBER.fullmatch(number) is None:
        raise _Faulty(start, len(given), "here a number is missing, such as 0.3, 12 or 1e-3.")
    value = float(number)
    if percent and operator not in {"+=", "-="}:
        raise _Faulty(start, len(given), "a share in % goes with `+=` or `-=`, as in 'rate+=20%'.")
    if operator in {"*=", "/="} and not 0 < value < math.inf:
        raise _Faulty(start, len(given), "a factor is a finite number above 0.")
    if operator != "=" and math.isinf(value):
        raise _Faulty(start, len(given), "only `=` can make something infinite.")
    return Edit(operator, value / 100 if percent else value, relative=percent)


def _target(problem: Problem, text: str) -> tuple[Selection, Property]:
    group, dot, rest = text.partition(".")
    kind = group.strip().lower()
    if not dot:
        if kind in PLAIN:
            return Selection((), None), PLAIN[kind]
        raise _Faulty(0, len(text), _unknown("There is nothing", group.strip(), (*PLAIN, *GROUPS)))
    if kind not in GROUPS:
        raise _Faulty(0, len(group), _unknown("There is no kind", group.strip(), (*GROUPS, RULE)))
    name, dot, last = rest.rpartition(".")
    start = len(group) + 1
    if not dot:
        known = ", ".join(GROUPS[kind])
        raise _Faulty(start, len(rest), f"what of it? Write `{kind}.NAME.` and one of {known}.")
    numbers = _matching(name, names_of(problem, kind), kind, start)
    word, at, where = last.partition("@")
    place = start + len(name) + 1
    known_word = word.strip().lower()
    if known_word not in GROUPS[kind]:
        raise _Faulty(place, len(word), _unknown(f"A {kind} has no", word.strip(), GROUPS[kind]))
    target = GROUPS[kind][known_word]
    if not at:
        return Selection(numbers, None), target
    if not target.by_resource:
        raise _Faulty(place + len(word), len(last) - len(word), f"`{known_word}` is not by resource.")
    resources = _matching(where, names_of(problem, RESOURCES), RESOURCES, place + len(word) + 1)
    return Selection(numbers, frozenset(resources)), target


def _matching(pattern: str, names: Sequence[str], kind: str, start: int) -> tuple[int, ...]:
    """The numbers of the names that a pattern stands for; a name as it is comes before a pattern."""
    wanted = pattern.strip()
    if wanted in names:
        return tuple(number for number, name in enumerate(names) if name == wanted)
    found = tuple(number for number, name in enumerate(names) if fnmatchcase(name, wanted))
    if not found:
        raise _Faulty(start, len(pattern), _unknown(f"There is no {kind}", wanted, names))
    return found


def _unknown(what: str, word: str, known: Iterable[str]) -> str:
    known = tuple(known)
    near = closest(word, known, cutoff=0.5)
    if near is not None:
        return f"{what} `{word}`. Did you mean `{near}`?"
    few = known[:12]
    more = ", ..." if len(known) > len(few) else ""
    there_is = f" There is: {', '.join(few)}{more}." if few else ""
    return f"{what} `{word}`.{there_is}"
