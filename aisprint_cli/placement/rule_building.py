"""Rules as users state them, made into rules of a problem, with words for explanations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aisprint_cli.placement.rules import Affinity, Bond, Confinement, Quota, Rules, Scope


class Verb(StrEnum):
    """What a rule says; the words of the files."""

    PIN = "pin"
    KEEP_OFF = "keep_off"
    PRIVATE = "private"
    TOGETHER = "together"
    APART = "apart"
    QUOTA = "quota"


PLACE_KEYS: Final = {Verb.PIN: "to", Verb.KEEP_OFF: "from", Verb.PRIVATE: "within", Verb.QUOTA: "over"}
"""The key of the places that a rule of a verb is about; the other verbs have a scope."""
_SCOPES: Final = {
    (Bond.TOGETHER, Scope.RESOURCE): "on one resource",
    (Bond.TOGETHER, Scope.LAYER): "in one layer",
    (Bond.TOGETHER, Scope.REGION): "in one region",
    (Bond.APART, Scope.RESOURCE): "on different resources",
    (Bond.APART, Scope.LAYER): "in different layers",
    (Bond.APART, Scope.REGION): "in different regions",
}


@dataclass(frozen=True, slots=True)
class Stated:
    """A rule as it is written, its names looked up.

    `components` and `resources` are numbers of the problem, `places` the words of the file for the
    resources. `limit` is for quotas, `scope` for bonds, `all_pieces` for what is private.
    """

    verb: Verb
    components: tuple[int, ...] = ()
    resources: frozenset[int] = frozenset()
    places: str = ""
    scope: Scope = Scope.RESOURCE
    limit: int = 0
    name: str = ""
    reason: str = ""
    all_pieces: bool = False


def build_rules(stated: Iterable[Stated], names: Sequence[str], resource_count: int) -> Rules:
    """The rules of a problem.

    Args:
        stated: the rules as written.
        names: the names of the components, by number.
        resource_count: how many resources the problem has.

    """
    confinements: list[Confinement] = []
    affinities: list[Affinity] = []
    quotas: list[Quota] = []
    for rule in stated:
        if rule.verb is Verb.QUOTA:
            counted = "1 instance" if rule.limit == 1 else f"{rule.limit} instances"
            words = f"allows at most {counted} over {rule.places}"
            quotas.append(Quota(_title(rule, words), rule.resources, rule.limit, words=words))
        elif rule.verb in {Verb.TOGETHER, Verb.APART}:
            bond = Bond(rule.verb.value)
            listed = " and ".join(names[number] for number in rule.components)
            words = f"keeps {listed} {_SCOPES[bond, rule.scope]}"
            affinities.append(Affinity(_title(rule, words), rule.components, bond, rule.scope, words=words))
        else:
            confinements.extend(_confined(rule, names, resource_count))
    return Rules(tuple(confinements), tuple(affinities), tuple(quotas))


def _confined(rule: Stated, names: Sequence[str], resource_count: int) -> Iterator[Confinement]:
    """One confinement for each component of the rule."""
    everything = frozenset(range(resource_count))
    off = rule.verb is Verb.KEEP_OFF
    first_only = rule.verb is Verb.PRIVATE and not rule.all_pieces
    for number in rule.components:
        what = f"the input of {names[number]}" if first_only else names[number]
        words = f"keeps {what} {'off' if off else 'on'} {rule.places}"
        title = _title(rule, words)
        if len(rule.components) > 1 and (rule.name or rule.reason):
            title = f"{title} ({names[number]})"
        allowed = everything - rule.resources if off else rule.resources
        yield Confinement(title, number, allowed, first_only, words=words)


def _title(rule: Stated, words: str) -> str:
    return rule.name or rule.reason or words
