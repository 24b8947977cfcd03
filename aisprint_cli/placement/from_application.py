"""The placement problem of an application: its candidates, graph and limits, and what was measured of it.

Alternatives of a component are `base` and its splits `partition<K>`; a piece has the name of its part.
Sizes are in MB and bandwidths in Mbit/s, so that eight bits per unit give seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from aisprint_cli.diagnostics import Diagnostic, Findings, Location
from aisprint_cli.model.application import Application
from aisprint_cli.model.candidates import Container
from aisprint_cli.model.dag import Dag
from aisprint_cli.model.fit import fits
from aisprint_cli.model.naming import BASE_DESIGN, Part, segment_design
from aisprint_cli.model.resources import Layer as ApplicationLayer
from aisprint_cli.model.resources import LayerKind
from aisprint_cli.performance.functions import mean_response_s
from aisprint_cli.placement.application_resources import problem_resource
from aisprint_cli.placement.application_rules import ApplicationRules
from aisprint_cli.placement.problem import (
    PYTHON_SEMANTICS,
    Alternative,
    Component,
    Discipline,
    Layer,
    LocalLimit,
    NetworkDomain,
    Option,
    PathLimit,
    Piece,
    Problem,
    Resource,
    Semantics,
    Tier,
)

MODELS_PATH: Final = "oscarp/performance_models.json"
SIZES_PATH: Final = "oscarp/components_data_size.yaml"
SEGMENTS: Final = 2
_DAG_PATH: Final = "common_config/application_dag.yaml"
_GROUPS: Final = (
    ("EdgeResources", Tier.EDGE),
    ("CloudResources", Tier.CLOUD),
    ("FaaSResources", Tier.FUNCTIONS),
)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a part was measured to need on a resource: service time (s), for functions warm and cold.

    `scv` and `curve` are as in `problem.Option`; `queues` says that the resource serves one request after
    the other on each of its cores.
    """

    demand_s: float
    cold_s: float | None = None
    scv: float = 1.0
    curve: tuple[tuple[float, float], ...] = ()
    queues: bool = False


@dataclass(frozen=True)
class Measurements:
    """What is known of an application's parts.

    `demands` is by part and resource name, `sent_mb` (data size in MB) by part name. `is_there` says
    whether there is a file of performance models at all.
    """

    demands: Mapping[tuple[str, str], Demand] = field(default_factory=dict)
    sent_mb: Mapping[str, float] = field(default_factory=dict)
    is_there: bool = False


@dataclass(frozen=True)
class ApplicationProblem:
    """The problem of an application; None with findings that say what keeps it from being stated.

    Warnings among the findings say what had to be left out or assumed.
    """

    problem: Problem | None
    findings: tuple[Diagnostic, ...] = ()

    @property
    def unpredicted(self) -> bool:
        """Whether nothing but predictions are missing: the application is not wrong, only not profiled."""
        errors = [item for item in self.findings if item.is_error]
        return bool(errors) and all(item.code.startswith("placement.no-prediction") for item in errors)


def problem_from(
    application: Application,
    splits: Mapping[str, int],
    measured: Measurements,
    *,
    rate_per_s: float | None = None,
    semantics: Semantics = PYTHON_SEMANTICS,
) -> ApplicationProblem:
    """The placement problem of an application.

    Args:
        application: a validated application.
        splits: how many alternative splits each component has; one that is not named has none.
        measured: what is known of its parts.
        rate_per_s: requests (1/s) that enter; if None, the `expected_throughput` of a component where
            input enters.
        semantics: which of the reference's two programs is followed where they differ.

    """
    findings = Findings()
    rate = rate_per_s if rate_per_s is not None else _expected_rate(application, findings)
    builder = _Builder(application, splits, measured, findings)
    problem = builder.build(rate or 1.0, semantics)
    return ApplicationProblem(None if findings.has_errors else problem, findings.sorted())


def _expected_rate(application: Application, findings: Findings) -> float | None:
    found = [
        rate
        for name in application.dag.entries
        if (rate := application.sources[name].annotations.expected_throughput_hz) is not None
    ]
    if not found:
        findings.error(
            "placement.no-rate",
            Location(_DAG_PATH),
            "Nothing says how many requests per second enter the application.",
            why="Load, response times and the cost of functions depend on it.",
            mend="Give --rate, or `expected_throughput(rate=...)` on the first component.",
        )
        return None
    return max(found)


