"""The rules of a system file: what may run where, what stays together, quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from aisprint_cli.load.json_document import Fault, JsonValue
from aisprint_cli.placement.rule_building import PLACE_KEYS, Stated, Verb, build_rules
from aisprint_cli.placement.rules import NO_RULES, Rules, Scope
from aisprint_cli.placement.system_entries import unknown, word
from aisprint_cli.placement.system_resources import ResourceReader

NO_RULE: Final = Fault(
    "system.rule",
    "A rule says one thing: pin, keep_off, private, together, apart or quota.",
    "Write it as docs/placement.md shows.",
)
_ABOUT_ALL: Final = ("name", "reason")


def read_rules(root: JsonValue, resources: ResourceReader, components: Mapping[str, int]) -> Rules:
    """All rules; what is wrong with them is reported."""
    entry = root.find("PlacementRules")
    if not resources.resources:
        return NO_RULES  # that there is none is reported where they are read
    reader = _Reader(resources, components)
    stated = [rule for item in entry.items() if (rule := reader.read(item))] if entry is not None else []
    return build_rules(stated, list(components), len(resources.resources))


class _Reader:
    def __init__(self, resources: ResourceReader, components: Mapping[str, int]) -> None:
        self._resources = resources
        self._components = components

    def read(self, item: JsonValue) -> Stated | None:
        if not isinstance(item.value, dict):
            list(item.entries())
            return None
        verbs = [verb for verb in Verb if item.find(verb.value) is not None]
        if len(verbs) != 1:
            said = " and ".join(f"`{verb}`" for verb in verbs) or "none of them"
            item.check_keys(verb.value for verb in Verb)
            item.report(NO_RULE, f"{item.where} says {said}.")
            return None
        verb = verbs[0]
        subject = item.find(verb.value)
        item.check_keys((verb.value, *_ABOUT_ALL, *rule_keys(verb)), only=True)
        if subject is None:
            return None
        stated = self._stated(verb, subject, item)
        if stated is None:
            return None
        titles = [entry.text() or "" if (entry := item.find(key)) else "" for key in _ABOUT_ALL]
        return replace(stated, name=titles[0], reason=titles[1])

    def _stated(self, verb: Verb, subject: JsonValue, item: JsonValue) -> Stated | None:
        if verb in {Verb.TOGETHER, Verb.APART}:
            scope = word(item, "scope", [value.value for value in Scope])
            chosen = Scope(scope) if scope is not None else Scope.RESOURCE
            return Stated(verb, self._named(subject, 2), scope=chosen)
        places = item.need(PLACE_KEYS[verb])
        if places is None:
            return None
        found, words = self._places(places)
        if verb is Verb.QUOTA:
            bought = frozenset(number for number in found if not self._resources.is_function(number))
            count = subject.whole()
            return None if count is None else Stated(verb, (), bought, words, limit=count)
        everywhere = item.find("all_pieces")
        all_pieces = everywhere is not None and bool(everywhere.truth())
        return Stated(verb, self._named(subject, 1), found, words, all_pieces=all_pieces)

    def _named(self, entry: JsonValue, least: int) -> tuple[int, ...]:
        """The components a list names."""
        found: list[int] = []
        for at in entry.items():
            name = at.text()
            if name is not None and name not in self._components:
                unknown(at, "component", name, self._components)
            elif name is not None:
                found.append(self._components[name])
        if isinstance(entry.value, list) and len(set(entry.value)) < least:
            entry.report(NO_RULE, f"{entry.where} needs {least} or more components.", mend="Add some.")
        return tuple(dict.fromkeys(found))

    def _places(self, entry: JsonValue) -> tuple[frozenset[int], str]:
        """The resources that places are made of, and the places in words."""
        if not isinstance(entry.value, dict) or not entry.value:
            list(entry.entries())
            entry.report(NO_RULE, f"{entry.where} names no place.", mend="Give layers, resources or regions.")
            return frozenset(), ""
        entry.check_keys(("layers", "resources", "regions"), only=True)
        found: set[int] = set()
        words: list[str] = []
        for kind, numbers in (
            ("layers", self._in_layer),
            ("resources", self._resource),
            ("regions", self._in_region),
        ):
            listed = entry.find(kind)
            for at in listed.items() if listed is not None else ():
                found.update(numbers(at))
                words.append(f"region {at.value}" if kind == "regions" else str(at.value))
        return frozenset(found), ", ".join(words)

    def _in_layer(self, at: JsonValue) -> Iterator[int]:
        layer = self._resources.layer_number(at)
        return (number for number, item in enumerate(self._resources.resources) if item.layer == layer)

    def _resource(self, at: JsonValue) -> Iterator[int]:
        name, known = at.text(), self._resources.numbers
        if name is not None and name not in known:
            unknown(at, "resource", name, known)
        return iter(() if name is None or name not in known else (known[name],))

    def _in_region(self, at: JsonValue) -> Iterator[int]:
        name = at.text()
        known = {layer.region for layer in self._resources.layers if layer.region}
        if name is not None and name not in known:
            unknown(at, "region", name, sorted(known))
        layers = self._resources.layers
        return (
            number
            for number, item in enumerate(self._resources.resources)
            if name is not None and layers[item.layer].region == name
        )


def rule_keys(verb: Verb) -> tuple[str, ...]:
    """The keys that a rule of a verb may have besides those of all rules."""
    if verb in {Verb.TOGETHER, Verb.APART}:
        return ("scope",)
    return (PLACE_KEYS[verb], *(("all_pieces",) if verb is Verb.PRIVATE else ()))
