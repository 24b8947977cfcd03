"""The reference's system files (JSON) as placement problems: every problem of a file at once.

Key spellings vary between the programs that write these files; case and `_` do not count. The form is
in docs/placement.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Final

from aisprint_cli.diagnostics import Diagnostic, Severity
from aisprint_cli.errors import InvalidInputError
from aisprint_cli.load.json_document import Fault, JsonDocument, JsonValue, plain_number, read_json, spelling
from aisprint_cli.load.suggestions import closest
from aisprint_cli.performance.functions import mean_response_s
from aisprint_cli.placement.problem import (
    PYTHON_SEMANTICS,
    Alternative,
    Component,
    Layer,
    LocalLimit,
    NetworkDomain,
    PathLimit,
    Piece,
    Problem,
    Resource,
    Semantics,
    Tier,
)
from aisprint_cli.placement.system_options import read_options

UNKNOWN: Final = Fault(
    "system.unknown-name", "What it refers to does not exist.", "Write a name that the file defines."
)
CYCLE: Final = Fault(
    "system.cycle", "Rates and response times have no meaning on a circle.", "Break the circle."
)
CHAIN: Final = Fault(
    "system.broken-chain",
    "The pieces of a deployment run one after the other, so each but the last names exactly the next.",
    "Let `next` of each piece name the one that follows.",
)
LENGTH: Final = Fault(
    "system.wrong-length",
    "Each entry belongs to the entry of `next` at the same place.",
    "Give as many entries as `next` has.",
)
TWICE: Final = Fault(
    "system.duplicate-name",
    "Resources are told apart by their names, also across layers.",
    "Give each resource a name of its own.",
)
EMPTY: Final = Fault("system.empty", "There is nothing to place.", "Add at least one.")
PATH: Final = Fault(
    "system.no-path",
    "A global constraint is about components that follow one another.",
    "List components so that each is in `next` of the one before.",
)
NOT_COUNTED: Final = Fault(
    "system.not-counted",
    "The reference's cost formula has no term for it.",
    "Set it to 0, or expect a higher bill than the cost shown.",
    Severity.WARNING,
)
_TIERS: Final = (
    (Tier.EDGE, "EdgeResources"),
    (Tier.CLOUD, "CloudResources"),
    (Tier.FUNCTIONS, "FaaSResources"),
)


@dataclass(frozen=True)
class SystemFile:
    """A problem as a file states it, with what is odd but usable about it.

    `descriptions` are the file's own words on its resources, by name.
    """

    problem: Problem
    warnings: tuple[Diagnostic, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)


def read_system(
    path: Path, *, rate_per_s: float | None = None, semantics: Semantics = PYTHON_SEMANTICS
) -> SystemFile:
    """Read a system file.

    Args:
        path: the file.
        rate_per_s: arrival rate (1/s) at each source component; the file's `Lambda` if None.
        semantics: which of the reference's two programs is followed where they differ.

    Raises:
        InvalidInputError: when the file cannot be used; carries every problem found.

    """
    return system_from(read_json(path), path.parent, rate_per_s=rate_per_s, semantics=semantics)


def system_from(
    document: JsonDocument,
    directory: Path,
    *,
    rate_per_s: float | None = None,
    semantics: Semantics = PYTHON_SEMANTICS,
) -> SystemFile:
    """The same from a document that was read; `directory` is where it lies, for messages."""
    result = None
    if not document.findings.has_errors:
        result = _Reader(document.root).read(rate_per_s, semantics)
    if result is None or document.findings.has_errors:
        count = sum(finding.is_error for finding in document.findings)
        raise InvalidInputError(
            f"{document.path} has {count} {'problem' if count == 1 else 'problems'}.",
            document.findings.sorted(),
            directory=directory,
            mend="Mend them; docs/placement.md describes the file.",
        )
    problem, descriptions = result
    return SystemFile(problem, document.findings.sorted(), descriptions)


class _Reader:
    """Reads one system file; what is wrong goes into the document's findings."""

    def __init__(self, root: JsonValue) -> None:
        self._root = root
        self._layers: list[Layer] = []
        self._resources: list[Resource] = []
        self._descriptions: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._components: dict[str, int] = {}

    def read(
        self, rate_per_s: float | None, semantics: Semantics
    ) -> tuple[Problem, Mapping[str, str]] | None:
        """The problem; None once something is reported that keeps it from being built."""
        if not isinstance(self._root.value, dict):
            list(self._root.entries())
            return None
        for tier, key in _TIERS:
            self._read_tier(tier, self._root.find(key))
        if not self._resources:
            self._root.report(EMPTY, "The file has no usable resource.")
        rate = self._rate(rate_per_s)
        moves = self._read_graph()
        if moves is None:
            self._read_network()
            return None
        rates = _rates(moves, rate or 1.0)
        components = tuple(
            component
            for name in moves
            if (component := self._read_component(name, moves, rates[name])) is not None
        )
        domains = self._read_network()
        local, paths = self._read_local_limits(), self._read_path_limits(moves)
        period = self._root.find("Time")
        period_h = 1.0 if period is None else period.number(above=0)
        if self._root.document.findings.has_errors or period_h is None or rate is None:
            return None
        problem = Problem(
            entry_rate_per_s=rate,
            layers=tuple(self._layers),
            resources=tuple(self._resources),
            components=components,
            domains=domains,
            local_limits=local,
            path_limits=paths,
            period_h=period_h,
            semantics=semantics,
            function_response=mean_response_s,
        )
        return problem, self._descriptions

    def _rate(self, given: float | None) -> float | None:
        if given is not None:
            return given
        entry = self._root.need("Lambda")
        return None if entry is None else entry.number(above=0)

    def _read_tier(self, tier: Tier, entry: JsonValue | None) -> None:
        for layer in entry.entries() if entry is not None else ():
            number = len(self._layers)
            self._layers.append(Layer(layer.name, tier))
            for item in layer.entries():
                if isinstance(item.value, dict):
                    self._read_resource(tier, number, item)
                elif spelling(item.name) == "transitioncost":
                    if plain_number(item.value) != 0:
                        item.report(NOT_COUNTED, f"{item.where} is not counted.")
                else:
                    list(item.entries())

    def _read_resource(self, tier: Tier, layer: int, item: JsonValue) -> None:
        if item.name in self._numbers:
            item.report(TWICE, f"There is more than one resource `{item.name}`.", key=True)
            return
        cost = _number(item, "cost", minimum=0)
        memory = _number(item, "memory", minimum=0)
        limit = item.find("number")
        count = 1 if limit is None or tier is Tier.FUNCTIONS else limit.whole()
        cores = _number(item, "n_cores", above=0, otherwise=1.0)
        idle = _number(item, "idle_time_before_kill", minimum=0, otherwise=0.0)
        idle_w = _number(item, "idle_power", minimum=0, otherwise=0.0)
        busy_w = _number(item, "busy_power", minimum=idle_w or 0.0, otherwise=idle_w or 0.0)
        green = _number(item, "green_share", minimum=0, maximum=1, otherwise=0.0)
        if tier is Tier.FUNCTIONS and item.find("idle_time_before_kill") is None:
            item.need("idle_time_before_kill")
        self._numbers[item.name] = len(self._resources)
        described = item.find("description")
        if described is not None and isinstance(described.value, str):
            self._descriptions[item.name] = described.value
        self._resources.append(
            Resource(
                name=item.name,
                layer=layer,
                limit=count or 0,
                cost_per_hour=cost or 0.0,
                memory_mib=memory or 0.0,
                cores=cores or 1.0,
                idle_before_kill_s=idle or 0.0,
                idle_w=idle_w or 0.0,
                busy_w=busy_w or 0.0,
                green_share=green or 0.0,
            )
        )

    def _read_graph(self) -> dict[str, dict[str, float]] | None:
        """The moves from each component, components in topological order; None once reported."""
        graph = self._root.need("DirectedAcyclicGraph", "DAG")
        described = self._root.need("Components")
        if graph is None or described is None:
            return None
        names = [item.name for item in described.entries()]
        if not names:
            described.report(EMPTY, "There is no component.")
            return None
        moves: dict[str, dict[str, float]] = {name: {} for name in names}
        for item in graph.entries():
            if item.name not in moves:
                self._unknown(item, "component", item.name, names, key=True)
                continue
            moves[item.name] = self._read_moves(item, names)
        for name in names:
            if graph.find(name) is None:
                graph.report(UNKNOWN, f"The graph does not say where `{name}` stands.", mend=f"Add `{name}`.")
        try:
            before: dict[str, list[str]] = {name: [] for name in names}
            for source, targets in moves.items():
                for target in targets:
                    before[target].append(source)
            order = list(TopologicalSorter(before).static_order())
        except CycleError as error:
            graph.report(CYCLE, f"The graph goes round in a circle: {' -> '.join(reversed(error.args[1]))}.")
            return None
        self._components = {name: number for number, name in enumerate(order)}
        return {name: moves[name] for name in order}

    def _read_moves(self, item: JsonValue, names: list[str]) -> dict[str, float]:
        following = item.find("next")
        targets = list(following.items()) if following is not None else []
        listed = item.find("transition_probability")
        chances = list(listed.items()) if listed is not None else []
        if len(targets) != len(chances):
            item.report(LENGTH, f"{item.where} has {len(targets)} in `next`, {len(chances)} probabilities.")
            return {}
        moves: dict[str, float] = {}
        for target, chance in zip(targets, chances, strict=True):
            name, probability = target.text(), chance.number(minimum=0, maximum=1 + 1e-9)
            if name is not None and name not in names:
                self._unknown(target, "component", name, names)
            elif name is not None:
                moves[name] = moves.get(name, 0.0) + (probability or 0.0)
        return moves

    def _read_component(
        self, name: str, moves: Mapping[str, Mapping[str, float]], rate_per_s: float
    ) -> Component | None:
        described = self._root.need("Components")
        entry = described.below(name, described.value[name]) if described is not None else None
        if entry is None:
            return None
        targets = list(moves[name])
        alternatives = [
            alternative
            for item in entry.entries()
            if (alternative := self._read_alternative(name, item, targets)) is not None
        ]
        if not alternatives:
            if not self._root.document.findings.has_errors:
                entry.report(EMPTY, f"The component `{name}` has no deployment.")
            return None
        return Component(
            name=name,
            rate_per_s=rate_per_s,
            alternatives=tuple(alternatives),
            successors=tuple(self._components[target] for target in targets),
            probabilities=tuple(moves[name].values()),
        )

    def _read_alternative(self, component: str, entry: JsonValue, targets: list[str]) -> Alternative | None:
        chain = _chain(entry, set(targets))
        if not chain:
            return None
        pieces: list[Piece] = []
        reach = 1.0
        for place, item in enumerate(chain):
            last = place == len(chain) - 1
            leaves = _number(item, "early_exit_probability", minimum=0, maximum=1, otherwise=0.0) or 0.0
            sizes = self._sizes(item, [] if last else None)
            options = read_options(self._root, component, item.name, self._numbers, self._is_function)
            size = 0.0 if last else next(iter(sizes.values()), 0.0)
            pieces.append(Piece(item.name, options, reach, leaves, size))
            reach *= 1 - leaves
        sizes = self._sizes(chain[-1], targets)
        return Alternative(entry.name, tuple(pieces), tuple(sizes.get(target, 0.0) for target in targets))

    def _sizes(self, piece: JsonValue, needed: list[str] | None) -> dict[str, float]:
        """The data size sent to each entry of `next`; all of `needed` have to be there."""
        following, listed = piece.find("next"), piece.find("data_size")
        names = [item.text() or "" for item in following.items()] if following is not None else []
        sizes = [item.number(minimum=0) or 0.0 for item in listed.items()] if listed is not None else []
        if len(sizes) < len(names):
            piece.report(LENGTH, f"{piece.where} has {len(names)} in `next` but {len(sizes)} data sizes.")
        found = dict(zip(names, sizes, strict=False))
        for name in needed or ():
            if name not in names:
                message = f"{piece.where} is last in its chain, but `next` does not name `{name}`."
                piece.report(CHAIN, message, mend=f"Add `{name}` to `next`, and its data size.")
        return found

    def _is_function(self, resource: int) -> bool:
        return self._layers[self._resources[resource].layer].tier is Tier.FUNCTIONS

    def _read_network(self) -> tuple[NetworkDomain, ...]:
        entry = self._root.need("NetworkTechnology")
        known = {spelling(layer.name): number for number, layer in enumerate(self._layers)}
        domains: list[NetworkDomain] = []
        for item in entry.entries() if entry is not None else ():
            listed = item.need("computationalLayers")
            layers: set[int] = set()
            for layer in listed.items() if listed is not None else ():
                name = layer.text()
                if name is not None and spelling(name) in known:
                    layers.add(known[spelling(name)])
                elif name is not None:
                    self._unknown(layer, "layer", name, [value.name for value in self._layers])
            delay, bandwidth = _number(item, "AccessDelay", minimum=0), _number(item, "Bandwidth", above=0)
            domains.append(NetworkDomain(item.name, frozenset(layers), delay or 0.0, bandwidth or 1.0))
        return tuple(domains)

    def _read_local_limits(self) -> tuple[LocalLimit, ...]:
        entry = self._root.find("LocalConstraints")
        found: list[LocalLimit] = []
        for item in entry.entries() if entry is not None else ():
            if item.name not in self._components:
                self._unknown(item, "component", item.name, list(self._components), key=True)
                continue
            limit = _limit(item, "local_res_time")
            if limit is not None:
                found.append(LocalLimit(self._components[item.name], limit))
        return tuple(found)

    def _read_path_limits(self, moves: Mapping[str, Mapping[str, float]]) -> tuple[PathLimit, ...]:
        entry = self._root.find("GlobalConstraints")
        found: list[PathLimit] = []
        for item in entry.entries() if entry is not None else ():
            listed = item.need("components")
            names = [(value, value.text()) for value in listed.items()] if listed is not None else []
            for value, name in names:
                if name is not None and name not in moves:
                    self._unknown(value, "component", name, list(moves))
            path = [name for _, name in names if name is not None and name in moves]
            for before, after in pairwise(path):
                if after not in moves[before]:
                    item.report(
                        PATH, f"The path `{item.name}` goes from `{before}` to `{after}`; no edge does."
                    )
            limit = _limit(item, "global_res_time")
            if limit is not None and path:
                found.append(PathLimit(item.name, tuple(self._components[name] for name in path), limit))
        return tuple(found)

    def _unknown(self, at: JsonValue, kind: str, name: str, known: list[str], *, key: bool = False) -> None:
        near = closest(name, known)
        mend = f"Did you mean `{near}`?" if near else f"Write one of {', '.join(known[:8])}."
        at.report(UNKNOWN, f"There is no {kind} `{name}`.", mend=mend, key=key)


