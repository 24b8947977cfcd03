"""How a schedule looks to a person on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisprint_cli.cli.placement_view import money
from aisprint_cli.cli.tables import plain_table, print_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.table import Table

    from aisprint_cli.placement.conflict import Conflict
    from aisprint_cli.placement.schedule.search import Schedule
    from aisprint_cli.placement.schedule.values import PeriodPlan


def print_schedule(console: Console, schedule: Schedule, cpu_s: float) -> None:
    """Print what runs when, what it costs, and what is proven of it."""
    from aisprint_cli.placement.schedule.values import period_plans

    plans = period_plans(schedule)
    print_page(console, _periods(plans))
    print_page(console, "", _costs(schedule))
    for line in comparison_words(schedule):
        console.print(line, markup=False)
    console.print(f"\n{proof_words(schedule)}, in {cpu_s:.2g} s of CPU.", markup=False)


def _periods(plans: tuple[PeriodPlan, ...]) -> Table:
    from rich.markup import escape

    numbers = ("from", "hours", "requests/s", "cost", "switch")
    table = plain_table("period", *numbers, "buys", "what changes", numbers=numbers)
    for plan in plans:
        period = plan.period
        table.add_row(
            escape(period.name),
            f"{period.start_h % 24:g}" if period.start_h >= 24 else f"{period.start_h:g}",
            f"{period.hours:g}",
            f"{period.problem.entry_rate_per_s:g}",
            money(plan.assessment.cost),
            money(plan.switching_cost) if plan.switching_cost else "",
            escape(bought_words(plan)),
            escape(change_words(plan)),
        )
    return table


def bought_words(plan: PeriodPlan) -> str:
    """The instances of a period in words."""
    placement, resources = plan.assessment.placement, plan.assessment.problem.resources
    bought = zip(placement.instances, resources, strict=True)
    return ", ".join(f"{count} {resource.name}" for count, resource in bought if count) or "functions only"


def change_words(plan: PeriodPlan) -> str:
    """What is otherwise than in the period before, in words."""
    words = [f"{move.component}: {move.after}" for move in plan.moves]
    words += [f"+{count} {name}" for name, count in plan.started]
    words += [f"-{count} {name}" for name, count in plan.ended]
    return "; ".join(words)


def _costs(schedule: Schedule) -> Table:
    from rich.markup import escape

    problem = schedule.problem
    table = plain_table("cost", f"of {problem.hours:g} h", numbers=(f"of {problem.hours:g} h",))
    table.add_row("running", money(sum(schedule.running)))
    table.add_row("switching", money(sum(schedule.switching)))
    resources = problem.periods[0].problem.resources
    for item, count in zip(problem.reservable, schedule.reserved, strict=True):
        if not count:
            continue
        cost = item.cost_per_hour * count * problem.hours
        table.add_row(escape(f"reserved: {count} {resources[item.resource].name}"), money(cost))
    table.add_row("together", money(schedule.cost))
    return table


def comparison_words(schedule: Schedule) -> list[str]:
    """What else one could do, and what that would cost more."""
    fixed = schedule.fixed
    lines = ["", "No one placement is known that serves all periods."]
    if fixed is not None:
        lines = ["", f"One placement for all periods costs {_against(fixed, schedule.cost)}."]
    if schedule.following is not None:
        more = _against(schedule.following, schedule.cost)
        lines.append(f"Taking each period's cheapest placement, whatever switching costs, is {more}.")
    return lines


def _against(cost: float, ours: float) -> str:
    share = 100 * (cost / ours - 1) if ours else 0.0
    return f"{money(cost)} ({share:+.1f} %)"


def proof_words(schedule: Schedule) -> str:
    """What is proven of a schedule's cost."""
    if schedule.status.value == "optimal":
        return f"Cost {money(schedule.cost)}, proven optimal: no schedule that keeps the limits costs less"
    bound, gap = money(schedule.lower_bound), 100 * schedule.gap
    return f"Cost {money(schedule.cost)}; no schedule costs less than {bound} (gap {gap:.2g} %)"


def print_impossible(console: Console, schedule: Schedule, conflicts: Mapping[int, Conflict]) -> None:
    """Print which periods have no placement, and why."""
    from aisprint_cli.cli.placement_view import print_conflict

    periods = schedule.problem.periods
    for number, conflict in conflicts.items():
        same = [
            periods[item].name for item in schedule.impossible if periods[item].kind == periods[number].kind
        ]
        console.print(f"{', '.join(same)}:", markup=False)
        proven = conflict.proven or schedule.status.value == "infeasible"
        print_conflict(console, conflict, proven=proven)