class _Builder:
    """Builds the problem of one application; what is missing goes into the findings."""

    def __init__(
        self,
        application: Application,
        splits: Mapping[str, int],
        measured: Measurements,
        findings: Findings,
    ) -> None:
        self._application = application
        self._splits = splits
        self._measured = measured
        self._findings = findings
        self._order = application.dag.topological_order()
        self._numbers = {name: number for number, name in enumerate(self._order)}
        self._tiers = _tiers(application)
        self._rules = ApplicationRules(application.placement_rules, tuple(application.catalogue))
        self._layers = {layer.number: index for index, layer in enumerate(application.catalogue)}
        self._resources = {
            resource.name: (index, layer)
            for index, (layer, resource) in enumerate(
                (layer, resource) for layer in application.catalogue for resource in layer.resources
            )
        }
        self._names = list(self._resources)

    def build(self, rate_per_s: float, semantics: Semantics) -> Problem:
        catalogue = self._application.catalogue
        rates = _rates(self._application.dag, self._order, rate_per_s)
        if not self._measured.is_there:
            self._no_models()
        period = self._application.solver.get("Time")
        return Problem(
            entry_rate_per_s=rate_per_s,
            layers=tuple(self._layer(layer) for layer in catalogue),
            resources=tuple(self._all_resources()),
            components=tuple(self._component(name, rates[name]) for name in self._order),
            domains=tuple(self._domains()),
            local_limits=tuple(self._local_limits()),
            path_limits=tuple(self._path_limits()),
            period_h=float(period) if isinstance(period, (int, float)) else 1.0,
            semantics=semantics,
            function_response=mean_response_s,
            rules=self._rules.rules(self._order),
        )

    def _layer(self, layer: ApplicationLayer) -> Layer:
        return Layer(layer.key, self._tiers[layer.number], self._rules.region(layer))

    def _no_models(self) -> None:
        names = ", ".join(self._order[:8])
        more = f" and {len(self._order) - 8} more" if len(self._order) > 8 else ""
        self._findings.error(
            "placement.no-predictions",
            Location(MODELS_PATH),
            f"There are no performance models; nothing is predicted for {names}{more}.",
            why="Without service times neither load nor response times nor costs can be computed.",
            mend=f"Profile the components, or give {MODELS_PATH} (docs/placement.md shows its form).",
        )

    def _all_resources(self) -> Iterator[Resource]:
        for index, layer in enumerate(self._application.catalogue):
            is_function = self._tiers[layer.number] is Tier.FUNCTIONS
            for resource in layer.resources:
                known = problem_resource(resource, index, self._rules, is_function=is_function)
                yield replace(known, discipline=self._discipline(known))

    def _discipline(self, resource: Resource) -> Discipline:
        """What the rules say of a resource, else queues where any model of it says so."""
        queues = any(
            item.queues for (_, other), item in self._measured.demands.items() if other == resource.name
        )
        said = self._rules.discipline(resource.name)
        return said or (Discipline.MULTI_SERVER if queues else Discipline.PROCESSOR_SHARING)

    def _component(self, name: str, rate_per_s: float) -> Component:
        outgoing = self._application.dag.outgoing(name)
        alternatives = []
        for split in range(self._splits.get(name, 0) + 1):
            alternative = self._alternative(name, split, len(outgoing))
            if alternative is not None:
                alternatives.append(alternative)
        if not alternatives and self._measured.is_there:
            self._findings.error(
                "placement.no-prediction",
                Location(MODELS_PATH),
                f"There is no prediction of {name} on any of its candidate resources.",
                why="It has to run somewhere, and what is not known cannot be compared.",
                mend=f"Profile it, or add it to {MODELS_PATH}.",
            )
        return Component(
            name=name,
            rate_per_s=rate_per_s,
            alternatives=tuple(alternatives),
            successors=tuple(self._numbers[edge.target] for edge in outgoing),
            probabilities=tuple(edge.probability for edge in outgoing),
        )

    def _alternative(self, name: str, split: int, successors: int) -> Alternative | None:
        """A component whole or by one split; None where a part of it has no prediction anywhere."""
        designs = (
            [segment_design(split, segment + 1) for segment in range(SEGMENTS)] if split else [BASE_DESIGN]
        )
        parts = [Part(name, design) for design in designs]
        options = [tuple(self._options(part)) for part in parts]
        if not all(options):
            if split and self._measured.is_there:
                self._left_out(f"The split {split} of {name} has no prediction for each of its parts.")
            return None
        for part, choices in zip(parts, options, strict=True):
            self._report_left_out(part, {option.resource for option in choices})
        sizes = [self._sent_mb(part, is_needed=part != parts[-1] or successors > 0) for part in parts]
        pieces = tuple(
            Piece(part.name, choices, data_size=0.0 if part == parts[-1] else size)
            for part, choices, size in zip(parts, options, sizes, strict=True)
        )
        return Alternative(f"partition{split}" if split else BASE_DESIGN, pieces, (sizes[-1],) * successors)

    def _options(self, part: Part) -> Iterator[Option]:
        for container, number in self._places(part):
            demand = self._measured.demands.get((part.name, self._names[number]))
            incomplete = self._is_function(number) and demand is not None and demand.cold_s is None
            if demand is not None and (demand.curve or not incomplete):
                yield Option(
                    number,
                    container.memory_mib,
                    demand.demand_s,
                    demand.cold_s or 0.0,
                    scv=demand.scv,
                    curve=demand.curve,
                )

    def _places(self, part: Part) -> Iterator[tuple[Container, int]]:
        """The resources that a part may run on and that can hold it, each with the container for it."""
        candidate = self._application.candidates.of(part)
        if candidate is None:
            return
        seen: set[str] = set()
        for container, name in candidate.places:
            number, layer = self._resources.get(name, (-1, None))
            if name in seen or layer is None or layer.number not in candidate.layers:
                continue
            seen.add(name)
            resource = layer.resource(name)
            if resource is not None and fits(container, resource):
                yield container, number

    def _is_function(self, number: int) -> bool:
        _, layer = self._resources[self._names[number]]
        return self._tiers[layer.number] is Tier.FUNCTIONS

    def _report_left_out(self, part: Part, considered: set[int]) -> None:
        for _, number in self._places(part):
            if number not in considered:
                name = self._names[number]
                self._left_out(f"{part.name} on {name} has no prediction and is not considered.")

    def _left_out(self, message: str) -> None:
        self._findings.warning(
            "placement.left-out",
            Location(MODELS_PATH),
            message,
            why="A cheaper placement may be overlooked.",
            mend="Profile it there, or add its demand.",
        )

    def _sent_mb(self, part: Part, *, is_needed: bool) -> float:
        size = self._measured.sent_mb.get(part.name)
        if size is None and part.segment == SEGMENTS:
            size = self._measured.sent_mb.get(part.component)
        if size is None and is_needed and self._measured.is_there:
            self._findings.warning(
                "placement.no-data-size",
                Location(SIZES_PATH),
                f"The size of what {part.name} sends is not known.",
                why="Its transfers count with the access delay of the network only.",
                mend=f"Add `{part.name}: KB` to {SIZES_PATH}.",
            )
        return size or 0.0

    def _domains(self) -> Iterator[NetworkDomain]:
        domains = {domain.key: domain for domain in self._application.catalogue.domains}
        for domain in domains.values():
            inside: set[str] = set()
            waiting = [domain.key]
            while waiting:
                key = waiting.pop()
                if key in inside or key not in domains:
                    continue
                inside.add(key)
                waiting.extend(domains[key].subdomains)
            layers = {self._layers[layer.number] for key in inside for layer in domains[key].layers}
            bandwidth = domain.bandwidth_mbit_s or math.inf
            shared = self._rules.is_shared(domain.key)
            yield NetworkDomain(domain.key, frozenset(layers), domain.access_delay_s, bandwidth, shared)

    def _local_limits(self) -> Iterator[LocalLimit]:
        for name in self._order:
            limits = self._application.sources[name].annotations.exec_time
            if limits is not None and limits.local_limit_s is not None:
                percentile = self._rules.percentile(name, "local")
                yield LocalLimit(self._numbers[name], limits.local_limit_s, percentile)

    def _path_limits(self) -> Iterator[PathLimit]:
        dag = self._application.dag
        owner = {other: base for base, others in dag.alternatives.items() for other in others}
        for name in self._order:
            limits = self._application.sources[name].annotations.exec_time
            if limits is None or limits.global_limit_s is None:
                continue
            path = [owner.get(item, item) for item in (*limits.previous, name)]
            if all(after in dag.successors(before) for before, after in pairwise(path)):
                numbers = tuple(self._numbers[item] for item in path)
                percentile = self._rules.percentile(name, "global")
                yield PathLimit(f"to {name}", numbers, limits.global_limit_s, percentile)


def _tiers(application: Application) -> dict[int, Tier]:
    """The tier of each layer: as the solver's file groups them; else physical is edge, virtual is cloud."""
    grouped = {
        str(key).lower(): tier for group, tier in _GROUPS for key in application.solver.get(group) or ()
    }
    return {layer.number: grouped.get(layer.key.lower(), _tier(layer)) for layer in application.catalogue}


def _tier(layer: ApplicationLayer) -> Tier:
    if layer.kind is LayerKind.FUNCTIONS:
        return Tier.FUNCTIONS
    return Tier.CLOUD if layer.kind is LayerKind.VIRTUAL else Tier.EDGE


def _rates(dag: Dag, order: tuple[str, ...], rate_per_s: float) -> dict[str, float]:
    rates: dict[str, float] = {}
    for name in order:
        incoming = dag.incoming(name)
        rates[name] = (
            sum(edge.probability * rates[edge.source] for edge in incoming) if incoming else rate_per_s
        )
    return rates
