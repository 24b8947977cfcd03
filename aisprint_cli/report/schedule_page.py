"""From a schedule to what its page shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisprint_cli.placement.exact import Status
from aisprint_cli.placement.schedule.values import PeriodPlan, period_plans
from aisprint_cli.report.figures import percent, plain, seconds, significant
from aisprint_cli.report.page import Tile
from aisprint_cli.report.timeline import Plot, Timeline, plots, timeline

if TYPE_CHECKING:
    from aisprint_cli.placement.schedule.search import Schedule


@dataclass(frozen=True)
class ScheduleReport:
    """Everything that a schedule's page shows.

    `title` names what was placed, `program` what made the report, `cpu_s` what the search took, `changes` are
    those of what-if.
    """

    title: str
    program: str
    schedule: Schedule
    cpu_s: float
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period in the table."""

    name: str
    begin: str
    hours: str
    rate: str
    buys: str
    changes: str
    cost: str
    switching: str
    tightest: str


@dataclass(frozen=True, slots=True)
class CostRow:
    """A part of the cost."""

    name: str
    cost: str
    share: float
    share_text: str


@dataclass(frozen=True)
class SchedulePage:
    """All that the template writes."""

    kind: str
    title: str
    program: str
    verdict: str
    state: str
    changes: tuple[str, ...]
    tiles: tuple[Tile, ...]
    plots: tuple[Plot, ...]
    timeline: Timeline
    moves: bool
    rows: tuple[PeriodRow, ...]
    costs: tuple[CostRow, ...]
    total: str
    proof: tuple[str, ...]


def make_schedule_page(report: ScheduleReport) -> SchedulePage:
    """The page of a schedule that was found."""
    schedule = report.schedule
    plans = period_plans(schedule)
    return SchedulePage(
        kind="Schedule",
        title=report.title,
        program=report.program,
        verdict=_verdict(schedule),
        state="good" if schedule.status is Status.OPTIMAL else "open",
        changes=report.changes,
        tiles=tuple(_tiles(report, plans)),
        plots=plots(schedule, plans),
        timeline=timeline(schedule, plans),
        moves=any(plan.moves for plan in plans),
        rows=tuple(map(_row, plans)),
        costs=tuple(_costs(schedule, plans)),
        total=significant(schedule.cost, 6),
        proof=tuple(_proof(schedule)),
    )


def _verdict(schedule: Schedule) -> str:
    problem = schedule.problem
    cost = f"{significant(schedule.cost, 6)} for {plain(problem.hours)} hours"
    if schedule.status is Status.OPTIMAL:
        return f"{cost}. Proven: no schedule that keeps every limit costs less."
    bound = significant(schedule.lower_bound, 6)
    return f"{cost}. No schedule costs less than {bound}: it may be up to {percent(schedule.gap)} too dear."


def _tiles(report: ScheduleReport, plans: Sequence[PeriodPlan]) -> Iterator[Tile]:
    schedule = report.schedule
    proven = schedule.status is Status.OPTIMAL
    yield Tile("Cost", significant(schedule.cost, 6), f"for {plain(schedule.problem.hours)} h")
    yield Tile(
        "Proof",
        "optimal" if proven else f"gap {percent(schedule.gap)}",
        f"lower bound {significant(schedule.lower_bound, 6)}",
        proven,
    )
    if schedule.fixed:
        saved = percent(1 - schedule.cost / schedule.fixed)
        yield Tile("Saved against one placement", saved, f"which costs {significant(schedule.fixed, 5)}")
    if schedule.following:
        saved = percent(1 - schedule.cost / schedule.following)
        words = f"whatever switching costs: {significant(schedule.following, 5)}"
        yield Tile("Saved against following the load", saved, words)
    moves = sum(len(plan.moves) for plan in plans)
    started = sum(count for plan in plans for _, count in plan.started)
    words = f"{started} {'instance' if started == 1 else 'instances'} started"
    yield Tile("Switching", f"{moves} {'move' if moves == 1 else 'moves'}", words)
    yield Tile("Search", seconds(float(f"{report.cpu_s:.2g}")), f"of CPU, {schedule.solves:,} solves")


def _row(plan: PeriodPlan) -> PeriodRow:
    placement, problem = plan.assessment.placement, plan.assessment.problem
    bought = [
        f"{count} {resource.name}"
        for count, resource in zip(placement.instances, problem.resources, strict=True)
        if count
    ]
    changes = [f"{move.component}: {move.after}" for move in plan.moves]
    changes += [f"+{count} {name}" for name, count in plan.started]
    changes += [f"\N{MINUS SIGN}{count} {name}" for name, count in plan.ended]
    limited = [item for item in plan.assessment.constraints if item.unit == "s" and item.limit > 0]
    tightest = max((item.value / item.limit for item in limited), default=None)
    return PeriodRow(
        name=plan.period.name,
        begin=plain(plan.period.start_h % 24 if plan.period.start_h > 24 else plan.period.start_h),
        hours=plain(plan.period.hours),
        rate=plain(problem.entry_rate_per_s),
        buys=", ".join(bought) or "functions only",
        changes="; ".join(changes),
        cost=significant(plan.assessment.cost, 5),
        switching=significant(plan.switching_cost, 4) if plan.switching_cost else "",
        tightest="" if tightest is None else percent(tightest),
    )


def _costs(schedule: Schedule, plans: Sequence[PeriodPlan]) -> Iterator[CostRow]:
    """The cost by resource, by switching and by reservation, the largest first."""
    parts: dict[str, float] = {}
    for plan in plans:
        for purchase in plan.assessment.purchases:
            name = plan.assessment.problem.resources[purchase.resource].name
            parts[name] = parts.get(name, 0.0) + purchase.cost
    problem = schedule.problem
    for item, count in zip(problem.reservable, schedule.reserved, strict=True):
        name = problem.kinds[0].resources[item.resource].name
        if count:
            parts[f"{count} {name} reserved"] = item.cost_per_hour * count * problem.hours
    parts["switching"] = sum(schedule.switching)
    for name, cost in sorted(parts.items(), key=lambda item: -item[1]):
        if cost:
            share = cost / schedule.cost if schedule.cost else 0.0
            yield CostRow(name, significant(cost, 5), share, percent(share))


def _proof(schedule: Schedule) -> Iterator[str]:
    yield (
        "Each period was first placed alone, exactly. Were switching free, these placements together would "
        "be the cheapest schedule, so what they cost together bounds every schedule."
    )
    yield (
        "Then the cheapest walk from period to period was found, over all ways to place the components that "
        "are known and all numbers of instances that could be needed, what switching costs included."
    )
    yield (
        "The same walk, allowed ways not known at what none of them goes below, bounds every schedule. "
        f"Ways it rested on were looked up, the cheapest first; {schedule.solves:,} exact searches in all."
    )
    if schedule.problem.reservable:
        yield (
            "What to reserve was decided by branch and bound: reservations that cannot pay, even if each "
            "instance were paid by the hour of its use, were left out."
        )
    if schedule.status is Status.OPTIMAL:
        yield "In the end both walks cost the same (to one part in 10⁹): nothing can be cheaper."
    else:
        yield (
            f"The search was ended: what is left may cost {significant(schedule.lower_bound, 8)} at least, "
            f"{percent(schedule.gap)} less than this schedule."
        )
