"""Problems that stand for a whole schedule when nothing, or no component, ever moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aisprint_cli.placement.schedule.problem import priced

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Problem, Resource
    from aisprint_cli.placement.schedule.problem import Reserved, ScheduleProblem


def busiest(schedule: ScheduleProblem) -> int:
    """The period with the highest rate, the first of them."""
    rates = [period.problem.entry_rate_per_s for period in schedule.periods]
    return rates.index(max(rates))


def never_changing(schedule: ScheduleProblem, reserved: Reserved) -> Problem | None:
    """The busiest period's problem with the costs of all periods, for one placement that is always kept.

    What it finds need not hold in other periods than the busiest. None where components differ between
    periods in more than their rates, so that no one problem stands for all.
    """
    return _joint(schedule, reserved, keep_instances=True)


def never_moving(schedule: ScheduleProblem, reserved: Reserved) -> Problem | None:
    """The same for components that never move, while instances are started and ended as one likes.

    Outside the busiest period a resource in use is taken to cost one instance. So its least cost bounds
    that of every schedule in which no component ever moves, reservations not counted.
    """
    return _joint(schedule, reserved, keep_instances=False)


def _joint(schedule: ScheduleProblem, reserved: Reserved, *, keep_instances: bool) -> Problem | None:
    problems = [schedule.with_reserved(period.problem, reserved) for period in schedule.periods]
    main = problems[busiest(schedule)]
    if not all(_differs_in_rate_only(main, problem) for problem in problems):
        return None
    resources = tuple(
        _function(number, main, problems)
        if main.is_function(number)
        else _bought(number, main, problems, keep_instances=keep_instances)
        for number in range(len(main.resources))
    )
    layers = tuple(
        replace(
            layer,
            transition_cost=_weighted(
                main, problems, [item.layers[number].transition_cost for item in problems]
            ),
        )
        for number, layer in enumerate(main.layers)
    )
    return replace(main, resources=resources, layers=layers)


def _differs_in_rate_only(one: Problem, other: Problem) -> bool:
    """Whether components offer the same with the same demands."""
    return all(
        mine.alternatives == theirs.alternatives
        for mine, theirs in zip(one.components, other.components, strict=True)
    )


def _weighted(main: Problem, problems: list[Problem], prices: list[float]) -> float:
    """A price per request or busy second with which `main` costs what all problems cost together."""
    work = main.entry_rate_per_s * main.period_h
    return sum(
        price * item.entry_rate_per_s * item.period_h / work
        for price, item in zip(prices, problems, strict=True)
    )


def _function(number: int, main: Problem, problems: list[Problem]) -> Resource:
    prices = [item.resources[number].cost_per_hour for item in problems]
    return replace(main.resources[number], cost_per_hour=_weighted(main, problems, prices))


def _bought(number: int, main: Problem, problems: list[Problem], *, keep_instances: bool) -> Resource:
    resource = main.resources[number]
    costs = [0.0] * (resource.limit + 1)
    for count in range(1, resource.limit + 1):
        for item in problems:
            kept = count if keep_instances or item is main else 1
            costs[count] += item.resources[number].hourly_cost(kept) * item.period_h / main.period_h
    return priced(resource, costs)
