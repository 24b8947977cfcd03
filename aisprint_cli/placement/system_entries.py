"""What the readers of a system file share: kinds of problems, and numbers with bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aisprint_cli.load.json_document import Fault, JsonValue, plain_number
from aisprint_cli.load.suggestions import closest

UNKNOWN: Final = Fault(
    "system.unknown-name", "What it refers to does not exist.", "Write a name that the file defines."
)
TWICE: Final = Fault(
    "system.duplicate-name",
    "Things of one kind are told apart by their names, resources also across layers.",
    "Give each a name of its own.",
)
EMPTY: Final = Fault("system.empty", "There is nothing to place.", "Add at least one.")
NO_RESOURCE: Final = Fault("system.no-resource", "There is nothing to run on.", "Add at least one resource.")
NO_LOAD: Final = Fault(
    "system.no-load",
    "Without requests nothing has to run, and no placement is better than another.",
    "Give the requests per second that enter, above 0.",
)
NO_PERIOD: Final = Fault(
    "system.no-period",
    "Costs are those of a period: for none, no placement is cheaper than another.",
    "Give hours above 0, or leave it out, which means 1.",
)
NOWHERE: Final = Fault(
    "system.nowhere-to-run",
    "A component runs where every piece of one of its deployments may run.",
    "List at least one resource for it in CompatibilityMatrix.",
)
WITHOUT_PLACEMENT: Final = frozenset(item.code for item in (EMPTY, NO_RESOURCE, NO_LOAD, NO_PERIOD, NOWHERE))
"""What is at fault in a file that is well written, and describes something that has no placement."""
CONTRADICTION: Final = Fault("system.contradiction", "Both cannot be meant.", "Leave out one of the two.")
WORD: Final = Fault("system.unknown-word", "Only these words have a meaning here.", "Write one of them.")


def number(
    item: JsonValue,
    name: str,
    *,
    minimum: float | None = None,
    above: float | None = None,
    maximum: float | None = None,
    otherwise: float | None = None,
) -> float | None:
    """A number of a mapping; without `otherwise` it has to be there."""
    entry = item.find(name) if otherwise is not None else item.need(name)
    if entry is None:
        return otherwise
    return entry.number(minimum=minimum, above=above, maximum=maximum)


def limit(item: JsonValue, name: str) -> float | None:
    """A limit in seconds; None where it is infinite, or reported."""
    entry = item.need(name)
    if entry is None or plain_number(entry.value) == float("inf"):
        return None
    return entry.number(above=0)


def word(item: JsonValue, name: str, known: Iterable[str]) -> str | None:
    """One of the known words; None where there is none, or another is reported."""
    entry = item.find(name)
    if entry is None:
        return None
    words = list(known)
    if entry.value in words:
        return str(entry.value)
    near = closest(str(entry.value), words)
    mend = f"Did you mean `{near}`?" if near else ""
    entry.report(WORD, f"{entry.where} should be one of {', '.join(words)}.", mend=mend)
    return None


def unknown(at: JsonValue, kind: str, name: str, known: Iterable[str], *, key: bool = False) -> None:
    """Report a name that nothing has."""
    names = list(known)
    near = closest(name, names)
    mend = f"Did you mean `{near}`?" if near else f"Write one of {', '.join(names[:8])}."
    at.report(UNKNOWN, f"There is no {kind} `{name}`.", mend=mend if names else "", key=key)
