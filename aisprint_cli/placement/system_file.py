"""The reference's system files (JSON) as placement problems: every problem of a file at once.

Key spellings vary between the programs that write these files; case and `_` do not count. The form is
in docs/placement.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

from aisprint_cli.diagnostics import Diagnostic, Severity
from aisprint_cli.errors import FindingsError, InfeasibleError, InvalidInputError
from aisprint_cli.load.json_document import Fault, JsonDocument, JsonValue, plain_number, read_json
from aisprint_cli.performance.functions import mean_response_s
from aisprint_cli.placement.problem import (
    PYTHON_SEMANTICS,
    Alternative,
    Component,
    Piece,
    Problem,
    Semantics,
)
from aisprint_cli.placement.system_entries import (
    EMPTY,
    NO_LOAD,
    NO_PERIOD,
    NOWHERE,
    UNKNOWN,
    WITHOUT_PLACEMENT,
    number,
    unknown,
)
from aisprint_cli.placement.system_limits import read_local_limits, read_network, read_path_limits
from aisprint_cli.placement.system_options import OptionReader
from aisprint_cli.placement.system_resources import TIER_KEYS, ResourceReader
from aisprint_cli.placement.system_rules import read_rules

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
UNLISTED: Final = Fault(
    "system.not-listed",
    "Where a piece may run is listed for each one, if need be with nothing in the list.",
    "List the resources for it in CompatibilityMatrix.",
)
UNUSED: Final = Fault(
    "system.unused-deployment",
    "The deployment it belongs to cannot run and is not considered.",
    "List at least one resource for it, or leave the deployment out.",
    Severity.WARNING,
)
_KEYS: Final = (
    *TIER_KEYS,
    "DirectedAcyclicGraph",
    "DAG",
    "Components",
    "CompatibilityMatrix",
    "Performance",
    "NetworkTechnology",
    "LocalConstraints",
    "GlobalConstraints",
    "PlacementRules",
    "Regions",
    "Lambda",
    "Time",
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
        InfeasibleError: when it can, but there is nothing in it to place, or nowhere to place it.

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
        raise _refusal(document, directory)
    problem, descriptions = result
    return SystemFile(problem, document.findings.sorted(), descriptions)


def _refusal(document: JsonDocument, directory: Path) -> FindingsError:
    """That the file is wrong, or that it is not and still has no placement; with every finding."""
    errors = [finding for finding in document.findings if finding.is_error]
    found = document.findings.sorted()
    if all(finding.code in WITHOUT_PLACEMENT for finding in errors):
        return InfeasibleError(
            f"{document.path} has no placement.", found, directory=directory, why=errors[0].message
        )
    return InvalidInputError(
        f"{document.path} has {len(errors)} {'problem' if len(errors) == 1 else 'problems'}.",
        found,
        directory=directory,
        mend="Mend them; docs/placement.md describes the file.",
    )


class _Reader:
    """Reads one system file; what is wrong goes into the document's findings."""

    def __init__(self, root: JsonValue) -> None:
        self._root = root
        self._resources = ResourceReader(root)
        self._options = OptionReader(root, self._resources)
        self._components: dict[str, int] = {}

    def read(
        self, rate_per_s: float | None, semantics: Semantics
    ) -> tuple[Problem, Mapping[str, str]] | None:
        """The problem; None once something is reported that keeps it from being built."""
        if not isinstance(self._root.value, dict):
            list(self._root.entries())
            return None
        self._root.check_keys(_KEYS)
        self._root.need("CompatibilityMatrix")
        self._resources.read()
        rate = self._rate(rate_per_s)
        moves = self._read_graph()
        if moves is None:
            read_network(self._root, self._resources)
            return None
        components = self._read_components(moves, rate or 1.0)
        domains = read_network(self._root, self._resources)
        local = read_local_limits(self._root, self._components)
        paths = read_path_limits(self._root, self._components, moves)
        rules = read_rules(self._root, self._resources, self._components)
        disciplines = self._options.disciplines()
        period = self._root.find("Time")
        period_h = 1.0 if period is None else _above_zero(period, NO_PERIOD, "The period has no length")
        if self._root.document.findings.has_errors or period_h is None or rate is None:
            return None
        problem = Problem(
            entry_rate_per_s=rate,
            layers=tuple(self._resources.layers),
            resources=tuple(
                replace(item, discipline=disciplines.get(place, item.discipline))
                for place, item in enumerate(self._resources.resources)
            ),
            components=components,
            domains=domains,
            local_limits=local,
            path_limits=paths,
            period_h=period_h,
            semantics=semantics,
            function_response=mean_response_s,
            rules=rules,
        )
        return problem, self._resources.descriptions

    def _rate(self, given: float | None) -> float | None:
        if given is not None:
            return given
        entry = self._root.need("Lambda")
        return None if entry is None else _above_zero(entry, NO_LOAD, "No requests enter")

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
                unknown(item, "component", item.name, names, key=True)
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
                unknown(target, "component", name, names)
            elif name is not None:
                moves[name] = moves.get(name, 0.0) + (probability or 0.0)
        return moves

    def _read_components(
        self, moves: Mapping[str, Mapping[str, float]], rate_per_s: float
    ) -> tuple[Component, ...]:
        rates = _rates(moves, rate_per_s)
        found = (self._read_component(name, moves, rates[name]) for name in moves)
        return tuple(component for component in found if component is not None)

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
        usable = [item for item in alternatives if all(piece.options for piece in item.pieces)]
        self._report_unlisted(name, alternatives, runs=bool(usable))
        if not usable:
            if not self._root.document.findings.has_errors:
                entry.report(EMPTY, f"The component `{name}` has no deployment.")
            return None
        return Component(
            name=name,
            rate_per_s=rate_per_s,
            alternatives=tuple(usable),
            successors=tuple(self._components[target] for target in targets),
            probabilities=tuple(moves[name].values()),
        )

    def _report_unlisted(self, component: str, alternatives: Sequence[Alternative], *, runs: bool) -> None:
        """Report pieces that no resource is listed for; odd only, where their component runs otherwise."""
        names = dict.fromkeys(
            piece.name for item in alternatives for piece in item.pieces if not piece.options
        )
        matrix = self._root.find("CompatibilityMatrix") if names else None
        for name in names:
            listed = self._options.listed(component, name)
            at = matrix if listed is None else listed
            if at is None or (listed is not None and listed.value):
                continue  # what is wrong was reported where it stands
            fault = NOWHERE if not runs else UNLISTED if listed is None else UNUSED
            at.report(fault, f"No resource is listed for `{name}` of `{component}`.")

    def _read_alternative(self, component: str, entry: JsonValue, targets: list[str]) -> Alternative | None:
        chain = _chain(entry, set(targets))
        if not chain:
            return None
        pieces: list[Piece] = []
        reach = 1.0
        for place, item in enumerate(chain):
            last = place == len(chain) - 1
            leaves = number(item, "early_exit_probability", minimum=0, maximum=1, otherwise=0.0) or 0.0
            sizes = self._sizes(item, [] if last else None)
            options = self._options.read(component, item.name)
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


def _above_zero(entry: JsonValue, zero: Fault, message: str) -> float | None:
    """A number above zero; None once reported, with a fault of its own for exactly zero."""
    if plain_number(entry.value) == 0:
        entry.report(zero, f"{message}: {entry.where} is 0.")
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
