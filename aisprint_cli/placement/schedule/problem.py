"""A schedule to be found: periods with their own load and prices, what switching and reserving cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from aisprint_cli.placement.problem import PriceTier

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Placement, Problem, Resource

Reserved = tuple[int, ...]
"""How many instances are reserved, for each entry of `ScheduleProblem.reservable`."""


@dataclass(frozen=True)
class Period:
    """A stretch of time with one load and one set of prices.

    `problem` is what must be placed then; its period is `hours`. Periods of the same `kind` have equal
    problems. `start_h` counts from the begin of the schedule, or from midnight where the file says so.
    """

    name: str
    start_h: float
    hours: float
    problem: Problem
    kind: int


@dataclass(frozen=True, slots=True)
class Switching:
    """What it costs to go from one period's placement to the next one's.

    `component_moved` for each component that runs otherwise than before, `instance_started` for each
    instance that was not there before, both in the problem's currency. An instance that is started is
    also paid `start_s` seconds before its period begins, at that period's price. Ending one is free.
    """

    component_moved: float = 0.0
    instance_started: float = 0.0
    start_s: float = 0.0

    @property
    def counts_instances(self) -> bool:
        """Whether it matters how many instances are started."""
        return bool(self.instance_started or self.start_s)


@dataclass(frozen=True, slots=True)
class Reservable:
    """A resource of which up to `most` instances can be reserved for all periods.

    Each costs `cost_per_hour` in every hour, used or not, and nothing more when it is used.
    """

    resource: int
    cost_per_hour: float
    most: int


@dataclass(frozen=True)
class ScheduleProblem:
    """What a schedule is for; with `repeats` the first period follows the last one again."""

    periods: tuple[Period, ...]
    switching: Switching = Switching()
    reservable: tuple[Reservable, ...] = ()
    repeats: bool = True

    @cached_property
    def hours(self) -> float:
        """How long all periods last together."""
        return sum(period.hours for period in self.periods)

    @cached_property
    def kinds(self) -> tuple[Problem, ...]:
        """The different problems among the periods', by kind."""
        found = {period.kind: period.problem for period in self.periods}
        return tuple(found[kind] for kind in range(len(found)))

    @cached_property
    def times(self) -> tuple[int, ...]:
        """How many periods there are of each kind."""
        kinds = [period.kind for period in self.periods]
        return tuple(kinds.count(kind) for kind in range(len(self.kinds)))

    @cached_property
    def nothing_reserved(self) -> Reserved:
        """No reservation of anything."""
        return (0,) * len(self.reservable)

    def reservation_cost(self, reserved: Reserved) -> float:
        """What reserved instances cost over all periods."""
        return self.hours * sum(
            item.cost_per_hour * count for item, count in zip(self.reservable, reserved, strict=True)
        )

    def with_reserved(self, problem: Problem, reserved: Reserved) -> Problem:
        """A period's problem in which the reserved instances are free, as they are paid already."""
        return self.between(problem, reserved, reserved)

    def between(self, problem: Problem, low: Reserved, high: Reserved) -> Problem:
        """A period's problem that costs no more than with any reservation between two.

        What is reserved surely is free; what may be is paid by the hour only where it is used, at the
        lower of the two prices. So `reservation_cost(low)` and the costs under these prices together
        bound the cost of every reservation in between.
        """
        resources = list(problem.resources)
        for item, least, most in zip(self.reservable, low, high, strict=True):
            resource = resources[item.resource]
            costs = [_least_cost(resource, item, least, most, count) for count in range(resource.limit + 1)]
            resources[item.resource] = priced(resource, costs)
        return replace(problem, resources=tuple(resources))

    def switching_cost(self, before: Placement, after: Placement, problem: Problem) -> float:
        """What going to a placement costs; `problem` is that of the period it begins."""
        moved = sum(one != other for one, other in zip(before.choices, after.choices, strict=True))
        cost = self.switching.component_moved * moved
        for resource, old, new in zip(problem.resources, before.instances, after.instances, strict=True):
            if new > old:
                cost += self.switching.instance_started * (new - old)
                dearer = resource.hourly_cost(new) - resource.hourly_cost(old)
                cost += self.switching.start_s / 3600 * dearer
        return cost


def _least_cost(resource: Resource, item: Reservable, low: int, high: int, count: int) -> float:
    """The least hourly cost of `count` instances over all numbers of reserved ones between two."""
    return min(
        item.cost_per_hour * max(min(count, reserved) - low, 0)
        + resource.hourly_cost(max(count - reserved, 0))
        for reserved in range(low, high + 1)
    )


def priced(resource: Resource, hourly: Sequence[float]) -> Resource:
    """A resource whose n instances cost `hourly[n]` per hour; one entry more than its limit."""
    steps = [after - before for before, after in pairwise(hourly)]
    tiers = tuple(PriceTier(len(list(group)), cost) for cost, group in groupby(steps))
    last = tiers[-1].cost_per_hour if tiers else resource.cost_per_hour
    return replace(resource, tiers=tiers[:-1], cost_per_hour=last)
