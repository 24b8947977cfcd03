"""All ways to place a problem's components, the cheapest first.

The cheapest one is taken out of the set of all, and what is left is split into as many parts as there are
components: the k-th keeps the first k - 1 components where they are, and has the k-th one elsewhere
(Lawler 1972). The cheapest of all parts is next. The least bound of the parts is at all times a bound on
everything that was not yet taken.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aisprint_cli.placement.conditions import forbid
from aisprint_cli.placement.exact import Result, Status
from aisprint_cli.placement.load_range import only
from aisprint_cli.placement.problem import Choice

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Placement, Problem

Solver = Callable[["Problem", "Placement | None"], Result]
Choices = tuple[Choice, ...]


@dataclass(order=True, slots=True)
class _Part:
    """Some of the ways; `result` is None while it is not solved.

    The components before `free` are decided. `origin` has, by component, the numbers that the
    alternatives of this part's problem have in the whole one.
    """

    bound: float
    age: int
    problem: Problem = field(compare=False)
    free: int = field(compare=False)
    origin: tuple[tuple[int, ...], ...] = field(compare=False)
    result: Result | None = field(compare=False, default=None)


class Ranking:
    """Gives out the ways to place a problem's components one by one.

    Args:
        problem: what is placed.
        solver: how a problem is solved.
        first: the result of solving the problem, if there is one already.

    """

    def __init__(self, problem: Problem, solver: Solver, first: Result | None = None) -> None:
        self._solver = solver
        origin = tuple(tuple(range(len(item.alternatives))) for item in problem.components)
        bound = first.lower_bound if first is not None else 0.0
        solved = first if first is not None and first.placement is not None else None
        self._parts = [_Part(bound, 0, problem, 0, origin, solved)]
        self._age = 0
        self._stuck = float("inf")

    @property
    def bound(self) -> float:
        """What none of the ways costs less than that were not given out; infinite when there are none."""
        return min(self._parts[0].bound if self._parts else float("inf"), self._stuck)

    def next(self) -> Choices | None:
        """The next way, the cheapest of those left; None when there are none, or no solve found one."""
        while self._parts:
            part = heapq.heappop(self._parts)
            if part.result is not None and part.result.placement is not None:
                self._split(part, part.result.placement.choices)
                return _restored(part, part.result.placement.choices)
            result = self._solver(part.problem, None)
            bound = max(part.bound, result.lower_bound)
            if result.placement is not None:
                heapq.heappush(self._parts, replace(part, bound=bound, result=result))
            elif result.status is Status.STOPPED:
                self._stuck = min(self._stuck, bound)
        return None

    def _split(self, part: _Part, choices: Choices) -> None:
        problem, origin = part.problem, part.origin
        for component in range(part.free, len(choices)):
            rest = forbid(problem, component, choices[component])
            if rest is not None:
                numbers = tuple(origin[component][number] for number in rest.origin)
                parts = (*origin[:component], numbers, *origin[component + 1 :])
                self._age += 1
                heapq.heappush(self._parts, _Part(part.bound, self._age, rest.problem, component, parts))
            problem, origin = _decided(problem, origin, component, choices[component])


def _decided(
    problem: Problem, origin: tuple[tuple[int, ...], ...], component: int, choice: Choice
) -> tuple[Problem, tuple[tuple[int, ...], ...]]:
    """The problem with one component left no choice."""
    components = list(problem.components)
    components[component] = only(components[component], choice)
    numbers = (origin[component][choice.alternative],)
    return replace(problem, components=tuple(components)), (
        *origin[:component],
        numbers,
        *origin[component + 1 :],
    )


def _restored(part: _Part, choices: Choices) -> Choices:
    """Choices with the numbers of the whole problem."""
    return tuple(
        Choice(numbers[choice.alternative], choice.resources)
        for numbers, choice in zip(part.origin, choices, strict=True)
    )
