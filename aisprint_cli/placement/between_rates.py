"""Problems at their worst or best between two entry rates, for proofs over whole intervals of rates.

What is bought answers the slower the more load it has: processor sharing, queues before several servers and
shared networks all do. So over an interval its worst is at the upper end, its best at the lower. The response
of functions, and a measured one, may fall with the rate. Of functions the worst or best of a few rates is
taken. A measured curve is replaced by the largest or least it shows in the interval around each rate: between
the rates at which the curve, or the curve moved to an end of the interval, has a corner, that is a largest
(least) of straight lines, so that straight lines through it are nowhere too low (high).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from aisprint_cli.placement.problem import Component, FunctionResponse, Option, Piece, Problem

Choose = Callable[[Sequence[float]], float]
Curve = tuple[tuple[float, float], ...]
_SAMPLES: Final = 5


def worst_between(problem: Problem, low: float, high: float) -> Problem:
    """The problem at rate `high` with every response at least as slow as anywhere between two rates."""
    return _between(problem.at_rate(high), (low / high, 1.0), max)


def best_between(problem: Problem, low: float, high: float) -> Problem:
    """The problem at rate `low` with every response at least as fast as anywhere between two rates."""
    return _between(problem.at_rate(low), (1.0, high / low), min)


def _between(problem: Problem, factors: tuple[float, float], choose: Choose) -> Problem:
    changed = replace(problem, function_response=_functions(problem.function_response, factors, choose))
    if all(_ascends(option.curve) for option in _options(problem)):
        return changed
    components = tuple(_component(component, factors, choose) for component in problem.components)
    return replace(changed, components=components)


def _functions(original: FunctionResponse, factors: tuple[float, float], choose: Choose) -> FunctionResponse:
    step = (factors[1] / factors[0]) ** (1 / (_SAMPLES - 1))
    samples = [factors[0] * step**place for place in range(_SAMPLES)]

    def response(rate: float, warm_s: float, cold_s: float, idle_s: float) -> float:
        return choose([original(rate * factor, warm_s, cold_s, idle_s) for factor in samples])

    return response


def _options(problem: Problem) -> list[Option]:
    return [
        option
        for component in problem.components
        for alternative in component.alternatives
        for piece in alternative.pieces
        for option in piece.options
    ]


def _ascends(curve: Curve) -> bool:
    return all(one[1] <= other[1] for one, other in pairwise(curve))


def _component(component: Component, factors: tuple[float, float], choose: Choose) -> Component:
    def piece(item: Piece) -> Piece:
        options = tuple(
            option if _ascends(option.curve) else replace(option, curve=window(option.curve, factors, choose))
            for option in item.options
        )
        return replace(item, options=options)

    alternatives = tuple(
        replace(item, pieces=tuple(map(piece, item.pieces))) for item in component.alternatives
    )
    return replace(component, alternatives=alternatives)


def window(curve: Curve, factors: tuple[float, float], choose: Choose) -> Curve:
    """A curve that has at each rate r the largest or least of the given one between two multiples of r.

    Args:
        curve: pairs of rate and response, ascending by rate; before the first rate the first response.
        factors: the multiples, the smaller first.
        choose: `max` or `min`.

    """
    rates, times = (np.array(values) for values in zip(*curve, strict=True))
    last = float(rates[-1])
    corners = {rate / factor for rate in map(float, rates) for factor in (*factors, 1.0)}
    found = []
    for rate in sorted(corner for corner in corners if corner <= last):
        low, high = rate * factors[0], min(rate * factors[1], last)
        inside = times[(rates >= low) & (rates <= high)]
        ends = np.interp([low, high], rates, times)
        found.append((rate, float(choose([*map(float, ends), *map(float, inside)]))))
    return tuple(found)
