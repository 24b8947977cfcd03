"""The placement rules against the components, layers, resources and networks they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aisprint_cli.load.build.candidates import CandidatesDraft
from aisprint_cli.load.build.catalogue import CatalogueDraft
from aisprint_cli.load.build.dag import DagDraft
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.components import Components
from aisprint_cli.load.documents import RULES
from aisprint_cli.load.shapes.reader import INVALID
from aisprint_cli.model.resources import LayerKind

_PLACES: Final = {"pin": "to", "keep_off": "from", "private": "within", "quota": "over"}
_VERBS: Final = (*_PLACES, "together", "apart")
_LIMITS: Final = {"local": "local_time_thr", "global": "global_time_thr"}
_BOUGHT: Final = ("reserved", "spot", "availability", "discipline", "idle_power")
Keys = tuple[str | int, ...]


def check_rules(
    document: Mapping[str, Any] | None,
    catalogue: CatalogueDraft | None,
    dag: DagDraft | None,
    candidates: CandidatesDraft | None,
    components: Components,
    checker: Checker,
) -> None:
    """Check the placement rules, as far as what they name could be read."""
    if not document:
        return
    if dag is not None:
        _check_percentiles(document, dag, components, checker)
    if catalogue is None:
        return
    regions = _check_regions(document, catalogue, checker)
    _check_terms(document, catalogue, checker)
    reading = _Rules(catalogue, dag, candidates, regions, checker)
    for index, rule in enumerate(document.get("rules") or ()):
        if rule is not INVALID:
            reading.check(rule, ("rules", index))


def _unknown(kind: str, name: object, known: list[str], keys: Keys, checker: Checker, *, key: bool) -> None:
    report = checker.key if key else checker.value
    message = f"There is no {kind} `{name}`."
    report("rules.unknown-name", RULES, keys, message, checker.did_you_mean(str(name), known))


def _check_percentiles(
    document: Mapping[str, Any], dag: DagDraft, components: Components, checker: Checker
) -> None:
    for name, chosen in (document.get("percentiles") or {}).items():
        keys: Keys = ("percentiles", name)
        if name not in dag.names:
            _unknown("component", name, sorted(dag.names), keys, checker, key=True)
            continue
        code = components.by_name[name].code if name in components.by_name else None
        limits = code.values.get("exec_time", {}) if code is not None else {}
        for which, argument in _LIMITS.items():
            if chosen.get(which) is not None and limits.get(argument) is None:
                message = f"`{name}` has no {argument} for the percentile to be about."
                checker.value("rules.no-limit", RULES, (*keys, which), message)


def _check_regions(
    document: Mapping[str, Any], catalogue: CatalogueDraft, checker: Checker
) -> dict[str, set[int]]:
    """The layers of each region."""
    found: dict[str, set[int]] = {}
    seen: dict[int, str] = {}
    for region, layers in (document.get("regions") or {}).items():
        found[region] = set()
        for index, number in enumerate(layers):
            keys: Keys = ("regions", region, index)
            if number is INVALID:
                continue
            if number not in catalogue.named_layers:
                _unknown("layer", number, [], keys, checker, key=False)
            elif seen.setdefault(number, region) != region:
                message = f"The layer {number} is in the region `{seen[number]}` too."
                checker.value("rules.two-regions", RULES, keys, message)
            found[region].add(number)
    return found


def _check_terms(document: Mapping[str, Any], draft: CatalogueDraft, checker: Checker) -> None:
    kinds = {resource.name: layer.kind for layer in draft.catalogue for resource in layer.resources}
    for name, terms in (document.get("resources") or {}).items():
        if name not in kinds:
            _unknown("resource", name, sorted(kinds), ("resources", name), checker, key=True)
            continue
        for key in _BOUGHT if kinds[name] is LayerKind.FUNCTIONS else ():
            if terms.get(key) is not None:
                message = (
                    f"`{name}` is for functions, which have no instances to buy: `{key}` has no meaning."
                )
                checker.key("rules.functions", RULES, ("resources", name, key), message)
        idle, busy = terms.get("idle_power"), terms.get("busy_power")
        if idle is not None and busy is not None and busy < idle:
            message = f"`{name}` draws {busy:g} W with work, but {idle:g} W without."
            checker.value("rules.power", RULES, ("resources", name, "busy_power"), message)
    domains = [domain.key for domain in draft.catalogue.domains]
    for key in document.get("networks") or {}:
        if key not in domains:
            _unknown("network domain", key, domains, ("networks", key), checker, key=True)


@dataclass(frozen=True, slots=True)
class _Rules:
    catalogue: CatalogueDraft
    dag: DagDraft | None
    candidates: CandidatesDraft | None
    regions: Mapping[str, set[int]]
    checker: Checker

    def check(self, rule: Mapping[str, Any], keys: Keys) -> None:
        verbs = [verb for verb in _VERBS if rule.get(verb) is not None]
        if len(verbs) != 1:
            said = " and ".join(f"`{verb}`" for verb in verbs) or "none of them"
            self.checker.value("rules.one-thing", RULES, keys, f"The rule says {said}.")
            return
        verb = verbs[0]
        self._check_keys(rule, verb, keys)
        if verb != "quota":
            self._check_components(rule[verb], (*keys, verb))
        places = rule.get(_PLACES.get(verb, ""))
        if places is None:
            return
        place_keys = (*keys, _PLACES[verb])
        if not any(places.get(kind) for kind in ("layers", "resources", "regions")):
            self.checker.value("rules.places", RULES, place_keys, "The rule names no place.")
            return
        found = self._resources(places, place_keys)
        if verb != "quota" and found is not None:
            self._check_candidates(verb, rule, found, keys)

    def _check_keys(self, rule: Mapping[str, Any], verb: str, keys: Keys) -> None:
        needed = _PLACES.get(verb)
        if needed is not None and needed not in rule:
            message = f"A `{verb}` rule needs `{needed}`."
            self.checker.key("rules.places", RULES, (*keys, verb), message)
        allowed = {needed} if needed else {"scope"}
        if verb == "private":
            allowed.add("all_pieces")
        for key in (*_PLACES.values(), "scope", "all_pieces"):
            if rule.get(key) is not None and key not in allowed:
                message = f"A `{verb}` rule has no `{key}`."
                self.checker.key("rules.foreign-key", RULES, (*keys, key), message)

    def _check_components(self, names: list[Any], keys: Keys) -> None:
        if self.dag is None or not self.dag.all_components:
            return
        for index, name in enumerate(names):
            if name is not INVALID and name not in self.dag.names:
                _unknown("component", name, sorted(self.dag.names), (*keys, index), self.checker, key=False)

    def _resources(self, places: Mapping[str, Any], keys: Keys) -> set[str] | None:
        """The resources of places; None once something is reported."""
        layers = {layer.number: [item.name for item in layer.resources] for layer in self.catalogue.catalogue}
        names = [name for items in layers.values() for name in items]
        found: set[str] = set()
        sound = True
        for kind, index, value in _listed(places):
            if kind == "layers" and value in self.catalogue.named_layers:
                found.update(layers.get(value, ()))
            elif kind == "resources" and value in names:
                found.add(value)
            elif kind == "regions" and value in self.regions:
                found.update(name for number in self.regions[value] for name in layers.get(number, ()))
            else:
                known = {"resources": names, "regions": sorted(self.regions)}.get(kind, [])
                sound = False
                if value is not INVALID:
                    _unknown(kind[:-1], value, known, (*keys, kind, index), self.checker, key=False)
        return found if sound else None

    def _check_candidates(self, verb: str, rule: Mapping[str, Any], places: set[str], keys: Keys) -> None:
        """Whether each component keeps a resource to run on."""
        if self.candidates is None:
            return
        for index, name in enumerate(rule[verb]):
            offered = {
                resource
                for entry in self.candidates.candidates.entries
                if entry.name == name or entry.name.startswith(f"{name}_partition")
                for _, resource in entry.places
            }
            left = offered - places if verb == "keep_off" else offered & places
            if offered and not left:
                listed = ", ".join(sorted(offered))
                message = f"The rule leaves `{name}` none of its candidate resources ({listed})."
                self.checker.value("rules.nowhere", RULES, (*keys, verb, index), message)


def _listed(places: Mapping[str, Any]) -> Iterator[tuple[str, int, Any]]:
    for kind in ("layers", "resources", "regions"):
        for index, value in enumerate(places.get(kind) or ()):
            yield kind, index, value