def _number(
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


def _limit(item: JsonValue, name: str) -> float | None:
    """A limit in seconds; None where it is infinite, or reported."""
    entry = item.need(name)
    if entry is None or plain_number(entry.value) == float("inf"):
        return None
    return entry.number(above=0)


def _rates(moves: Mapping[str, Mapping[str, float]], rate_per_s: float) -> dict[str, float]:
    """Each component's rate: the entry rate where nothing leads to it, else what arrives."""
    arriving: dict[str, list[float]] = {name: [] for name in moves}
    rates: dict[str, float] = {}
    for name, targets in moves.items():
        rates[name] = sum(arriving[name]) if arriving[name] else rate_per_s
        for target, probability in targets.items():
            arriving[target].append(probability * rates[name])
    return rates


def _chain(entry: JsonValue, targets: set[str]) -> list[JsonValue]:
    """The pieces of a deployment in the order in which `next` leads through them."""
    pieces = {item.name: item for item in entry.entries()}
    following: dict[str, str] = {}
    for name, item in pieces.items():
        listed = item.find("next")
        names = [value.text() for value in listed.items()] if listed is not None else []
        inside = [value for value in names if value in pieces and value not in targets]
        if inside:
            following[name] = inside[0]
        if inside and len(names) != 1:
            item.report(CHAIN, f"{item.where} names {len(names)} pieces or components in `next`, not one.")
            return []
    first = [name for name in pieces if name not in following.values()]
    chain = first[:1]
    while chain and chain[-1] in following and len(chain) <= len(pieces):
        chain.append(following[chain[-1]])
    if len(chain) != len(pieces) or len(first) != 1:
        if pieces:
            entry.report(CHAIN, f"The pieces of {entry.where} are not one chain.")
        else:
            entry.report(EMPTY, f"{entry.where} has no piece.")
        return []
    return [pieces[name] for name in chain]
