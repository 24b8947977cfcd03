"""A schedule as plain values, part of `aisprint.place/1` (docs/placement-schedule.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aisprint_cli.placement.comparison import Move, compare
from aisprint_cli.placement.constraints import Assessment, assess
from aisprint_cli.placement.report import assessment_values, finite, semantics_name

if TYPE_CHECKING:
    from aisprint_cli.placement.schedule.problem import Period
    from aisprint_cli.placement.schedule.search import Schedule


@dataclass(frozen=True)
class PeriodPlan:
    """A period of a schedule with its figures, and what is otherwise than in the one before.

    `started` and `ended` are instances by resource name. The first period of a schedule that does not
    repeat starts from nothing that counts.
    """

    period: Period
    assessment: Assessment
    switching_cost: float
    moves: tuple[Move, ...]
    started: tuple[tuple[str, int], ...]
    ended: tuple[tuple[str, int], ...]


def period_plans(schedule: Schedule) -> tuple[PeriodPlan, ...]:
    """The periods of a schedule that was found, in their order."""
    problem = schedule.problem
    found = [
        assess(problem.with_reserved(period.problem, schedule.reserved), placement)
        for period, placement in zip(problem.periods, schedule.placements, strict=True)
    ]
    plans = []
    for number, (period, after) in enumerate(zip(problem.periods, found, strict=True)):
        before = after if not number and not problem.repeats else found[number - 1]
        plans.append(
            PeriodPlan(
                period=period,
                assessment=after,
                switching_cost=schedule.switching[number],
                moves=compare(before, after).moves,
                started=_more(before, after),
                ended=_more(after, before),
            )
        )
    return tuple(plans)


def _more(one: Assessment, other: Assessment) -> tuple[tuple[str, int], ...]:
    """By how many instances the other placement has more, by name."""
    return tuple(
        (resource.name, after - before)
        for resource, before, after in zip(
            one.problem.resources, one.placement.instances, other.placement.instances, strict=True
        )
        if after > before
    )


def schedule_values(schedule: Schedule) -> dict[str, Any]:
    """A schedule with its proof, period by period."""
    problem = schedule.problem
    first = problem.periods[0].problem
    there_is = bool(schedule.placements)
    return {
        "status": schedule.status.value,
        "cost": finite(schedule.cost),
        "lower_bound": finite(schedule.lower_bound),
        "gap": finite(schedule.gap),
        "semantics": semantics_name(first.semantics),
        "period_h": problem.hours,
        "feasible": True if there_is else None if schedule.status.value == "stopped" else False,
        "schedule": {
            "repeats": problem.repeats,
            "running_cost": sum(schedule.running) if there_is else None,
            "switching_cost": sum(schedule.switching) if there_is else None,
            "reservation_cost": schedule.reservation if there_is else None,
            "reserved": _reserved(schedule),
            "fixed_cost": schedule.fixed,
            "following_cost": schedule.following,
            "solves": schedule.solves,
            "periods": [_period(plan) for plan in period_plans(schedule)] if there_is else None,
            "impossible": [problem.periods[number].name for number in schedule.impossible],
        },
    }


def _reserved(schedule: Schedule) -> list[dict[str, Any]]:
    problem = schedule.problem
    resources = problem.periods[0].problem.resources
    return [
        {
            "resource": resources[item.resource].name,
            "instances": count,
            "available": item.most,
            "cost_per_hour": item.cost_per_hour,
            "cost": item.cost_per_hour * count * problem.hours,
        }
        for item, count in zip(problem.reservable, schedule.reserved, strict=True)
    ]


def _period(plan: PeriodPlan) -> dict[str, Any]:
    return {
        "name": plan.period.name,
        "start_h": plan.period.start_h,
        "hours": plan.period.hours,
        "switching_cost": plan.switching_cost,
        "moves": [
            {"component": item.component, "before": item.before, "after": item.after} for item in plan.moves
        ],
        "started": dict(plan.started),
        "ended": dict(plan.ended),
        **assessment_values(plan.assessment),
    }
