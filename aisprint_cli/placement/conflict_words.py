"""Conditions that conflict, and changes that help, in words and as plain values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aisprint_cli.placement.conditions import Condition
from aisprint_cli.placement.constraints import Kind, percentile_words

RULES: Final = frozenset({Kind.RULE, Kind.TOGETHER, Kind.APART, Kind.QUOTA})
SINGLE_VERBS: Final = {
    Kind.INSTANCES: "is in the way",
    Kind.LOCAL: "cannot hold",
    Kind.PATH: "cannot hold",
    Kind.LAYER: "is in the way",
    Kind.RETURN: "is in the way",
    **dict.fromkeys(RULES, "is in the way"),
}
"""What a single condition that is in the way does, by kind; else they "are in the way"."""
_OTHER_WORDS: Final = {
    Kind.LAYER: "the rule that only one resource of layer {subject} may be used",
    Kind.RETURN: "the rule that nothing may go back to the edge",
    Kind.NETWORK: "the layers that no network domain joins",
    Kind.BANDWIDTH: "the bandwidth of {subject}, which all transfers share",
    Kind.RANGE: "the rates up to which responses were measured",
}
_OTHER_CHANGES: Final = {
    Kind.LAYER: "allow more than one resource in layer {subject}",
    Kind.RETURN: "allow components to go back to the edge",
    Kind.NETWORK: "join the layers that no network domain holds together",
    Kind.BANDWIDTH: "let transfers over {subject} not share its bandwidth",
    Kind.RANGE: "measure responses at higher rates",
}


@dataclass(frozen=True)
class Change:
    """A condition eased so far that a placement exists: `needed` is the figure that works.

    `at_least` is what no placement can go below, where it is known; None for conditions without figure.
    """

    condition: Condition
    needed: float | None
    at_least: float | None = None

    @property
    def sentence(self) -> str:
        """What to do, in words."""
        condition, needed = self.condition, self.needed
        subject = condition.subject
        if condition.kind in {Kind.LOCAL, Kind.PATH} and needed is not None:
            new = seconds(needed, up=True)
            return f"raise the {_of(condition)}limit on {subject} from {seconds(condition.limit)} to {new}"
        if condition.kind is Kind.INSTANCES and needed is not None:
            return f"allow {_instances(needed)} of {subject} instead of {condition.limit:.0f}"
        if condition.kind is Kind.MEMORY and needed is not None:
            return f"give {subject} {math.ceil(needed)} MiB of memory instead of {condition.limit:.0f}"
        if condition.kind is Kind.QUOTA and needed is not None:
            if condition.subject == condition.words:
                return f"raise the quota that {subject} to {needed:.0f}"
            return f"raise the quota {_quoted(condition)} from {condition.limit:.0f} to {_instances(needed)}"
        if condition.kind is Kind.BANDWIDTH and needed is not None:
            enough = rounded(needed, up=True)
            return f"raise the bandwidth of {subject} from {condition.limit:g} to {enough:g}"
        if condition.kind in RULES:
            named = condition.subject != condition.words
            what = "quota" if condition.kind is Kind.QUOTA else "rule"
            return f"drop the {what} {_quoted(condition) if named else f'that {subject}'}"
        return _OTHER_CHANGES[condition.kind].format(subject=subject)


def change_values(change: Change) -> dict[str, Any]:
    """A change as plain values."""
    return {
        "kind": change.condition.kind.value,
        "subject": change.condition.subject,
        "limit": change.condition.limit,
        "needed": change.needed,
        "at_least": change.at_least,
        "sentence": change.sentence,
    }


def condition_words(condition: Condition) -> str:
    """A condition in words."""
    subject = condition.subject
    if condition.kind is Kind.LOCAL:
        return f"the local {_of(condition)}limit of {seconds(condition.limit)} on {subject}"
    if condition.kind is Kind.PATH:
        return f"the global {_of(condition)}limit of {seconds(condition.limit)} on {subject}"
    if condition.kind is Kind.INSTANCES:
        return f"that there {_count_words(condition.limit or 0)} of {subject}"
    if condition.kind is Kind.MEMORY:
        return f"the {condition.limit:g} MiB of memory of {subject}"
    if condition.kind in RULES:
        return _rule_words(condition)
    return _OTHER_WORDS[condition.kind].format(subject=subject)


def summary(conditions: Sequence[Condition]) -> str:
    """Many conditions in words: how many there are of each kind, and of what kind they are."""
    counts = Counter(item.kind for item in conditions)
    return ", ".join(f"{count} of {kind.value}" for kind, count in counts.items())


def _rule_words(condition: Condition) -> str:
    """A rule by its name and by what it does; by the latter alone where it has no name."""
    what = "quota" if condition.kind is Kind.QUOTA else "rule"
    if condition.subject == condition.words or not condition.words:
        return f"the {what} that {condition.subject}"
    return f"the {what} {_quoted(condition)} (it {condition.words})"


def _instances(count: float) -> str:
    return "1 instance" if count == 1 else f"{count:.0f} instances"


def _quoted(condition: Condition) -> str:
    return f"'{condition.subject}'"


def _of(condition: Condition) -> str:
    """The percentile that a limit is about, as an adjective; nothing for a mean."""
    return "" if condition.percentile is None else f"{percentile_words(condition.percentile)} "


def _count_words(count: float) -> str:
    return "is only 1 instance" if count == 1 else f"are only {count:.0f} instances"


def seconds(value: float | None, *, up: bool = False, down: bool = False) -> str:
    """Seconds with four digits, rounded to the side that stays true."""
    if value is None or not math.isfinite(value) or value <= 0:
        return f"{value} s"
    return f"{rounded(value, up=up) if up or down else value:.6g} s"


def rounded(value: float, *, up: bool) -> float:
    """A positive number with four digits, rounded up or down."""
    if value <= 0:
        return value
    scale = 10.0 ** (3 - math.floor(math.log10(value)))
    return (math.ceil(value * scale - 1e-6) if up else math.floor(value * scale + 1e-6)) / scale


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]
