"""The cheapest schedule and a proven bound on all: which placement in which period, what is reserved.

Were switching free, each period would have its own cheapest placement; the sum of their costs bounds every
schedule. So a period's placement in a better schedule than the best one known can only cost so much more
than the cheapest one there. For one reservation the search knows a set of ways to place the components,
and for each the instances it may buy in each period. The cheapest walk through these states is a schedule
(dynamic programming). The same walk with one more state in each period, which stands for all ways not yet
known and costs what none of them goes below, bounds every schedule. As long as it is cheaper, the next best
ways of the periods in which it uses that state get known (`ranking`).

Reservations are searched by branch and bound over boxes of their numbers: what may be reserved in a box is
priced by the hour of use, which costs no more than reserving it (`ScheduleProblem.between`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aisprint_cli.placement.constraints import assess
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.schedule.constant import never_changing, never_moving
from aisprint_cli.placement.schedule.network import Network, Relaxed
from aisprint_cli.placement.schedule.ranking import Ranking, Solver
from aisprint_cli.placement.schedule.states import Ways, find_states, without_dear

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Choice, Placement, Problem
    from aisprint_cli.placement.schedule.problem import Reserved, ScheduleProblem

PROOF_TOLERANCE: Final = 1e-9
"""Relative distance to the bound within which a schedule counts as proven cheapest."""
_MOST_STATES: Final = 600
_SHARE: Final = 20
"""Each time so much less than what is known gets known as well."""
_ROUNDS: Final = 8
"""How often a reservation's bound is raised before others get their turn."""


@dataclass(frozen=True)
class Schedule:
    """A placement for each period, what is reserved, and what is proven of the cost.

    `cost` is that of all periods together: `running` and `switching` by period (what it costs to begin
    it), and `reservation`. No schedule costs less than `lower_bound`. Without `placements` none was found;
    `impossible` are then the periods without any placement. `fixed` is what the cheapest placement known
    that serves all periods costs, `following` what each period's own cheapest placement costs with the
    switching; both without reservations, None where there is none.
    """

    problem: ScheduleProblem
    status: Status
    placements: tuple[Placement, ...]
    reserved: Reserved
    running: tuple[float, ...]
    switching: tuple[float, ...]
    reservation: float
    lower_bound: float
    solves: int
    fixed: float | None = None
    following: float | None = None
    impossible: tuple[int, ...] = ()

    @property
    def cost(self) -> float:
        """What all periods cost together; infinite without a schedule."""
        if not self.placements:
            return float("inf")
        return sum(self.running) + sum(self.switching) + self.reservation

    @property
    def gap(self) -> float:
        """How far, relatively, the cost may be above the optimum."""
        if not self.placements:
            return float("inf")
        return max(0.0, 1 - self.lower_bound / self.cost) if self.cost > 0 else 0.0


