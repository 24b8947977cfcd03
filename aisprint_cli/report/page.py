"""From a placement's report to what its page shows: every number already text, every length known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.comparison import choice_words, place_words, resource_words
from aisprint_cli.placement.constraints import STRUCTURE, Constraint, Kind, percentile_words
from aisprint_cli.placement.exact import Status
from aisprint_cli.report.curves import FrontView, LoadView, front_view, load_view
from aisprint_cli.report.figures import percent, plain, rate, seconds, significant
from aisprint_cli.report.graph_view import GraphView, graph_view
from aisprint_cli.report.surface_view import SurfaceView, surface_view

if TYPE_CHECKING:
    from aisprint_cli.placement.constraints import Assessment
    from aisprint_cli.placement.exact import Result
    from aisprint_cli.placement.explanation import NextBest
    from aisprint_cli.report.placement_report import PlacementReport

_WORDS: Final = {
    Kind.LOCAL: "response time of {}",
    Kind.PATH: "path {}",
    Kind.UTILISATION: "utilisation of {}",
    Kind.MEMORY: "memory of {}",
    Kind.INSTANCES: "instances of {}",
    Kind.ENERGY: "energy of {}",
    Kind.LAYER: "one resource in {}",
    Kind.RETURN: "no return to the edge",
    Kind.NETWORK: "a network for every transfer",
    Kind.RULE: "rule: {}",
    Kind.TOGETHER: "rule: {}",
    Kind.APART: "rule: {}",
    Kind.QUOTA: "quota {}",
    Kind.BANDWIDTH: "bandwidth of {}",
    Kind.RANGE: "measured range of {}",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the summary."""

    name: str
    figure: str
    note: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class Slice:
    """A resource's part of the cost; `share` between 0 and 1."""

    name: str
    layer: str
    tier: str
    bought: str
    busy: str
    cost: str
    share: float
    share_text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A constraint: how much of its limit is used (cut at 1 for drawing), and in what state it is."""

    name: str
    value: str
    limit: str
    slack: str
    share: float
    share_text: str
    state: str


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """Where a component runs."""

    name: str
    deployment: str
    places: str
    rate: str
    response: str


@dataclass(frozen=True, slots=True)
class AlternativeRow:
    """What a component would do instead."""

    name: str
    now: str
    instead: str
    extra: str
    share: float


@dataclass(frozen=True, slots=True)
class WhatIfView:
    """What the changes lead to."""

    changes: tuple[str, ...]
    before: str
    after: str
    change: str
    moves: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Page:
    """All that the template writes."""

    kind: str
    title: str
    program: str
    verdict: str
    state: str
    tiles: tuple[Tile, ...]
    graph: GraphView
    slices: tuple[Slice, ...]
    total: str
    components: tuple[ComponentRow, ...]
    bars: tuple[Bar, ...]
    structural: tuple[Bar, ...]
    binding: str
    alternatives: tuple[AlternativeRow, ...]
    load: LoadView | None
    fronts: tuple[FrontView, ...]
    surfaces: tuple[SurfaceView, ...]
    what_if: WhatIfView | None
    proof: tuple[str, ...]


def make_page(report: PlacementReport) -> Page:
    """The page of a report."""
    assessment = report.assessment
    told = [item for item in assessment.constraints if item.kind not in STRUCTURE]
    bars = sorted((_bar(item) for item in told), key=lambda bar: -bar.share)
    return Page(
        kind="Placement",
        title=report.title,
        program=report.program,
        verdict=_verdict(report.result, assessment),
        state=_state(report.result, assessment),
        tiles=tuple(_tiles(report)),
        graph=graph_view(assessment),
        slices=tuple(_slices(assessment)),
        total=significant(assessment.cost, 6),
        components=tuple(_components(assessment)),
        bars=tuple(bars),
        structural=tuple(_bar(item) for item in assessment.constraints if item.kind in STRUCTURE),
        binding=_binding(assessment),
        alternatives=tuple(_alternatives(assessment, report.next_best)),
        load=load_view(report),
        fronts=tuple(front_view(front, assessment) for front in report.fronts if front.points),
        surfaces=tuple(surface_view(item, assessment) for item in report.surfaces if item.points),
        what_if=_what_if(report),
        proof=tuple(_proof(report)),
    )


def _state(result: Result, assessment: Assessment) -> str:
    """How good it is in one word: proven and feasible, feasible, or not even that."""
    if not assessment.feasible:
        return "bad"
    return "good" if result.status is Status.OPTIMAL else "open"


def _verdict(result: Result, assessment: Assessment) -> str:
    problem = assessment.problem
    hours = "hour" if problem.period_h == 1 else f"{plain(problem.period_h)} hours"
    cost = f"{significant(assessment.cost, 6)} per {hours} at {rate(problem.entry_rate_per_s)}"
    if not assessment.feasible:
        return f"{cost}. It breaks {len(assessment.violated)} of its limits."
    if result.status is Status.OPTIMAL:
        return f"{cost}. Proven: no placement that keeps every limit costs less."
    bound = significant(result.lower_bound, 6)
    return f"{cost}. No placement costs less than {bound}: it may be up to {percent(result.gap)} too dear."


def _tiles(report: PlacementReport) -> Iterator[Tile]:
    assessment, result = report.assessment, report.result
    proven = result.status is Status.OPTIMAL
    yield Tile("Cost", significant(assessment.cost, 6), f"for {plain(assessment.problem.period_h)} h")
    yield Tile(
        "Proof",
        "optimal" if proven else f"gap {percent(result.gap)}",
        f"lower bound {significant(result.lower_bound, 6)}",
        proven,
    )
    if report.load_range is not None:
        span = report.load_range
        if span.high_constraint is None:
            yield Tile("Carries", f"over {plain(span.high)}", "requests/s, no limit found")
        else:
            room = percent(span.high / assessment.problem.entry_rate_per_s - 1)
            yield Tile("Carries up to", plain(span.high, 5), f"requests/s, {room} more than now")
    tightest = max(
        (item for item in assessment.constraints if item.kind in {Kind.LOCAL, Kind.PATH}),
        key=_share,
        default=None,
    )
    if tightest is not None:
        yield Tile(
            "Tightest time limit",
            f"{percent(_share(tightest))} used",
            _words(tightest),
            tightest.holds,
        )
    if assessment.energy_wh:
        green = assessment.green_wh / assessment.energy_wh
        yield Tile("Energy", f"{plain(assessment.energy_wh)} Wh", f"{percent(green)} of it green")
    yield Tile("Search", seconds(float(f"{report.cpu_s:.2g}")), f"of CPU, {result.nodes:,} nodes")


def _slices(assessment: Assessment) -> Iterator[Slice]:
    problem = assessment.problem
    for purchase in sorted(assessment.purchases, key=lambda item: -item.cost):
        resource = problem.resources[purchase.resource]
        bought = purchase.instances is not None
        share = purchase.cost / assessment.cost if assessment.cost else 0.0
        yield Slice(
            name=resource.name,
            layer=problem.layers[resource.layer].name,
            tier=problem.tier(purchase.resource).value,
            bought=f"{purchase.instances} of {resource.limit}" if bought else "as needed",
            busy=percent(assessment.utilisation[purchase.resource]) if bought else "",
            cost=significant(purchase.cost, 5),
            share=share,
            share_text=percent(share),
        )


def _components(assessment: Assessment) -> Iterator[ComponentRow]:
    problem = assessment.problem
    for number, component in enumerate(problem.components):
        choice = assessment.placement.choices[number]
        yield ComponentRow(
            name=component.name,
            deployment=component.alternatives[choice.alternative].name,
            places=resource_words(problem, choice),
            rate=plain(component.rate_per_s),
            response=seconds(assessment.component_s[number]),
        )


def _share(constraint: Constraint) -> float:
    if constraint.limit > 0:
        return constraint.value / constraint.limit
    return float("inf") if constraint.value > 0 else 0.0


def _words(constraint: Constraint) -> str:
    words = _WORDS[constraint.kind].format(constraint.subject.replace("->", "→"))
    return words if constraint.percentile is None else f"{percentile_words(constraint.percentile)} of {words}"


def _bar(constraint: Constraint) -> Bar:
    share = _share(constraint)
    state = "broken" if not constraint.holds else "binding" if constraint.is_binding else "free"
    return Bar(
        name=_words(constraint),
        value=_figure(constraint.value, constraint.unit),
        limit=_figure(constraint.limit, constraint.unit),
        slack=_figure(constraint.slack, constraint.unit),
        share=min(share, 1.0),
        share_text=percent(share),
        state=state,
    )


def _figure(value: float, unit: str) -> str:
    if unit == "s":
        return seconds(value)
    if unit == "busy share":
        return percent(value)
    return f"{plain(value)} {unit}" if unit in {"MiB", "Wh"} else plain(value)


def _binding(assessment: Assessment) -> str:
    """What binds, in one sentence."""
    if assessment.violated:
        return f"Broken: {_list(assessment.violated)}."
    if not assessment.binding:
        return (
            "No limit is used up. What keeps a cheaper placement away is the step from one instance, "
            "resource or deployment to the next."
        )
    return f"Used up (less than 2 % left): {_list(assessment.binding)}."


def _list(constraints: tuple[Constraint, ...]) -> str:
    return "; ".join(_words(item) for item in constraints)


def _alternatives(assessment: Assessment, next_best: tuple[NextBest, ...]) -> Iterator[AlternativeRow]:
    most = max((item.extra_cost for item in next_best if item.extra_cost is not None), default=0.0)
    problem = assessment.problem
    for item in next_best:
        component = problem.components[item.component]
        now = place_words(assessment, item.component)
        choice = item.choice
        if choice is None or item.extra_cost is None:
            words = "nothing else keeps every limit" if item.proven else "nothing found in time"
            yield AlternativeRow(component.name, now, words, "", 0.0)
            continue
        extra = max(item.extra_cost, 0.0)
        text = "the same cost" if extra <= 1e-9 * assessment.cost else f"+{significant(extra)}"
        yield AlternativeRow(
            component.name,
            now,
            choice_words(problem, item.component, choice),
            text if item.proven else f"at most {text}",
            extra / most if most > 0 else 0.0,
        )


def _what_if(report: PlacementReport) -> WhatIfView | None:
    comparison = report.what_if
    if comparison is None:
        return None
    relative = comparison.relative_change
    sign = "+" if comparison.cost_change >= 0 else "\N{MINUS SIGN}"
    change = f"{sign}{significant(abs(comparison.cost_change))}"
    return WhatIfView(
        changes=report.changes,
        before=significant(comparison.before.cost, 6),
        after=significant(comparison.after.cost, 6),
        change=change if relative is None else f"{change} ({sign}{percent(abs(relative))})",
        moves=tuple((move.component, move.before, move.after) for move in comparison.moves),
    )


def _proof(report: PlacementReport) -> Iterator[str]:
    """How the cost was proved, step by step."""
    result, assessment = report.result, report.assessment
    yield (
        "The search is exact, without chance: it decides layer by layer which resource is used and how many "
        "instances are bought, always where the least possible cost is lowest, and searches the components' "
        "deployments and places inside."
    )
    yield (
        f"Least possible costs come from prices on capacity (a Lagrangian relaxation): whatever the prices, "
        f"no placement can cost less. {result.configurations:,} "
        f"{'choice' if result.configurations == 1 else 'choices'} of purchases had to be searched, with "
        f"{result.nodes:,} partial placements."
    )
    if result.status is Status.OPTIMAL:
        yield (
            f"When it ended, every choice left had a least possible cost of at least "
            f"{significant(result.lower_bound, 8)}, the cost of this placement (equal to one part in 10⁹)."
        )
    else:
        yield (
            f"It was stopped. What is left to search may cost {significant(result.lower_bound, 8)} at least; "
            f"so this placement is at most {percent(result.gap)} above the optimum."
        )
    count = len(assessment.constraints)
    yield (
        f"The placement was evaluated again by formulas that share nothing with the search: "
        f"{count} constraints, {'all kept' if assessment.feasible else f'{len(assessment.violated)} broken'}."
    )