def solve_schedule(
    schedule: ScheduleProblem,
    solver: Solver,
    *,
    first_solver: Solver | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Schedule:
    """Find the cheapest schedule.

    Args:
        schedule: what it is for.
        solver: how a placement problem is solved.
        first_solver: the same for each period's problem as it is, when it should try harder to find any.
        cancelled: asked now and then; true ends the search with the best schedule so far and its gap.

    """
    search = _Search(schedule, solver, first_solver or solver, cancelled or (lambda: False))
    return search.run()


@dataclass(order=True)
class _Box:
    """Reservations between two; `search` is there once they are one and the same."""

    bound: float
    age: int
    low: Reserved = field(compare=False)
    high: Reserved = field(compare=False)
    results: tuple[Result, ...] = field(compare=False)
    search: _OneReservation | None = field(compare=False, default=None)


class _Search:
    def __init__(
        self,
        schedule: ScheduleProblem,
        solver: Solver,
        first_solver: Solver,
        cancelled: Callable[[], bool],
    ) -> None:
        self._schedule = schedule
        self._plain_solver = solver
        self._first_solver = first_solver
        self._cancelled = cancelled
        self._solves = 0
        self._age = 0
        self._best: _Found | None = None
        self._leaves: dict[Reserved, _OneReservation] = {}
        self._seen: dict[tuple[Choice, ...], None] = {}

    def run(self) -> Schedule:
        """Search until proven, or cancelled."""
        free = self._schedule.nothing_reserved
        results = self._solve_kinds(free, free, self._first_solver, {})
        missing = [kind for kind, item in enumerate(results) if item.placement is None]
        if missing:
            return self._without(results, missing)
        plain = self._leaf(free, results)
        fixed, following = self._fixed(plain), self._following(results)
        most = tuple(item.most for item in self._schedule.reservable)
        if most == free:
            bound = self._search_boxes([_Box(plain.lower, 0, free, free, results, plain)])
        else:
            bound = self._search_boxes([self._box(free, most, results)])
        return self._schedule_found(bound, fixed, following)

    def _solve_kinds(
        self, low: Reserved, high: Reserved, solver: Solver, known: dict[int, Result]
    ) -> tuple[Result, ...]:
        """Each kind of period by itself, the busiest first: what works there mostly works in the others."""
        found: dict[int, Result] = {}
        kinds = self._schedule.kinds
        start: Placement | None = None
        for kind in sorted(range(len(kinds)), key=lambda item: -kinds[item].entry_rate_per_s):
            before = known.get(kind)
            warm = before.placement if before is not None else start
            problem = self._schedule.between(kinds[kind], low, high)
            found[kind] = self._count(solver)(problem, warm)
            start = found[kind].placement or start
        return tuple(found[kind] for kind in range(len(kinds)))

    def _count(self, solver: Solver) -> Solver:
        def counting(problem: Problem, start: Placement | None) -> Result:
            self._solves += 1
            return solver(problem, start)

        return counting

    def _leaf(self, reserved: Reserved, results: tuple[Result, ...]) -> _OneReservation:
        if reserved in self._leaves:
            return self._leaves[reserved]
        leaf = self._leaves[reserved] = _OneReservation(
            self._schedule, reserved, self._count(self._plain_solver), results
        )
        for choices in self._seen:
            leaf.add(choices)
        self._take(leaf)
        return leaf

    def _take(self, leaf: _OneReservation) -> None:
        """Keep a reservation's best schedule if it is the best of all."""
        found = leaf.best()
        if found is not None and (self._best is None or found.cost < self._best.cost):
            self._best = found
            self._seen.update(dict.fromkeys(item.choices for item in found.placements))

    def _target(self) -> float:
        return self._best.cost * (1 - PROOF_TOLERANCE) if self._best is not None else float("inf")

    def _box(self, low: Reserved, high: Reserved, before: tuple[Result, ...]) -> _Box:
        results = self._solve_kinds(low, high, self._plain_solver, dict(enumerate(before)))
        bound = self._schedule.reservation_cost(low) + _together(self._schedule, results)
        self._age += 1
        return _Box(bound, self._age, low, high, results)

    def _search_boxes(self, boxes: list[_Box]) -> float:
        """Split and search boxes until none can hold anything better; gives the proven bound."""
        floor = float("inf")
        while boxes and boxes[0].bound < self._target() and not self._cancelled():
            box = heapq.heappop(boxes)
            if box.search is None and box.low != box.high:
                for low, high in _halves(box):
                    half = self._box(low, high, box.results)
                    half.bound = max(half.bound, box.bound)
                    heapq.heappush(boxes, half)
                continue
            if box.search is None:
                box.search = self._leaf(box.low, box.results)
            goes_on = self._advance(box.search)
            box.bound = max(box.bound, box.search.lower)
            if goes_on:
                heapq.heappush(boxes, box)
            else:
                floor = min(floor, box.bound)
        return min([floor, self._target(), *(box.bound for box in boxes)])

    def _advance(self, leaf: _OneReservation) -> bool:
        """Raise a reservation's bound for a while; whether there is more to do for it."""
        for _ in range(_ROUNDS):
            if leaf.lower >= self._target() or self._cancelled():
                break
            goes_on = leaf.learn(self._target())
            self._take(leaf)
            if not goes_on:
                return False
        return True

    def _fixed(self, plain: _OneReservation) -> float | None:
        """The cost of the cheapest placement found that serves all periods without any change."""
        joint = never_changing(self._schedule, self._schedule.nothing_reserved)
        found = [state.placement for way in plain.ways for states in way.states for state in states]
        if joint is not None:
            result = self._count(self._plain_solver)(joint, None)
            if result.placement is not None:
                plain.add(result.placement.choices)
                found.append(result.placement)
                self._take(plain)
        costs = [_always(self._schedule, placement) for placement in dict.fromkeys(found)]
        return min((cost for cost in costs if cost is not None), default=None)

    def _following(self, results: Sequence[Result]) -> float:
        """What it costs to take each period's cheapest placement, whatever was there before."""
        placements = [results[period.kind].placement for period in self._schedule.periods]
        chosen = [item for item in placements if item is not None]
        running = sum(results[period.kind].cost for period in self._schedule.periods)
        return running + sum(_switching(self._schedule, chosen, self._schedule.nothing_reserved))

    def _without(self, results: Sequence[Result], missing: Sequence[int]) -> Schedule:
        proven = [kind for kind in missing if results[kind].status is Status.INFEASIBLE]
        kinds = proven or missing
        periods = tuple(
            number for number, period in enumerate(self._schedule.periods) if period.kind in kinds
        )
        return Schedule(
            problem=self._schedule,
            status=Status.INFEASIBLE if proven else Status.STOPPED,
            placements=(),
            reserved=self._schedule.nothing_reserved,
            running=(),
            switching=(),
            reservation=0.0,
            lower_bound=float("inf") if proven else _together(self._schedule, results),
            solves=self._solves,
            impossible=periods,
        )

    def _schedule_found(self, bound: float, fixed: float | None, following: float) -> Schedule:
        best = self._best
        if best is None:
            raise AssertionError("each period has a placement, so there is a schedule")
        schedule = self._schedule
        problems = [schedule.with_reserved(period.problem, best.reserved) for period in schedule.periods]
        running = tuple(
            assess(problem, item).cost for problem, item in zip(problems, best.placements, strict=True)
        )
        proven = bound >= best.cost * (1 - PROOF_TOLERANCE)
        return Schedule(
            problem=schedule,
            status=Status.OPTIMAL if proven else Status.STOPPED,
            placements=best.placements,
            reserved=best.reserved,
            running=running,
            switching=tuple(_switching(schedule, best.placements, best.reserved)),
            reservation=schedule.reservation_cost(best.reserved),
            lower_bound=min(best.cost, bound),
            solves=self._solves,
            fixed=fixed,
            following=following,
        )


@dataclass(frozen=True)
class _Found:
    reserved: Reserved
    placements: tuple[Placement, ...]
    cost: float


class _OneReservation:
    """The search for the cheapest schedule with given reservations."""

    def __init__(
        self, schedule: ScheduleProblem, reserved: Reserved, solver: Solver, results: Sequence[Result]
    ) -> None:
        self._schedule = schedule
        self.reserved = reserved
        self._solver = solver
        self._kinds = tuple(schedule.with_reserved(problem, reserved) for problem in schedule.kinds)
        self._least = tuple(item.lower_bound for item in results)
        self._rankings = [
            Ranking(problem, solver, item) for problem, item in zip(self._kinds, results, strict=True)
        ]
        self._never_moving: Ranking | None = None
        self._cost = schedule.reservation_cost(reserved)
        self.ways: list[Ways] = []
        self._known: set[tuple[Choice, ...]] = set()
        self.lower = self._cost + _together(schedule, results)
        self._best: _Found | None = None
        self._changed = False
        for item in results:
            if item.placement is not None:
                self.add(item.placement.choices)

    def add(self, choices: tuple[Choice, ...]) -> None:
        """Get to know a way to place the components."""
        if choices in self._known:
            return
        self._known.add(choices)
        counts_matter = self._schedule.switching.counts_instances
        self.ways.append(find_states(len(self.ways), choices, self._kinds, counts_matter=counts_matter))
        self._changed = True

    def best(self) -> _Found | None:
        """The cheapest schedule over the ways known."""
        if self._changed:
            self._changed = False
            limit = self._best.cost - self._cost if self._best is not None else float("inf")
            cost, states = Network(self._schedule, self._kinds, self.ways).cheapest(limit)
            if states:
                placements = tuple(state.placement for state in states)
                self._best = _Found(self.reserved, placements, self._cost + cost)
        return self._best

    def learn(self, target: float) -> bool:
        """Raise the lower bound and get to know the ways that it rests on; whether that was possible.

        Args:
            target: schedules that cost as much are of no interest.

        """
        room = (
            target
            - self._cost
            - sum(least * count for least, count in zip(self._least, self._schedule.times, strict=True))
        )
        dear = [least + max(room, 0.0) * (1 + PROOF_TOLERANCE) for least in self._least]
        network = Network(self._schedule, self._kinds, [without_dear(item, dear) for item in self.ways])
        if network.size > _MOST_STATES:
            return False
        relaxed = network.relaxed(
            self._unknown(), never_moving=self._constant_bound(), limit=target - self._cost
        )
        self.lower = max(self.lower, self._cost + relaxed.cost)
        if self.lower >= target:
            return True
        return self._expand(relaxed)

    def _unknown(self) -> list[float]:
        """By kind, what a way that is not known costs at least, or one of which not all is known."""
        loose = [item for item in self.ways if not item.whole]
        return [
            min([ranking.bound, *(self._loose(item, kind) for item in loose)])
            for kind, ranking in enumerate(self._rankings)
        ]

    def _loose(self, ways: Ways, kind: int) -> float:
        cost = ways.least_cost(kind)
        return cost if cost < float("inf") else self._least[kind]

    def _constant_bound(self) -> float:
        """What a schedule that never leaves one unknown way costs at least."""
        if not self._schedule.switching.component_moved:
            return 0.0
        if self._never_moving is None:
            problem = never_moving(self._schedule, self.reserved)
            if problem is None:
                return 0.0
            self._never_moving = Ranking(problem, self._solver, self._solver(problem, None))
        return self._never_moving.bound

    def _expand(self, relaxed: Relaxed) -> bool:
        """Take further ways from the rankings that the relaxed walk rests on."""
        constant = self._never_moving
        if (
            relaxed.always
            and constant is not None
            and self._cost + constant.bound <= self.lower * (1 + PROOF_TOLERANCE)
        ):
            return any([self._add_next(constant) for _ in range(1 + len(self.ways) // _SHARE)])  # noqa: C419
        unknown = self._unknown()
        kinds = [kind for kind in sorted(relaxed.unknown) if self._rankings[kind].bound <= unknown[kind]]
        more = 1 + len(self.ways) // _SHARE
        found = [self._add_next(self._rankings[kind]) for _ in range(more) for kind in kinds]
        return any(found)

    def _add_next(self, ranking: Ranking) -> bool:
        """Get to know the next way of a ranking; whether that, or that there is none, was news."""
        before = ranking.bound
        choices = ranking.next()
        if choices is not None:
            self.add(choices)
        return choices is not None or ranking.bound > before


def _together(schedule: ScheduleProblem, results: Sequence[Result]) -> float:
    """The sum over all periods of what each costs at least."""
    return sum(item.lower_bound * count for item, count in zip(results, schedule.times, strict=True))


def _halves(box: _Box) -> list[tuple[Reserved, Reserved]]:
    """A box in two, across its longest side."""
    side = max(range(len(box.low)), key=lambda place: box.high[place] - box.low[place])
    middle = (box.low[side] + box.high[side]) // 2
    lower = (*box.high[:side], middle, *box.high[side + 1 :])
    upper = (*box.low[:side], middle + 1, *box.low[side + 1 :])
    return [(box.low, lower), (upper, box.high)]


def _switching(schedule: ScheduleProblem, placements: Sequence[Placement], reserved: Reserved) -> list[float]:
    """What it costs to begin each period."""
    costs = []
    for number, (period, after) in enumerate(zip(schedule.periods, placements, strict=True)):
        if not number and not schedule.repeats:
            costs.append(0.0)
            continue
        problem = schedule.with_reserved(period.problem, reserved)
        costs.append(schedule.switching_cost(placements[number - 1], after, problem))
    return costs


def _always(schedule: ScheduleProblem, placement: Placement) -> float | None:
    """What a placement costs that is kept in all periods; None where it does not hold in all."""
    found = [assess(problem, placement) for problem in schedule.kinds]
    if not all(item.feasible for item in found):
        return None
    return sum(item.cost * count for item, count in zip(found, schedule.times, strict=True))
